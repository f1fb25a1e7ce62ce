# SPDX-License-Identifier: GPL-2.0-or-later
"""Does the pause grow? Planned moves of a server that is made large in one way after another, beside moves of a quiet
one in the same run: machines differ, and are noisy."""

import re
import statistics
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass

from labkit.config import LAB, LabError
from . import soak
from .clients import Clients
from .service import HEADS, Probe, errors, longest

SCRIPT, THERE = LAB / "inside" / "load.py", "/root/load.py"
# Quiet moves before those of a case, and moves of each size: as many there as back.
MOVES = 4
# The client sends what it has at once. Its own default would keep most of it for half a minute.
BACKGROUND = "/proc/sys/vm/dirty_background_bytes"
BACKGROUND_BYTES = 4 << 20
KINDS = ("write", "open")
# To measure the disk by.
REQUESTS = 200
# Of a step in the ledger.
COSTS = ("ms", "requests", "cpu_ms")


class Server:
    """A service between two heads, which is made large."""

    def __init__(self, lab, progress):
        self.service = soak.set_up(lab, progress)
        self.client = lab.guest("client")
        self.fs = f"/run/baton/{self.service.name}/fs"
        self.files = 0
        for guest in (self.client, *(lab.guest(head) for head in HEADS)):
            guest.push(SCRIPT, THERE)

    def disk_ms(self):
        """What the disk takes for one small request, after the other."""
        said = self.service.lab.guest(HEADS[0]).run(
            ["dd", f"if={self.service.device}", "of=/dev/null", "bs=4k", f"count={REQUESTS}", "iflag=direct"]).stderr
        return round(1000 * float(re.search(r"([0-9.e-]+) s,", said)[1]) / REQUESTS, 2)

    def inside(self, head, *words, timeout=600):
        return self.service.lab.guest(head).run(
            [*self.service.inside, "python3", THERE, *map(str, words)], timeout=timeout).stdout.strip()


@contextmanager
def inodes(server, size):
    """So many files are in the source's memory. They stay: the next size adds to them."""
    folder = f"{server.fs}/files"
    server.inside(HEADS[0], "inodes", folder, server.files, size)
    server.files = size
    yield lambda source: server.inside(source, "look", folder)


@contextmanager
def beside(server, *words):
    """load.py on the client, until the end; says how it ended."""
    process = server.client.start(["python3", THERE, *map(str, words)], stdin=-1)
    try:
        if not process.stdout.readline():
            raise LabError(f"client: load.py {words[0]} did not get going")
        yield lambda source: None
        said, _ = process.communicate("\n", timeout=600)
    finally:
        process.kill()
    if words[0] == "opens" and said.strip() != str(words[-1]):
        raise LabError(f"{said.strip() or 'none'} of {words[-1]} locks were kept")


@contextmanager
def dirty(server, size):
    """A client writes so many MB in a second and does not wait for the disk."""
    before = server.client.run(["cat", BACKGROUND]).stdout.strip()
    try:
        server.client.run(["sh", "-c", f"echo {BACKGROUND_BYTES} > {BACKGROUND}"])
        with beside(server, "dirty", f"{server.service.mountpoint}/dirty", size) as warm:
            yield warm
    finally:
        # 0 = by ratio, which cannot be written.
        server.client.run(["sh", "-c", f"echo 10 > {BACKGROUND.replace('bytes', 'ratio')}" if before == "0" else
                           f"echo {before} > {BACKGROUND}"])


@contextmanager
def opens(server, size):
    """One client has so many files open, each with a lock."""
    with beside(server, "opens", f"{server.service.mountpoint}/opens", size) as warm:
        yield warm


@contextmanager
def clients(server, size):
    """So many clients, each with a file open."""
    with Clients(server.service, size, hold=True):
        yield lambda source: None


@dataclass(frozen=True)
class Case:
    """One way to be large. unit: of its sizes."""
    load: object
    unit: str
    sizes: tuple


CASES = {
    "dirty": Case(dirty, "MB/s written", (4, 9, 18)),
    "opens": Case(opens, "locked files of one client", (250, 500, 1000)),
    "clients": Case(clients, "clients with a file open", (5, 10, 20)),
    "inodes": Case(inodes, "inodes in memory", (25000, 50000, 100000)),
}


def step(entry, source):
    return f"{'source' if entry['head'] == source else 'target'} {entry['step']}"


class Run:
    """The moves of one run, under one probe."""

    def __init__(self, server, progress):
        self.server, self.progress = server, progress
        self.probe = Probe(server.service).start(soak.READ_S)
        self.done = defaultdict(list)
        self.at = 0

    def moves(self, name, size, warm):
        for _ in range(MOVES):
            source, target = HEADS[self.at], HEADS[1 - self.at]
            warm(source)
            move = soak.move(self.server.service, self.probe, source, target)
            move.steps = self.server.service.ledger(target, "move")["steps"]
            self.done[name, size].append(move)
            self.at = 1 - self.at
        self.progress(f"{name} {size or ''}: keepers "
                      f"{', '.join(str(m.keepers_ms) for m in self.done[name, size])} ms")

    def finish(self):
        """{(name, size): figures}, and what the probe says of the whole."""
        report = self.probe.finish()
        return {key: figures(moves, report) for key, moves in self.done.items()}, report


def figures(moves, report):
    """Medians of a few moves; what each step has cost beside."""
    costs = {what: defaultdict(list) for what in COSTS}
    for move in moves:
        for entry in move.steps:
            for what in COSTS:
                costs[what][step(entry, move.source)].append(entry[what])
    return {
        "pause_ms": {k: round(statistics.median(longest(report, k, m.since, m.until) for m in moves)) for k in KINDS},
        "keepers_ms": round(statistics.median(m.keepers_ms for m in moves)),
        **{f"steps_{what}": {name: round(statistics.median(each), 1) for name, each in costs[what].items()}
           for what in COSTS}}


def compare(found, names):
    """Each case's sizes beside the quiet moves just before them."""
    cases = {}
    for name in names:
        base = found["quiet", name]
        cases[name] = {"unit": CASES[name].unit, "quiet": base, "sizes": []}
        for size in CASES[name].sizes:
            one = found[name, size]
            one["ratio_to_quiet"] = {k: round(one["pause_ms"][k] / base["pause_ms"][k], 2) for k in KINDS}
            one["ratio_to_quiet"]["keepers"] = round(one["keepers_ms"] / base["keepers_ms"], 2)
            cases[name]["sizes"].append({"size": size, **one})
    return cases


def play(lab, names, progress):
    """The figures for build/bench-pause.json."""
    server = Server(lab, progress)
    server.service.mount()
    disk_ms = server.disk_ms()
    run = Run(server, progress)
    for name in names:
        run.moves("quiet", name, lambda source: None)
        for size in CASES[name].sizes:
            with CASES[name].load(server, size) as warm:
                run.moves(name, size, warm)
    found, report = run.finish()
    server.service.unmount()
    server.service.retire()
    failed, spurious = errors(report, 0, float("inf"))
    return {"disk_ms": disk_ms, "case": compare(found, names), "verdict": report["verdict"], "errors": failed + spurious,
            "lost_writes": sum(report["records"][k] for k in ("missing", "wrong", "unread"))}
