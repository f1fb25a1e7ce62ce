# SPDX-License-Identifier: GPL-2.0-or-later
"""The disk's own guard, on LIO: who is registered when, and a head that is still at work when another
one takes over. Without a cluster, so nothing else keeps the two apart."""

import re

import pytest
from labkit.wait import wait_for
from trials.service import HEADS, Service

TIMEOUT_S = 5
ADDRESS_IN_USE, PEER = 5, 12


@pytest.fixture(scope="module")
def vmstore(lab):
    service = Service(lab)
    service.prepare(text=service.conf(**{"guard": "reservation", "guard-timeout": TIMEOUT_S}))
    yield service
    service.retire()


@pytest.fixture(autouse=True)
def nobody(vmstore):
    """Each test begins and ends with nobody serving, and nobody registered."""
    yield
    for head in HEADS:
        vmstore.keep(head)
        vmstore.stop(head)
    clear(vmstore)


def persist(service, head, *words):
    return service.lab.guest(head).run(["sg_persist", "-n", *words, service.device], check=False).stdout


def keys(service, head="head2"):
    return re.findall(r"^\s+(0x[0-9a-f]+)$", persist(service, head, "-i", "-k"), re.M)


def clear(service, head="head2"):
    if keys(service, head):
        persist(service, head, "-o", "-I", "-S", "0xbad")
        persist(service, head, "-o", "-C", "-K", "0xbad")
    assert keys(service, head) == []


def hide(service, head):
    """Nobody is told who has the address, so that another head may believe that nobody has."""
    service.lab.guest(head).run([*service.inside, "sh", "-c",
                                 "echo 8 > /proc/sys/net/ipv4/conf/all/arp_ignore"])


def start_unheard(service, head, *words):
    """Start there although head1 serves, as far as the disk lets it. While head1 announces itself to its
    clients, its address is seen to be in use."""
    hide(service, "head1")
    tried = []

    def heard_nobody():
        tried[:] = [service.baton(head, "start", *words, service.name, check=False)]
        return tried[0].returncode != ADDRESS_IN_USE

    wait_for("head1 not to be heard", heard_nobody, every=1)
    return tried[0]


def test_registered_while_it_serves(vmstore):
    assert keys(vmstore) == []
    vmstore.start("head1")
    assert len(keys(vmstore)) == 1
    held = persist(vmstore, "head2", "-i", "-r")
    assert keys(vmstore)[0] in held and "Write Exclusive, registrants only" in held
    vmstore.stop("head1")
    assert keys(vmstore) == [] and "NO reservation" in persist(vmstore, "head2", "-i", "-r")
    steps = {s["step"] for s in vmstore.ledger("head1", "stop")["steps"]}
    assert "unguard" in steps
    vmstore.start("head2")
    assert len(keys(vmstore)) == 1


def test_a_start_by_hand_is_refused(vmstore):
    vmstore.start("head1")
    said = start_unheard(vmstore, "head2")
    assert said.returncode == PEER and "is registered by a head that is not known here" in said.stderr
    assert len(keys(vmstore)) == 1 and vmstore.status("head1")["state"] == "serving"


def test_what_a_power_cut_leaves_hinders_nobody(vmstore, lab):
    vmstore.start("head1")
    left = keys(vmstore)
    lab.guest("head1").cut()
    assert keys(vmstore) == left
    lab.boot("head1")
    vmstore.keep("head1")
    vmstore.start("head1")
    assert len(keys(vmstore)) == 1 and keys(vmstore) != left


def said_at(guest, words):
    """When the keeper's journal said something the last time, by that guest's clock; None = never."""
    lines = guest.run(["journalctl", "-b", "-u", "baton@*", "-o", "short-unix", "--no-pager"]).stdout.splitlines()
    found = [float(l.split()[0]) for l in lines if words in l]
    return found[-1] if found else None


def clean(service, head):
    """Is the filesystem without a fault, once nobody has it mounted?"""
    return service.lab.guest(head).run(["xfs_repair", "-n", service.device], check=False,
                                       timeout=120).returncode == 0


def test_who_is_preempted_writes_no_more_and_falls_silent(vmstore, lab):
    head1, head2 = map(lab.guest, HEADS)
    vmstore.start("head1")
    inside = ["nsenter", f"--mount=/run/baton/{vmstore.name}/ns/mnt"]
    writer = head1.start([*inside, "sh", "-c", "while dd if=/dev/zero of=/run/baton/vmstore/fs/w bs=64k "
                          "count=4 oflag=direct conv=notrunc status=none; do :; done; echo refused"])
    assert start_unheard(vmstore, "head2", "--takeover").returncode == 0
    wait_for("head1's writes to fail", lambda: "refused" in writer.stdout.readline())
    wait_for("head1 to end the service", lambda: vmstore.status("head1")["state"] == "standby")
    assert said_at(head1, "another head has taken the disk")
    assert [s["outcome"] for s in vmstore.ledger("head1", "lose")["steps"]].count("done")
    # The address is raised only once head1 must be silent, whether it sees the disk or not.
    steps = {s["step"]: s for s in vmstore.ledger("head2", "start")["steps"]}
    assert steps["address"]["ms"] > TIMEOUT_S * 1000 - steps["mount"]["ms"]
    assert len(keys(vmstore)) == 1
    # The first head has said nothing of itself: the fence outlives the second one's stop.
    vmstore.stop("head2")
    assert len(keys(vmstore)) == 1
    assert clean(vmstore, "head2")


def test_silent_while_the_disk_does_not_answer(vmstore, lab):
    """And it speaks again when the disk does."""
    head1 = lab.guest("head1")
    vmstore.start("head1")
    vmstore.mount()
    try:
        head1.run(["nft", "add table inet cut; add chain inet cut out { type filter hook output priority 0; }; "
                   "add rule inet cut out tcp dport 3260 drop"])
        wait_for("head1 to hold clients off", lambda: said_at(head1, "has not confirmed"))
        assert vmstore.status("head1")["state"] == "serving"
        assert lab.guest("client").run(["ping", "-c", "1", "-W", "2", vmstore.address],
                                       check=False).returncode != 0
    finally:
        head1.run(["nft", "delete", "table", "inet", "cut"])
    wait_for("head1 to serve again", lambda: said_at(head1, "has confirmed"))
    lab.guest("client").run(["touch", f"{vmstore.mountpoint}/after"], timeout=60)
    vmstore.unmount()
