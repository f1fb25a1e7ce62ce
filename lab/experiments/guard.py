#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""guard: two heads write to one disk. head1 serves and writes; head2 takes over as if head1 had been fenced, and
writes as well. With guard = reservation the disk refuses head1, and the filesystem stays whole; --without shows
what happens without it."""

import argparse
import json
import os
import statistics
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
sys.dont_write_bytecode = True

from labkit.main import progress, run_in_lab  # noqa: E402
from trials import soak  # noqa: E402
from trials.cluster import Cluster  # noqa: E402
from trials.experiment import RESULTS, table  # noqa: E402
from trials.guard import seize, steps  # noqa: E402
from trials.restore import restore  # noqa: E402
from trials.service import HEADS, Probe, Service, longest  # noqa: E402

WRITE_S = 5
# In one round.
MOVES = 6
KEYS = {"none": {}, "reservation": {"guard": "reservation", "guard-timeout": 5}}


def fight(lab, runs, guard):
    """Two heads that write, run after run."""
    service = Service(lab)
    found = []
    for n in range(runs):
        service.prepare(text=service.conf(**KEYS[guard]))
        found.append(seize(service, WRITE_S))
        service.retire()
        progress(f"run {n + 1}: {'clean' if found[-1]['clean'] else 'destroyed'}")
    return {"guard": guard, "runs": runs, "clean": sum(f["clean"] for f in found),
            "both_mounted": sum(f["both"] for f in found), "silent_s": [f["silent_s"] for f in found]}


def cost(lab, rounds):
    """Medians of starts and stops, with and without, in turn."""
    service = Service(lab)
    took = {guard: [] for guard in KEYS}
    for guard in [*KEYS] * rounds:
        service.prepare(text=service.conf(**KEYS[guard]))
        took[guard] += steps(service, 3)
        service.retire()
    return {f"{guard}_{what}_ms": round(statistics.median(t[what] for t in took[guard]), 1)
            for guard in KEYS for what in took[guard][0]}


def moves(lab, rounds):
    """Medians of planned moves, with and without, in turn."""
    Cluster(lab).start()
    service = Service(lab)
    took = {guard: [] for guard in KEYS}
    for guard in [*KEYS] * rounds:
        service.prepare(text=service.conf(**KEYS[guard]))
        service.meet()
        service.start(HEADS[0])
        service.mount()
        probe = Probe(service).start()
        done = [soak.move(service, probe, HEADS[n % 2], HEADS[(n + 1) % 2]) for n in range(MOVES)]
        report = probe.finish()
        took[guard] += [{"write": longest(report, "write", m.since, m.until), "keepers": m.keepers_ms} for m in done]
        service.unmount()
        service.retire()
    return {f"{guard}_{what}_ms": round(statistics.median(t[what] for t in took[guard]), 1)
            for guard in KEYS for what in took[guard][0]}


def main():
    parser = argparse.ArgumentParser(prog="guard", description=__doc__)
    parser.add_argument("--runs", type=int, default=20, help="how often (20)")
    parser.add_argument("--without", action="store_true", help="with guard = none")
    parser.add_argument("--cost", action="store_true", help="only how long starts and stops take, with and without")
    parser.add_argument("--moves", action="store_true", help="only how long planned moves take, with and without")
    parser.add_argument("--keep", action="store_true", help="leave the lab up")
    args = parser.parse_args()

    guard = "none" if args.without else "reservation"

    def work(lab):
        # A cluster would keep the two heads apart.
        restore(lab)
        result = {"experiment": "guard", **lab.machine()}
        result |= cost(lab, args.runs) if args.cost else moves(lab, args.runs) if args.moves else \
            fight(lab, args.runs, guard)
        print("\n".join(table(result)), flush=True)
        RESULTS.mkdir(parents=True, exist_ok=True)
        name = "cost" if args.cost else "moves" if args.moves else guard
        (RESULTS / f"guard-{name}.json").write_text(json.dumps(result, indent=2) + "\n")
        # Without a guard it has to show that it can be destroyed.
        return 0 if args.cost or args.moves or (result["clean"] == args.runs) != args.without else 1

    sys.exit(run_in_lab("guard", work, args.keep))


if __name__ == "__main__":
    main()
