# SPDX-License-Identifier: GPL-2.0-or-later
"""What happens if …: two services under Pacemaker with fencing, a client that writes, and one fault after another.
vmstore, whose disk is guarded, is on head1 when a fault begins; homes is on head2.

Theory of operation: a fault is a context manager. Its body runs while the fault lasts: until one head serves both
services, or for a while if nobody is to take over. Then the heads get as long as they need until each is online and
both services are served. Three witnesses look on: the client's probe (what was lost, what failed, for how long), the
sampler (who has the disk and the address), and the storage's kernel (who wrote, writers.py)."""

import json
import threading
import time
from collections import Counter
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field

from labkit.config import LAB, LabError, RUN
from labkit.pace import stretch
from labkit.wait import wait_for
from . import scenario
from .guard import keys
from .sampler import Sampler
from .service import HEADS, Probe, longest
from .stock import fencings
from .writers import Writers

# How long the probe runs undisturbed before a fault: it holds its lock, and has records to lose.
CALM_S = 2
TAKEOVER_S, SETTLE_S = 180, 240
GUARD_TIMEOUT_S = 10
KILLER = "/root/killer.py"
# The steps of a move and of a takeover, in their order, by the head that does them.
SOURCE = ("sync", "hold", "drain", "knfsd", "settle", "silence", "record", "nfsdcld", "sever", "unmount", "unguard",
          "clear")
TARGET = ("links", "device", "guard", "mount", "nfsdcld", "listen", "recovery", "knfsd", "address", "announce", "tickle")
TAKEOVER = ("device", "alone", "guard", "mount", "nfsdcld", "listen", "recovery", "knfsd", "address", "announce",
            "tickle")
# Records of the ledger that are not about what serves.
QUIET = ("grace", "standby", "prepare", "confirm")
# A fence agent that says "done" and does nothing.
LIAR = """#!/bin/bash
input=$(cat)
case "$* $input" in
*action=off*|*action=reboot*|*'-o off'*|*'-o reboot'*) exit 0 ;;
esac
exec /usr/sbin/fence_lab.true "$@" <<< "$input"
"""
HOG = "x = []\nwhile True: x.append(bytearray(1 << 20))"


class World:
    """The cluster, its two services, and what can be done to them."""

    def __init__(self, cluster):
        self.cluster, self.lab = cluster, cluster.lab
        self.said = []
        # Shorter than the 15 s after which the lab's iSCSI gives up.
        self.services = scenario.add_services(cluster, **{"guard": "reservation", "guard-timeout": GUARD_TIMEOUT_S})
        self.vmstore, self.homes = self.services
        for service in self.services:
            cluster.watch_closely(service.name)
            service.mount()

    def end(self):
        scenario.remove_services(self.cluster, self.services)

    def guest(self, name):
        return self.lab.guest(name)

    def calm(self):
        """Both heads are online, and Pacemaker has nothing to do, and forgets what has failed."""
        self.cluster.wait_online(timeout=120)
        self.cluster.run(["crm_resource", "--cleanup"], timeout=60)
        self.cluster.wait_idle()

    def go_home(self):
        """Each head serves one of the services."""
        for service, head in zip(self.services, HEADS):
            if self.cluster.where(service.name) != [head]:
                wait_for(f"{service.name}: to be given back", lambda s=service: s.baton(
                    "head1", "giveback", s.name, check=False).returncode == 0, 90)
            self.cluster.wait_where(service.name, head)
        self.cluster.wait_idle()

    def server(self):
        """The head that serves vmstore; None = none, or more than one."""
        found = self.cluster.where("vmstore")
        return found[0] if len(found) == 1 else None

    def survivor(self):
        """The head that serves both services; None while there is none. One that hangs does not answer."""
        for head in HEADS:
            with suppress(LabError):
                if self.guest(head).reachable() and [head] == self.cluster.where("vmstore", at=head) == \
                        self.cluster.where("homes", at=head):
                    return head
        return None

    def ledgers(self):
        """{head: its records of vmstore's operations} of the heads that can be asked."""
        return {head: json.loads(self.vmstore.baton(head, "log", "vmstore", "--json", "--last", "50").stdout)
                for head in HEADS if self.guest(head).reachable()}

    @staticmethod
    def fenced():
        return fencings((RUN / "power.log").read_text())

    def move(self):
        """Order a move to head2, whatever comes of it; if it is refused or fails, the reason is kept."""
        done = self.vmstore.baton("head1", "move", "vmstore", "head2", check=False, timeout=240)
        if done.returncode:
            self.said.append(f"the move: {done.stderr.strip().splitlines()[-1]}")

    @contextmanager
    def killer(self, head, step):
        """Kill vmstore's keeper on a head in the moment in which it has done a step."""
        guest = self.guest(head)
        guest.push(LAB / "inside" / "killer.py", KILLER)
        process = guest.start(["python3", KILLER, "/run/baton/vmstore/sock", head, step,
                               self.vmstore.keeper_pid(head)])
        watchdog = threading.Timer(stretch(60), process.kill)
        watchdog.start()
        try:
            if process.stdout.readline() != "following\n":
                raise LabError(f"{head}: nobody there to kill the keeper")
            watchdog.cancel()
            yield
            said = process.rest(60)
        finally:
            watchdog.cancel()
            process.kill()
            process.wait(30)
        if "killed" not in said:
            raise LabError(f"{head}: no step {step} was told of")

    @contextmanager
    def apart(self, one, other):
        """Two guests of the lan no longer reach each other."""
        with ExitStack() as stack:
            for ports in ((one, other), (other, one)):
                stack.enter_context(self.lab.net.apart(*(self.guest(g).spec.tap["lan"] for g in ports)))
            yield


