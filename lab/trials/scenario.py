# SPDX-License-Identifier: GPL-2.0-or-later
"""The demo's scenario: two active heads in one cluster; a service moves head1 -> head2 -> head1 and
survives a power cut, while a client writes under a lock and another service goes on; and what it cost."""

import re
import statistics
import time
from dataclasses import dataclass, field

from labkit.busy import Meter
from labkit.config import LabError
from labkit.pace import stretch
from labkit.wait import side_by_side
from .cluster import Cluster
from .service import CLASSES, HEADS, Probe, Service, asks_ms, errors, longest, pauses

# How long the probes run undisturbed between two steps: longer than any pause's after-effects.
CALM_S = 4
# All guests share the machine's processors: what the bystander uses, the move lacks.
BYSTANDER_ASKS = 2
# Shorter calls of the bystander are not listed one by one: its list is limited.
BYSTANDER_LISTS_MS = 100
# The target's steps before it is granted the service.
BEFORE = ("device", "links")


@dataclass
class Step:
    """One thing done to the service, and what it cost."""
    what: str
    source: str
    target: str
    since: float = 0
    until: float = 0
    pause_ms: dict = field(default_factory=dict)
    bystander_pause_ms: int = 0
    ledger_ms: dict = field(default_factory=dict)
    takeover_ms: dict = field(default_factory=dict)
    busy: float = 0  # how much of the time some guest had no processor left, 0 to 1
    lock_kept: bool = False
    io_errors: int = 0
    spurious_errors: int = 0
    lost_writes: int = 0

    def clean(self):
        return self.lock_kept and not (self.io_errors or self.spurious_errors or
                                       self.lost_writes)

    def as_json(self):
        told = {"what": self.what, "from": self.source, "to": self.target,
                "pause_ms": self.pause_ms, "bystander_pause_ms": self.bystander_pause_ms,
                "busy": round(self.busy, 2), "lock_kept": self.lock_kept, "io_errors": self.io_errors,
                "lost_writes": self.lost_writes, "spurious_errors": self.spurious_errors,
                "ledger_ms": self.ledger_ms}
        return told | ({"takeover_ms": self.takeover_ms} if self.takeover_ms else {})


def step_name(entry, source):
    """PHASE.STEP of an entry in the ledger of a move that came from source."""
    phase = ("stop" if entry["head"] == source else
             "prepare" if entry["step"] in BEFORE else "start")
    if entry.get("serving"):
        phase = "prepare"
    return f"{phase}.{entry['step']}"


def keep_ledger(step, service):
    """Store where baton itself says its time went, on both heads, but not on a dead one."""
    if step.what == "takeover":
        for entry in service.ledger(step.target, "start")["steps"]:
            step.ledger_ms[f"start.{entry['step']}"] = round(entry["ms"], 1)
        return
    for entry in service.ledger(step.target, "move")["steps"]:
        step.ledger_ms[step_name(entry, step.source)] = round(entry["ms"], 1)


def fenced_at(lab, head, victim, since):
    """When Pacemaker was told that a head is fenced; this and since by the clock of the other head."""
    found = lab.guest(head).run(["journalctl", "-o", "short-unix", f"--since=@{int(since)}",
                                 "-u", "pacemaker.service"]).stdout
    for line in found.splitlines():
        if re.search(rf"Peer {victim} was terminated .*: OK", line):
            return float(line.split()[0])
    raise LabError(f"{head}: no word of {victim} being fenced")


def clock(guest):
    return float(guest.run(["date", "+%s.%N"]).stdout)


def carry_out(step, service, cluster, probe):
    """Do a step and let the probes see its effects."""
    # The heads' clocks and the client's are seconds apart if the machine was slow while they were set.
    begun = clock(service.lab.guest(step.target))
    step.since = probe.now()
    if step.what == "takeover":
        service.lab.guest(step.source).cut()
        cluster.wait_where(service.name, step.target, at=step.target)
    elif step.what == "move":
        service.baton(step.source, "move", service.name, step.target)
    else:
        service.baton(step.source, "giveback", service.name)
    keep_ledger(step, service)
    time.sleep(stretch(CALM_S))
    step.until = probe.now()
    if step.what == "takeover":
        step.takeover_ms["fencing"] = 1000 * (fenced_at(
            service.lab, step.target, step.source, begun) - begun)


