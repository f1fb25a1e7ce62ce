# SPDX-License-Identifier: GPL-2.0-or-later
"""What the experiments on stock agents share: arguments, a lab with a cluster, a table for people and
JSON for the record."""

import argparse
import json
import sys

from labkit.config import TREE
from labkit.main import progress, run_in_lab
from .cluster import Cluster

RESULTS = TREE / "build" / "experiments"
# How long a client calls undisturbed before and after each move.
CALM_S = 3


def value(name, what):
    """A figure for people: *_ms in seconds, a missing one as a dash."""
    if what is None:
        return "-"
    if name.endswith("_ms") and not isinstance(what, dict):
        return f"{what / 1000:.2f} s"
    if isinstance(what, bool):
        return "yes" if what else "no"
    if isinstance(what, dict):
        return ", ".join(f"{k} {v}" for k, v in what.items()) or "none"
    return str(what)


def table(result):
    """Lines of NAME VALUE; list items are on a line each."""
    lines = []
    for name, what in result.items():
        title = name.removesuffix("_ms").replace("_", " ")
        if isinstance(what, list):
            lines += [f"  {title}:", *(f"    {item}" for item in what)] if what else \
                [f"  {title:<34}  none"]
        else:
            lines.append(f"  {title:<34}  {value(name, what)}")
    return lines


def main(name, doc, play, **options):
    """The exit status of play(cluster, agent, progress), which returns the figures, in a lab of its own.
    options: {name: help} of further options."""
    parser = argparse.ArgumentParser(prog=name, description=doc)
    parser.add_argument("--agent", action="store_true", help="with ocf:baton:sever in the group")
    for option, text in options.items():
        parser.add_argument(f"--{option}", action="store_true", help=text)
    parser.add_argument("--output", metavar="FILE",
                        help="where the figures go (build/experiments/NAME.json)")
    parser.add_argument("--keep", action="store_true", help="leave the lab up")
    args = parser.parse_args()
    chosen = {option: getattr(args, option) for option in options}
    flags = [f for f, given in {**chosen, "agent": args.agent}.items() if given]
    output = args.output or RESULTS / ("-".join([name, *flags]) + ".json")

    def work(lab):
        cluster = Cluster(lab)
        progress("corosync and Pacemaker on both heads")
        cluster.start()
        result = {"experiment": name, "agent": args.agent, **lab.machine()}
        result |= chosen | play(cluster, args.agent, progress, **chosen)
        print("\n".join(table(result)), flush=True)
        RESULTS.mkdir(parents=True, exist_ok=True)
        with open(output, "w", encoding="utf-8") as file:
            json.dump(result, file, indent=2)
        progress(f"figures in {output}")
        return 0

    sys.exit(run_in_lab(name, work, args.keep))
