# SPDX-License-Identifier: GPL-2.0-or-later
"""The demo's scenario: a service moves head1 -> head2 -> head1 and survives a power cut,
under a locked writer; what it cost, step by step."""

import statistics
import time
from dataclasses import dataclass, field

from .service import CLASSES, Probe, Service, errors, longest

# So long the probe runs undisturbed between two steps: longer than any pause's echo.
CALM_S = 4


@dataclass
class Step:
    """One thing done to the service, and what it cost."""
    what: str
    source: str
    target: str
    since: float = 0
    until: float = 0
    pause_ms: dict = field(default_factory=dict)
    ledger_ms: dict = field(default_factory=dict)
    lock_kept: bool = False
    io_errors: int = 0
    spurious_errors: int = 0
    lost_writes: int = 0

    def clean(self):
        return self.lock_kept and not (self.io_errors or self.spurious_errors or
                                       self.lost_writes)

    def as_json(self):
        return {"what": self.what, "from": self.source, "to": self.target,
                "pause_ms": self.pause_ms, "lock_kept": self.lock_kept,
                "io_errors": self.io_errors, "lost_writes": self.lost_writes,
                "spurious_errors": self.spurious_errors, "ledger_ms": self.ledger_ms}


def keep_ledger(step, service, head, operation):
    """What baton itself says where its time went."""
    record = service.ledger(head, operation)
    for entry in record["steps"]:
        step.ledger_ms[f"{operation}.{entry['step']}"] = round(entry["ms"], 1)


def carry_out(step, service, probe):
    """Do a step and let the probe see what comes of it."""
    step.since = probe.now()
    if step.what == "takeover":
        service.lab.guest(step.source).cut()
    else:
        service.stop(step.source)
    service.start(step.target)
    if step.what != "takeover":
        keep_ledger(step, service, step.source, "stop")
    keep_ledger(step, service, step.target, "start")
    time.sleep(CALM_S)
    step.until = probe.now()


def judge(steps, report):
    """Share the probe's report out to the steps."""
    for step in steps:
        step.pause_ms = {c: round(longest(report, c, step.since, step.until))
                         for c in CLASSES}
        step.io_errors, step.spurious_errors = errors(report, step.since, step.until)
        step.lock_kept = report["lock_kept"] and not any(
            e["class"] == "write" and step.since <= e["at"] < step.until
            for e in report["events"])
    # Found when all is read back: the step that lost it is not known, so the last one pays.
    steps[-1].lost_writes = sum(report["records"][k] for k in ("missing", "wrong", "unread"))


def median_pauses(steps):
    """Over several rounds: medians of the write pause, and giveback against move."""
    times = {what: [s.pause_ms["write"] for s in steps if s.what == what]
             for what in ("move", "giveback")}
    if len(times["move"]) < 2:
        return None
    move, back = (statistics.median(times[w]) for w in ("move", "giveback"))
    return {"rounds": len(times["move"]), "move_ms": round(move), "giveback_ms": round(back),
            "giveback_to_move": round(back / move, 3) if move else None}


def play(lab, rounds=1, progress=lambda line: None):
    """The whole scenario; returns (steps, figures for demo.json, the probe's report)."""
    service, steps = Service(lab), []

    def step(what, source, target):
        progress(f"{what}: {source} -> {target}")
        steps.append(Step(what, source, target))
        carry_out(steps[-1], service, probe)

    progress("vmstore: filesystem, service file, a keeper on each head")
    service.prepare()
    service.start("head1")
    progress(f"client mounts {service.address}:/vmstore; the probe starts")
    service.mount()
    probe = Probe(service).start()
    time.sleep(CALM_S)
    for _ in range(rounds):
        step("move", "head1", "head2")
        step("giveback", "head2", "head1")
    step("takeover", "head1", "head2")
    progress("the probe reads everything back")
    report = probe.finish()
    judge(steps, report)
    kernel = lab.guest("client").run(["uname", "-r"]).stdout.strip()
    result = {"accel": lab.accel, "kernel": kernel, "steps": [s.as_json() for s in steps],
              "probe": {k: report[k] for k in ("verdict", "lock_kept", "records",
                                               "duration_s")}}
    medians = median_pauses(steps)
    if medians:
        result["medians"] = medians
    return steps, result, report


def clean(steps, report):
    """Every step kept the lock, lost nothing, saw no error, and no call is still out."""
    return all(s.clean() for s in steps) and not report["unfinished"]
