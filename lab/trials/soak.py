# SPDX-License-Identifier: GPL-2.0-or-later
"""The long test: a service moves back and forth under load, beside idle clients, many times.

The moves go from head to head, as Pacemaker's agent does them (agent.py). Pacemaker runs and fences, but
the service is not one of its resources, because its tools would take ten times as long as the moves.
After each move a new open must have been answered before the next move begins: then no grace period is
going on.

The hard way: a slow link to the client, on which replies wait behind what fast readers ask for, and many
calls under way that must not be executed twice."""

import json
import math
import statistics
import time
from dataclasses import asdict, dataclass, field

from labkit.config import LabError
from labkit.pace import stretch
from labkit.pcap import Capture
from . import agent
from .clients import Clients
from .cluster import Cluster
from .scenario import step_name
from .service import CLASSES, HEADS, Probe, Service, errors, longest

IDLE = 3
# How long the probe runs undisturbed between two moves.
CALM_S = 1
# Shorter calls are not listed one by one: the probe's list is limited, and this is a long run.
PAUSE_MS = 200
# Under load all calls are longer.
LOADED_PAUSE_MS = 1000
# A fast reader keeps this many reads of 128 KiB pending, from a file that the server has in memory.
DEPTH = 8
READ_MIB = 32
PATIENCE_S = 300
# The probe's limits.
READERS_MAX, WORKERS_MAX = 8, 64
# Size of what is kept and read back at the end; older records are read back during the run.
SIZE_MIB = 16
READ_S = 600
TELL_EVERY = 10
# Bytes kept of a head's packets: enough for all headers.
HEADERS = 128
# What the probe's classes are called in the figures.
NAMES = {"write": "write", "open": "open", "namespace": "names", "read": "read"}
# New opens may wait this much longer than writes (issue 4); longer ones are listed one by one.
OPEN_MS = 500
# These must be 0 for a clean run.
COUNTS = ("spurious_errors", "lost_locks", "lost_writes", "io_errors", "unfinished",
          "pauses_omitted", "stale_sockets", "spoke_after_silence")


@dataclass
class Move:
    """One planned move, and what was seen of it at once."""
    source: str
    target: str
    since: float
    until: float = 0
    keepers_ms: int = 0
    struck: str = ""
    stale: list = field(default_factory=list)
    unacknowledged: int = 0  # clients

    def see(self, record):
        """Note what the ledger's record of it says of the source's steps."""
        notes = {s["step"]: s.get("note") or "" for s in record["steps"]
                 if s["head"] == self.source}
        self.struck = notes.get("nfsdcld", "")
        self.unacknowledged = sum(s.get("unsettled", 0) for s in record["steps"])


@dataclass
class Load:
    """What makes it hard: the client's link in Mbit/s (0 = no limit), fast readers, and workers that
    change names, each in a directory of its own."""
    link: int = 0
    readers: int = 0
    workers: int = 1

    def is_hard(self):
        return self != Load()

    def pause_ms(self):
        return round(stretch(LOADED_PAUSE_MS)) if self.is_hard() else PAUSE_MS

    def options(self):
        """Options for the probe. One client runs all readers: they share its connection anyway."""
        reads = ["--read", "--depth", DEPTH * self.readers, "--read-size", READ_MIB]
        # On a slow link each call waits behind the replies to the readers.
        patience = ["--patience", PATIENCE_S] if self.link else []
        return [str(w) for w in ("--workers", self.workers, *(reads if self.readers else []),
                                 *patience)]


def summary(values):
    """Median, 95th percentile (nearest rank) and maximum of times in ms; None if there are none."""
    ordered = sorted(values)
    if not ordered:
        return None
    return {"median": round(statistics.median(ordered)),
            "p95": round(ordered[math.ceil(0.95 * len(ordered)) - 1]),
            "max": round(ordered[-1])}


def takeovers(packets):
    """From a service's own packets: for each change of the sending head, the ms from its first packet to
    its first answer to a call."""
    found, last, begun = [], None, None
    for p in packets:
        if p.port != last:
            begun = p.at if last else None
            last = p.port
            if begun is not None:
                found.append(None)
        if begun is not None and p.size:
            found[-1] = 1000 * (p.at - begun)
            begun = None
    return found


def one_by_one(moves, report, pauses):
    """What was seen of each move; a record that is lost was written before the next move begins."""
    ends = [*(m.since for m in moves[1:]), float("inf")]
    told = []
    for n, (move_, end) in enumerate(zip(moves, ends)):
        failed, spurious = errors(report, move_.since, end)
        told.append({
            "move": n + 1, "from": move_.source, "to": move_.target,
            "pause_ms": {NAMES[c]: round(pauses[c][n]) for c in pauses},
            "keepers_ms": move_.keepers_ms, "spurious_errors": spurious, "io_errors": failed,
            "lost_writes": sum(move_.since <= b["at"] < end for b in report["records"]["bad"]),
            "unacknowledged": move_.unacknowledged})
    return told


