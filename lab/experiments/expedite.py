#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""expedite: how much of a planned move's pause is RCU grace periods? Moves there and back in turn, with them hurried,
as baton has the kernel do, and not (/sys/kernel/rcu_normal overrules it)."""

import argparse
import json
import os
import statistics
import sys
from collections import defaultdict

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
sys.dont_write_bytecode = True

from labkit.main import progress, run_in_lab  # noqa: E402
from trials import soak  # noqa: E402
from trials.cluster import Cluster  # noqa: E402
from trials.experiment import RESULTS, table  # noqa: E402
from trials.restore import restore  # noqa: E402
from trials.service import HEADS, Probe, Service, longest  # noqa: E402

NORMAL = "/sys/kernel/rcu_normal"
# A step that takes less tells nothing.
SHOWN_MS = 10


def set_normal(lab, normal):
    for head in HEADS:
        lab.guest(head).run(["sh", "-c", f"echo {int(normal)} > {NORMAL}"])


def play(lab, rounds):
    """Medians, as they are and hurried: of the longest write, of the keepers' pause, of each step."""
    Cluster(lab).start()
    service = Service(lab)
    service.prepare()
    service.meet()
    service.start(HEADS[0])
    service.mount()
    probe = Probe(service).start()
    took = {how: defaultdict(list) for how in ("normal", "expedited")}
    done = []
    for n in range(4 * rounds):
        how = [*took][n // 2 % 2]
        set_normal(lab, how == "normal")
        source, target = HEADS[n % 2], HEADS[(n + 1) % 2]
        done.append((how, soak.move(service, probe, source, target)))
        took[how]["keepers"].append(done[-1][1].keepers_ms)
        for step in service.ledger(target, "move")["steps"]:
            took[how][step["step"] if step["head"] == target else f"stop_{step['step']}"].append(step["ms"])
        progress(f"{how}: {done[-1][1].keepers_ms} ms")
    set_normal(lab, False)
    report = probe.finish()
    for how, move in done:
        took[how]["write"].append(longest(report, "write", move.since, move.until))
    service.unmount()
    service.retire()
    medians = {how: {what: round(statistics.median(each), 1) for what, each in took[how].items()} for how in took}
    return {f"{what}_ms": {how: medians[how].get(what) for how in took} for what in medians["normal"]
            if max(medians[how].get(what, 0) for how in took) >= SHOWN_MS}


def main():
    parser = argparse.ArgumentParser(prog="expedite", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="rounds of two moves each way (5)")
    parser.add_argument("--keep", action="store_true", help="leave the lab up")
    args = parser.parse_args()

    def work(lab):
        restore(lab)
        result = {"experiment": "expedite", **lab.machine(), **play(lab, args.rounds)}
        print("\n".join(table(result)), flush=True)
        RESULTS.mkdir(parents=True, exist_ok=True)
        (RESULTS / "expedite.json").write_text(json.dumps(result, indent=2) + "\n")
        return 0

    sys.exit(run_in_lab("expedite", work, args.keep))


if __name__ == "__main__":
    main()
