# SPDX-License-Identifier: GPL-2.0-or-later
"""The keeper, its runner, socket and ledger, with steps that do nothing; the real commands."""
import contextlib
import fcntl
import json
import os
import pathlib
import signal
import socket
import stat
import struct
import time

import pytest

from conftest import BATON, FAKEKEEPER, PORT, inside, until

RUN = "/run/baton/vmstore"
NO_KEEPER = "no keeper here; start it with `systemctl start baton@vmstore`"


class Keeper:
    def __init__(self, house):
        self.house, self.process = house, None
        # In the house's own /run; reached from here through its holder.
        self.root = f"/proc/{house.holder.pid}/root"
        house.write()

    def be(self, ready=True):
        notify = self.house.fake / "notify"
        with contextlib.suppress(FileNotFoundError):
            notify.unlink()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.bind(str(notify))
            s.settimeout(10)
            self.house.env["NOTIFY_SOCKET"] = str(notify)
            self.process = self.house.start(FAKEKEEPER, "vmstore")
            while ready and s.recv(4096) != b"READY=1":
                pass
        return self

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        self.process.wait(10)
        return self.process.returncode

    def set(self, name, text=""):
        (self.house.fake / name).write_text(text)

    def clear(self, name):
        (self.house.fake / name).unlink()

    def standing(self):
        return (self.house.fake / "standing").read_text()

    def trace(self):
        try:
            return (self.house.fake / "trace").read_text().split()
        except FileNotFoundError:
            return []

    def runs(self, step, times=1):
        until(lambda: self.trace().count(step) == times)

    def baton(self, *argv, status=0):
        return self.house.baton(*argv, status=status)

    def begin(self, *argv):
        return self.house.start(BATON, *argv)

    @contextlib.contextmanager
    def connection(self):
        """A unix socket's path must be short, and be looked up in the house."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
            here = os.getcwd()
            os.chdir(self.root + RUN)
            try:
                s.connect("sock")
            finally:
                os.chdir(here)
            s.settimeout(10)
            yield s

    def ask(self, message):
        with self.connection() as s:
            s.send(message if isinstance(message, bytes) else json.dumps(message).encode())
            return json.loads(s.recv(65536))

    def log(self, n=50):
        return json.loads(self.baton("log", "vmstore", "--json", "--last", str(n)))


@pytest.fixture
def keeper(house):
    return Keeper(house)


def ended(process):
    out, err = process.communicate(timeout=30)
    return process.returncode, out, err


def steps(record):
    return [(s["step"], s["outcome"]) for s in record["steps"]]


def test_a_life(keeper):
    keeper.be()
    status = keeper.ask({"do": "status"})
    assert status["result"] == 0 and status["state"] == "standby" and not status["changed"]
    assert status["cluster"] is False and status["peers"] == []
    assert status["head"] == os.uname().nodename and len(status["digest"]) == 36
    assert keeper.baton("start", "vmstore") == "vmstore: serving\n"
    assert keeper.ask({"do": "status"})["state"] == "serving"
    assert keeper.baton("start", "vmstore") == "vmstore: already serving\n"
    told = json.loads(keeper.baton("stop", "vmstore", "--json"))
    assert told["changed"] is True and told["result"] == 0 and told["operation"] == "stop"
    assert [s["step"] for s in told["steps"]] == ["silence", "unmount"]
    assert keeper.baton("stop", "vmstore") == "vmstore: already stopped, in standby\n"
    # Nothing done is nothing told.
    assert [r["op"] for r in keeper.log()] == ["standby", "start", "stop"]
    record = keeper.log(2)[0]
    assert steps(record) == [("mount", "done"), ("address", "done")]
    assert record["steps"][0]["note"] == "note of mount" and record["outcome"] == "done"
    assert abs(record["began"] - time.time()) < 60
    assert keeper.baton("log", "vmstore").splitlines()[-1].split()[0] == "unmount"
    assert keeper.end() == 0
    assert not os.path.exists(keeper.root + RUN + "/sock")
    assert keeper.standing() == "standby"


def test_a_failed_start_is_undone(keeper):
    keeper.set("address.fail", "no such luck")
    keeper.be()
    assert keeper.baton("start", "vmstore", status=4) == "baton: vmstore: address: no such luck\n"
    record = keeper.log(1)[0]
    assert steps(record) == [("mount", "done"), ("address", "failed"), ("silence", "undone"),
                             ("unmount", "undone")]
    assert record["outcome"] == "failed" and record["error"] == "address: no such luck"
    assert keeper.standing() == "standby"
    assert keeper.ask({"do": "status"})["state"] == "standby"
    keeper.clear("address.fail")
    keeper.baton("start", "vmstore")


def test_words_do_not_stand_twice(keeper):
    keeper.set("mount.fail", "mount /dev/x on /y: why")
    keeper.be()
    assert keeper.baton("start", "vmstore", status=4) == "baton: vmstore: mount /dev/x on /y: why\n"


def test_a_failed_undoing_says_both(keeper):
    keeper.set("address.fail", "no such luck")
    keeper.set("silence.fail", "link stays up")
    keeper.set("unmount.fail", "busy")
    keeper.be()
    assert keeper.baton("start", "vmstore", status=9) == \
        ("baton: vmstore: address: no such luck; and undoing it: silence: link stays up\n")
    # It went on all the same.
    assert keeper.trace()[-2:] == ["silence", "unmount"]
    assert keeper.ask({"do": "status"})["state"] == "partial"
    for step in ("address", "silence", "unmount"):
        keeper.clear(step + ".fail")
    # What stands is stopped first.
    assert keeper.baton("start", "vmstore") == "vmstore: serving\n"
    assert keeper.trace()[-4:] == ["silence", "unmount", "mount", "address"]


def test_a_failed_stop_says_what_stands(keeper):
    keeper.be()
    keeper.baton("start", "vmstore")
    keeper.set("unmount.fail", "/run/baton/vmstore/fs: busy")
    assert keeper.baton("stop", "vmstore", status=9) == \
        "baton: vmstore: unmount: /run/baton/vmstore/fs: busy\n"
    assert keeper.ask({"do": "status"})["state"] == "partial"
    keeper.clear("unmount.fail")
    assert keeper.baton("stop", "vmstore") == "vmstore: stopped, in standby\n"


def test_a_stop_that_cannot_look_has_not_stopped(keeper):
    keeper.be()
    keeper.baton("start", "vmstore")
    keeper.set("standing", "unknown")
    assert keeper.baton("stop", "vmstore", status=9) == \
        "baton: vmstore: look: Input/output error\n"


def test_hung_start(keeper):
    """The undoing child's socket has the number of the one before: epoll must not miss it."""
    keeper.set("mount.hang")
    keeper.be()
    begin = time.monotonic()
    said = keeper.baton("start", "vmstore", status=1)
    assert said == "baton: vmstore: mount: not done after 0 s\n"
    assert time.monotonic() - begin < 5


