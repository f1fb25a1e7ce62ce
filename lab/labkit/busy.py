# SPDX-License-Identifier: GPL-2.0-or-later
"""What the guests are doing: as one line for a person who looks into a failed run, and measured from
outside during a run."""

import os
import re
import threading
import time
from pathlib import Path

from .config import LabError
from .proc import recall

TICKS = os.sysconf("SC_CLK_TCK")
# The reader wants to know why something is late, and not to wait as long again.
TELL_S = 8
# Twice, a second apart; three processes, as each costs a guest's time.
LOOK = """
cat /proc/loadavg /proc/uptime /proc/[0-9]*/stat 2>/dev/null
sleep 1
cat /proc/uptime /proc/[0-9]*/stat 2>/dev/null
"""
STAT = re.compile(r"(\d+) \((.*)\) (.*)")
# QEMU's names for the thread that is a guest's processor: with KVM, and with TCG's thread=single.
PROCESSOR = re.compile(r"CPU \d+/|ALL CPUs/")
# Between two samples of a Meter.
SAMPLE_S = 1.0
# If a guest has used, or waited for, this share of a second, it had no processor left.
FULL = 0.95


def parse_look(text):
    """(load, {process: share of a processor}) from what LOOK prints; equal names are added up."""
    load, looks = None, []
    for line in text.splitlines():
        stat = STAT.fullmatch(line)
        fields = line.split()
        if stat:
            used = stat.group(3).split()
            looks[-1][1][stat.group(1)] = stat.group(2), int(used[11]) + int(used[12])
        elif len(fields) == 5:
            load = fields[0]
        elif len(fields) == 2:
            looks.append((float(fields[0]), {}))
    if load is None or len(looks) != 2:
        raise ValueError(text[:80])
    (begin, before), (end, after) = looks
    shares = {}
    for pid, (name, ticks) in after.items():
        # kworker/0:1-xfs… and ksoftirqd/0: each is one kind of work; kworkers change their names.
        kind = name.partition("/")[0]
        shares[kind] = shares.get(kind, 0) + (ticks - before.get(pid, (name, 0))[1]) / TICKS
    return load, {name: share / max(end - begin, 0.01) for name, share in shares.items()}


def phrase(load, shares):
    """load 6.4: corosync 13 %, nfsd 9 %, baton 5 %"""
    most = sorted(shares.items(), key=lambda item: -item[1])[:3]
    named = ", ".join(f"{name} {100 * share:.0f} %" for name, share in most if share >= 0.005)
    return f"load {load}{': ' + named if named else ''}"


def describe(lab):
    """One line: what each guest is doing now, if it answers soon."""
    said, asked = {}, {}
    for guest in lab.guests.values():
        if guest.reachable():
            asked[guest.name] = guest.start(["sh", "-c", LOOK])
        else:
            said[guest.name] = "booting" if guest.running() else "off"
    until = time.monotonic() + TELL_S
    for name, process in asked.items():
        try:
            out = process.communicate(timeout=max(0.1, until - time.monotonic()))[0]
            said[name] = phrase(*parse_look(out))
        except (LabError, ValueError):
            process.kill()
            said[name] = "no answer"
    return "; ".join(f"{name} {said[name]}" for name in lab.guests)


def steal():
    """(time taken away by the machine's own host, total time) of the processors, in ticks."""
    with open("/proc/stat", encoding="ascii") as file:
        fields = [int(f) for f in file.readline().split()[1:9]]
    return fields[7], sum(fields)


class Meter:
    """with Meter(lab) as meter: looks each second, from outside, at what QEMU's processor thread of
    each guest used and waited for. Costs the guests nothing."""

    def __init__(self, lab):
        self.lab = lab
        self.samples = []  # (time.time(), {guest: share of a processor it wanted})
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()

    def _look(self):
        found = {}
        for guest in self.lab.guests.values():
            record = recall(guest.record)
            if record is None:
                continue
            for task in Path(f"/proc/{record['pid']}/task").iterdir():
                try:
                    if PROCESSOR.match((task / "comm").read_text()):
                        used, waited, _ = (task / "schedstat").read_text().split()
                        found[guest.name, record["pid"]] = int(used) + int(waited)
                except OSError:
                    continue
        return time.monotonic(), found, steal()

    def _sample(self):
        before = self._look()
        while not self.over.wait(SAMPLE_S):
            after = self._look()
            ours = 1 - (after[2][0] - before[2][0]) / max(1, after[2][1] - before[2][1])
            self.samples.append((time.time(), {
                key[0]: (total - before[1][key]) / 1e9 / (after[0] - before[0]) / max(ours, 0.05)
                for key, total in after[1].items() if key in before[1]}))
            before = after

    def between(self, since, until):
        return [shares for at, shares in self.samples if since <= at < until]

    def full(self, since, until):
        """How much of the time, from 0 to 1, some guest had no processor left."""
        seen = self.between(since, until)
        return sum(any(s >= FULL for s in shares.values()) for shares in seen) / len(seen) \
            if seen else 0

    def mean(self, since, until):
        """{guest: share of a processor it wanted}, on average."""
        seen = self.between(since, until)
        return {name: round(sum(s.get(name, 0) for s in seen) / len(seen), 2)
                for name in self.lab.guests} if seen else {}
