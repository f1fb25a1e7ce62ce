# SPDX-License-Identifier: GPL-2.0-or-later
"""The seed's own stack of stock agents with ocf:baton:sever in the group: what lab/experiments shows of
it without the agent (doc/seed.md) is gone. -rP shows the figures."""

import re

import pytest
from experiments import failback, stop
from labkit.experiment import table
from labkit.pace import stretch
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
    with Seed(cluster, agent=True, lease=failback.LEASE_S) as seed:
        yield seed


@pytest.fixture(scope="module")
def moved(seed):
    """There and back."""
    return show(failback.watch(seed))


def show(result):
    print("\n".join(table(result)))
    return result


def slower_back(moved):
    """How much longer the cluster itself took on the way back to stop and start the group, most of it
    shells: another head, at another moment. No socket makes them slower."""
    there, back = (moved[f"{way}_group_stop_ms"] + moved[f"{way}_group_start_ms"]
                   for way in ("failover", "failback"))
    return max(1, back / there)


def test_failback_is_as_quick_as_failover(moved):
    """No socket of the address is left on the head that it departs from, so the return finds none; not
    even that of a call which hangs there. Without the agent it is left, and failback takes a lease."""
    assert not moved["fenced"] and not moved["errors"]
    assert not moved["stale_on_head1_after_failover"]
    assert not moved["stale_on_head2_after_failback"]
    assert moved["failback_to_failover"] <= RATIO * slower_back(moved)
    assert [l for l in moved["failback_on_the_wire"] if l.endswith(f"{HEADS[0]} tickle")], \
        "nobody was tickled"


def test_stop_ends_with_files_open(seed, moved):
    """Clients hold files open, and it stops as if none did: nobody pins the filesystem, no lease is
    waited for."""
    seen = show(stop.watch(seed))
    assert not seen["fenced"] and not seen["stale_on_source"]
    each, idle = seen["each_ms"][0], moved["each_ms"][0]
    # A busy head takes its time for each agent, also for those of others.
    stock = max(ms for name, ms in each.items() if name.startswith("stop ") and "sever" not in name)
    assert each["stop vmstore-sever"] < max(stretch(SEVER_MS), stock)
    assert each["stop vmstore-fs"] < idle["stop vmstore-fs"] + stretch(AGAIN_MS)


def commands(text, step, tool):
    """What `baton import` has after "# STEP", as it stands there."""
    block = re.search(rf"^# {step}(?s:.*?)\n#    by {tool}:\n((?:#     .*\n)+)", text, re.M).group(1)
    return "".join(line[6:] for line in block.splitlines(True))


@pytest.mark.long
@pytest.mark.parametrize("tool", ["pcs", "crmsh"])
def test_import_replaces_the_group(seed, tool):
    """The service file and the commands of `baton import` are taken literally: the service serves what
    the group had, and the way back leads back."""
    cluster, place, heads = seed.cluster, seed.group.place, [seed.lab.guest(h) for h in HEADS]
    told = cluster.run(["baton", "import", place.name]).stdout
    place.mount()
    cluster.lab.guest("client").run(["sh", "-c", f"echo {tool} > {place.mountpoint}/by"])
    place.unmount()
    for head in heads:
        head.install({f"/etc/baton/{place.name}.conf": told})
        head.run(re.search(r"^# 1\. .*\n#     (systemctl .*)\n", told, re.M).group(1).split())
    cluster.run(["sh", "-c", commands(told, "2", tool)], timeout=150)
    for head in heads:
        head.run(["baton", "check", place.name], timeout=60)
    cluster.run(["sh", "-c", commands(told, "4", tool)], timeout=150)
    cluster.wait_where(place.name, HEADS[0], timeout=90)
    cluster.wait_idle()
    assert served(place) == tool
    cluster.run(["sh", "-c", commands(told, "Back again", tool)], timeout=150)
    seed.wait_where(seed.group, HEADS[0], timeout=120)
    cluster.wait_idle()
    assert served(place) == tool
    place.retire()
    for head in heads:
        head.run(["systemctl", "disable", "--now", f"baton@{place.name}"])
        head.run(["rm", "-f", f"/etc/baton/{place.name}.conf", f"/root/{place.name}-before.xml"])
        head.drop(f"/etc/baton/{place.name}.conf")


def served(place):
    """What a client reads that has just mounted it."""
    place.mount()
    said = place.lab.guest("client").run(["cat", f"{place.mountpoint}/by"], timeout=60).stdout.strip()
    place.unmount()
    return said