def test_hung_after_something_stands(keeper):
    keeper.be()
    keeper.set("mount.hang")
    p = keeper.begin("start", "vmstore")
    keeper.runs("mount")
    keeper.set("standing", "partial")
    code, _, err = ended(p)
    assert (code, err) == (1, "baton: vmstore: mount: not done after 0 s\n")
    assert keeper.trace()[-2:] == ["silence", "unmount"]
    assert keeper.standing() == "standby"


# --- more than one at a time ----------------------------------------------------------

def test_a_stop_waits_for_the_start_before_it(keeper):
    keeper.be()
    keeper.set("address.wait")
    start = keeper.begin("start", "vmstore")
    keeper.runs("address")
    stop = keeper.begin("stop", "vmstore")
    until(lambda: keeper.ask({"do": "status"})["state"] == "start")
    keeper.clear("address.wait")
    assert ended(start)[:2] == (0, "vmstore: serving\n")
    assert ended(stop)[:2] == (0, "vmstore: stopped, in standby\n")
    assert keeper.standing() == "standby"


def test_a_stop_after_a_start_that_was_given_up(keeper):
    """As Pacemaker does when the start takes too long."""
    keeper.be()
    keeper.set("address.wait")
    start = keeper.begin("start", "vmstore")
    keeper.runs("address")
    start.kill()
    start.wait()
    with keeper.connection() as stop:
        stop.send(b'{"do": "stop"}')
        assert json.loads(stop.recv(4096)) == {"waiting": "start"}
        with keeper.connection() as s:
            s.send(b'{"do": "start"}')
            assert json.loads(s.recv(4096)) == {"waiting": "start"}
        keeper.clear("address.wait")
        until(lambda: json.loads(stop.recv(4096)).get("result") == 0)
    # The start that nobody waited for any more was never begun.
    assert keeper.ask({"do": "status"})["state"] == "standby"
    assert [r["op"] for r in keeper.log()] == ["standby", "start", "stop"]


