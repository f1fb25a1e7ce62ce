# SPDX-License-Identifier: GPL-2.0-or-later
"""ocf:baton:sever between two heads, as namespaces: service1 has the address, service2 gets it.
The NFS server is any listener; what knfsd tells is played by files."""
import json
import os
import re
import select
import socket
import subprocess
import threading

import pytest

from conftest import AGENT_SEVER, BATON, BUILD, CLIENT, FLOAT, MAC1, PORT, until
from test_net import FIN, RST, frames, from_service, tcp_of

SUCCESS, GENERIC, ARGS, UNIMPLEMENTED, PERM, INSTALLED, CONFIGURED, NOT_RUNNING = range(8)
PREFIX = {socket.AF_INET: 24, socket.AF_INET6: 64}
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
IPV4 = FLOAT[socket.AF_INET]


class Agent:
    """The agent on both heads; `state` is on the shared `disk`."""

    def __init__(self, net, folder):
        self.net, self.folder = net, folder
        self.disk = folder / "disk"
        self.state = self.disk / "state"
        self.nfsd = None
        self.heads = {}  # how to get there, where not as usual

    def run(self, action, expect=SUCCESS, *, name="service1", address=IPV4, state=None,
            interval=10000, level=None, prefix=(), env=None, **parameters):
        """stderr of an action, with the environment Pacemaker gives and no other."""
        given = {"PATH": "", "OCF_ROOT": "/usr/lib/ocf", "OCF_RESKEY_address": address,
                 "OCF_RESKEY_state": state or self.state, "OCF_CHECK_LEVEL": level,
                 "OCF_RESKEY_CRM_meta_interval": interval, **(env or {}),
                 **{f"OCF_RESKEY_{k}": v for k, v in parameters.items()}}
        argv = [*self.heads.get(name, ["ip", "netns", "exec", self.net.ns(name)]),
                *self.enter(), *prefix, "env", "-i",
                *[f"{k}={v}" for k, v in given.items() if v is not None], AGENT_SEVER, action]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=60,
                              stdin=subprocess.DEVNULL)
        assert done.returncode == expect, done
        if expect not in (SUCCESS, NOT_RUNNING):
            assert done.stderr.splitlines()[-1].startswith("ocf-exit-reason:"), done
        self.stdout = done.stdout
        return done.stderr

    def reason(self, action, expect, **kw):
        return self.run(action, expect, **kw).splitlines()[-1].removeprefix("ocf-exit-reason:")

    def warnings(self, action, **kw):
        said = self.run(action, **kw).splitlines()
        return [line.removeprefix("WARNING: ") for line in said if line.startswith("WARNING: ")]

    def enter(self):
        """With a knfsd to look at, if there is one."""
        if not self.nfsd:
            return []
        script = ("mount -t tmpfs x /proc/fs && mkdir /proc/fs/nfsd && "
                  f"mount --bind {self.nfsd} /proc/fs/nfsd && exec \"$@\"")
        return ["unshare", "-m", "sh", "-c", script, "sh"]

    def record(self, address=IPV4, port=PORT):
        return self.state / f"{address}-{port}"

    def move(self, family, source="service1", target="service2"):
        """As the group does it."""
        address = FLOAT[family]
        self.run("stop", name=source, address=address)
        self.net.netx(source, "addr-del", "svc0", f"{address}/{PREFIX[family]}")
        self.net.netx(source, "down", "svc0")
        self.net.netx(target, "up", "svc0")
        self.net.netx(target, "addr-add", "svc0", f"{address}/{PREFIX[family]}")
        return self.run("start", name=target, address=address)


@pytest.fixture
def agent(net, tmp_path):
    agent = Agent(net, tmp_path)
    agent.disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "x", agent.disk], check=True)
    try:
        agent.state.mkdir(mode=0o700)
        yield agent
    finally:
        subprocess.run(["umount", "-lq", agent.disk], check=False)


def rules(net, name="service1"):
    return net.run(name, "nft", "list", "ruleset").stdout


def ends(seen):
    """RST and FIN among the segments the service sent."""
    segments = [tcp_of(f) for f in from_service(frames(seen, 0.3)) if tcp_of(f)]
    return [flags & (RST | FIN) for _, _, _, flags, _ in segments if flags & (RST | FIN)]


# --- a life ---------------------------------------------------------------------------


