# SPDX-License-Identifier: GPL-2.0-or-later
"""Which clients a start has to wait for and which not: idle ones, ones that open at that very moment, dead
ones; and which to tickle after a head's death."""

import contextlib
import itertools
import json
import time

import pytest
import standby
from labkit.pace import stretch
from labkit.wait import wait_for
from trials.clients import NamespacedClient
from trials.service import HEADS

DATABASE = "/m/.baton/nfsdcld/main.sqlite"
CONNECTIONS = "/run/baton/vmstore/fs/.baton/tickle/connections"
MOVES = 10
# On the reference machine.
LEASE_S = 10

# Opens, locks, writes, waits, writes and closes, until its stdin ends; each round adds a byte
# to a local file. A lost lock shows in the second write: the kernel answers EIO.
OPENER = """
import fcntl, json, os, random, select, sys
rounds = lost = 0
def wait():
    return bool(select.select([0], [], [], random.random() * 0.3)[0])
over = False
while not over:
    fd = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
    fcntl.lockf(fd, fcntl.LOCK_EX)
    try:
        os.pwrite(fd, b"first", 0)
        os.fsync(fd)
        over = wait()
        os.pwrite(fd, b"again", 0)
        os.fsync(fd)
    except OSError:
        lost += 1
    try:
        os.close(fd)
    except OSError:
        lost += 1
    rounds += 1
    with open(sys.argv[2], "ab") as told:
        told.write(b".")
    over = over or wait()
print(json.dumps({"rounds": rounds, "lost": lost}))
"""


# pytest finds fixtures by their names here.
home = standby.home


@pytest.fixture(scope="module")
def vmstore(cluster):
    """The service, its keepers in standby."""
    lease = round(stretch(LEASE_S))
    with standby.in_standby(cluster.lab, lease=lease, grace=2 * lease) as service:
        # A start is refused while the other head's keeper has not joined.
        service.meet()
        yield service


def recorded(service, head):
    """The clients in the current epoch; the service is stopped."""
    guest = service.lab.guest(head)
    guest.run(["sh", "-c", f"mkdir -p /m && mount {service.device} /m"])
    try:
        epoch = guest.run(["sqlite3", DATABASE, "select printf('%016x', current) from grace"]
                          ).stdout.strip()
        return guest.run(["sqlite3", DATABASE,
                          f'select cast(id as text) from "rec-{epoch}" order by id']
                         ).stdout.splitlines()
    finally:
        guest.run(["umount", "/m"])


@contextlib.contextmanager
def clients(service, name, n):
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(NamespacedClient(service, i, name)) for i in range(n)]


def test_idle_clients_cost_no_grace(vmstore):
    with NamespacedClient(vmstore, 20, "busy") as busy, clients(vmstore, "idle", 3) as idle:
        holder = busy.hold("f")
        wait_for("all clients", lambda: vmstore.status("head1")["clients"]["total"] == 4)
        assert vmstore.status("head1")["clients"]["holding"] == 1
        vmstore.stop("head1")
        assert vmstore.note("head1", "stop", "nfsdcld") == "struck 3 idle clients"
        # The client that holds something stays, by its exact name.
        assert recorded(vmstore, "head1") == ["Linux NFSv4.1 busy20"]
        vmstore.start("head2")
        began = time.monotonic()
        busy.run("touch", busy.path("new"), timeout=60)
        # An idle client renews after two thirds of the lease.
        assert time.monotonic() - began < stretch(LEASE_S) * 0.4
        assert vmstore.status("head2")["grace"] is False
        # The lock is kept, also from the struck clients; they come back by themselves.
        for client in idle:
            assert client.run("flock", "-n", client.path("f"), "true", check=False,
                              timeout=60).returncode == 1
        out, _ = holder.communicate("x\n", timeout=60)
        assert out == "written\n"


@pytest.mark.suites
def test_no_client_locks_under_a_delegation(vmstore):
    """It would lose that lock where the delegation is not granted again: a head that has just recalled one of
    a file hands out none of it."""
    with NamespacedClient(vmstore, 20, "busy") as busy, NamespacedClient(vmstore, 1, "other") as other:
        holder = busy.hold("f")
        other.run("sh", "-c", f"echo more >> {other.path('f')}", timeout=60)
        assert holder.communicate("x\n", timeout=60)[0] == "written\n"
        vmstore.stop("head1")
        vmstore.start("head2")
        holder = busy.hold("f")
        vmstore.stop("head2")
        vmstore.start("head1")
        busy.run("touch", busy.path("new"), timeout=60)
        assert other.run("flock", "-n", other.path("f"), "true", check=False, timeout=60).returncode == 1
        assert holder.communicate("x\n", timeout=60)[0] == "written\n"