# --- the faults ------------------------------------------------------------------------------

@contextmanager
def power_cut(world):
    world.guest("head1").cut()
    yield


@contextmanager
def panic(world):
    world.cluster.panic("head1")
    yield


@contextmanager
def hung_kernel(world):
    world.guest("head1").freeze(True)
    yield


def daemon_killed(name):
    @contextmanager
    def fault(world):
        guest = world.guest("head1")
        pid = world.vmstore.keeper_pid("head1") if name == "keeper" else \
            guest.run(["cat", f"/run/baton/vmstore/{name}.pid"]).stdout.strip()
        guest.run(["kill", "-KILL", pid])
        yield
    return fault


@contextmanager
def corosync_killed(world):
    world.cluster.kill9("head1", "corosync")
    yield


@contextmanager
def corosync_frozen(world):
    world.guest("head1").run(["killall", "-STOP", "corosync"])
    yield


@contextmanager
def partition(world):
    world.cluster.partition()
    try:
        yield
    finally:
        world.cluster.heal()


def clients_cut(head):
    @contextmanager
    def fault(world):
        with world.apart(head, "client"):
            yield
    return fault


def storage_cut(*heads):
    @contextmanager
    def fault(world):
        with ExitStack() as stack:
            for head in heads:
                stack.enter_context(world.apart(head, "storage"))
            yield
    return fault


@contextmanager
def disk_slow(world):
    with world.lab.net.slow(world.guest("storage").spec.tap["lan"], 2):
        world.move()
        yield


@contextmanager
def disk_hangs(world):
    world.guest("storage").freeze(True)
    try:
        yield
    finally:
        world.guest("storage").freeze(False)


@contextmanager
def filled(guest, path):
    """No room is left where the file is; then room again."""
    try:
        guest.run(["sh", "-c", 'dd if=/dev/zero bs=64k of="$1" 2> /dev/null; sync', "sh", path], timeout=300)
        yield
    finally:
        guest.run(["rm", "-f", path], timeout=120)


@contextmanager
def disk_full(world):
    with filled(world.guest("client"), f"{world.vmstore.mountpoint}/filled"):
        world.move()
        yield


@contextmanager
def run_full(world):
    with filled(world.guest("head1"), "/run/filled"):
        world.move()
        yield


@contextmanager
def lying_fence_agent(world):
    """head1 is out of the cluster and goes on, and whoever asks is told that it was fenced."""
    head1, head2 = (world.guest(h) for h in HEADS)
    agent, units = "/usr/sbin/fence_lab", ["pacemaker", "corosync"]
    with ExitStack() as stack:
        stack.callback(head1.run, ["systemctl", "start", "pacemaker"], timeout=90)
        stack.callback(head1.run, ["systemctl", "unmask", "--runtime", *units])
        stack.callback(head2.run, ["sh", "-c", f"[ ! -e {agent}.true ] || mv {agent}.true {agent}"])
        head2.run(["mv", agent, f"{agent}.true"])
        head2.run(["sh", "-c", f"cat > {agent} && chmod 755 {agent}"], input=LIAR)
        head1.run(["systemctl", "mask", "--runtime", *units])
        world.cluster.kill9("head1", "corosync")
        yield


@contextmanager
def lying_fence_agent_apart(world):
    """The same, and the heads do not hear each other on the clients' network either: else the address of the service
    would be found in use, and nothing started."""
    with world.apart(*HEADS), lying_fence_agent(world):
        yield


@contextmanager
def no_fence_agent(world):
    """Nobody can tell whether head1 is dead; an administrator brings it back."""
    def role(head, *words):
        # head1 has only just booted, in the end.
        world.guest("head2").run(["crm_resource", "-r", f"fence-{head}", "--meta", *words])

    with ExitStack() as stack:
        for head in HEADS:
            stack.callback(role, head, "--delete-parameter=target-role")
            role(head, "--set-parameter=target-role", "--parameter-value=Stopped")
        world.cluster.wait_idle()
        stack.callback(world.lab.boot, "head1")
        world.guest("head1").cut()
        yield


