# SPDX-License-Identifier: GPL-2.0-or-later
"""Stock agents around one NFS server per head, with ocf:baton:sever in the group: the problems that
lab/experiments shows without the agent (doc/stock.md) are gone. -rP shows the figures."""

import re

import pytest
from experiments import failback, stop
from labkit.pace import stretch
from trials.experiment import table
from trials.service import HEADS
from trials.stock import StockAgents

# A failback against a failover, in pauses of the client.
RATIO = 1.2
# For the agent's own stop; under TCG each stock agent takes about a second by itself.
SEVER_MS = 2000


@pytest.fixture(scope="module")
def stock(cluster):
    cluster.wait_online()
    with StockAgents(cluster, agent=True, lease=failback.LEASE_S) as stock:
        yield stock


@pytest.fixture(scope="module")
def moved(stock):
    """Moved there and back."""
    return show(failback.watch(stock))


def show(result):
    print("\n".join(table(result)))
    return result


def slower_back(moved):
    """How much longer the cluster itself, mostly shells, took on the way back to stop and start the group.
    That is another head, at another moment; no socket makes it slower."""
    there, back = (moved[f"{way}_group_stop_ms"] + moved[f"{way}_group_start_ms"]
                   for way in ("failover", "failback"))
    return max(1, back / there)


def waited_ms(moved, way):
    """How long the client waited beyond the time in which the cluster itself, mostly shells, stopped and
    started the group."""
    return moved[f"{way}_pause_ms"] - moved[f"{way}_group_stop_ms"] - moved[f"{way}_group_start_ms"]


def test_failback_is_as_quick_as_failover(moved):
    """No socket of the address is left on the head it leaves, so the return finds none; not even that of a
    call which hangs there. Without the agent one is left, and failback takes a lease."""
    assert not moved["fenced"] and not moved["errors"]
    assert not moved["stale_on_head1_after_failover"]
    assert not moved["stale_on_head2_after_failback"]
    assert moved["failback_to_failover"] <= RATIO * slower_back(moved)
    # It would have to wait for a lease: so long the client keeps to a dead connection.
    for way in ("failover", "failback"):
        assert waited_ms(moved, way) < failback.LEASE_S * 1000 / 2, way
    assert [l for l in moved["failback_on_the_wire"] if l.endswith(f"{HEADS[0]} tickle")], \
        "nobody was tickled"


def test_stop_ends_with_files_open(stock):
    """Clients hold files open, and it stops as if none did: nobody pins the filesystem, and it does not
    wait for a lease."""
    head = stock.lab.guest(HEADS[0])
    before = head.run(["journalctl", "-n", "0", "--show-cursor"]).stdout.split("cursor: ")[1].strip()
    seen = show(stop.watch(stock))
    assert not seen["fenced"] and not seen["stale_on_source"]
    each = seen["each_ms"][0]
    # A busy head takes its time for every agent, including the others.
    others = max(ms for name, ms in each.items() if name.startswith("stop ") and "sever" not in name)
    assert each["stop vmstore-sever"] < max(stretch(SEVER_MS), others)
    # Filesystem logs each attempt; if it was busy it looks who pins it, and tries again.
    said = head.run(["journalctl", "--after-cursor", before, "-o", "cat"]).stdout
    assert said.count("Trying to unmount /srv/nfs/vmstore") == 1


def commands(text, step, tool):
    """What `baton import` prints after "# STEP", exactly."""
    block = re.search(rf"^# {step}(?s:.*?)\n#    by {tool}:\n((?:#     .*\n)+)", text, re.M).group(1)
    return "".join(line[6:] for line in block.splitlines(True))


@pytest.mark.long
@pytest.mark.parametrize("tool", ["pcs", "crmsh"])
def test_import_replaces_the_group(stock, tool):
    """The service file and the commands of `baton import` are used literally: the service serves what the
    group had, and the commands for the way back restore the group."""
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
    cluster.run(["sh", "-c", commands(told, "To go back", tool)], timeout=150)
    stock.wait_where(stock.group, HEADS[0], timeout=120)
    cluster.wait_idle()
    assert served(place) == tool
    place.retire()
    for head in heads:
        head.run(["systemctl", "disable", "--now", f"baton@{place.name}"])
        head.run(["rm", "-f", f"/etc/baton/{place.name}.conf", f"/root/{place.name}-before.xml"])
        head.drop(f"/etc/baton/{place.name}.conf")


def served(place):
    """What a client reads right after it has mounted."""
    place.mount()
    said = place.lab.guest("client").run(["cat", f"{place.mountpoint}/by"], timeout=60).stdout.strip()
    place.unmount()
    return said