def test_a_move_there_and_back(agent, net, family):
    """The client is told nothing by the head it leaves, and all by the one that it gets."""
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
    # And back, to a head that remembers it as silenced.
    c, _ = net.connect(net.listen("service2", family))
    agent.move(family, "service2", "service1")
    with pytest.raises(ConnectionResetError):
        c.recv(1)
    assert "flags dormant" in rules(net)


@pytest.mark.alone
def test_every_state_goes_and_nothing_is_told(agent, net, family):
    listener = net.every_state(family)
    seen = net.capture("client")
    agent.run("stop", address=FLOAT[family])
    assert net.diag() == [] and ends(seen) == []
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
    """Three rounds, each after an announcement; the agent waits for the first only."""
    net.connect(net.listen("service1", socket.AF_INET))
    net.run("client", "nft", "add table inet t; add chain inet t i "
            "{ type filter hook input priority 0; policy drop; }")
    agent.run("stop")
    seen = net.capture("client")
    agent.run("start")
    captured = frames(seen, 1.8)
    # A bare ACK and a SYN-ACK each.
    assert len([f for f in from_service(captured) if tcp_of(f)]) == 3 * 2
    arps = [f for f in captured if f[6:12] == bytes.fromhex(MAC1.replace(":", "")) and
            f[12:14] == b"\x08\x06" and f[28:32] == socket.inet_aton(IPV4) == f[38:42]]
    assert len(arps) == 3 * 2, "each a request and a reply"


def test_who_has_left_calls_nobody(agent, net):
    """The rounds to come end with the stop: another head may announce the address meanwhile."""
    net.connect(net.listen("service1", socket.AF_INET))
    net.run("client", "nft", "add table inet t; add chain inet t i "
            "{ type filter hook input priority 0; policy drop; }")
    agent.run("start")
    agent.run("stop")
    seen = net.capture("client")
    assert [f for f in from_service(frames(seen, 1.8))
            if f[12:14] == b"\x08\x06" or tcp_of(f)] == []


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
    """Neither another address, nor another port, nor tickles where none are wanted."""
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
    """Their tables come and wake at one time, and their records are written."""
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
    """Of the address that was meant nothing is ended, and of the other nothing stays behind."""
    c, s = net.connect(net.listen("service1", socket.AF_INET))
    knfsd.add("theirs", c.getsockname(), "open")
    wrong = "192.0.2.51"
    agent.run("start", GENERIC, address=wrong)
    agent.run("stop", address=wrong)
    assert rules(net) == "" and knfsd.ended() == [] and knfsd.unlock.read_text() == ""
    c.send(b"x")
    assert s.recv(1) == b"x"


def test_an_address_that_has_gone_before(agent, net, family):
    """What is left of it goes, and tells nobody."""
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


# --- a state directory that is not as it should be -----------------------------------------


def full(agent):
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k,mode=700", "x", agent.state], check=True)
    (agent.state / "fill").write_bytes(b"x" * 4096)
    return "No space left on device", False


def read_only(agent):
    subprocess.run(["mount", "-t", "tmpfs", "-o", "ro,mode=700", "x", agent.state], check=True)
    return "Read-only file system", False


def others_may_write(agent):
    agent.state.chmod(0o777)
    return "others than root may write there: Operation not permitted", True


def of_somebody_else(agent):
    os.chown(agent.state, 65534, 0)
    return "others than root may write there: Operation not permitted", True


def a_link(agent):
    agent.state.rmdir()
    agent.state.symlink_to("/tmp")
    return "Not a directory", True


def a_file(agent):
    agent.state.rmdir()
    agent.state.write_text("")
    return "Not a directory", True


def unmounted(agent):
    """Nothing is made below the mount point either."""
    subprocess.run(["umount", agent.disk], check=True)
    return "on this head's root filesystem: is the disk mounted?", True


def unmounted_since(agent):
    """Something has been made there."""
    subprocess.run(["umount", agent.disk], check=True)
    agent.state.mkdir(mode=0o700)
    return "on this head's root filesystem: is the disk mounted?", True


@pytest.fixture(params=[full, read_only, others_may_write, of_somebody_else, a_link, a_file,
                        unmounted, unmounted_since], ids=lambda f: f.__name__)
def broken(request, agent):
    """Why nothing can be recorded, and whether nothing can be read either."""
    yield request.param(agent)
    if request.param is unmounted:
        assert os.listdir(agent.disk) == []
    subprocess.run(["umount", "-q", agent.state], check=False)


