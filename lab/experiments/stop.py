#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""stop: clients hold files open while their group is stopped for a move; does the stop end?"""

import contextlib
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
sys.dont_write_bytecode = True

from labkit.config import LabError  # noqa: E402
from trials.caller import Caller, failures, pause  # noqa: E402
from trials.clients import Clients  # noqa: E402
from trials.experiment import main  # noqa: E402
from trials.service import HEADS  # noqa: E402
from trials.stock import StockAgents  # noqa: E402

HOLDERS = 3
PATIENCE_S = 240


def watch(stock, progress=lambda line: None):
    """The figures of one move away from head1."""
    source, target = HEADS
    place = stock.group.place
    courtesy = [0]

    def look():
        # The head may be fenced at any moment.
        with contextlib.suppress(LabError):
            courtesy.append(stock.courtesy(source))

    place.mount()
    with Clients(place, HOLDERS, hold=True), Caller(place, "names", "stop") as caller:
        progress(f"{HOLDERS} clients hold a file open; {place.name} to {target}")
        done = stock.move(stock.group, target, meanwhile=look)
        caller.answered(done.until, PATIENCE_S)
        end = stock.now()
        waited, errors = pause(caller.calls, done.since, end), failures(
            caller.calls, done.since, end)
        progress(f"{f'{source} was fenced' if done.fenced else 'it moved'}, the client waited "
                 f"{waited / 1000:.1f} s")
        stock.back_online()
    place.unmount()
    return {"holders": HOLDERS, "group_stop_ms": done.stop_ms, "fenced": done.fenced,
            "courtesy_clients_seen": max(courtesy),
            "move_ms": round(1000 * (done.until - done.since)), "client_pause_ms": waited,
            "stale_on_source": done.sockets, "errors": errors, "each_ms": [done.each_ms]}


def play(cluster, agent=False, progress=lambda line: None):
    """Run it in a stack of its own."""
    with StockAgents(cluster, agent=agent) as stock:
        return watch(stock, progress)


if __name__ == "__main__":
    main("stop", __doc__, play)
