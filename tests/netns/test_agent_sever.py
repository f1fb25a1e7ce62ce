# SPDX-License-Identifier: GPL-2.0-or-later
"""ocf:baton:sever between two heads: start, stop, monitor."""
import os
import socket
import threading

import pytest

import sever_agent
from conftest import CLIENT, FLOAT, MAC1, PORT, until
from sever_agent import GENERIC, IPV4, NOT_RUNNING, PREFIX, ends, rules
from test_net import FIN, frames, from_service, tcp_of

# pytest finds fixtures by their names here.
agent, knfsd = sever_agent.agent, sever_agent.knfsd

# --- a life ---------------------------------------------------------------------------


def test_a_move_there_and_back(agent, net, family):
    """The head that the client leaves tells it nothing; the new head tells it everything."""
    address = FLOAT[family]
    c, _ = net.connect(net.listen("service1", family))
    agent.run("monitor", address=address)
    assert agent.record(address).read_text() == (
        "baton-connections 1\n"
        f"{address} {PORT} {CLIENT[family]} {c.getsockname()[1]}\nlocks 0\n")
    seen = net.capture("client")
    said = agent.run("stop", address=address)
    shown = f"[{address}]:{PORT}" if ":" in address else f"{address}:{PORT}"
    assert said == f"INFO: {shown}: 1 connections, 1 sockets destroyed\n"
    assert net.diag() == [] and ends(seen) == []
    assert "1 connections tickled" in agent.move(family)
    with pytest.raises(ConnectionResetError):
        c.recv(1)
    # And back, to a head that still has it silenced.
    c, _ = net.connect(net.listen("service2", family))
    agent.move(family, "service2", "service1")
    with pytest.raises(ConnectionResetError):
        c.recv(1)
    assert "flags dormant" in rules(net)


@pytest.mark.alone
def test_every_state_goes_and_nothing_is_told(agent, net, family):
    listener = net.every_state(family)
    # A FIN that nobody acknowledged is repeated until the agent has silenced the service.
    closing = [(row[3], FIN) for row in net.diag() if row[4] in ("FIN-WAIT-1", "LAST-ACK", "CLOSING")]
    seen = net.capture("client")
    agent.run("stop", address=FLOAT[family])
    assert net.diag() == [] and set(ends(seen)) <= set(closing)
    net.forget_filter()
    agent.run("start", address=FLOAT[family])
    listener.accept()[0].close()
    net.connect(listener)


def test_each_action_twice(agent, net):
    listener = net.listen("service1", socket.AF_INET)
    assert agent.run("validate-all", level=10) == ""
    for _ in range(2):
        agent.run("start")
        agent.run("monitor")
    c, s = net.connect(listener)
    agent.run("start")
    c.send(b"x")
    assert s.recv(1) == b"x", "a start that was done ends nothing"
    for _ in range(2):
        agent.run("stop")
        assert agent.reason("monitor", NOT_RUNNING) == f"{IPV4} is not here, or silenced"
        assert agent.run("monitor", NOT_RUNNING, interval=0) == ""
    assert str(c.getsockname()[1]) in agent.record().read_text(), "the second stop keeps it"
    agent.run("start")
    with pytest.raises(ConnectionResetError):
        c.recv(1)


def test_a_first_start_calls_who_was_faster(agent, net):
    c, _ = net.connect(net.listen("service1", socket.AF_INET))
    seen = net.capture("client")
    said = agent.run("start")
    assert "INFO: 1 stale sockets destroyed\nINFO: 1 connections tickled\n" == said
    with pytest.raises(ConnectionResetError):
        c.recv(1)
    assert len(ends(seen)) == 1, "the answer to its own answer"


@pytest.mark.alone
def test_who_missed_the_first_call_is_called_again(agent, net):
    """Three rounds, each after an announcement; the agent waits only for the first."""
    net.connect(net.listen("service1", socket.AF_INET))
    net.run("client", "nft", "add table inet t; add chain inet t i "
            "{ type filter hook input priority 0; policy drop; }")
    agent.run("stop")
    seen = net.capture("client")
    agent.run("start")
    captured = []

    def calls(seconds=0.0):
        captured.extend(frames(seen, seconds))
        tcp = [f for f in from_service(captured) if tcp_of(f)]
        arps = [f for f in captured if f[6:12] == bytes.fromhex(MAC1.replace(":", "")) and
                f[12:14] == b"\x08\x06" and f[28:32] == socket.inet_aton(IPV4) == f[38:42]]
        return len(tcp), len(arps)

    # A bare ACK and a SYN-ACK each; each a request and a reply. And no fourth round.
    until(lambda: min(calls(0.1)) >= 3 * 2)
    assert calls(0.8) == (3 * 2, 3 * 2)


def test_who_has_left_calls_nobody(agent, net):
    """A stop ends the remaining rounds: another head may be announcing the address by then."""
    net.connect(net.listen("service1", socket.AF_INET))
    net.run("client", "nft", "add table inet t; add chain inet t i "
            "{ type filter hook input priority 0; policy drop; }")
    agent.run("start")
    agent.run("stop")
    seen = net.capture("client")
    # Five seconds after the connection the kernel may ask for the client's address: that announces nothing.
    assert [f for f in from_service(frames(seen, 1.8))
            if f[12:14] == b"\x08\x06" and f[28:32] == f[38:42] or tcp_of(f)] == []