def test_a_broken_state_directory_harms_nothing(agent, net, broken):
    """One line, and all the rest is done."""
    why, unreadable = broken
    net.connect(net.listen("service1", socket.AF_INET))
    for action in ("monitor", "stop"):
        said, = agent.warnings(action)
        assert said.startswith(f"connections not recorded: {agent.state}") and said.endswith(why)
    assert net.diag() == []
    said = agent.warnings("start")
    assert [line.endswith(why) for line in said] == [True] * unreadable
    agent.run("monitor")
    assert not agent.record().exists()


def test_a_directory_that_is_missing_is_made(agent, net):
    """By a monitor as well: with a resource that joins a running group Pacemaker begins there."""
    agent.state.rmdir()
    assert agent.warnings("start") == []
    assert agent.state.stat().st_mode & 0o777 == 0o700
    agent.state.rmdir()
    net.connect(net.listen("service1", socket.AF_INET))
    for action in ("monitor", "stop"):
        assert agent.warnings(action) == []
        assert agent.record().read_text().count(IPV4) == 1
        agent.record().unlink()
        agent.state.rmdir()


def test_a_directory_nobody_can_make(agent, net):
    state = agent.disk / "a" / "b"
    said, = agent.warnings("start", state=state)
    assert said == f"clients are not known: {state}: No such file or directory"


GOOD = f"baton-connections 1\n{IPV4} {PORT} {CLIENT[socket.AF_INET]} 900\nlocks 0\n"


@pytest.mark.parametrize("text,why", [
    ("", "cut short, or no record of connections"),
    (GOOD[:-1], "cut short, or no record of connections"),
    (GOOD[:-9], "cut short, or no record of connections"),
    (GOOD.replace("0\n", "-1\n"), "cut short, or no record of connections"),
    (GOOD.replace("900", "0"), "line 2: remote port '0' is not 1..65535"),
    (GOOD.replace("connections 1", "connections 2"),
     "line 1: 'baton-connections 2' instead of 'baton-connections 1'"),
    (GOOD.replace(IPV4, "192.0.2.51"), f"line 2: not of {IPV4}:{PORT}"),
    (GOOD.replace(f"{IPV4} {PORT}", f"{IPV4} 22"), f"line 2: not of {IPV4}:{PORT}"),
    ("\0" * 100, "cut short, or no record of connections"),
    ("locks 0\n", "line 1: cut short"),
])
def test_a_record_that_is_none(agent, net, text, why):
    """Or of another service. Nobody is called by it, and the next one is good again."""
    agent.record().write_text(text)
    seen = net.capture("client")
    assert agent.warnings("start") == [f"clients are not known: {agent.record()}: {why}"]
    assert not [f for f in from_service(frames(seen, 0.3)) if tcp_of(f)]
    c, _ = net.connect(net.listen("service1", socket.AF_INET))
    agent.run("monitor")
    assert agent.record().read_text() == GOOD.replace("900", str(c.getsockname()[1]))


def test_a_disk_that_hangs(agent, net):
    """Played by a pipe: it is waited for only so long, and all the rest is done."""
    listener = net.listen("service1", socket.AF_INET)
    net.connect(listener)
    os.mkfifo(agent.record())
    for action in ("monitor", "stop"):
        assert agent.warnings(action) == \
            [f"connections not recorded: {agent.state}: Connection timed out"]
    assert net.diag() == []
    assert agent.warnings("start") == \
        [f"clients are not known: {agent.state}: Connection timed out"]
    net.connect(listener)