def clock_jumps(seconds):
    def set_clock(guest, ahead):
        guest.run(["date", "-s", f"@{time.time() + ahead:.0f}"])

    @contextmanager
    def fault(world):
        guest = world.guest("head1")
        set_clock(guest, seconds)
        try:
            world.move()
            yield
        finally:
            set_clock(guest, 0)
    return fault


@contextmanager
def out_of_memory(world):
    # Its end is the kernel's doing.
    world.guest("head1").run(["python3", "-c", HOG], check=False, timeout=120)
    yield


def killed_in_move(head, step):
    @contextmanager
    def fault(world):
        with world.killer(head, step):
            world.move()
        yield
    return fault


def killed_in_takeover(step):
    @contextmanager
    def fault(world):
        before = world.vmstore.keeper_pid("head2")
        with world.killer("head2", step):
            world.guest("head1").cut()
            wait_for("head2's keeper to be killed", lambda: world.vmstore.keeper_pid("head2") != before, TAKEOVER_S)
        yield
    return fault


@dataclass(frozen=True)
class Fault:
    """A row of the matrix. lasts: it lasts so many seconds, as nobody is to take over; 0 = until another head serves.
    exact: not stretched by the pace, as the disk's own patience is not. errors: what clients may see; no other error is
    right. harmless: nothing may come of it. both: a head that nobody has stopped has to notice by itself that another one
    has taken over, and only its writes are refused at once. quick: part of `make check`."""
    name: str
    what: object
    lasts: int = 0
    exact: bool = False
    errors: tuple = ()
    harmless: bool = False
    both: bool = False
    quick: bool = False


FAULTS = (
    Fault("power cut", power_cut),
    Fault("kernel panic", panic, quick=True),
    Fault("hung kernel", hung_kernel),
    Fault("keeper killed", daemon_killed("keeper"), lasts=10, harmless=True),
    Fault("nfsdcld killed", daemon_killed("nfsdcld"), lasts=10, harmless=True),
    Fault("mountd killed", daemon_killed("mountd"), lasts=10, harmless=True),
    Fault("corosync killed", corosync_killed, quick=True),
    Fault("corosync frozen", corosync_frozen),
    Fault("cluster network cut", partition, quick=True),
    Fault("client network cut, head1", clients_cut("head1"), lasts=20, harmless=True),
    Fault("client network cut, head2", clients_cut("head2"), lasts=20, harmless=True),
    Fault("storage network cut, head1", storage_cut("head1")),
    Fault("storage network cut, head2", storage_cut("head2"), lasts=30, exact=True),
    Fault("storage network cut, both heads", storage_cut("head1", "head2"), lasts=30, exact=True),
    Fault("disk slow", disk_slow, lasts=10),
    Fault("disk hangs for 5 s", disk_hangs, lasts=5, exact=True, harmless=True),
    Fault("disk hangs for 40 s", disk_hangs, lasts=40, exact=True),
    Fault("disk full", disk_full, lasts=5, errors=("ENOSPC",)),
    Fault("/run full on head1", run_full, lasts=5),
    Fault("fence agent that lies", lying_fence_agent, lasts=45),
    Fault("fence agent that lies, heads apart", lying_fence_agent_apart, both=True),
    Fault("no fence agent", no_fence_agent, lasts=40),
    Fault("clock of head1 an hour ahead", clock_jumps(3600), lasts=15),
    Fault("clock of head1 an hour behind", clock_jumps(-3600), lasts=15),
    Fault("out of memory on head1", out_of_memory, lasts=5, harmless=True),
    *(Fault(f"move: keeper of head1 killed after {s}", killed_in_move("head1", s), lasts=1) for s in SOURCE),
    *(Fault(f"move: keeper of head2 killed after {s}", killed_in_move("head2", s), lasts=1) for s in TARGET),
    # head1 may be back before head2 has started again, and then gets its service.
    *(Fault(f"takeover: keeper of head2 killed after {s}", killed_in_takeover(s), lasts=1) for s in TAKEOVER),
)


# --- what comes of it ------------------------------------------------------------------------