def judge(steps, report, bystander, meter):
    """Assign the probes' results to the steps."""
    for step in steps:
        step.busy = meter.full(step.since, step.until)
        step.pause_ms = {c: round(longest(report, c, step.since, step.until))
                         for c in CLASSES}
        step.bystander_pause_ms = round(max(longest(bystander, c, step.since, step.until)
                                            for c in CLASSES))
        step.io_errors, step.spurious_errors = errors(report, step.since, step.until)
        step.lock_kept = report["lock_kept"] and not any(
            e["class"] == "write" and step.since <= e["at"] < step.until
            for e in report["events"])
        if step.what == "takeover":
            began = max(pauses(report, "write", step.since, step.until),
                        key=lambda p: p["ms"])
            fencing = step.takeover_ms["fencing"]
            written = 1000 * (began["at"] - step.since) + began["ms"]
            step.takeover_ms = {"fencing": round(fencing),
                                "fenced_to_write": round(written - fencing)}
    # Found when all is read back: which step lost it is not known, so it is booked on the last one.
    steps[-1].lost_writes = sum(report["records"][k] for k in ("missing", "wrong", "unread"))


def usual_worst(bystander, begun, steps):
    """The bystander's longest call while nothing is done to the other service, in ms."""
    calm = [p["ms"] for p in bystander["pauses"] if p["at"] >= begun and not any(
        s.since <= p["at"] < s.until for s in steps)]
    return round(max(calm, default=BYSTANDER_LISTS_MS))


def median_pauses(steps):
    """Over several rounds: medians of the write pause, and giveback compared with move."""
    times = {what: [s.pause_ms["write"] for s in steps if s.what == what]
             for what in ("move", "giveback")}
    if len(times["move"]) < 2:
        return None
    move, back = (statistics.median(times[w]) for w in ("move", "giveback"))
    return {"rounds": len(times["move"]), "move_ms": round(move), "giveback_ms": round(back),
            "giveback_to_move": round(back / move, 3) if move else None,
            "bystander_ms": round(statistics.median(
                s.bystander_pause_ms for s in steps if s.what != "takeover"))}


def add_services(cluster, **keys):
    """vmstore and homes, each on the head that it prefers. keys: more of vmstore's service file."""
    services = [Service(cluster.lab, "vmstore"), Service(cluster.lab, "homes")]
    texts = {"vmstore": services[0].conf(**keys)}
    side_by_side(lambda service: service.prepare(text=texts.get(service.name)), services)
    for service, home in zip(services, HEADS):
        cluster.add_service(service, prefer=home)
    for service, home in zip(services, HEADS):
        cluster.wait_where(service.name, home)
    cluster.wait_idle()
    return services


def remove_services(cluster, services):
    """The opposite of add_services(), including their mounts."""
    for service in services:
        service.lab.guest("client").run(["umount", "-f", "-l", service.mountpoint], check=False)
    cluster.remove(*(s.name for s in services))
    for service in services:
        for head in HEADS:
            service.baton(head, "stop", "--standby", service.name, check=False)


def set_up(lab, progress):
    """The cluster with its two services."""
    progress("corosync and Pacemaker on both heads")
    cluster = Cluster(lab)
    cluster.start()
    progress("vmstore and homes: filesystems, service files, a keeper on each head")
    return cluster, add_services(cluster)


def play(cluster, services, rounds=1, progress=lambda line: None):
    """The whole scenario; returns (steps, figures for demo.json, the probe's report)."""
    lab, (vmstore, homes) = cluster.lab, services
    with Meter(lab) as meter:
        return _play(lab, cluster, vmstore, homes, rounds, progress, meter)


def _play(lab, cluster, vmstore, homes, rounds, progress, meter):
    steps = []

    def step(what, source, target):
        progress(f"{what}: {source} -> {target}")
        steps.append(Step(what, source, target))
        carry_out(steps[-1], vmstore, cluster, probe)

    progress(f"client mounts {vmstore.address}:/vmstore and {homes.address}:/homes; the probes start")
    for service in (vmstore, homes):
        service.mount()
    probe = Probe(vmstore).start()
    other = Probe(homes, interval_ms=BYSTANDER_ASKS * asks_ms(),
                  pause_ms=BYSTANDER_LISTS_MS).start()
    begun = probe.now()
    time.sleep(stretch(CALM_S))
    calm = meter.mean(begun, probe.now())
    for _ in range(rounds):
        step("move", "head1", "head2")
        step("giveback", "head2", "head1")
    step("takeover", "head1", "head2")
    progress("the probes read everything back")
    report, bystander = probe.finish(), other.finish()
    judge(steps, report, bystander, meter)
    told = ("verdict", "lock_kept", "records", "duration_s", "interval_ms")
    result = {**lab.machine(), "cluster": True, "calm_load": calm,
              "steps": [s.as_json() for s in steps],
              "probe": {k: report[k] for k in told},
              "bystander": {k: bystander[k] for k in told} |
              {"usual_worst_ms": usual_worst(bystander, begun, steps)}}
    medians = median_pauses(steps)
    if medians:
        result["medians"] = medians
    return steps, result, [report, bystander]


def clean(steps, reports):
    """Every step kept the lock, lost nothing, saw no error, and no call is still pending; the same goes
    for the bystander."""
    report, bystander = reports
    return (all(s.clean() for s in steps) and not report["unfinished"] and
            bystander["verdict"] == "clean")