def test_the_queue_has_an_end(keeper):
    keeper.be()
    keeper.set("address.wait")
    start = keeper.begin("start", "vmstore")
    keeper.runs("address")
    with contextlib.ExitStack() as stack:
        for _ in range(8):
            s = stack.enter_context(keeper.connection())
            s.send(b'{"do": "stop"}')
            assert json.loads(s.recv(4096)) == {"waiting": "start"}
        answer = keeper.ask({"do": "stop"})
        assert answer["result"] == 8
        assert answer["error"] == "start is going on, and 8 requests wait for its end"
    keeper.clear("address.wait")
    assert ended(start)[0] == 0


def test_one_keeper(keeper):
    keeper.be()
    assert keeper.house.run(FAKEKEEPER, "vmstore", status=8) == \
        "fakekeeper: another keeper is running\n"
    assert keeper.ask({"do": "status"})["state"] == "standby"


# --- the daemons it looks after -------------------------------------------------------

@pytest.mark.parametrize("name", ["mountd", "nfsdcld"])
def test_who_has_died_is_mended_within_a_second(keeper, name):
    keeper.be()
    keeper.baton("start", "vmstore")
    begin = time.monotonic()
    # Nobody holds a lock on it any more.
    os.unlink(f"{keeper.root}{RUN}/{name}.pid")
    keeper.runs("mend")
    assert time.monotonic() - begin < 2


def test_in_standby_that_has_time(keeper):
    keeper.be()
    os.unlink(f"{keeper.root}{RUN}/mountd.pid")
    until(lambda: keeper.trace() == ["prepare", "prepare"], 20)


# --- the connections it looks after ---------------------------------------------------

class Clients:
    """Clients of what listens in the house, by its loopback device."""
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
        # Where the service's disk has the record; as keeper and test see it.
        self.folder = f"/proc/{house.holder.pid}/root{RUN}/fs/.baton/tickle"
        os.makedirs(self.folder)
        self.there = {}

    def open(self, family):
        with inside(f"/proc/{self.house.holder.pid}/ns/net"):
            s = self.stack.enter_context(socket.socket(family))
        s.settimeout(10)
        return s

    def come(self, family=socket.AF_INET):
        """Its socket and the server's."""
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
        """Long before they are listed whatever the counters say."""
        def record():
            with contextlib.suppress(FileNotFoundError), open(self.folder + "/connections") as f:
                return sorted(f.read().splitlines()[1:]) == sorted(self.there.values())
        until(record)


@pytest.fixture
def clients(keeper):
    with contextlib.ExitStack() as stack:
        yield Clients(keeper.house, stack)


class Trace:
    """What a keeper does, as sever_shim.c tells it."""
    def __init__(self, keeper, env):
        self.path = keeper.house.fake / "shim"
        keeper.house.env.update(env, SHIM_TRACE=str(self.path))

    def count(self, what):
        return self.path.read_text().count(what)


def await_wakeups(keeper, n):
    """At most three in two seconds: of the watch, and to look for corosync."""
    def now():
        with open(f"/proc/{keeper.process.pid}/status") as f:
            return int(next(l for l in f if l.startswith("voluntary_ctxt_switches")).split()[1])
    begin = now()
    until(lambda: now() >= begin + n, 2 * n)