def test_who_is_waited_for_is_named(vmstore):
    """A client that holds something is cut off: the grace period lasts, and names it."""
    with NamespacedClient(vmstore, 1, "lost") as lost, NamespacedClient(vmstore, 2, "idle"):
        holder = lost.hold("f")
        lost.link(False)
        vmstore.stop("head1")
        assert vmstore.note("head1", "stop", "nfsdcld") == "struck 1 idle client"
        vmstore.start("head2")
        status = vmstore.status("head2")
        assert status["grace"] and status["waiting"] == ["Linux NFSv4.1 lost1"]
        # A stop during grace strikes no client that is waited for.
        vmstore.stop("head2")
        vmstore.start("head1")
        assert vmstore.status("head1")["waiting"] == ["Linux NFSv4.1 lost1"]
        lost.link(True)
        out, _ = holder.communicate("x\n", timeout=60)
        assert out == "written\n"
        wait_for("the end of grace", lambda: not vmstore.status("head1")["grace"])


def counter(client):
    return f"/run/{client.name}.rounds"


def rounds(openers):
    """How many rounds each of them has made."""
    told = openers[0].guest.run(["sh", "-c", "; ".join(
        f"stat -c %s {counter(c)} 2>/dev/null || echo 0" for c in openers)]).stdout
    return [int(n) for n in told.split()]


def test_who_opens_in_the_very_moment_keeps_its_lock(vmstore):
    with clients(vmstore, "opener", 3) as openers:
        running = [c.guest.start([*c.inside, "python3", "-c", OPENER, c.path(c.name), counter(c)],
                                 stdin=-1) for c in openers]
        for source, target in itertools.islice(
                itertools.cycle([HEADS, HEADS[::-1]]), MOVES):
            vmstore.stop(source)
            vmstore.start(target)
            before = rounds(openers)
            wait_for("a round of everybody's since", lambda b=before: all(
                now > then for now, then in zip(rounds(openers), b)))
        for process in running:
            out, err = process.communicate("\n", timeout=60)
            report = json.loads(out)
            assert report["lost"] == 0 and report["rounds"] >= MOVES, (report, err)


@pytest.fixture
def impatient(vmstore, home):
    """With keepers that soon give up a client."""
    def configure(text):
        for head in HEADS:
            vmstore.stop(head)
            vmstore.configure(head, text)
            vmstore.lab.guest(head).run(["systemctl", "restart", vmstore.unit], timeout=60)
        vmstore.meet()
    lease = round(stretch(LEASE_S))
    configure(vmstore.conf(courtesy=5, lease=lease, grace=2 * lease))
    vmstore.start("head1")
    yield vmstore
    configure(vmstore.usual)


def given_up(service, head):
    """What the keeper has said about clients that it has given up."""
    journal = service.lab.guest(head).run(["journalctl", "-b", "-o", "cat", "-u", service.unit]).stdout
    return [line for line in journal.splitlines() if "silent for" in line]


def silences(service, head):
    """For how many seconds knfsd has not heard each of its clients."""
    told = service.lab.guest(head).run([*service.inside, "sh", "-c",
                                        "cat /proc/fs/nfsd/clients/*/info"], check=False).stdout
    return [int(line.split(":")[1]) for line in told.splitlines()
            if line.startswith("seconds from last renew:")]


MUTE = ("add table inet mute; add chain inet mute in { type filter hook input priority 0; policy drop; }; "
        "add chain inet mute out { type filter hook output priority 0; policy drop; }")