def judge(moves, report, packets):
    """The figures for soak.json."""
    spans = [(m.since, m.until) for m in moves]
    classes = [*CLASSES, *(["read"] if report.get("depth") else [])]
    pauses = {c: [longest(report, c, *span) for span in spans] for c in classes}
    failed, spurious = errors(report, 0, float("inf"))
    broken = sum(any(e["class"] == "write" for e in report["events"]
                     if m.since <= e["at"] < m.until) for m in moves)
    took = takeovers(packets)
    return {
        "moves": len(moves), "spurious_errors": spurious,
        "lost_locks": max(broken, 0 if report["lock_kept"] else 1),
        "lost_writes": sum(report["records"][k] for k in ("missing", "wrong", "unread")),
        "io_errors": failed + report["events_omitted"],
        "unfinished": len(report["unfinished"]), "pauses_omitted": report["pauses_omitted"],
        "stale_sockets": sum(len(m.stale) for m in moves),
        "spoke_after_silence": abs(len(took) - len(moves)),
        "unacknowledged": sum(m.unacknowledged for m in moves),
        "pause_ms": {NAMES[c]: summary(pauses[c]) for c in classes},
        "open_minus_write_ms": round(statistics.median(
            o - w for o, w in zip(pauses["open"], pauses["write"]))) if moves else None,
        "long_opens": [{"move": n, "write_ms": round(w), "open_ms": round(o), "note": m.struck}
                       for n, (m, w, o) in enumerate(zip(moves, pauses["write"],
                                                         pauses["open"]), 1) if o - w > OPEN_MS],
        "reconnect_ms": summary(t for t in took if t is not None),
        "keepers_ms": summary(m.keepers_ms for m in moves if m.keepers_ms),
        "records": report["records"]["acknowledged"], "duration_s": round(report["duration_s"]),
        "names": report["classes"]["namespace"]["ok"],
        "read_mb_per_s": report["classes"].get("read", {}).get("mb_per_s"),
        "each": one_by_one(moves, report, pauses),
    }


def steps(service):
    """{step_name(): summary} of the moves that are still in the ledger."""
    records = json.loads(service.baton(HEADS[0], "log", service.name, "--json", "--last",
                                       "50").stdout)
    found = {}
    for record in records:
        if record["op"] != "move" or record["outcome"] != "done":
            continue
        for entry in record["steps"]:
            found.setdefault(step_name(entry, record["from"]), []).append(entry["ms"])
    return {name: summary(times) for name, times in found.items()}


def set_up(lab, progress):
    """The service, served by the first head; it is not a resource of the cluster."""
    progress("corosync and Pacemaker on both heads")
    Cluster(lab).start()
    progress("vmstore: filesystem, service file, a keeper on each head")
    service = Service(lab)
    service.prepare()
    service.meet()
    service.start(HEADS[0])
    return service


def move(service, probe, source, target):
    """Move it, and wait until a new open is answered and things are calm again."""
    done = Move(source, target, probe.now())
    done.keepers_ms = agent.migrate(service, source, target,
                                    lambda: done.stale.extend(service.sockets(source)))
    done.see(service.ledger(target, "move"))
    probe.guest.run(["touch", f"{service.mountpoint}/soak"], timeout=90)
    time.sleep(CALM_S)
    done.until = probe.now()
    return done


def repeat(service, probe, count, progress):
    """The moves that were made, and why not all were (None if all were)."""
    done, begun = [], time.monotonic()
    for n in range(count):
        try:
            done.append(move(service, probe, HEADS[n % 2], HEADS[(n + 1) % 2]))
        except LabError as why:
            return done, str(why)
        if len(done) % TELL_EVERY == 0:
            last = summary(m.keepers_ms for m in done[-TELL_EVERY:] if m.keepers_ms)
            progress(f"{len(done)} moves, {(time.monotonic() - begun) / len(done):.1f} s each; the "
                     f"last {TELL_EVERY} paused {last and last['median']} ms by the keepers' count, "
                     f"stale sockets {sum(len(m.stale) for m in done)}")
    return done, None


def play(lab, count, load=Load(), progress=lambda line: None):
    """The whole run; returns (the figures for soak.json, the probe's report)."""
    service = set_up(lab, progress)
    progress(f"client mounts {service.address}:/vmstore, {IDLE} idle ones too; the probe starts")
    port = lab.guest("client").spec.tap["lan"]
    with Clients(service, IDLE), lab.net.slow(port, load.link):
        service.mount()
        probe = Probe(service, pause_ms=load.pause_ms(), size_mib=SIZE_MIB,
                      more=load.options()).start(READ_S)
        with Capture(lab, HEADS, ["ether", "src", service.mac(HEADS[0]), "and", "(arp or tcp)"],
                     HEADERS) as capture:
            time.sleep(CALM_S)
            moves, failed = repeat(service, probe, count, progress)
        progress("the probe reads everything back")
        report = probe.finish(timeout=READ_S)
        result = judge(moves, report, capture.packets())
    result |= {"load": asdict(load), "listed_from_ms": load.pause_ms(),
               "idle_clients": IDLE, **lab.machine(), "steps_ms": steps(service)}
    if failed:
        result["failed"] = failed
    return result, report


def clean(result):
    return not any(result[k] for k in COUNTS) and "failed" not in result
