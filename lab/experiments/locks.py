#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""locks: a client writes under a lock while its group moves to a server that is not in grace."""

import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
sys.dont_write_bytecode = True

from trials.caller import Caller, failures, pause  # noqa: E402
from trials.experiment import CALM_S, main  # noqa: E402
from trials.service import HEADS  # noqa: E402
from trials.stock import StockAgents  # noqa: E402

PATIENCE_S = 240
# How long to watch afterwards: do its writes ever succeed again?
WATCH_S = 30


def play(cluster, agent=False, progress=lambda line: None):
    """The figures of one move away from head1."""
    source, target = HEADS
    with StockAgents(cluster, agent=agent) as stock:
        place = stock.group.place
        place.mount()
        with Caller(place, "lock", "locks") as caller:
            time.sleep(CALM_S)
            progress(f"a client writes under a lock; {place.name} to {target}")
            done = stock.move(stock.group, target)
            caller.answered(done.until, PATIENCE_S)
            time.sleep(WATCH_S)
            end = stock.now()
            calls = list(caller.calls)
        bad = [c for c in calls if c.error and c.end > done.since]
        later = [c for c in calls if bad and c.at > bad[0].at]
        stock.back_online()
        warned = stock.warnings(target)
        told = stock.checked(target) if agent else []
        place.unmount()
    return {"fenced": done.fenced, "group_stop_ms": done.stop_ms,
            "client_pause_ms": pause(calls, done.since, end),
            "errors": failures(calls, done.since, end),
            "writes_after_the_first_error": len(later),
            "of_them_good": sum(1 for c in later if not c.error),
            "lock_lost": bool(bad), "warnings_of_the_agent": warned, "check_shared": told}


if __name__ == "__main__":
    main("locks", __doc__, play)