def settle(keeper):
    """The last listing is one more than it takes."""
    await_wakeups(keeper, 4)


def test_changed_connections_are_recorded(keeper, clients):
    keeper.be()
    keeper.baton("start", "vmstore")
    clients.come()
    clients.are_recorded()
    pairs = [clients.come(family) for family in Clients.ADDRESSES]
    clients.are_recorded()
    settle(keeper)
    # As many as before, and not those.
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
    """Of those in FIN-WAIT-2 no counter tells that they go."""
    keeper.be()
    keeper.baton("start", "vmstore")
    keeper.house.run("sysctl", "-qw", "net.ipv4.tcp_fin_timeout=5")
    clients.come()
    c, s = clients.come()
    clients.are_recorded()
    s.close()
    settle(keeper)
    clients.are_recorded()
    del clients.there[c]
    clients.are_recorded()


def test_an_idle_keeper_lists_nothing_and_forks_nothing(keeper, clients, kernel_without):
    house, trace = keeper.house, Trace(keeper, kernel_without("nothing"))
    house.run("sh", "-c", "mount -t tmpfs tmpfs /proc/fs && mkdir -p /proc/fs/nfsd/clients/7")
    client = f"/proc/{house.holder.pid}/root/proc/fs/nfsd/clients/7"
    for name, text in (("ctl", ""), ("info", 'address: "192.0.2.20:700"\nstatus: courtesy\n'
                                     'seconds from last renew: 200\nname: "x"\n')):
        with open(f"{client}/{name}", "w") as f:
            f.write(text)
    keeper.be()
    keeper.baton("start", "vmstore")
    clients.come()
    clients.are_recorded()

    def expired():
        with open(client + "/ctl") as f:
            return f.read() == "expire\n"

    until(expired)
    settle(keeper)
    dumps, forks = trace.count("d"), trace.count("f")
    await_wakeups(keeper, 18)
    assert (trace.count("d"), trace.count("f")) == (dumps, forks)


def test_without_counters_it_lists_each_second(keeper, clients, kernel_without):
    trace = Trace(keeper, kernel_without("counters"))
    keeper.be()
    keeper.baton("start", "vmstore")
    clients.come()
    clients.are_recorded()
    dumps = trace.count("d")
    # By family.
    until(lambda: trace.count("d") >= dumps + 6)
    clients.go(*clients.come())
    clients.come()
    clients.are_recorded()


class Knfsd:
    """What knfsd, nfsdcld and the disk tell of clients, played by files."""

    def __init__(self, keeper, grace):
        house, self.keeper = keeper.house, keeper
        house.run("sh", "-ec", f"""
            mount -t tmpfs tmpfs /proc/fs
            mkdir -p /proc/fs/nfsd/clients {RUN}/fs/.baton/nfsdcld {RUN}/fs/.baton/tickle
            chmod 700 {RUN}""")
        self.nfsd = pathlib.Path(keeper.root + "/proc/fs/nfsd")
        self.disk = pathlib.Path(keeper.root + RUN + "/fs/.baton")
        self.record = self.disk / "tickle/holdings"
        self.ended = self.nfsd / "v4_end_grace"
        self.ended.write_text("N\n" if grace else "Y\n")
        (self.nfsd / "nfsv4leasetime").write_text("10\n")
        (self.nfsd / "nfsv4gracetime").write_text("600\n")
        conf = house.conf / "vmstore.conf"
        conf.write_text(conf.read_text() + "lease = 10\ngrace = 10\n")

    def database(self, script):
        """Inside: sqlite looks through links, and so past the house."""
        self.keeper.house.run("python3", "-c", "import sqlite3, sys; db = sqlite3.connect("
                              f"'{RUN}/fs/.baton/nfsdcld/main.sqlite');"
                              "db.executescript(sys.argv[1]); db.commit()", script)

    def await_clients(self, *names):
        """As nfsdcld does (nfs-utils, utils/nfsdcld/sqlite.c)."""
        self.database(
            "create table grace (current integer, recovery integer);"
            "insert into grace values (2, 1);" + "".join(
                f'create table "rec-{epoch:016x}" (id blob primary key, princhash blob);'
                for epoch in (1, 2)) + "".join(
                f"""insert into "rec-{1:016x}" (id) values (x'{n.encode().hex()}');"""
                for n in names))

    def complete(self, name):
        self.database(f"""insert into "rec-{2:016x}" (id) values (x'{name.encode().hex()}')""")

    def client(self, number, name, *held):
        """held: "open", "lock" …"""
        folder = self.nfsd / "clients" / str(number)
        folder.mkdir(exist_ok=True)
        (folder / "info").write_text(f'address: "192.0.2.20:700"\nstatus: confirmed\n'
                                     f'seconds from last renew: 1\nname: "{name}"\n')
        (folder / "states.new").write_text("".join(
            f"- 0x{i:08x}: {{ type: {h}, access: rw }}\n" for i, h in enumerate(held)))
        os.replace(folder / "states.new", folder / "states")

    def had(self, **counts):
        self.record.write_text("baton-holdings 1\npace 0\nranges 0\n" + "".join(
            f"{n} {name.encode().hex()}\n" for name, n in counts.items()))

    def recorded(self):
        return self.record.read_text().splitlines() if self.record.exists() else []

    def is_over(self):
        return self.ended.read_text() == "Y\n"


