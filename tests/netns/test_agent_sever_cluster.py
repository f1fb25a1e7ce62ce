# SPDX-License-Identifier: GPL-2.0-or-later
"""ocf:baton:sever with state=cluster: records that corosync takes to all heads."""
import json
import re
import select
import socket
import subprocess

import pytest

import ring
import sever_agent
from conftest import BATON, CLIENT, CPGX, FLOAT, PORT, until
from sever_agent import GOOD, IPV4

# pytest finds fixtures by their names here.
agent = sever_agent.agent

RECORDS = "run/baton/.records"


class TwoCorosyncs:
    """corosync on both heads, with a /run of their own, and receivers."""

    def __init__(self, agent):
        self.agent, self.net, self.processes = agent, agent.net, []
        agent.state = "cluster"
        self.net.ip("service1", f"link add ring type veth peer name ring netns "
                    f"{self.net.ns('service2')}")
        self.corosync = {name: self.start_corosync(n, name)
                         for n, name in ((1, "service1"), (2, "service2"))}
        for name in self.corosync:
            until(lambda name=name: "2" in self.run(name, *ring.MEMBER))

    def start_corosync(self, n, name):
        conf = ring.write_conf(self.agent.folder, n)
        self.net.ip(name, *(line.format(n=n) for line in ring.LINK))
        script = "mount -t tmpfs x /run && " + ring.START.format(conf=conf)
        p = self.popen("ip", "netns", "exec", self.net.ns(name), "unshare", "-m", "sh", "-c", script)
        self.agent.heads[name] = ["nsenter", "-t", str(p.pid), "-m", "-n"]
        return p

    def popen(self, *argv, **kw):
        self.processes.append(subprocess.Popen(argv, stdin=subprocess.PIPE,
                                               stderr=subprocess.PIPE, text=True, **kw))
        return self.processes[-1]

    def run(self, name, *argv):
        done = subprocess.run([*self.agent.heads[name], *argv], capture_output=True, text=True,
                              timeout=60)
        return done.stdout

    def receive(self, name):
        p = self.popen(*self.agent.heads[name], BATON, "record")
        until(lambda: re.search(rf"^\s*{p.pid}\s", self.run(name, "corosync-cpgtool"), re.M))
        return p

    def record(self, name, address=IPV4):
        try:
            with open(f"/proc/{self.corosync[name].pid}/root/{RECORDS}/{address}-{PORT}") as f:
                return f.read()
        except FileNotFoundError:
            return ""

    def end(self):
        for p in reversed(self.processes):
            p.kill()
            p.communicate()


@pytest.fixture
def cluster(agent):
    cluster = TwoCorosyncs(agent)
    try:
        yield cluster
    finally:
        cluster.end()


def test_a_record_told_to_all_heads(agent, net, cluster, family):
    address = FLOAT[family]
    for name in cluster.corosync:
        cluster.receive(name)
    c, _ = net.connect(net.listen("service1", family))
    assert agent.run("monitor", address=address) == ""
    for name in cluster.corosync:
        assert until(lambda name=name: cluster.record(name, address)) == (
            "baton-connections 1\n"
            f"{address} {PORT} {CLIENT[family]} {c.getsockname()[1]}\nlocks 0\n")
    done = cluster.run("service1", BATON, "tickle", "--state", "cluster", address)
    assert done == "1 connections tickled\n"
    said = agent.move(family)
    assert "WARNING" not in said and "1 connections tickled" in said
    with pytest.raises(ConnectionResetError):
        c.recv(1)


def test_a_table_of_many_parts(agent, net, cluster):
    for name in cluster.corosync:
        cluster.receive(name)
    net.connect_many(net.listen("service1", socket.AF_INET), 2000)
    agent.run("monitor")
    assert until(lambda: cluster.record("service2")).count(IPV4) == 2000


def test_a_head_that_comes_later_is_told(agent, net, cluster):
    first = cluster.receive("service1")
    net.connect(net.listen("service1", socket.AF_INET))
    agent.run("monitor")
    until(lambda: cluster.record("service1"))
    second = cluster.receive("service2")
    until(lambda: cluster.record("service2"))
    # A receiver that restarts forgets, so everything is sent again, also to receivers that come later.
    for p in (first, second):
        p.kill()
        p.communicate()
    cluster.receive("service1")
    assert cluster.record("service1") == ""
    agent.run("monitor")
    until(lambda: cluster.record("service1"))
    cluster.receive("service2")
    until(lambda: cluster.record("service2"))


def test_no_receiver_and_no_corosync(agent, net, cluster):
    """One line each, and everything else is done."""
    net.connect(net.listen("service1", socket.AF_INET))
    missing = "baton-record.service does not run here"
    assert agent.warnings("monitor") == [f"connections not recorded: {missing}"]
    assert agent.warnings("start") == [f"cannot load the client record: {missing}"]
    cluster.receive("service1")
    net.run("service1", "ip", "link", "set", "ring", "down")
    cluster.corosync["service1"].send_signal(19)  # hangs
    net.connect(net.listen("service1", socket.AF_INET6))
    said, = agent.warnings("stop", address=FLOAT[socket.AF_INET6])
    assert said == "connections not recorded: /run/baton/.records: Connection timed out"
    cluster.corosync["service1"].send_signal(18)


def test_what_is_told_is_checked(agent, net, cluster):
    """Whoever sent it: root on a head could."""
    receiver = cluster.receive("service1")
    body = {"part": 0, "parts": 1, "text": GOOD}

    def tell(name, **changes):
        message = {"v": 1, "type": "connections", "generation": 7, "text": name,
                   "body": {**body, **changes}}
        p = cluster.popen(*agent.heads["service2"], CPGX, ".records", json.dumps(message),
                          stdout=subprocess.DEVNULL)
        assert select.select([receiver.stderr], [], [], 10)[0]
        line = receiver.stderr.readline()
        p.communicate()
        return line

    ignored = "message from head2 ignored: "
    assert tell("../../../etc/passwd") == ignored + "it names no address\n"
    assert tell(f"{IPV4}/../x-2049") == ignored + "it names no address\n"
    assert tell("") == ignored + "it names no address\n"
    assert tell("192.0.2.51-2049") == ignored + "line 2: not of 192.0.2.51:2049\n"
    assert tell(f"{IPV4}-2049", text="") == ignored + "cut short, or no record of connections\n"
    assert tell(f"{IPV4}-2049", part=1) == \
        ignored + "its table of connections: not a valid part\n"
    assert cluster.run("service1", "ls", "/" + RECORDS) == ""
