# SPDX-License-Identifier: GPL-2.0-or-later
"""Under Pacemaker with fencing: whatever dies, the right head serves in the end, never two at once,
and nothing that a client was told is lost."""

import json

import pytest
from labkit.pace import stretch
from labkit.wait import wait_for
from trials import scenario
from trials.guard import keys
from trials.sampler import Sampler
from trials.service import HEADS, Probe


@pytest.fixture(scope="module")
def services(cluster):
    """vmstore at home on head1, homes on head2, each mounted by the client. vmstore's disk is guarded."""
    found = scenario.add_services(cluster, guard="reservation")
    for service in found:
        service.mount()
    yield found
    scenario.remove_services(cluster, found)


@pytest.fixture(autouse=True)
def online(cluster, services):
    """Each test begins with both heads online; services are where the test before has left them."""
    cluster.wait_online()
    cluster.wait_idle()


@pytest.fixture
def home(cluster, services, online):
    """Each head serves one of them."""
    for service, head in zip(services, HEADS):
        if cluster.where(service.name) != [head]:
            wait_for("giveback", lambda s=service: s.baton(
                "head1", "giveback", s.name, check=False).returncode == 0, 90)
        cluster.wait_where(service.name, head)
    cluster.wait_idle()


def survivor(cluster):
    """The head that serves both; None while there is none."""
    for head in HEADS:
        if cluster.lab.guest(head).reachable() and [head] == cluster.where("vmstore", at=head) == \
                cluster.where("homes", at=head):
            return head
    return None


def survive(cluster, services, fault, fenced=True, mend=lambda: None):
    """Run a writer and a sampler on vmstore while `fault` is done, and `mend` once one head serves both.
    Returns the probe's report and that head; a head that is fenced must come back by itself."""
    vmstore, _ = services
    seen = []

    def found():
        """Kept, as another look may find nobody."""
        seen[:] = [survivor(cluster)] if fenced else cluster.where("vmstore")
        return len(seen) == 1 and seen[0]

    with Sampler(vmstore) as sampler:
        probe = Probe(vmstore).start()
        try:
            fault()
            wait_for("a head that serves", found, 120, every=1)
            (serves,) = seen
            mend()
            cluster.wait_online(at=serves, timeout=120)
            for head in HEADS:
                wait_for(head, lambda h=head: cluster.lab.guest(h).reachable(), 90)
                sampler.watch(head)
            # A new file has to wait for the end of the grace period.
            vmstore.lab.guest("client").run(["touch", f"{vmstore.mountpoint}/after"], timeout=90)
        finally:
            report = probe.finish()
    assert sampler.overlaps() == [], "two heads had the disk or the address at once"
    assert sampler.spans(serves), "nobody was seen to serve"
    assert len(keys(vmstore, serves)) == 1, "not one head is registered at the disk"
    records = report["records"]
    assert records["missing"] == records["wrong"] == records["unread"] == 0, records
    assert report["lock_kept"] and not report["unfinished"], report["events"]
    assert [e for e in report["events"] if not e.get("spurious")] == []
    return report, serves


def started_on(service, head):
    records = service.baton(head, "log", service.name, "--json", "--last", "50").stdout
    return [r for r in json.loads(records) if r["op"] == "start" and r["outcome"] == "done"]


def heads_of(cluster):
    """(the head that serves vmstore, the other one)"""
    return sorted(HEADS, key=lambda head: cluster.where("vmstore") != [head])


def test_a_kernel_panic(cluster, services, home):
    _, serves = survive(cluster, services, lambda: cluster.panic("head1"))
    assert serves == "head2" and started_on(services[0], "head2")


def test_corosync_killed(cluster, services):
    """The head cannot report any more, so it is fenced."""
    victim, other = heads_of(cluster)
    _, serves = survive(cluster, services, lambda: cluster.kill9(victim, "corosync"))
    assert serves == other


def test_a_partition(cluster, services, home):
    """The heads lose sight of each other while clients see both: one is fenced, the other serves both."""
    survive(cluster, services, cluster.partition, mend=cluster.heal)


def test_a_keeper_and_its_daemons_killed(cluster, services):
    """systemd starts another keeper, which finds everything in place but the daemons and restarts them
    before Pacemaker would have to. The service is not started again, and no client notices."""
    vmstore, head = services[0], heads_of(cluster)[0]
    guest = vmstore.lab.guest(head)

    def pid(of):
        if of == "keeper":
            return vmstore.keeper_pid(head)
        return guest.run(["cat", f"/run/baton/vmstore/{of}.pid"]).stdout.strip()

    names = ("mountd", "nfsdcld", "keeper")
    old = {name: pid(name) for name in names}
    starts = started_on(vmstore, head)
    report, serves = survive(cluster, services,
                             lambda: guest.run(["kill", "-KILL", *old.values()]), fenced=False)
    for name in names:
        wait_for(name, lambda n=name: pid(n) not in ("", "0", old[n]))
    wait_for("a new keeper", lambda: vmstore.status(head)["keeper"] == "serving")
    cluster.wait_idle()
    assert serves == head and cluster.where("vmstore") == [head]
    assert started_on(vmstore, head) == starts
    assert max((p["ms"] for p in report["pauses"]), default=0) < stretch(5000)