def test_who_does_not_come_costs_no_more_than_grace(keeper):
    """The period itself may last ten minutes, for who holds much. And a keeper may die."""
    knfsd = Knfsd(keeper, grace=True)
    knfsd.await_clients("gone", "stuck", "done")
    knfsd.had(gone=3, stuck=7, done=1)
    knfsd.client(4, "stuck", *["open"] * 5)
    knfsd.client(5, "done", "open")
    knfsd.complete("done")
    keeper.be()
    keeper.baton("start", "vmstore")
    keeper.end(signal.SIGKILL)
    keeper.be()
    began = time.monotonic()
    until(knfsd.is_over, 60)
    assert time.monotonic() - began > 9
    until(lambda: keeper.log(1)[0]["op"] == "grace")
    record = keeper.log(1)[0]
    assert record["outcome"] == "failed" and record["late"] == 2 and record["absent"] == 1
    assert record["error"] == "not reclaimed in time: 'stuck' has 5 of 7"
    assert [s["note"] for s in record["steps"]] == ["did not come back: 'gone' has 0 of 3"]
    # What was held before is not forgotten before there is something new.
    assert f"7 {'stuck'.encode().hex()}" in knfsd.recorded()
    metrics = keeper.baton("metrics")
    assert 'baton_last_grace_late_states{service="vmstore"} 2\n' in metrics
    assert 'baton_last_grace_absent_clients{service="vmstore"} 1\n' in metrics


def test_who_still_reclaims_has_the_time(keeper):
    knfsd = Knfsd(keeper, grace=True)
    knfsd.await_clients("busy")
    knfsd.had(busy=900)
    keeper.be()
    keeper.baton("start", "vmstore")
    began, held = time.monotonic(), 0
    while time.monotonic() < began + 14:
        held += 20
        knfsd.client(4, "busy", *["open"] * held)
        time.sleep(0.2)
    assert not knfsd.is_over()
    knfsd.complete("busy")
    knfsd.ended.write_text("Y\n")
    # The pace, for the next time: 20 in 0.2 s, and what this machine adds.
    until(lambda: int(knfsd.recorded()[1].split()[1]) >= 9000)
    # Nobody is missing, so there is nothing to tell.
    assert [r["op"] for r in keeper.log()] == ["standby", "start"]


def test_what_clients_hold_is_recorded(keeper):
    knfsd = Knfsd(keeper, grace=False)
    knfsd.client(4, "a", "open", "lock")
    knfsd.client(5, "b", *["open"] * 12)
    knfsd.client(6, "idle")
    with open(knfsd.disk / "file", "w") as f:
        # Of one owner on one file: one state, and each is reclaimed by a call of its own.
        for start in range(0, 50, 10):
            fcntl.lockf(f, fcntl.LOCK_EX, 1, start)
        keeper.be()
        keeper.baton("start", "vmstore")
        until(lambda: knfsd.recorded() == [
            "baton-holdings 1", "pace 0", "ranges 4", f"12 {b'b'.hex()}", f"2 {b'a'.hex()}",
            f"0 {b'idle'.hex()}"])


