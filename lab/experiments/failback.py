#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""failback: a group of stock agents moves to the other head and back; how long does a client wait?"""

import os
import statistics
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
sys.dont_write_bytecode = True

from labkit.caller import Caller, failures, pause, story  # noqa: E402
from labkit.experiment import CALM_S, main  # noqa: E402
from labkit.pcap import Capture  # noqa: E402
from labkit.seed import Seed  # noqa: E402
from labkit.service import HEADS  # noqa: E402

# Longer than a client tries (timeo=600, retrans=2: 180 s) before it gives up a connection.
PATIENCE_S = 420
# Of a packet: enough for all headers.
HEADERS = 128


def move(seed, caller, target):
    """A move, until the client is served again; (the move, its pause in ms)."""
    done = seed.move(seed.group, target)
    caller.answered(done.until, PATIENCE_S)
    end = seed.now()
    return done, pause(caller.calls, done.since, end)


def watch(seed, progress=lambda line: None, rounds=1):
    """The figures of moves there and back: of several rounds the medians."""
    moves, back, words = [], [], []
    place = seed.group.place
    place.mount()
    # Calls that leave no state: nothing but TCP is on trial.
    with Caller(place, "names", "failback") as caller, Capture(
            seed.lab, [*HEADS, "client"], ["host", place.address], HEADERS) as capture:
        begun = seed.now()
        for _ in range(rounds):
            for target in reversed(HEADS):
                time.sleep(CALM_S)
                progress(f"{place.name} to {target}")
                found = move(seed, caller, target)
                (back if target == HEADS[0] else moves).append(found)
                progress(f"the client waited {found[1] / 1000:.1f} s")
        errors = failures(caller.calls, begun, seed.now())
    client = seed.lab.guest("client").spec.lan4
    words = story(capture.packets(), place.address, client, since=back[0][0].since)
    place.unmount()
    failover = statistics.median(ms for _, ms in moves)
    failback = statistics.median(ms for _, ms in back)
    return {"rounds": rounds, "failover_pause_ms": round(failover),
            "failback_pause_ms": round(failback),
            "failback_to_failover": round(failback / failover, 2) if failover else None,
            "failover_group_stop_ms": moves[0][0].stop_ms,
            "failover_group_start_ms": moves[0][0].start_ms,
            "failback_group_stop_ms": back[0][0].stop_ms,
            "failback_group_start_ms": back[0][0].start_ms,
            "stale_on_head1_after_failover": moves[0][0].sockets,
            "stale_on_head2_after_failback": back[0][0].sockets,
            "fenced": [h for m, _ in (*moves, *back) for h in m.fenced],
            "errors": errors, "each_ms": [m.each_ms for m, _ in (moves[0], back[0])],
            "pauses_ms": [ms for pair in zip(moves, back) for _, ms in pair],
            "failback_on_the_wire": words}


def play(cluster, agent=False, progress=lambda line: None, rounds=1):
    """In a stack of its own."""
    with Seed(cluster, agent=agent) as seed:
        return watch(seed, progress, rounds)


if __name__ == "__main__":
    main("failback", __doc__, play)
