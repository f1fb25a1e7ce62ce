# SPDX-License-Identifier: GPL-2.0-or-later
"""Network namespaces, made for each test: two heads, a service on each, a client, a switch.

    client --- switch --- head1 (eth0) ~ macvlan (or ipvlan) svc0 in service1
                  `------ head2 (eth0) ~ macvlan (or ipvlan) svc0 in service2

Only service1 starts with the floating addresses. Everything is deleted at the end of the
test, whatever happened; sockets opened by `Net.inside()` belong to the test process.
"""
import contextlib
import ctypes
import errno
import fcntl
import itertools
import os
import pathlib
import signal
import socket
import struct
import subprocess
import time

import pytest

# Their assertions are explained as those of a test.
pytest.register_assert_rewrite("cluster", "fakekeeper", "move_stage", "sever_agent")

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("BATON_BUILD", ROOT / "build/release")).absolute()
NETX = str(BUILD / "tests/netns/netx")
KEEPX = str(BUILD / "tests/netns/keepx")
STEPX = str(BUILD / "tests/netns/stepx")
AGENT = str(BUILD / "src/ocf/service")
AGENT_SEVER = str(BUILD / "src/ocf/sever")
FAKEKEEPER = str(BUILD / "tests/netns/fakekeeper")
FAKEKEEPER_NEXT = str(BUILD / "tests/netns/fakekeeper_next")
CPGX = str(BUILD / "tests/lab/cpgx")
# Absolute: some are run in another mount namespace, which begins at /.
BATON = os.path.abspath(os.environ.get("BATON", BUILD / "src/cmd/baton"))
CLONE_NEWNET = 0x40000000
F_OFD_SETLK = 37
PORT = 2049
FLOAT = {socket.AF_INET: "192.0.2.50", socket.AF_INET6: "2001:db8::50"}
CLIENT = {socket.AF_INET: "192.0.2.20", socket.AF_INET6: "2001:db8::20"}
MAC1, MAC2 = "02:00:5e:10:00:01", "02:00:5e:10:00:02"

_libc = ctypes.CDLL(None, use_errno=True)
_number = itertools.count()


def setns(fd):
    if _libc.setns(fd, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def until(condition, seconds=60):
    """Ask again until the answer is true; each question is a process, so no sleep is needed. The time is for a
    machine that is slow, or stands still for seconds; who means a time gives it."""
    end = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        assert time.monotonic() < end, f"not within {seconds} s"


def retransmissions(sock):
    """How often a TCP socket has sent something again, a SYN too: tcpi_total_retrans (linux/tcp.h)."""
    return struct.unpack_from("I", sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104), 100)[0]


@contextlib.contextmanager
def locked(path):
    """Hold a file's lock, as os/lock.c takes it."""
    with open(path, "w") as f:
        fcntl.fcntl(f, F_OFD_SETLK, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0))
        yield


@contextlib.contextmanager
def inside(path):
    """Enter another network namespace: sockets opened there stay there."""
    here = os.open("/proc/self/ns/net", os.O_RDONLY)
    there = os.open(path, os.O_RDONLY)
    try:
        setns(there)
        yield
    finally:
        setns(here)
        os.close(here)
        os.close(there)