# --- the end of a keeper --------------------------------------------------------------

def test_a_killed_keeper_leaves_an_operation_that_ends(keeper):
    keeper.be()
    keeper.set("address.wait")
    start = keeper.begin("start", "vmstore")
    keeper.runs("address")
    begin = time.monotonic()
    keeper.end(signal.SIGKILL)
    # Who asked learns it at once: the child has not kept the connection.
    code, _, err = ended(start)
    assert (code, err) == (8, "baton: vmstore: the keeper went away: Connection reset by peer\n")
    assert keeper.baton("start", "vmstore", status=8) == f"baton: vmstore: {NO_KEEPER}\n"
    assert time.monotonic() - begin < 3
    # The next one waits for the child, and finds what it made.
    keeper.be(ready=False)
    time.sleep(0.2)
    assert keeper.process.poll() is None and "prepare" not in keeper.trace()[1:]
    keeper.clear("address.wait")
    until(lambda: os.path.exists(keeper.root + RUN + "/sock"))
    until(lambda: keeper.ask({"do": "status"})["state"] == "serving")


def test_stop_without_keeper_waits_for_its_operation(keeper):
    keeper.be()
    keeper.set("address.wait")
    start = keeper.begin("start", "vmstore")
    keeper.runs("address")
    keeper.end(signal.SIGKILL)
    ended(start)
    stop = keeper.begin("stop", "vmstore")
    time.sleep(0.3)
    assert stop.poll() is None
    keeper.clear("address.wait")
    # The real one: it looks at the real namespaces, of which there are none.
    assert ended(stop)[:2] == (0, "vmstore: already stopped, in standby\n")


def test_sigterm_during_an_operation(keeper):
    keeper.be()
    keeper.set("address.wait")
    start = keeper.begin("start", "vmstore")
    keeper.runs("address")
    assert keeper.end() == 0
    assert ended(start)[0] == 8
    keeper.clear("address.wait")
    until(lambda: keeper.standing() == "serving")


def test_restart_while_serving(keeper):
    keeper.be()
    keeper.baton("start", "vmstore")
    keeper.end(signal.SIGKILL)
    keeper.be()
    assert keeper.ask({"do": "status"})["state"] == "serving"
    assert keeper.baton("start", "vmstore") == "vmstore: already serving\n"


def test_teardown_ends_the_keeper(keeper):
    keeper.be()
    keeper.baton("start", "vmstore")
    assert keeper.baton("stop", "--standby", "vmstore") == "vmstore: taken down\n"
    assert keeper.process.wait(10) == 0
    assert keeper.standing() == "absent"
    assert keeper.trace()[-3:] == ["silence", "unmount", "unpin"]


def test_the_keeper_lives_on_after_a_failed_teardown(keeper):
    keeper.be()
    keeper.baton("start", "vmstore")
    keeper.set("unmount.fail", "busy")
    assert keeper.baton("stop", "--standby", "vmstore", status=9)
    keeper.clear("unmount.fail")
    keeper.baton("start", "vmstore")
    # Connections are sampled again, once a second.
    time.sleep(1.3)
    assert keeper.ask({"do": "status"})["state"] == "serving"


def test_standby_that_fails(keeper):
    keeper.set("prepare.fail", "no link")
    keeper.be(ready=False)
    code, _, err = ended(keeper.process)
    assert (code, err) == (4, "fakekeeper: prepare: no link\n")
    # Undone, for nothing stood before.
    assert keeper.trace() == ["prepare", "unpin"]
    assert not os.path.exists(keeper.root + RUN + "/sock")


# --- its socket -----------------------------------------------------------------------

