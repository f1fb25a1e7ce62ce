# SPDX-License-Identifier: GPL-2.0-or-later
"""The seed's own stack of stock agents with ocf:baton:sever in the group: what lab/experiments shows of
it without the agent (doc/seed.md) is gone. -rP shows the figures."""

import pytest
from experiments import failback, stop
from labkit.experiment import table
from labkit.service import HEADS

# A failback against a failover, in pauses of the client (issue 5).
RATIO = 1.2
# From Pacemaker's first stop of the group to the last one's end.
STOP_MS = 2000
ROUNDS = 3


@pytest.fixture(autouse=True)
def online(cluster):
    """Each begins with both heads online."""
    cluster.wait_online()
    cluster.wait_idle()


def show(result):
    print("\n".join(table(result)))
    return result


def test_failback_is_as_quick_as_failover(cluster):
    """No socket of the address is left on the head that it departs from, so the return finds none."""
    seen = show(failback.play(cluster, agent=True, rounds=ROUNDS))
    assert not seen["fenced"] and not seen["errors"]
    assert not seen["stale_on_head1_after_failover"] and not seen["stale_on_head2_after_failback"]
    assert seen["failback_to_failover"] <= RATIO
    assert [l for l in seen["failback_on_the_wire"] if l.endswith(f"{HEADS[0]} tickle")], \
        "nobody was tickled"


def test_stop_ends_with_files_open(cluster):
    """Clients hold files open; none of them pins the filesystem, and no lease is waited for."""
    seen = show(stop.play(cluster, agent=True))
    assert not seen["fenced"] and not seen["stale_on_source"]
    assert seen["group_stop_ms"] is not None and seen["group_stop_ms"] < STOP_MS