def test_a_directory_that_is_exchanged(agent, net):
    """Between the look at it and the writing: what was looked at is what is written to."""
    elsewhere = agent.disk / "elsewhere"
    elsewhere.mkdir()
    net.connect(net.listen("service1", socket.AF_INET))
    os.mkfifo(agent.record())
    monitor = threading.Thread(target=agent.run, args=("monitor",))
    monitor.start()

    def is_read():
        try:
            return os.open(agent.record(), os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            return None
    pipe = until(is_read)
    seen = agent.state.rename(agent.disk / "seen")
    agent.state.symlink_to(elsewhere)
    os.close(pipe)
    monitor.join()
    assert os.listdir(elsewhere) == []
    assert (seen / agent.record().name).read_text().count(IPV4) == 1


def test_a_record_that_is_a_link(agent, net, tmp_path):
    (tmp_path / "secret").write_text("x")
    agent.record().symlink_to(tmp_path / "secret")
    said, = agent.warnings("start")
    assert said.endswith("Too many levels of symbolic links")
    net.connect(net.listen("service1", socket.AF_INET))
    agent.run("stop")
    assert (tmp_path / "secret").read_text() == "x" and not agent.record().is_symlink()


# --- NFSv4 state --------------------------------------------------------------------------


class Knfsd:
    """What knfsd tells of its clients. Whom it was told to end has "expire" in its ctl."""

    def __init__(self, agent):
        self.folder = agent.folder / "nfsd"
        (self.folder / "clients").mkdir(parents=True)
        self.unlock = self.folder / "unlock_filesystem"
        self.unlock.write_text("")
        device = os.stat(agent.state).st_dev
        self.here = f"{os.major(device):02x}:{os.minor(device):02x}:7"
        self.names = []
        agent.nfsd = self.folder

    def add(self, name, peer, *held, status="confirmed", where=None):
        """held: "open", "lock" …, with "!" if an administrator has revoked it."""
        folder = self.folder / "clients" / str(len(self.names) + 3)
        folder.mkdir()
        address = f"[{peer[0]}]:{peer[1]}" if ":" in peer[0] else f"{peer[0]}:{peer[1]}"
        (folder / "info").write_text(f'clientid: 0x1\naddress: "{address}"\nstatus: {status}\n'
                                     f'seconds from last renew: 3\nname: "{name}"\n')
        (folder / "states").write_text("".join(
            f'- 0x01: {{ type: {h.rstrip("!")}, superblock: "{where or self.here}", filename: "f", '
            f'owner: "x"{", admin-revoked" if h.endswith("!") else ""} }}\n' for h in held))
        (folder / "ctl").write_text("")
        self.names.append(name)

    def ended(self):
        return [name for n, name in enumerate(self.names)
                if (self.folder / "clients" / str(n + 3) / "ctl").read_text() == "expire\n"]


@pytest.fixture
def knfsd(agent):
    return Knfsd(agent)


def test_whose_state_is_released(agent, net, knfsd, family):
    address, other = FLOAT[family], FLOAT[socket.AF_INET if family == socket.AF_INET6 else
                                          socket.AF_INET6]
    mine = net.connect(net.listen("service1", family))[0].getsockname()
    theirs = net.connect(net.listen("service1", socket.AF_INET6 if family == socket.AF_INET else
                                    socket.AF_INET))[0].getsockname()
    elsewhere = "00:01:9"
    knfsd.add("mine", mine, "open", where=elsewhere)
    knfsd.add("mine, holding nothing", mine)
    knfsd.add("mine, connected anew", (mine[0], 77), "open", "lock")
    knfsd.add("theirs", theirs, "open", where=elsewhere)
    knfsd.add("theirs, but on this filesystem", theirs, "open")
    knfsd.add("dead", ("192.0.2.99", 800), "open", where=elsewhere, status="courtesy")
    knfsd.add("dead, within its lease", ("192.0.2.98", 800), "deleg")
    knfsd.add("nobody knows", ("192.0.2.97", 800), "open", where=elsewhere)
    knfsd.add("revoked", mine, "open!", "lock!")
    said = agent.run("stop", address=address)
    assert knfsd.ended() == ["mine", "mine, connected anew", "dead", "dead, within its lease"]
    assert "INFO: 4 clients ended, with the NFSv4 state of each\n" in said
    assert said.endswith("WARNING: 1 client comes by another address of this head and may keep "
                         "files of this filesystem open: see `baton check --shared`\n")
    assert re.fullmatch(r"/proc/self/fd/\d+/\.\n", knfsd.unlock.read_text())
    assert net.diag()[0][0] == other


def test_nothing_is_released_unasked(agent, net, knfsd):
    mine = net.connect(net.listen("service1", socket.AF_INET))[0].getsockname()
    knfsd.add("mine", mine, "open")
    agent.run("stop", release="no")
    assert knfsd.ended() == [] and knfsd.unlock.read_text() == ""
    agent.run("stop")
    assert knfsd.ended() == ["mine"], "by what it holds, its connection being gone"


def test_a_knfsd_that_makes_no_sense(agent, net, knfsd):
    mine = net.connect(net.listen("service1", socket.AF_INET))[0].getsockname()
    knfsd.add("mine", mine, "open")
    (knfsd.folder / "clients" / "9").mkdir()
    (knfsd.folder / "clients" / "10").mkdir()
    (knfsd.folder / "clients" / "10" / "info").write_text("nonsense")
    said, = agent.warnings("stop")
    assert said == "not all NFSv4 state released: /proc/fs/nfsd/clients: Invalid argument"
    assert knfsd.ended() == ["mine"]


def hang(path):
    """Played by a pipe, of which nobody opens the other end."""
    path.unlink()
    os.mkfifo(path)


def test_a_client_that_never_ends(agent, net, knfsd):
    """Its calls hang with a disk: it is waited for only so long, and the others go."""
    mine = net.connect(net.listen("service1", socket.AF_INET))[0].getsockname()
    names = [f"client {n}" for n in range(6)]
    for name in names:
        knfsd.add(name, mine, "open")
    for n in (2, 5):
        hang(knfsd.folder / "clients" / str(n + 3) / "ctl")
    said = agent.run("stop")
    for n in (2, 5):
        (knfsd.folder / "clients" / str(n + 3) / "ctl").unlink()
        (knfsd.folder / "clients" / str(n + 3) / "ctl").write_text("")
    assert "INFO: 4 clients ended, with the NFSv4 state of each\n" in said
    assert said.endswith("WARNING: not all NFSv4 state released: /proc/fs/nfsd/clients: "
                         "Connection timed out\n")
    assert knfsd.ended() == [name for n, name in enumerate(names) if n not in (2, 5)]
    assert net.diag() == []


def test_a_kernel_that_hangs_in_revoking(agent, net, knfsd):
    """As some do over layouts: half of the time is left for the clients."""
    mine = net.connect(net.listen("service1", socket.AF_INET))[0].getsockname()
    knfsd.add("mine", mine, "open")
    hang(knfsd.unlock)
    said = agent.run("stop", env={"OCF_RESKEY_CRM_meta_timeout": 4000})
    assert "INFO: 1 client ended" in said and knfsd.ended() == ["mine"]


def test_a_client_that_never_tells(agent, net, knfsd):
    """Only a warning of the next start hangs on its locks: the record is written without."""
    mine = net.connect(net.listen("service1", socket.AF_INET))[0].getsockname()
    knfsd.add("mine", mine, "lock")
    hang(knfsd.folder / "clients" / "3" / "states")
    for action in ("monitor", "stop"):
        assert agent.warnings(action, release="no",
                              env={"OCF_RESKEY_CRM_meta_timeout": 4000}) == []
        assert agent.record().read_text().endswith(f" {mine[1]}\nlocks 0\n")
        agent.record().unlink()


@pytest.mark.parametrize("wrong", [a_link, unmounted_since])
@pytest.mark.parametrize("end", ["", "/"])
def test_state_of_no_other_filesystem(agent, net, knfsd, wrong, end):
    """What a link leads to, or lies where a mount is missing, does not leave with the group."""
    wrong(agent)
    device = os.stat(agent.state).st_dev
    knfsd.add("theirs", ("192.0.2.98", 800), "open",
              where=f"{os.major(device):02x}:{os.minor(device):02x}:7")
    agent.run("stop", state=f"{agent.state}{end}")
    assert knfsd.ended() == [] and knfsd.unlock.read_text() == ""


def test_locks_are_not_carried(agent, net, knfsd):
    """Who held some is known on the next head."""
    mine = net.connect(net.listen("service1", socket.AF_INET))[0].getsockname()
    knfsd.add("mine", mine, "open", "lock")
    knfsd.add("mine too", mine, "open")
    knfsd.add("another", ("192.0.2.99", 800), "lock")
    knfsd.add("revoked", mine, "open", "lock!")
    agent.run("monitor")
    assert agent.record().read_text().endswith("\nlocks 1\n")
    knfsd.add("mine three", (mine[0], 77), "lock")
    said = agent.move(socket.AF_INET).splitlines()
    assert said[-1] == ("WARNING: 2 clients held locks on the head before: this agent cannot carry "
                        "them over, and writes under them may fail; ocf:baton:service does")


# --- kernels and rights ---------------------------------------------------------------------


@pytest.mark.parametrize("what,line", [
    ("destroy", "sever: this kernel cannot destroy sockets (CONFIG_INET_DIAG_DESTROY): "
     "Operation not supported"),
    ("tcp_diag", "list TCP sockets: no tcp_diag in this kernel: No such file or directory"),
    ("nf_tables", "open nfnetlink: Protocol not supported")])
def test_a_kernel_that_cannot(agent, net, knfsd, kernel_without, what, line):
    """Start refuses, so there is nothing to stop, and the rest of the group serves on."""
    env = kernel_without(what)
    c, s = net.connect(net.listen("service1", socket.AF_INET))
    knfsd.add("mine", c.getsockname(), "open")
    assert agent.reason("start", INSTALLED, env=env) == line
    assert agent.warnings("stop", env=env) == [f"nothing to stop: {line}"]
    assert agent.reason("monitor", NOT_RUNNING, env=env) == line
    assert rules(net) == "" and knfsd.ended() == [] and knfsd.unlock.read_text() == ""
    c.send(b"x")
    assert s.recv(1) == b"x"


def test_a_check_of_a_kernel_that_cannot_destroy(agent, cannot_destroy):
    assert agent.reason("validate-all", INSTALLED, level=10, env=cannot_destroy) == \
        "sever: this kernel cannot destroy sockets (CONFIG_INET_DIAG_DESTROY): " \
        "Operation not supported"


def test_root_who_may_not(agent, net):
    net.connect(net.listen("service1", socket.AF_INET))
    less = ["setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin"]
    said, = agent.warnings("stop", prefix=less)
    assert said.startswith("nothing to stop: ") and said.endswith("Operation not permitted")
    assert agent.reason("start", INSTALLED, prefix=less).endswith("Operation not permitted")
    assert net.states() == ["ESTAB"]


def test_not_root(agent, tmp_path):
    for action in ("start", "stop", "monitor", "validate-all"):
        said = agent.reason(action, PERM, prefix=[*copied(tmp_path), *NOBODY])
        assert said == "not running as root"


def copied(folder):
    """For users who may not look into our folders: the agent's own lies over it."""
    return ["unshare", "-m", "sh", "-c", f"chmod 755 {folder} && mount -t tmpfs -o mode=755 x "
            f"/mnt && cp {AGENT_SEVER} /mnt/sever && shift && exec \"$@\"", "sh", "x"]


# --- the tables -----------------------------------------------------------------------------


@pytest.mark.parametrize("wrong,why", [
    ({"address": ""}, "the parameter address is missing"),
    ({"address": "nfs.example.org"}, "address: 'nfs.example.org' is no address"),
    ({"address": "192.0.2.50/24"}, "address: '192.0.2.50/24' is no address"),
    ({"address": "0.0.0.0"}, "address: '0.0.0.0' is unspecified"),
    ({"address": "127.0.0.1"}, "address: '127.0.0.1' is a loopback address"),
    ({"address": "fe80::50"}, "address: 'fe80::50' is link-local"),
    ({"address": f"::ffff:{IPV4}"},
     f"address: '::ffff:{IPV4}' is an IPv4 address in IPv6 notation"),
    ({"port": "0"}, "port: '0' is not 1 to 65535"),
    ({"port": "nfs"}, "port: 'nfs' is not 1 to 65535"),
    ({"state": "relative/path"}, "state: 'relative/path' is no absolute path"),
    ({"state": "/" + "x" * 4000}, "state: '/" + "x" * 59 + "' is no absolute path"),
    ({"release": "maybe"}, "release: 'maybe' is neither yes nor no"),
    ({"tickle": "y n"}, "tickle: 'y n' is neither yes nor no"),
])
def test_bad_parameter(agent, net, wrong, why):
    """A stop must not fail: after a probe that does, Pacemaker stops it everywhere, and fences."""
    for action in ("start", "monitor", "validate-all"):
        assert agent.reason(action, CONFIGURED, **wrong) == why
    assert agent.warnings("stop", **wrong) == [f"nothing to stop: {why}"]
    assert rules(net) == ""


@pytest.mark.parametrize("word", ["yes", "True", "1", "on", "no", "FALSE", "0", "off"])
def test_yes_and_no(agent, word):
    assert agent.run("validate-all", release=word, tickle=word) == ""


def test_metadata_with_nothing(agent):
    agent.run("meta-data", address=None)
    text = agent.stdout
    assert "<version>1.0</version>" in text and "ocf:baton:service" in text
    assert re.findall(r'<parameter name="(\w+)" unique="(\d)" required="(\d)">', text) == [
        ("address", "1", "1"), ("port", "0", "0"), ("state", "0", "1"), ("release", "0", "0"),
        ("tickle", "0", "0")]
    assert '<content type="boolean" default="yes"/>' in text


def test_usage(agent):
    agent.run("usage")
    assert "Actions: start stop monitor validate-all meta-data" in agent.stdout
    assert agent.reason("promote", UNIMPLEMENTED) == \
        "no action 'promote'; `sever usage` lists them"


# --- the same as commands ---------------------------------------------------------------------


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
    # A connection that lives takes no harm.
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


# --- state=cluster ----------------------------------------------------------------------------

CPGX = str(BUILD / "tests/lab/cpgx")
RECORDS = "run/baton/.records"
COROSYNC = """totem {{
  version: 2
  cluster_name: x
  transport: udpu
}}
nodelist {{
  node {{
    ring0_addr: 198.51.100.1
    name: head1
    nodeid: 1
  }}
  node {{
    ring0_addr: 198.51.100.2
    name: head2
    nodeid: 2
  }}
}}
logging {{
  to_syslog: no
  to_logfile: yes
  logfile: {log}
}}
system {{
  sched_rr: no
  move_to_root_cgroup: no
}}
"""


class Cluster:
    """corosync on both heads, with a /run of their own, and receivers."""

    def __init__(self, agent):
        self.agent, self.net, self.processes = agent, agent.net, []
        agent.state = "cluster"
        self.net.ip("service1", f"link add ring type veth peer name ring netns "
                    f"{self.net.ns('service2')}")
        self.corosync = {name: self.start_corosync(n, name)
                         for n, name in ((1, "service1"), (2, "service2"))}
        for name in self.corosync:
            until(lambda name=name: "2" in self.run(name, "corosync-cmapctl", "-g",
                                                    "runtime.members.2.config_version"))

    def start_corosync(self, n, name):
        conf = self.agent.folder / f"corosync{n}.conf"
        conf.write_text(COROSYNC.format(log=self.agent.folder / f"log{n}"))
        self.net.ip(name, f"addr add 198.51.100.{n}/24 dev ring", "link set ring up",
                    "link set lo up")
        script = ("mount -t tmpfs x /run && mkdir -p /var/lib/corosync && "
                  "mount -t tmpfs x /var/lib/corosync && mount -t tmpfs x /dev/shm && "
                  f"exec corosync -f -c {conf}")
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
    cluster = Cluster(agent)
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
    # A receiver that begins anew forgets, so that all is told again, also to who comes later.
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
    """One line each, and all the rest is done."""
    net.connect(net.listen("service1", socket.AF_INET))
    missing = "baton-record.service does not run here"
    assert agent.warnings("monitor") == [f"connections not recorded: {missing}"]
    assert agent.warnings("start") == [f"clients are not known: {missing}"]
    cluster.receive("service1")
    net.run("service1", "ip", "link", "set", "ring", "down")
    cluster.corosync["service1"].send_signal(19)  # hangs
    net.connect(net.listen("service1", socket.AF_INET6))
    said, = agent.warnings("stop", address=FLOAT[socket.AF_INET6])
    assert said == "connections not recorded: /run/baton/.records: Connection timed out"
    cluster.corosync["service1"].send_signal(18)


def test_what_is_told_is_checked(agent, net, cluster):
    """Whoever says it: root on a head could."""
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
        ignored + "its table of connections: it is no part of one\n"
    assert cluster.run("service1", "ls", "/" + RECORDS) == ""


# --- conformance ------------------------------------------------------------------------------


def test_ocf_tester(agent, net):
    """The stock tester, in the head's namespace: each action twice, the meta-data, the rest."""
    done = subprocess.run(["ip", "netns", "exec", net.ns("service1"), "ocf-tester", "-v", "-n", "x",
                           "-o", f"address={IPV4}", "-o", f"state={agent.state}", AGENT_SEVER],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and "passed all tests" in done.stdout, done
    # It counts what xmllint says as no error of its own.
    assert "validity error" not in done.stdout + done.stderr


@pytest.mark.parametrize("how", [["--valid"], ["--relaxng", "metadata.rng"]], ids=["DTD", "RNG"])
def test_metadata_by_the_schemas(agent, how):
    agent.run("meta-data", address=None)
    subprocess.run(["xmllint", "--noout", "--nonet", *how, "-"], input=agent.stdout, text=True,
                   check=True, cwd="/usr/share/resource-agents")
