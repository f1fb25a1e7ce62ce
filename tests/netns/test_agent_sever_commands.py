# SPDX-License-Identifier: GPL-2.0-or-later
"""What ocf:baton:sever does, as commands: baton tickle and baton release."""
import socket
import subprocess

import sever_agent
from conftest import BATON, FLOAT
from sever_agent import IPV4
from test_net import frames, from_service, tcp_of

# pytest finds fixtures by their names here.
agent, knfsd = sever_agent.agent, sever_agent.knfsd


def baton(net, command, *argv, status=0, name="service1", enter=()):
    done = subprocess.run(["ip", "netns", "exec", net.ns(name), *enter, BATON, command,
                           *map(str, argv)],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == status, done
    return done.stdout + done.stderr


def test_tickle_by_hand(agent, net, family):
    address = FLOAT[family]
    c, s = net.connect(net.listen("service1", family))
    agent.run("monitor", address=address)
    seen = net.capture("client")
    argv = ["--state", agent.state, address]
    assert baton(net, "tickle", *argv) == "1 connections tickled\n"
    assert [f for f in from_service(frames(seen, 0.3)) if tcp_of(f)]
    # A live connection is not harmed.
    c.send(b"x")
    assert s.recv(1) == b"x"
    assert "comes after its IPaddr2" in baton(net, "tickle", *argv, status=5, name="service2")
    assert baton(net, "tickle", address, status=2) == "baton: tickle: --state is missing\n"
    agent.record(address).write_text("nonsense\n")
    assert baton(net, "tickle", *argv, status=1).startswith(f"baton: {agent.record(address)}: ")


def test_release_by_hand(agent, net, knfsd):
    mine = net.connect(net.listen("service1", socket.AF_INET))[0].getsockname()
    knfsd.add("mine", mine, "open", where="00:01:9")
    knfsd.add("dead, within its lease", ("192.0.2.98", 800), "deleg")
    for argv, ended in (([], ["mine"]),
                        (["--state", agent.state], ["mine", "dead, within its lease"])):
        said = baton(net, "release", *argv, IPV4, enter=agent.enter())
        assert said.endswith("ended, with the NFSv4 state of each\n")
        assert knfsd.ended() == ended
    assert net.states() == ["ESTAB"], "connections stay"
    missing = agent.disk / "missing"
    assert baton(net, "release", "--state", missing, IPV4, status=1) == \
        f"baton: {missing}: No such file or directory\n"