def test_silence_and_its_end(agent, net, family):
    listener = net.listen("service1", family)
    agent.run("stop", address=FLOAT[family])
    with net.inside("client"):
        c = net.keep(socket.socket(family, socket.SOCK_STREAM))
    c.settimeout(0.3)
    with pytest.raises(TimeoutError):
        c.connect((FLOAT[family], PORT))
    agent.run("start", address=FLOAT[family])
    net.connect(listener)


def test_no_more_than_was_asked(agent, net):
    """Not another address, not another port, and no tickles where none are wanted."""
    c6, s6 = net.connect(net.listen("service1", socket.AF_INET6))
    with net.inside("service1"):
        other = net.keep(socket.create_server((IPV4, PORT + 1)))
    with net.inside("client"):
        c = net.keep(socket.create_connection((IPV4, PORT + 1)))
    s = net.keep(other.accept()[0])
    net.connect(net.listen("service1", socket.AF_INET))
    agent.run("stop")
    for one, two in ((c6, s6), (c, s)):
        one.send(b"x")
        assert two.recv(1) == b"x"
    seen = net.capture("client")
    assert "tickled" not in agent.run("start", tickle="no")
    assert not [f for f in from_service(frames(seen, 0.3)) if tcp_of(f)]
    assert agent.record().read_text().count("\n") == 3
    agent.run("stop", port=PORT + 1)
    assert net.diag(port=PORT + 1) == []


def test_two_groups_at_once(agent, net):
    """Their tables are loaded and woken at the same time, and their records are written."""
    pairs = {f: net.connect(net.listen("service1", f)) for f in FLOAT}
    said = []

    def both(action):
        threads = [threading.Thread(target=lambda a=a: said.extend(
            agent.warnings(action, address=a))) for a in FLOAT.values()]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
    for action in ("monitor", "stop", "stop", "start", "stop"):
        both(action)
        if action == "stop":
            assert net.diag() == [] and rules(net).count("drop") == 2 * 2
            assert "dormant" not in rules(net)
    assert said == [] and len(os.listdir(agent.state)) == len(pairs)


def test_another_address_has_a_record_of_its_own(agent, net):
    for family in FLOAT:
        net.connect(net.listen("service1", family))
        agent.run("monitor", address=FLOAT[family])
    assert sorted(os.listdir(agent.state)) == sorted(f"{a}-{PORT}" for a in FLOAT.values())


# --- monitor --------------------------------------------------------------------------


def test_the_record_is_written_when_it_changes(agent, net):
    listener = net.listen("service1", socket.AF_INET)
    agent.run("monitor")
    assert not agent.record().exists(), "neither an empty table nor a probe writes"
    net.connect(listener)
    agent.run("monitor", interval=0)
    assert not agent.record().exists()
    agent.run("monitor")
    before = agent.record().stat()
    assert before.st_mode & 0o777 == 0o600
    agent.run("monitor")
    assert agent.record().stat().st_ino == before.st_ino
    net.connect(listener)
    agent.run("monitor")
    assert agent.record().stat().st_ino != before.st_ino
    assert agent.record().read_text().count(IPV4) == 2


def test_an_address_that_is_elsewhere(agent, net):
    assert agent.run("monitor", NOT_RUNNING, name="service2", interval=0) == ""
    assert agent.reason("monitor", NOT_RUNNING, name="service2") == \
        f"{IPV4} is not here, or silenced"
    assert agent.reason("start", GENERIC, name="service2") == \
        f"{IPV4} is not on this head: this resource comes after its IPaddr2 in the group: " \
        "Cannot assign requested address"
    for _ in range(2):
        assert agent.warnings("stop", name="service2") == []


def test_a_wrong_address_harms_nobody(agent, net, knfsd):
    """Nothing of the intended address is ended, and nothing of the wrong one is left behind."""
    c, s = net.connect(net.listen("service1", socket.AF_INET))
    knfsd.add("theirs", c.getsockname(), "open")
    wrong = "192.0.2.51"
    agent.run("start", GENERIC, address=wrong)
    agent.run("stop", address=wrong)
    assert rules(net) == "" and knfsd.ended() == [] and knfsd.unlock.read_text() == ""
    c.send(b"x")
    assert s.recv(1) == b"x"


def test_an_address_that_has_gone_before(agent, net, family):
    """What is left of it is destroyed, and nobody is told."""
    address = FLOAT[family]
    c, _ = net.connect(net.listen("service1", family))
    net.netx("service1", "addr-del", "svc0", f"{address}/{PREFIX[family]}")
    seen = net.capture("client")
    assert agent.warnings("stop", address=address) == []
    assert net.diag() == [] and ends(seen) == []
    assert str(c.getsockname()[1]) in agent.record(address).read_text()


def test_flushed_rules_end_nothing(agent, net):
    agent.run("start")
    net.run("service1", "nft", "flush", "ruleset")
    agent.run("monitor")
    agent.run("stop")
    agent.run("monitor", NOT_RUNNING)
