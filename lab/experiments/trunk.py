#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""trunk: a client mounts two groups of one head, each by its own address; one of them moves."""

import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
sys.dont_write_bytecode = True

from labkit.pcap import Capture  # noqa: E402
from trials.caller import Caller, failures, pause, sent  # noqa: E402
from trials.experiment import CALM_S, main  # noqa: E402
from trials.service import HEADS  # noqa: E402
from trials.stock import StockAgents  # noqa: E402

# How long to watch the group that did not move.
WATCH_S = 60
HEADERS = 128


def play(cluster, agent=False, progress=lambda line: None):
    """The figures of a move of the group that was mounted first."""
    source, target = HEADS
    with StockAgents(cluster, ("vmstore", "homes"), agent) as stock:
        first, second = (g.place for g in stock.groups)
        for place in (first, second):
            place.mount()
        with Caller(first, "names", "trunk") as moved, Caller(second, "names", "trunk") as stayed:
            with Capture(stock.lab, ["client"], ["tcp", "port", "2049"], HEADERS) as capture:
                time.sleep(CALM_S)
            told = stock.checked(source) if agent else []
            progress(f"{first.name} to {target}; {second.name} stays on {source}")
            done = stock.move(stock.groups[0], target)
            good = stayed.answered(done.until, WATCH_S, good=True)
            end = stock.now()
            calm = pause(stayed.calls, done.since - CALM_S, done.since)
            result = {
                "sent_before": sent(capture.packets(), stock.lab.guest("client").spec.lan4),
                "moved_pause_ms": pause(moved.calls, done.since, end),
                "moved_errors": failures(moved.calls, done.since, end),
                "stayed_pause_before_ms": calm,
                "stayed_pause_ms": pause(stayed.calls, done.since, end),
                "stayed_errors": failures(stayed.calls, done.since, end),
                "stayed_served_again": good, "fenced": done.fenced, "check_shared": told}
            progress(f"{second.name} {'was served again' if good else 'got no good answer'} within "
                     f"{end - done.until:.0f} s of the move")
    return result


if __name__ == "__main__":
    main("trunk", __doc__, play)
