#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""failback: a group of stock agents moves to the other head and back; how long does a client wait?
One of its calls hangs in the head that the group leaves; with --calm none does."""

import contextlib
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
sys.dont_write_bytecode = True

from labkit.pcap import Capture  # noqa: E402
from trials.caller import Caller, failures, pause, story  # noqa: E402
from trials.experiment import CALM_S, main  # noqa: E402
from trials.service import HEADS  # noqa: E402
from trials.stock import StockAgents  # noqa: E402

# The kernel's default: how long a client keeps to a connection depends on it.
LEASE_S = 90
# A client that comes back from the same port (Linux with 4.1 does not, since 5.4).
SAME_PORT = "vers=4.0,hard"
# Longer than a client tries (timeo=600, retrans=2: 180 s) before it gives up a connection.
PATIENCE_S = 420
# Bytes kept of a packet: enough for all headers.
HEADERS = 128


def move(stock, caller, target, progress):
    """Move, and wait until the client is served again; (the move, its pause in ms)."""
    time.sleep(CALM_S)
    progress(f"{stock.group.name} to {target}")
    done = stock.move(stock.group, target)
    caller.answered(done.until, PATIENCE_S)
    waited = pause(caller.calls, done.since, stock.now())
    progress(f"the client waited {waited / 1000:.1f} s")
    return done, waited


def watch(stock, progress=lambda line: None, calm=False):
    """The figures of a move there and back."""
    place = stock.group.place
    options = "vers=4.1,hard" if calm else SAME_PORT
    place.mount(options=options)
    # Calls that leave no state: only TCP is being tested.
    with Caller(place, "names", "failback") as caller, Capture(
            stock.lab, [*HEADS, "client"], ["host", place.address], HEADERS) as capture, \
            contextlib.nullcontext() if calm else stock.hanging(HEADS[0], options):
        begun = stock.now()
        there, failover = move(stock, caller, HEADS[1], progress)
        back, failback = move(stock, caller, HEADS[0], progress)
        errors = failures(caller.calls, begun, stock.now())
    client = stock.lab.guest("client").spec.lan4
    words = story(capture.packets(), place.address, client, since=back.since)
    place.unmount()
    return {"failover_pause_ms": failover, "failback_pause_ms": failback,
            "failback_to_failover": round(failback / failover, 2) if failover else None,
            "failover_group_stop_ms": there.stop_ms, "failover_group_start_ms": there.start_ms,
            "failback_group_stop_ms": back.stop_ms, "failback_group_start_ms": back.start_ms,
            "stale_on_head1_after_failover": there.sockets,
            "stale_on_head2_after_failback": back.sockets,
            "fenced": there.fenced + back.fenced, "errors": errors,
            "each_ms": [there.each_ms, back.each_ms], "failback_on_the_wire": words}


def play(cluster, agent=False, progress=lambda line: None, calm=False):
    """Run it in a stack of its own."""
    given = {} if calm else {"lease": LEASE_S, "wait": False}
    with StockAgents(cluster, agent=agent, **given) as stock:
        return watch(stock, progress, calm)


if __name__ == "__main__":
    main("failback", __doc__, play, calm="none of its calls hangs")
