# SPDX-License-Identifier: GPL-2.0-or-later
"""Exactly once under the worst load: clients that read more than their link carries, and a server that
closes its sockets with their replies under way. If a client does not get a reply, it sends the call
again."""
import contextlib
import selectors
import socket
import subprocess
import threading

import pytest

from conftest import NETX, PORT, until

# A READ of 128 KiB, and behind it the reply to a RENAME, which must not be executed twice.
READ, RENAME = b"r" * 131072, b"R" * 150


def slow(net, rate):
    """What the heads send to the client goes through a link this slow."""
    net.run("switch", "tc", "qdisc", "replace", "dev", "client", "root", "tbf", "rate", rate,
            "burst", "128k", "latency", "50ms")


class Readers:
    """Clients that read everything there is, in a thread; and what each of them has got."""

    def __init__(self, net, family, n):
        self.listener = net.listen("service1", family)
        self.pairs = [net.connect(self.listener) for _ in range(n)]
        self.got = {c: 0 for c, _ in self.pairs}
        self.sent = dict.fromkeys(self.got, 0)
        self.last = dict.fromkeys(self.got, b"")
        self.stopped = False
        for c, s in self.pairs:
            c.setblocking(False)
            s.setblocking(False)
            s.setsockopt(socket.SOL_SOCKET, 32, 8 << 20)  # SO_SNDBUFFORCE: a reply always fits
        self.thread = threading.Thread(target=self.read, daemon=True)

    def read(self):
        with selectors.DefaultSelector() as selector:
            for c in self.got:
                selector.register(c, selectors.EVENT_READ)
            while not self.stopped:
                for key, _ in selector.select(0.05):
                    with contextlib.suppress(BlockingIOError):
                        data = key.fileobj.recv(1 << 20)
                        self.got[key.fileobj] += len(data)
                        self.last[key.fileobj] = (self.last[key.fileobj] + data)[-len(RENAME):]

    def reply(self, *replies):
        for c, s in self.pairs:
            for text in replies:
                assert s.send(text) == len(text)
                self.sent[c] += len(text)

    def close_server(self):
        """As the end of knfsd's threads does: all at once."""
        for _, s in self.pairs:
            s.close()

    def whole(self):
        return all(self.got[c] == self.sent[c] and self.last[c] == RENAME for c in self.got)

    def end(self):
        self.stopped = True
        self.thread.join()
        for c, s in self.pairs:
            c.close()
            s.close()
        self.listener.close()


@pytest.mark.parametrize("rate, n, rounds", [("1gbit", 50, 16), ("100mbit", 20, 10)])
def test_no_reply_is_lost(net, family, rate, n, rounds):
    """1,000 sockets are closed with their last replies unsent, each of them behind a window."""
    slow(net, rate)
    for _ in range(rounds // 2):
        readers = Readers(net, family, n)
        try:
            readers.reply(*[READ] * 4)
            readers.thread.start()
            net.netx("service1", "drain", PORT)
            assert net.netx("service1", "owed", PORT, "undelivered", 60, 20000, 1000) == "0\n"
            # What was executed when the threads were told to end.
            readers.reply(READ, RENAME)
            readers.close_server()
            assert net.netx("service1", "owed", PORT, "unacknowledged", 60, 20000, 1000) == "0\n"
            until(readers.whole)
            net.netx("service1", "sever", PORT)
            net.netx("service1", "clear")
        finally:
            readers.end()


def test_it_is_waited_for_as_long_as_it_becomes_less(net, family):
    """7 MB over 10 Mbit/s: 6 s and more, whatever the stall time is."""
    slow(net, "10mbit")
    readers = Readers(net, family, 1)
    try:
        readers.thread.start()
        readers.reply(*[READ] * 56)
        net.netx("service1", "drain", PORT)
        assert net.netx("service1", "owed", PORT, "undelivered", 60, 4000, 1000) == "0\n"
        # But the overall limit holds: 7 MB take 6 s.
        readers.reply(*[READ] * 56)
        assert net.netx("service1", "owed", PORT, "undelivered", 0, 20000, 1000) == "1\n"
        assert readers.got[readers.pairs[0][0]] < readers.sent[readers.pairs[0][0]]
    finally:
        readers.end()


def test_who_reads_nothing_is_not_waited_for_for_ever(net, family):
    readers = Readers(net, family, 1)
    readers.thread.start()
    try:
        readers.stopped = True
        readers.thread.join()
        readers.reply(*[READ] * 60)
        net.netx("service1", "drain", PORT)
        assert net.netx("service1", "owed", PORT, "undelivered", 60, 500, 1000) == "1\n"
        # A client that has said nothing for a lease has lost what it held, so it does not count.
        net.run("client", "ip", "link", "set", "eth0", "down")
        until(lambda: net.netx("service1", "owed", PORT, "undelivered", 60, 100, 1) == "0\n")
    finally:
        readers.end()


def test_who_is_held_off_and_who_is_not(net, family):
    """One of two connections: its calls wait, and its acknowledgements are let in."""
    listener = net.listen("service1", family)
    (held, held_server), (free, free_server) = (net.connect(listener) for _ in range(2))
    remote = f"{held.getsockname()[0]} {held.getsockname()[1]}\n"
    subprocess.run(net_command(net, "hold", PORT, 60), input=remote, text=True, check=True)
    held.send(b"call")
    free.send(b"call")
    assert free_server.recv(100) == b"call"
    held_server.send(b"reply")
    assert held.recv(100) == b"reply"
    until(lambda: [r[5]["w"] for r in net.diag()] == [0, 0])
    assert [r[5]["r"] for r in net.diag()] == [0, 0]
    net.run("service1", NETX, "unhold")
    assert held_server.recv(100) == b"call"
    # What is left of the filter sleeps, and the next one replaces it.
    left = net.run("service1", "nft", "list", "ruleset").stdout
    assert left.count("table ") == left.count("flags dormant") == 1
    subprocess.run(net_command(net, "hold", PORT, 60), input=remote, text=True, check=True)
    assert "dormant" not in net.run("service1", "nft", "list", "ruleset").stdout


def test_who_is_held_off_is_let_in_again(net):
    """Even if nobody is left to do it."""
    listener = net.listen("service1", socket.AF_INET)
    held, server = net.connect(listener)
    remote = f"{held.getsockname()[0]} {held.getsockname()[1]}\n"
    subprocess.run(net_command(net, "hold", PORT, 1), input=remote, text=True, check=True)
    held.send(b"call")
    assert server.recv(100) == b"call"


def net_command(net, *words):
    return [NETX, "-n", net.path("service1"), *map(str, words)]
