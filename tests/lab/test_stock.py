# SPDX-License-Identifier: GPL-2.0-or-later
"""Stock agents around one NFS server per head, with ocf:baton:sever in the group: what lab/experiments
shows of them without the agent (doc/stock.md) is gone. -rP shows the figures."""

import re

import pytest
from experiments import failback, stop
from labkit.pace import stretch
from trials.experiment import table
from trials.service import HEADS
from trials.stock import StockAgents

# The agent's own stop; under TCG each stock agent takes about a second by itself.
SEVER_MS = 2000


@pytest.fixture(scope="module")
def stock(cluster):
    cluster.wait_online()
    with StockAgents(cluster, agent=True, lease=failback.LEASE_S) as stock:
        yield stock


@pytest.fixture(scope="module")
def moved(stock):
    """There and back."""
    return show(failback.watch(stock))


def show(result):
    print("\n".join(table(result)))
    return result


def waited_ms(moved, way):
    """How long the client waited beyond what the cluster itself took to stop and start the group, most of
    which is shells."""
    return moved[f"{way}_pause_ms"] - moved[f"{way}_group_stop_ms"] - moved[f"{way}_group_start_ms"]


def test_failback_is_as_quick_as_failover(moved):
    """No socket of the address is left on the head that it departs from, so the return finds none; not
    even that of a call which hangs there. Without the agent it is left, and failback takes a lease."""
    assert not moved["fenced"] and not moved["errors"]
    assert not moved["stale_on_head1_after_failover"]
    assert not moved["stale_on_head2_after_failback"]
    # What it would have to wait for is a lease: the client's patience with a dead connection is as long.
    for way in ("failover", "failback"):
        assert waited_ms(moved, way) < failback.LEASE_S * 1000 / 2, way
    assert [l for l in moved["failback_on_the_wire"] if l.endswith(f"{HEADS[0]} tickle")], \
        "nobody was tickled"


def test_stop_ends_with_files_open(stock):
    """Clients hold files open, and it stops as if none did: nobody pins the filesystem, no lease is
    waited for."""
    head = stock.lab.guest(HEADS[0])
    before = head.run(["journalctl", "-n", "0", "--show-cursor"]).stdout.split("cursor: ")[1].strip()
    seen = show(stop.watch(stock))
    assert not seen["fenced"] and not seen["stale_on_source"]
    each = seen["each_ms"][0]
    # A busy head takes its time for each agent, also for those of others.
    others = max(ms for name, ms in each.items() if name.startswith("stop ") and "sever" not in name)
    assert each["stop vmstore-sever"] < max(stretch(SEVER_MS), others)
    # Filesystem says so each time; if it was busy it looks who pins it, and tries again.
    said = head.run(["journalctl", "--after-cursor", before, "-o", "cat"]).stdout
    assert said.count("Trying to unmount /srv/nfs/vmstore") == 1


def commands(text, step, tool):
    """What `baton import` has after "# STEP", as it stands there."""
    block = re.search(rf"^# {step}(?s:.*?)\n#    by {tool}:\n((?:#     .*\n)+)", text, re.M).group(1)
    return "".join(line[6:] for line in block.splitlines(True))


@pytest.mark.long
@pytest.mark.parametrize("tool", ["pcs", "crmsh"])
def test_import_replaces_the_group(stock, tool):
    """The service file and the commands of `baton import` are taken literally: the service serves what
    the group had, and the way back leads back."""
    cluster, place, heads = stock.cluster, stock.group.place, [stock.lab.guest(h) for h in HEADS]
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
    stock.wait_where(stock.group, HEADS[0], timeout=120)
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
