# SPDX-License-Identifier: GPL-2.0-or-later
"""Network namespaces for one test each: two heads, a service on each, a client, a switch.

    client --- switch --- head1 (eth0) ~ macvlan svc0 in service1
                  `------ head2 (eth0) ~ macvlan svc0 in service2

Only service1 starts with the floating addresses. Everything is deleted at the end of the
test, whatever happened; sockets opened by `Net.inside()` belong to the test process.
"""
import contextlib
import ctypes
import itertools
import os
import pathlib
import signal
import socket
import subprocess
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("BATON_BUILD", ROOT / "build/dev"))
NETX = str(BUILD / "tests/netns/netx")
CLONE_NEWNET = 0x40000000
PORT = 2049
FLOAT = {socket.AF_INET: "192.0.2.50", socket.AF_INET6: "2001:db8::50"}
CLIENT = {socket.AF_INET: "192.0.2.20", socket.AF_INET6: "2001:db8::20"}
MAC1, MAC2 = "02:00:5e:10:00:01", "02:00:5e:10:00:02"

_libc = ctypes.CDLL(None, use_errno=True)
_number = itertools.count()


def pytest_configure(config):
    # A terminated run must clean up as an interrupted one does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def setns(fd):
    if _libc.setns(fd, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def until(condition, seconds=10):
    """Ask again until the answer is true; each question is a process, so no sleep."""
    end = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        assert time.monotonic() < end, f"not within {seconds} s"


class Net:
    def __init__(self):
        self.prefix = f"bt-{os.getpid()}-{next(_number)}"
        self.names = ("switch", "head1", "head2", "service1", "service2", "client")
        self.sockets = []
        self.children = []

    def ns(self, name):
        return f"{self.prefix}-{name}"

    def path(self, name):
        return f"/run/netns/{self.ns(name)}"

    def run(self, name, *cmd, check=True, text=None):
        return subprocess.run(["ip", "netns", "exec", self.ns(name), *cmd], check=check,
                              capture_output=True, text=True, input=text, timeout=60)

    def netx(self, name, *cmd, status=0, text=None):
        """As the keeper: sockets opened inside, the work done from outside."""
        done = subprocess.run([NETX, "-n", self.path(name), *map(str, cmd)], input=text,
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == status, (cmd, done)
        return done.stderr if status not in (0, 42) else done.stdout

    def ip(self, name, *lines):
        subprocess.run(["ip", "-n", self.ns(name), "-batch", "-"], check=True,
                       input="\n".join(lines), text=True, timeout=60)

    @contextlib.contextmanager
    def inside(self, name):
        here = os.open("/proc/self/ns/net", os.O_RDONLY)
        there = os.open(self.path(name), os.O_RDONLY)
        try:
            setns(there)
            yield
        finally:
            setns(here)
            os.close(here)
            os.close(there)

    def keep(self, sock):
        self.sockets.append(sock)
        sock.settimeout(10)
        return sock

    def listen(self, name, family):
        with self.inside(name):
            s = self.keep(socket.socket(family, socket.SOCK_STREAM))
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        s.bind((FLOAT[family], PORT))
        s.listen(4096)
        return s

    def connect(self, listener):
        """A connection from the client: its socket, and the server's."""
        with self.inside("client"):
            c = self.keep(socket.socket(listener.family, socket.SOCK_STREAM))
        c.connect((FLOAT[listener.family], PORT))
        return c, self.keep(listener.accept()[0])

    def connect_many(self, listener, n):
        """Connections nobody needs by name. The client's ends live in a child that ends with
        its pipe: one process may not hold as many descriptors."""
        hold, held = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.close(held)
                with self.inside("client"):
                    clients = [socket.socket(listener.family, socket.SOCK_STREAM)
                               for _ in range(n)]
                for c in clients:
                    c.connect((FLOAT[listener.family], PORT))
                os.read(hold, 1)
            finally:
                os._exit(0)
        os.close(hold)
        self.children.append((child, held))
        self.sockets += [listener.accept()[0] for _ in range(n)]

    def capture(self, name, protocol=3):
        """All frames on eth0 from now on; 3 = ETH_P_ALL."""
        with self.inside(name):
            s = self.keep(socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                                        socket.htons(protocol)))
            s.setsockopt(socket.SOL_SOCKET, 33, 32 << 20)  # SO_RCVBUFFORCE
            s.bind(("eth0", protocol))
        return s

    def diag(self, name="service1", port=PORT):
        """[(local, lport, remote, rport, state, {r, w, inode, timer})]"""
        rows = []
        for line in self.netx(name, "diag", port).splitlines():
            f = line.split()
            rows.append((f[0], int(f[1]), f[2], int(f[3]), f[4],
                         dict(zip(f[5::2], map(int, f[6::2])))))
        return rows

    def states(self, name="service1"):
        return sorted(row[4] for row in self.diag(name))

    def build(self):
        for name in self.names:
            subprocess.run(["ip", "netns", "add", self.ns(name)], check=True)
            self.run(name, "sysctl", "-qw", "net.ipv6.conf.default.accept_dad=0",
                     "net.ipv6.conf.all.accept_dad=0")
        self.ip("switch", "link add br0 type bridge", "link set br0 up",
                *[f"link add {n} type veth peer name eth0 netns {self.ns(n)}"
                  for n in ("head1", "head2", "client")],
                *[f"link set {n} master br0 up" for n in ("head1", "head2", "client")])
        for head in ("head1", "head2"):
            self.ip(head, "link set lo up", "link set eth0 up")
        self.ip("client", "link set lo up", "link set eth0 up",
                "addr add 192.0.2.20/24 dev eth0",
                "addr add 2001:db8::20/64 dev eth0 nodad")
        for n, mac in ((1, MAC1), (2, MAC2)):
            self.netx(f"head{n}", "macvlan", "eth0", self.path(f"service{n}"), "svc0", mac)
            self.netx(f"service{n}", "up", "lo")
        self.serve("service1")

    def serve(self, name):
        self.netx(name, "up", "svc0")
        self.netx(name, "addr-add", "svc0", "192.0.2.50/24")
        self.netx(name, "addr-add", "svc0", "2001:db8::50/64")

    def destroy(self):
        for child, pipe in self.children:
            os.close(pipe)
            os.waitpid(child, 0)
        for s in self.sockets:
            s.close()
        for name in self.names:
            if os.path.exists(self.path(name)):
                subprocess.run(["ip", "netns", "del", self.ns(name)], check=False)


@pytest.fixture
def net():
    net = Net()
    try:
        net.build()
        yield net
    finally:
        net.destroy()


@pytest.fixture(params=[socket.AF_INET, socket.AF_INET6], ids=["IPv4", "IPv6"])
def family(request):
    return request.param
