# SPDX-License-Identifier: GPL-2.0-or-later
"""The connections that a keeper records, and how little work it does for them."""
import contextlib
import os
import socket
import struct
import time

import pytest

import fakekeeper
from conftest import PORT, inside, until
from fakekeeper import RUN

# pytest finds fixtures by their names here.
keeper = fakekeeper.keeper


class Clients:
    """Clients of a listener in the house, over its loopback device."""
    ADDRESSES = {socket.AF_INET: ("127.0.0.1", "127.0.0.2"),
                 socket.AF_INET6: ("2001:db8::20", "2001:db8::50")}

    def __init__(self, house, stack):
        self.house, self.stack = house, stack
        house.run("ip", "link", "set", "lo", "up")
        for ip in self.ADDRESSES[socket.AF_INET6]:
            house.run("ip", "addr", "add", ip + "/128", "dev", "lo", "nodad")
        self.listeners = {}
        for family, (_, server) in self.ADDRESSES.items():
            self.listeners[family] = self.open(family)
            self.listeners[family].bind((server, PORT))
            self.listeners[family].listen()
        # The record on the service's disk, by a path for the keeper and the test.
        self.folder = f"/proc/{house.holder.pid}/root{RUN}/fs/.baton/tickle"
        os.makedirs(self.folder)
        self.there = {}

    def open(self, family):
        with inside(f"/proc/{self.house.holder.pid}/ns/net"):
            s = self.stack.enter_context(socket.socket(family))
        s.settimeout(30)
        return s

    def come(self, family=socket.AF_INET):
        """Connect; returns the client's socket and the server's."""
        client, server = self.ADDRESSES[family]
        c = self.open(family)
        c.bind((client, 0))
        c.connect((server, PORT))
        s = self.stack.enter_context(self.listeners[family].accept()[0])
        self.there[c] = f"{server} {PORT} {client} {c.getsockname()[1]}"
        return c, s

    def go(self, c, s):
        del self.there[c]
        for end in (c, s):
            end.close()

    def are_recorded(self):
        """Long before the time when they are listed whatever the counters say."""
        def record():
            with contextlib.suppress(FileNotFoundError), open(self.folder + "/connections") as f:
                return sorted(f.read().splitlines()[1:]) == sorted(self.there.values())
        until(record, 30)


@pytest.fixture
def clients(keeper):
    with contextlib.ExitStack() as stack:
        yield Clients(keeper.house, stack)


class Trace:
    """What a keeper does, as reported by sever_shim.c."""
    def __init__(self, keeper, env):
        self.path = keeper.house.fake / "shim"
        keeper.house.env.update(env, SHIM_TRACE=str(self.path))

    def count(self, what):
        return self.path.read_text().count(what)


def await_wakeups(keeper, n):
    """At most three in two seconds: to watch, and to look for corosync. On a busy machine there may be more, as
    it also waits for a lock or a child: these do not count for time."""
    def now():
        with open(f"/proc/{keeper.process.pid}/status") as f:
            return int(next(l for l in f if l.startswith("voluntary_ctxt_switches")).split()[1])
    begin, since = now(), time.monotonic()
    until(lambda: now() >= begin + n and time.monotonic() >= since + n * 2 / 3, 2 * n + 30)


def settle(keeper):
    """The last listing is one more than necessary."""
    await_wakeups(keeper, 4)


def test_changed_connections_are_recorded(keeper, clients):
    keeper.be()
    keeper.baton("start", "vmstore")
    clients.come()
    clients.are_recorded()
    pairs = [clients.come(family) for family in Clients.ADDRESSES]
    clients.are_recorded()
    settle(keeper)
    # As many as before, but different ones.
    for pair in pairs:
        clients.go(*pair)
    pairs = [clients.come(family) for family in Clients.ADDRESSES]
    clients.are_recorded()
    settle(keeper)
    for c, s in pairs:
        c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        clients.go(c, s)
    clients.are_recorded()


def test_a_connection_that_closes_is_recorded_until_it_has(keeper, clients):
    """No counter shows that connections in FIN-WAIT-2 go."""
    keeper.be()
    keeper.baton("start", "vmstore")
    keeper.house.run("sysctl", "-qw", "net.ipv4.tcp_fin_timeout=10")
    clients.come()
    c, s = clients.come()
    clients.are_recorded()
    s.close()
    settle(keeper)
    clients.are_recorded()
    del clients.there[c]
    clients.are_recorded()


def test_an_idle_keeper_lists_nothing_and_forks_nothing(keeper, clients, kernel_without):
    trace = Trace(keeper, kernel_without("nothing"))
    keeper.be()
    keeper.baton("start", "vmstore")
    clients.come()
    clients.are_recorded()

    def work():
        return trace.count("d"), trace.count("f")

    def is_settled():
        before = work()
        settle(keeper)
        return work() == before

    until(is_settled, 60)
    before = work()
    await_wakeups(keeper, 18)
    assert work() == before


def test_without_counters_it_lists_each_second(keeper, clients, kernel_without):
    trace = Trace(keeper, kernel_without("counters"))
    keeper.be()
    keeper.baton("start", "vmstore")
    clients.come()
    clients.are_recorded()
    dumps = trace.count("d")
    # By family.
    until(lambda: trace.count("d") >= dumps + 6, 15)
    clients.go(*clients.come())
    clients.come()
    clients.are_recorded()