def test_root_only(keeper):
    keeper.be()
    assert stat.S_IMODE(os.stat(keeper.root + RUN + "/sock").st_mode) == 0o600
    assert stat.S_IMODE(os.stat(keeper.root + RUN).st_mode) == 0o700
    # Even by one who gets there.
    os.chmod(keeper.root + RUN, 0o777)
    os.chmod(keeper.root + RUN + "/sock", 0o666)
    pid = os.fork()
    if pid == 0:
        try:
            os.chdir(keeper.root + RUN)
            os.setuid(65534)
            s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            s.settimeout(10)
            s.connect("sock")
            with contextlib.suppress(OSError):
                s.send(b'{"do": "status"}')
            os._exit(7 if s.recv(100) == b"" else 0)
        except ConnectionResetError:
            os._exit(7)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7


@pytest.mark.parametrize("message", [
    b"{", b"x", b"[]", b"[1", b"7", b'"status"', b"null", b"\0", b"\xff\xfe", b"{}",
    b'{"do": null}', b'{"do": 1}', b'{"do": ["start"]}', b'{"do": {"do": "start"}}',
    b'{"do": "Start"}', b'{"do": "start "}', b'{"do": "standby"}', b'{"do": ""}',
    b'{"do": "' + b"a" * 32000 + b'"}', b"{" * 30000, b'{"do": "start"' + b" " * 140000 + b"}",
    b'{"do": "\\u0000start"}',
], ids=lambda message: message[:24].decode(errors="replace"))
def test_malformed_requests(keeper, message):
    keeper.be()
    answer = keeper.ask(message)
    assert answer == {"result": 2, "error": "no request the keeper knows", "changed": False,
                      "state": "standby"}
    assert keeper.ask({"do": "status"})["result"] == 0
    assert keeper.trace() == ["prepare"]


def descriptors(keeper):
    """What the keeper has open; None while it opens and closes."""
    folder = f"/proc/{keeper.process.pid}/fd"
    try:
        return sorted(os.readlink(f"{folder}/{fd}").split(":")[0] for fd in os.listdir(folder))
    except FileNotFoundError:
        return None


def settled(keeper):
    """What it has open when it does nothing."""
    def twice():
        first = descriptors(keeper)
        time.sleep(0.2)
        return first == descriptors(keeper) and first
    return until(twice)


def test_the_silent_are_shown_out(keeper):
    keeper.be()
    before = settled(keeper)
    with contextlib.ExitStack() as stack:
        silent = [stack.enter_context(keeper.connection()) for _ in range(16)]
        # One too many.
        extra = stack.enter_context(keeper.connection())
        extra.settimeout(3)
        assert extra.recv(10) == b""
        # They have five seconds.
        assert silent[0].recv(10) == b""
        until(lambda: descriptors(keeper) == before)
    for _ in range(50):
        with keeper.connection():
            pass
    assert keeper.ask({"do": "status"})["result"] == 0
    until(lambda: descriptors(keeper) == before)


def test_nothing_is_left_behind(keeper):
    keeper.be()
    before = settled(keeper)
    for _ in range(3):
        keeper.baton("start", "vmstore")
        keeper.baton("stop", "vmstore")
    until(lambda: descriptors(keeper) == before)
    children = f"/proc/{keeper.process.pid}/task/{keeper.process.pid}/children"
    until(lambda: open(children).read() == "")  # its descriptors go before it does


# --- files ----------------------------------------------------------------------------

def test_a_stop_needs_no_service_file(keeper):
    keeper.be()
    keeper.baton("start", "vmstore")
    path = keeper.house.write()
    path.write_text("[service]\nhalf a lin")
    assert keeper.baton("start", "vmstore", status=3) == \
        f"baton: {path}:2: is neither 'key = value' nor '[service]'\n"
    assert keeper.baton("stop", "vmstore") == "vmstore: stopped, in standby\n"
    path.unlink()
    assert keeper.baton("stop", "vmstore") == "vmstore: already stopped, in standby\n"


@pytest.mark.parametrize("text", ["{", "", "7", '{"a": 1}', "[1, 2, null]",
                                  '[{"steps": 5, "op": []}, {"steps": [3, "x", {}]}]'])