def test_an_outage_of_the_heads_own_network_costs_no_lock(impatient):
    """It lasts longer than a dead client's locks are kept. The head still has its disk."""
    vmstore = impatient
    guest = vmstore.lab.guest("head1")
    before = given_up(vmstore, "head1")
    with clients(vmstore, "cut", 2) as cut:
        holders = [c.hold(c.name) for c in cut]
        guest.run([*vmstore.inside, "nft", MUTE])
        try:
            # Lease, courtesy, and twice what knfsd's laundromat and the keeper may add.
            enough = 3 * round(stretch(LEASE_S)) + 5 + 20
            wait_for("a long silence", lambda: all(s > enough for s in silences(vmstore, "head1")),
                     2 * enough)
            assert len(silences(vmstore, "head1")) == 2
        finally:
            guest.run([*vmstore.inside, "nft", "delete table inet mute"])
        for holder in holders:
            out, _ = holder.communicate("x\n", timeout=180)
            assert out == "written\n"
        assert given_up(vmstore, "head1") == before


def test_a_dead_client_is_expired(impatient):
    vmstore = impatient
    before = given_up(vmstore, "head1")
    with NamespacedClient(vmstore, 1, "dead") as dead, \
            NamespacedClient(vmstore, 2, "alive") as alive:
        alive_holder, dead_holder = alive.hold("a"), dead.hold("d")
        dead.link(False)

        def said():
            return given_up(vmstore, "head1")[len(before):]

        # Lease, courtesy, knfsd's laundromat and the keeper's own interval; the other client is heard. If
        # its guest pauses that is an outage, after which the keeper waits two minutes more.
        wait_for("a dead client's end", said, 240)
        (line,) = said()
        assert line.startswith(
            f"vmstore: client 'Linux NFSv4.1 dead1' ({dead.address}) silent for ")
        status = vmstore.status("head1")["clients"]
        assert status["total"] == 1 and status["courtesy"] == 0
        # The dead client was ended, and what it held is free.
        alive.run("flock", "-n", alive.path("d"), "true", timeout=60)
        vmstore.stop("head1")
        assert recorded(vmstore, "head1") == ["Linux NFSv4.1 alive2"]
        vmstore.start("head2")
        out, _ = alive_holder.communicate("x\n", timeout=60)
        assert out == "written\n"
        # When it comes back it has lost what it held, and is told so. It tries to connect less and less often, at
        # last every 300 s (net/sunrpc/xprtsock.c, XS_TCP_MAX_REEST_TO).
        dead.link(True)
        out, _ = dead_holder.communicate("x\n", timeout=330)
        assert "written" not in out


def replica(service, head):
    """What a head knows of another head's connections."""
    rows = json.loads(service.baton("head2", "status", service.name, "--json").stdout)
    # Until its keeper has joined the others it knows of no other head.
    return next((r for r in rows if r["head"] == head), {}).get("replica", {})


@pytest.mark.suites
def test_the_connections_outlive_their_head(cluster, vmstore):
    """The head dies before its record is on the disk: the other head knows them all the same."""
    head1 = vmstore.lab.guest("head1")
    wait_for("the keepers to meet", lambda: len(json.loads(vmstore.baton(
        "head1", "status", "vmstore", "--json").stdout)) == 2)
    vmstore.mount()
    try:
        wait_for("the table at head2", lambda: replica(vmstore, "head2").get("connections") == 1)
        assert replica(vmstore, "head2")["head"] == "head1"
        # A keeper that joins is told as well.
        vmstore.lab.guest("head2").run(["systemctl", "restart", vmstore.unit], timeout=60)
        wait_for("the table again", lambda: replica(vmstore, "head2").get("connections") == 1)
        head1.run([*vmstore.inside, "sh", "-c", f"rm {CONNECTIONS} && sync"])
        head1.cut()
        wait_for("head1 to be missed", lambda: vmstore.status("head2")["state"] == "standby" and
                 not json.loads(vmstore.baton("head2", "status", "vmstore", "--json").stdout
                                )[1].get("online", True))
        # Whoever has switched it off knows that it is dead.
        vmstore.baton("head2", "start", "--takeover", "vmstore")
        assert vmstore.note("head2", "start", "tickle") == \
            "1 connections, 1 of them reported by another head"
        vmstore.lab.guest("client").run(["touch", f"{vmstore.mountpoint}/after"], timeout=90)
        # An orderly stop takes the table back.
        cluster.wait_online(at="head2", timeout=120)
        wait_for("head1", head1.reachable, 90)
        vmstore.keep("head1")
        wait_for("head1's keeper", lambda: replica(vmstore, "head1").get("connections") == 1, 120)
        vmstore.stop("head2")
        wait_for("it to be taken back", lambda: not replica(vmstore, "head1"))
        vmstore.start("head1")
    finally:
        vmstore.unmount()
