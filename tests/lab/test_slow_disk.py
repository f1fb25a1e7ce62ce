# SPDX-License-Identifier: GPL-2.0-or-later
"""Under Pacemaker with fencing: a disk that is slow costs nobody his head; one that is dead does, once.
Each head sees the service's disk through a mapping of its own, which delays it or holds it up."""

import json

import pytest
from labkit.config import RUN
from labkit.pace import stretch
from labkit.wait import side_by_side, wait_for
from trials import agent
from trials.service import HEADS, Service
from trials.stock import fencings

MAPPED = "/dev/mapper/slow"
# If its requests came one after the other. Some do not, so it takes about 90 s: longer than the 60 s that the
# step had before there was disk-timeout.
MOUNT_S = 150
# The disk counts as dead when it has completed nothing for so long.
DISK_TIMEOUT_S = 10


class SlowDisk:
    """The disk of a service, as both heads see it."""

    def __init__(self, lab, device):
        self.lab, self.device = lab, device

    def table(self, head, ms):
        sectors = self.lab.guest(head).run(["blockdev", "--getsz", self.device]).stdout.strip()
        return f"0 {sectors} delay {self.device} 0 {ms} {self.device} 0 {ms} {self.device} 0 {ms}"

    def map(self, head):
        self.lab.guest(head).run(["dmsetup", "create", "slow", "--table", self.table(head, 0)])

    def delay(self, head, ms):
        """From now on each request takes so long; those on their way are over before. udev would read the
        disk, and is not waited for."""
        self.lab.guest(head).run(["sh", "-c", 'dmsetup suspend --nolockfs slow && dmsetup reload slow '
                                  '--table "$1" && dmsetup resume --noudevsync slow', "sh",
                                  self.table(head, ms)], timeout=60)

    def hang(self, head):
        self.lab.guest(head).run(["dmsetup", "suspend", "--noflush", "--nolockfs", "slow"])

    def requests(self, head):
        """How many it has completed on a head: reads, writes, flushes."""
        name = self.lab.guest(head).run(["readlink", "-f", MAPPED]).stdout.strip().rpartition("/")[2]
        stat = self.lab.guest(head).run(["cat", f"/sys/block/{name}/stat"]).stdout.split()
        return sum(int(stat[column]) for column in (0, 4, 15))

    def unmap(self, head):
        """A head that was fenced has none any more."""
        self.lab.guest(head).run(["sh", "-c", "! dmsetup info slow || dmsetup remove --noudevsync --retry slow"])


@pytest.fixture(scope="module")
def vmstore(cluster):
    service = Service(cluster.lab, "vmstore")
    disk = service.disk = SlowDisk(cluster.lab, service.device)
    side_by_side(disk.map, HEADS)
    service.device = MAPPED
    service.prepare(text=service.conf(**{"disk-timeout": DISK_TIMEOUT_S}))
    cluster.add_service(service, prefer="head1")
    cluster.wait_where("vmstore", "head1")
    service.mount()
    client = cluster.lab.guest("client")
    client.run(["sh", "-c", f"echo kept > {service.mountpoint}/file; sync"])
    yield service
    client.run(["umount", "-f", "-l", service.mountpoint], check=False)
    cluster.remove("vmstore")
    cluster.standby("head1", on=False)
    cluster.wait_online()
    service.retire()
    side_by_side(disk.unmap, HEADS)


def kept(vmstore):
    """The client comes through it."""
    return vmstore.lab.guest("client").run(["cat", f"{vmstore.mountpoint}/file"], timeout=90).stdout == "kept\n"


def fenced():
    return fencings((RUN / "power.log").read_text())


def set_role(cluster, role):
    cluster.run(["crm_resource", "-r", "vmstore", "--meta", "--set-parameter=target-role",
                 f"--parameter-value={role}"])


def failures(cluster):
    return [f.get("id") for f in cluster.crm_mon().iter("failure")]


def test_a_write_that_takes_long(cluster, vmstore):
    """Longer than the monitor has for it, but the disk is at work: a restart would not help. A synchronous
    write is two requests and more, one after the other."""
    budget = round(stretch(4000))
    vmstore.disk.delay("head1", budget * 6 // 10)
    said = agent.call(vmstore, "head1", "monitor", level=20, timeout=budget, interval=60000)
    vmstore.disk.delay("head1", 0)
    assert said.returncode == 0 and "the disk is slow: write on the service's disk" in said.stderr, said


def test_a_mount_that_takes_long(cluster, vmstore):
    disk, before = vmstore.disk, fenced()
    set_role(cluster, "Stopped")
    # Pacemaker shows no head either while it is being stopped.
    wait_for("vmstore to stop", lambda: cluster.where("vmstore") == [] and
             vmstore.status("head1")["state"] == "standby")
    # As often as the mount has to wait for the disk; a mount by hand counts it.
    done = disk.requests("head1")
    vmstore.lab.guest("head1").run(["sh", "-c", f"mount {MAPPED} /mnt && umount /mnt"], timeout=60)
    ms = min(1000 * MOUNT_S // (disk.requests("head1") - done), 1000 * DISK_TIMEOUT_S // 2)
    for head in HEADS:
        disk.delay(head, ms)
    set_role(cluster, "Started")
    guest = vmstore.lab.guest("head1")
    wait_for("the mount", lambda: guest.run(
        [*vmstore.inside, "mountpoint", "-q", "/run/baton/vmstore/fs"], check=False).returncode == 0,
        10 * MOUNT_S, every=1)
    for head in HEADS:
        disk.delay(head, 0)
    cluster.wait_where("vmstore", "head1", timeout=120)
    (mount,) = [s for s in vmstore.ledger("head1", "start")["steps"] if s["step"] == "mount"]
    assert mount["outcome"] == "done" and mount["ms"] > 60000, mount
    assert failures(cluster) == []
    assert fenced() == before
    assert kept(vmstore)


def test_a_disk_that_is_dead(cluster, vmstore):
    """On one head. It cannot be stopped there: that head is fenced, once, and the other one serves."""
    before = fenced()
    vmstore.disk.hang("head1")
    cluster.standby("head1")
    wait_for("head2 to serve", lambda: cluster.where("vmstore", at="head2") == ["head2"], 300, every=1)
    assert fenced()[len(before):] == ["head1"]
    records = json.loads(vmstore.baton("head2", "log", "vmstore", "--json", "--last", "5").stdout)
    moves = [r for r in records if r["op"] == "move"]
    assert "sync: the disk completes nothing, " in moves[-1]["error"], moves
    assert kept(vmstore)
    wait_for("head1 to be back", lambda: cluster.lab.guest("head1").reachable() and
             cluster.states("head1").get("head1") == "standby", 120, every=1)
    assert fenced()[len(before):] == ["head1"]