def test_damaged_ledger(keeper, text):
    keeper.be()
    ledger = keeper.root + RUN + "/ledger.json"
    with open(ledger, "w") as f:
        f.write(text)
    if text.startswith("["):
        keeper.baton("log", "vmstore", "--last", "9")
        keeper.baton("log", "vmstore", "--json")
    else:
        assert keeper.baton("log", "vmstore", status=1) == \
            f"baton: {RUN}/ledger.json is damaged; remove it\n"
    keeper.baton("start", "vmstore")
    assert keeper.log(1)[0]["op"] == "start"


def test_the_ledger_is_bounded(keeper):
    keeper.be()
    record = keeper.log()[0]
    with open(keeper.root + RUN + "/ledger.json", "w") as f:
        json.dump([dict(record, op=str(i)) for i in range(60)], f)
    keeper.baton("start", "vmstore")
    ops = [r["op"] for r in keeper.log(100)]
    assert ops == [str(i) for i in range(11, 60)] + ["start"]


def test_full_run(keeper):
    """Operations go on; only the ledger on /run is not written."""
    keeper.be()
    with contextlib.suppress(OSError), open(keeper.root + "/run/fill", "wb", buffering=0) as f:
        while True:
            f.write(b"x" * 65536)
    assert keeper.baton("start", "vmstore") == "vmstore: serving\n"
    assert keeper.baton("stop", "vmstore") == "vmstore: stopped, in standby\n"


# Without corosync a keeper is a group of one; with it, see tests/lab/test_handover.py.

def test_heads_of_a_head_that_is_alone(keeper):
    keeper.be()
    answer = keeper.ask({"do": "heads"})
    (head,) = answer["heads"]
    assert head["head"] == os.uname().nodename and head["self"] and head["online"]
    assert head["keeper"] and not head["cluster"] and head["last"] is None
    assert head["digest"] == keeper.ask({"do": "status"})["digest"]
    # fakekeeper has no namespaces to look into: the child's failure is told, not hidden.
    assert "facts" in head or head["error"]


@pytest.mark.parametrize("word", ["move", "inquire"])
@pytest.mark.parametrize("more", [{"target": "head2"}, {}, {"target": None}, {"target": 7}])
def test_alone_nothing_can_be_handed_over(keeper, word, more):
    keeper.be()
    keeper.baton("start", "vmstore")
    answer = keeper.ask({"do": word, **more})
    assert answer["result"] == 13 and answer["state"] == "serving" and not answer["changed"]
    assert answer["error"].startswith("this head is in no cluster: corosync")
    assert keeper.trace() == ["prepare", "mount", "address"]


def test_followers_see_what_is_done(keeper):
    keeper.be()
    with keeper.connection() as one, keeper.connection() as two:
        for s in one, two:
            s.send(b'{"do": "follow"}')
            assert json.loads(s.recv(65536)) == {"following": True}
        keeper.baton("start", "vmstore")
        for s in one, two:
            entries = [json.loads(s.recv(65536)) for _ in range(2)]
            assert [e["step"] for e in entries] == ["mount", "address"]
            assert {e["head"] for e in entries} == {os.uname().nodename}
        # The ledger of a head needs no head.
        assert "head" not in keeper.log(1)[0]["steps"][0]
        one.close()
        keeper.baton("stop", "vmstore")
        assert json.loads(two.recv(65536))["step"] == "silence"


def test_followers_have_bounds(keeper):
    keeper.be()
    with contextlib.ExitStack() as stack:
        for _ in range(8):
            s = stack.enter_context(keeper.connection())
            s.send(b'{"do": "follow"}')
            assert json.loads(s.recv(65536)) == {"following": True}
        answer = keeper.ask({"do": "follow"})
        assert answer["result"] == 8 and answer["error"] == "8 follow already"
        s.close()
        until(lambda: keeper.ask({"do": "follow"}).get("following"))
    assert keeper.baton("start", "vmstore") == "vmstore: serving\n"