class Net:
    def __init__(self, kind="macvlan"):
        self.kind = kind
        # Of the links of service1 and service2: their own, or those of their heads.
        self.macs = [MAC1, MAC2]
        self.prefix = f"bt-{os.getpid()}-{next(_number)}"
        self.names = []
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
        """Act as the keeper: open sockets inside, and work from outside."""
        done = subprocess.run([NETX, "-n", self.path(name), *map(str, cmd)], input=text,
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == status, (cmd, done)
        return done.stderr if status not in (0, 42) else done.stdout

    def ip(self, name, *lines):
        subprocess.run(["ip", "-n", self.ns(name), "-batch", "-"], check=True,
                       input="\n".join(lines), text=True, timeout=60)

    def inside(self, name):
        return inside(self.path(name))

    def keep(self, sock):
        self.sockets.append(sock)
        sock.settimeout(30)
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

    def listen_mapped(self):
        """A listener for IPv4 clients on an IPv6 socket."""
        with self.inside("service1"):
            s = self.keep(socket.socket(socket.AF_INET6, socket.SOCK_STREAM))
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        s.bind(("::", PORT))
        s.listen(16)
        return s

    def connect(self, listener):
        """A connection from the client: the client's socket and the server's."""
        with self.inside("client"):
            c = self.keep(socket.socket(listener.family, socket.SOCK_STREAM))
        c.connect((FLOAT[listener.family], PORT))
        return c, self.keep(listener.accept()[0])

    def connect_many(self, listener, n):
        """Connections that nobody needs by name. The client's ends live in a child that ends with its pipe,
        because one process may not hold that many descriptors."""
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

    # The states that every_state() makes, as sock_diag calls them.
    EVERY_STATE = ["CLOSE-WAIT", "CLOSING", "ESTAB", "ESTAB", "FIN-WAIT-1", "FIN-WAIT-1",
                   "FIN-WAIT-2", "FIN-WAIT-2", "LAST-ACK", "SYN-RECV", "TIME-WAIT"]

    def every_state(self, family):
        """A connection to service1 in every state but LISTEN; returns the listener. From then on the client
        hears nothing; `forget_filter()` lets it hear again."""
        listener = self.listen("service1", family)
        pairs = {name: self.connect(listener) for name in
                 ("ESTAB", "CLOSE-WAIT", "FIN-WAIT-2", "orphan", "TIME-WAIT", "FIN-WAIT-1",
                  "held FIN-WAIT-1", "LAST-ACK", "CLOSING")}
        pairs["CLOSE-WAIT"][0].shutdown(socket.SHUT_WR)
        pairs["LAST-ACK"][0].shutdown(socket.SHUT_WR)
        pairs["FIN-WAIT-2"][1].shutdown(socket.SHUT_WR)
        pairs["orphan"][1].close()  # FIN-WAIT-2 without a process
        pairs["TIME-WAIT"][1].close()
        assert pairs["TIME-WAIT"][0].recv(1) == b""
        pairs["TIME-WAIT"][0].close()
        with self.inside("client"):
            waiting, syn = (self.keep(socket.socket(family, socket.SOCK_STREAM))
                            for _ in range(2))
        waiting.connect((FLOAT[family], PORT))  # established, but not accepted
        until(lambda: self.states() == ["CLOSE-WAIT"] * 2 + ["ESTAB"] * 5 +
              ["FIN-WAIT-2"] * 2 + ["TIME-WAIT"])
        # From here on the client hears nothing: what is sent stays unacknowledged.
        self.run("client", "nft", "add table inet t; add chain inet t i "
                 "{ type filter hook input priority 0; policy drop; }; "
                 "add rule inet t i icmpv6 type nd-neighbor-advert accept")
        pairs["FIN-WAIT-1"][1].close()
        pairs["held FIN-WAIT-1"][1].shutdown(socket.SHUT_WR)
        pairs["LAST-ACK"][1].close()
        for side in (1, 0):  # two FINs that cross
            pairs["CLOSING"][side].shutdown(socket.SHUT_WR)
        syn.setblocking(False)
        assert syn.connect_ex((FLOAT[family], PORT)) == errno.EINPROGRESS
        until(lambda: self.states() == self.EVERY_STATE)
        syn.close()  # or it would send another one
        return listener

    def forget_filter(self):
        self.run("client", "nft", "delete table inet t")

    def capture(self, name, protocol=3, dev="eth0"):
        """Capture all frames on a link from now on; 3 = ETH_P_ALL."""
        with self.inside(name):
            s = self.keep(socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                                        socket.htons(protocol)))
            s.setsockopt(socket.SOL_SOCKET, 33, 32 << 20)  # SO_RCVBUFFORCE
            s.bind((dev, protocol))
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

    def add(self, *names):
        for name in names:
            self.names.append(name)
            subprocess.run(["ip", "netns", "add", self.ns(name)], check=True)
            self.run(name, "sysctl", "-qw", "net.ipv6.conf.default.accept_dad=0",
                     "net.ipv6.conf.all.accept_dad=0")

    def build(self):
        self.add("switch", "head1", "head2", "service1", "service2", "client")
        self.ip("switch", "link add br0 type bridge", "link set br0 up",
                *[f"link add {n} type veth peer name eth0 netns {self.ns(n)}"
                  for n in ("head1", "head2", "client")],
                *[f"link set {n} master br0 up" for n in ("head1", "head2", "client")])
        for head in ("head1", "head2"):
            self.ip(head, "link set lo up", "link set eth0 up")
        self.ip("client", "link set lo up", "link set eth0 up",
                "addr add 192.0.2.20/24 dev eth0",
                "addr add 2001:db8::20/64 dev eth0 nodad")
        if self.kind == "ipvlan":
            # What a head sends of its own would look like the service's.
            for n in ("head1", "head2"):
                self.run(n, "sysctl", "-qw", "net.ipv6.conf.eth0.disable_ipv6=1")
            self.macs = [self.netx(f"head{n}", "link", "eth0").split()[3] for n in (1, 2)]
        for n, mac in ((1, MAC1), (2, MAC2)):
            self.child(n, f"service{n}", mac)
            self.ip(f"service{n}", "link set lo up")
        self.serve("service1")

    def child(self, head, name, *mac, status=0):
        """A service's link there."""
        return self.netx(f"head{head}", self.kind, "eth0", self.path(name), "svc0",
                         *(mac if self.kind == "macvlan" else ()), status=status)

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


def has_ipvlan():
    """Does this kernel have it? Debian's have; that of a small virtual machine may not."""
    script = "ip link add eth0 type dummy && ip link add link eth0 name svc0 type ipvlan mode l2"
    return subprocess.run(["unshare", "-n", "sh", "-c", script], capture_output=True, check=False).returncode == 0


KINDS = ["macvlan"] + ["ipvlan"] * has_ipvlan()
# For tests whose result may depend on the kind of the service's link.
both_kinds = pytest.mark.parametrize("net", KINDS, indirect=True)


