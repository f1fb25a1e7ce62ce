# SPDX-License-Identifier: GPL-2.0-or-later
"""The seed's own stack of stock agents with ocf:baton:sever in the group: what lab/experiments shows of
it without the agent (doc/seed.md) is gone. -rP shows the figures."""

import pytest
from experiments import failback, stop
from labkit.experiment import table
from labkit.seed import Seed
from labkit.service import HEADS

# A failback against a failover, in pauses of the client (issue 5).
RATIO = 1.2
# The agent's own stop; under TCG each stock agent takes about a second by itself.
SEVER_MS = 2000
# Filesystem looks again after a second when it is busy.
AGAIN_MS = 1000


@pytest.fixture(scope="module")
def seed(cluster):
    cluster.wait_online()
    with Seed(cluster, agent=True) as seed:
        yield seed


@pytest.fixture(scope="module")
def moved(seed):
    """There and back."""
    return show(failback.watch(seed))


def show(result):
    print("\n".join(table(result)))
    return result


def test_failback_is_as_quick_as_failover(moved):
    """No socket of the address is left on the head that it departs from, so the return finds none."""
    assert not moved["fenced"] and not moved["errors"]
    assert not moved["stale_on_head1_after_failover"]
    assert not moved["stale_on_head2_after_failback"]
    assert moved["failback_to_failover"] <= RATIO
    assert [l for l in moved["failback_on_the_wire"] if l.endswith(f"{HEADS[0]} tickle")], \
        "nobody was tickled"


def test_stop_ends_with_files_open(seed, moved):
    """Clients hold files open, and it stops as if none did: nobody pins the filesystem, no lease is
    waited for."""
    seen = show(stop.watch(seed))
    assert not seen["fenced"] and not seen["stale_on_source"]
    each, idle = seen["each_ms"][0], moved["each_ms"][0]
    assert each["stop vmstore-sever"] < SEVER_MS
    assert each["stop vmstore-fs"] < idle["stop vmstore-fs"] + AGAIN_MS