@dataclass
class Outcome:
    """What was seen. happens: fencings and operations of baton, in words; meanwhile: who served while it lasted, if
    anybody; pause_s: the longest write; unfinished: calls without an answer; turns: who wrote, in turn; both_s: how long
    two heads had the disk or the address; registered: how many are at the disk in the end; wrong: why it is not good,
    "" = good."""
    happens: list = field(default_factory=list)
    meanwhile: str = ""
    serves: str = ""
    pause_s: float = 0
    errors: dict = field(default_factory=dict)
    lost_writes: int = 0
    locks_lost: int = 0
    unfinished: int = 0
    two_writers: bool = False
    turns: list = field(default_factory=list)
    both_s: float = 0
    registered: int = 1
    wrong: str = ""

    def judge(self, fault):
        """Say what must never be."""
        found = [text for bad, text in (
            (self.two_writers, "two writers"),
            (self.both_s and not fault.both, "two heads at once"),
            (self.lost_writes, f"{self.lost_writes} writes lost"),
            (self.locks_lost, "a lock lost"),
            (self.unfinished, f"{self.unfinished} calls without an answer"),
            (set(self.errors) - set(fault.errors), "errors at the client"),
            (fault.harmless and any(" mend " not in h for h in self.happens), "something came of it"),
            (not self.serves, "nobody serves in the end"),
            (self.registered != 1, f"{self.registered} are registered at the disk")) if bad]
        self.wrong = ", ".join([*([self.wrong] if self.wrong else []), *found])

    def as_json(self):
        return asdict(self)


def operations(before, after):
    """What baton did meanwhile: "head2 start done". A head that lost its power begins a new ledger."""
    return [f"{head} {r['op']} {r['outcome']}" for head in HEADS for r in after.get(head, [])
            if r not in before.get(head, []) and r["op"] not in QUIET]


def settle(world, sampler):
    """Both heads are back, and both services are served, each by one head."""
    for head in HEADS:
        wait_for(f"{head}: to be back", lambda h=head: world.guest(h).reachable(), SETTLE_S)
        sampler.watch(head)
    world.cluster.wait_online(timeout=SETTLE_S)
    world.cluster.wait_idle(timeout=SETTLE_S)
    wait_for("one head to serve each", lambda: all(len(world.cluster.where(s.name)) == 1 for s in world.services),
             SETTLE_S, every=1)
    # A new file has to wait for the end of the grace period.
    world.guest("client").run(["touch", f"{world.vmstore.mountpoint}/after"], timeout=90)
    return world.server()


def describe(world, sampler):
    """Who has disk or address at the moment, and what Pacemaker says of a head that is not online."""
    states = next((found for head in HEADS if world.guest(head).reachable() and
                   (found := world.cluster.states(head))), {})
    away = [f"{head} is {state}" for head, state in states.items() if state != "online"]
    return ", ".join([" and ".join(sampler.now()) or "nobody", *away])


def suffer(world, fault):
    """Do it to a world that is calm and at home; its Outcome."""
    vmstore, found = world.vmstore, Outcome()
    world.said.clear()
    fenced, ledgers = len(world.fenced()), world.ledgers()
    with Writers(vmstore) as writers, Sampler(vmstore) as sampler:
        probe = Probe(vmstore).start()
        begun = probe.now()
        time.sleep(stretch(CALM_S))
        try:
            with fault.what(world):
                if fault.lasts:
                    time.sleep(fault.lasts if fault.exact else stretch(fault.lasts))
                    found.meanwhile = describe(world, sampler)
                else:
                    wait_for("one head to serve both", world.survivor, TAKEOVER_S, every=1)
                    found.meanwhile = world.survivor() or ""
            found.serves = settle(world, sampler) or ""
            found.registered = len(keys(vmstore, found.serves or "head1"))
        except LabError as why:
            found.wrong = str(why)
        finally:
            report = probe.finish()
        try:
            found.turns = writers.turns()
            found.two_writers = has_two_writers(found, sampler)
        except LabError as why:
            found.wrong = found.wrong or str(why)
        found.both_s = round(sum(min(a[1], b[1]) - max(a[0], b[0]) for a, b in sampler.overlaps()), 2)
    found.happens = [f"{head} is fenced" for head in world.fenced()[fenced:]] + operations(ledgers, world.ledgers()) + \
        world.said
    take(found, report, begun)
    found.judge(fault)
    return found


def has_two_writers(found, sampler):
    """Who writes again after another head has, without having been seen to start, should not have. Without a write of
    the head that serves nothing is proved."""
    times = Counter(head for head, _ in found.turns)
    if not found.turns or (found.serves and not times[found.serves]):
        raise LabError(f"the storage saw no write of {found.serves or 'anybody'}")
    return any(times[head] > len(sampler.spans(head)) for head in HEADS)


def take(found, report, begun):
    """What the client saw."""
    found.pause_s = round(longest(report, "write", begun, float("inf")) / 1000, 2)
    found.errors = dict(Counter(e["errno"] for e in report["events"] if not e.get("spurious")))
    records = report["records"]
    found.lost_writes = records["missing"] + records["wrong"] + records["unread"]
    found.locks_lost = 0 if report["lock_kept"] else 1
    found.unfinished = len(report["unfinished"])
    if report["leftovers"] or not report["verified"]:
        found.wrong = found.wrong or "the probe could not check all that it wrote"