def pytest_terminal_summary(terminalreporter):
    if len(KINDS) == 1:
        terminalreporter.write_line("no ipvlan in this kernel: links were macvlan only")


@pytest.fixture
def net(request):
    net = Net(getattr(request, "param", "macvlan"))
    try:
        net.build()
        yield net
    finally:
        net.destroy()


@pytest.fixture(params=[socket.AF_INET, socket.AF_INET6], ids=["IPv4", "IPv6"])
def family(request):
    return request.param


@pytest.fixture
def kernel_without(tmp_path):
    """The environment of a kernel that lacks something; sever_shim.c lists what."""
    here = pathlib.Path(__file__).resolve().parent
    subprocess.run(["cc", "-shared", "-fPIC", "-o", tmp_path / "shim.so", here / "sever_shim.c",
                    "-ldl"], check=True)
    # A sanitizer wants to be the first library; here the shim has to be.
    return lambda what: {"LD_PRELOAD": str(tmp_path / "shim.so"), "SHIM_WITHOUT": what,
                         "ASAN_OPTIONS": "verify_asan_link_order=0:abort_on_error=1"}


@pytest.fixture
def cannot_destroy(kernel_without):
    """The environment of a kernel without CONFIG_INET_DIAG_DESTROY."""
    return kernel_without("destroy")


class House:
    """A mount and a network namespace with a /run of its own, as systemd leaves them: everything is shared.
    Services in it have the same names and places as on a head."""

    CONF = ("[service]\ndevice = {device}\nfstype = {fstype}\n"
            "address = 192.0.2.50/24@eth0\n{exports}\n")

    # Since 6.18 a mount namespace made by one CPU may count as older than one made earlier by another
    # (lib/cookie: batches per CPU), and the kernel pins no namespace inside a younger one. A head's own is
    # the oldest of all; ours is not.
    CPUS = sorted(os.sched_getaffinity(0))
    WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
    ONE_CPU = ["taskset", "-c", str(CPUS[WORKER % len(CPUS)])]

    def __init__(self, folder):
        self.conf = folder / "conf"
        self.conf.mkdir()
        self.fake = folder / "fake"
        self.fake.mkdir()
        self.processes = []
        self.holder = subprocess.Popen(
            [*self.ONE_CPU, "unshare", "-m", "-n", "--propagation", "private", "sh", "-c",
             # Other tests' namespaces, and so their mounts, come and go there and show up here.
             "while umount -l /run/netns; do :; done 2>/dev/null;"
             "mkdir -p /var/lib/baton && mount -t tmpfs -o size=16m tmpfs /var/lib/baton &&"
             "mount -t tmpfs -o size=16m tmpfs /run && mount --make-rshared / && echo && exec cat"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.holder.stdout.readline() == b"\n"
        self.env = dict(os.environ, BATON_CONFDIR=str(self.conf), FAKE_DIR=str(self.fake),
                        LC_ALL="C.UTF-8")
        self.enter = [*self.ONE_CPU, "nsenter", "-t", str(self.holder.pid), "-m", "-n"]

    def write(self, name="vmstore", device="/dev/null", fstype="xfs", exports="export = / *(rw)",
              more=""):
        path = self.conf / f"{name}.conf"
        path.write_text(self.CONF.format(device=device, fstype=fstype, exports=exports) + (more and more + "\n"))
        path.chmod(0o644)
        return path

    def run(self, *argv, status=0, **kw):
        """stdout if the status is 0, else stderr."""
        done = subprocess.run([*self.enter, *map(str, argv)], capture_output=True, text=True,
                              timeout=60, env=self.env, **kw)
        assert done.returncode == status, (argv, done)
        return done.stderr if status else done.stdout

    def start(self, *argv, **kw):
        p = subprocess.Popen([*self.enter, *map(str, argv)], text=True, env=self.env,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, **kw)
        self.processes.append(p)
        return p

    def keepx(self, *argv, status=0):
        return self.run(KEEPX, *argv, status=status)

    def baton(self, *argv, status=0, **kw):
        return self.run(BATON, *argv, status=status, **kw)

    def inside(self, name, *argv, status=0):
        return self.run(KEEPX, "ns-run", name, *argv, status=status)

    def mounts(self, name=None):
        """The mount points of the house, or inside a service."""
        cat = ["cat", "/proc/self/mountinfo"]
        text = self.inside(name, *cat) if name else self.run(*cat)
        return [line.split()[4] for line in text.splitlines()]

    def destroy(self):
        if self.holder.returncode is not None:
            return
        for p in self.processes:
            p.kill()
            p.communicate()
        # What runs in there is ours: daemons and operations that outlive their keeper.
        here = os.stat(f"/proc/{self.holder.pid}/ns/mnt").st_ino
        for entry in os.listdir("/proc"):
            with contextlib.suppress(OSError):
                if entry.isdigit() and int(entry) != self.holder.pid and \
                        os.stat(f"/proc/{entry}/ns/mnt").st_ino == here:
                    os.kill(int(entry), signal.SIGKILL)
        self.holder.stdin.close()
        self.holder.wait()


@pytest.fixture
def house(tmp_path):
    house = House(tmp_path)
    try:
        yield house
    finally:
        house.destroy()
