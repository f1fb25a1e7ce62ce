# SPDX-License-Identifier: GPL-2.0-or-later
"""The disk's own guard, on LIO: who is registered when, and a head that is still at work when another
one takes over. Without a cluster, so nothing else keeps the two apart."""

import json
import re

import pytest
from labkit.config import TREE
from labkit.wait import wait_for
from standby import in_standby, stop
from trials import agent
from trials.guard import clear, clock, is_clean, keys, persist, said_at, seize, start_unheard

TIMEOUT_S, PEER = 5, 12


@pytest.fixture(scope="module")
def vmstore(lab):
    with in_standby(lab, **{"guard": "reservation", "guard-timeout": TIMEOUT_S}) as service:
        yield service


@pytest.fixture(autouse=True)
def nobody(vmstore):
    """Each test begins and ends with nobody serving, and nobody registered."""
    yield
    stop(vmstore)
    clear(vmstore)


def test_registered_while_it_serves(vmstore):
    assert keys(vmstore) == []
    vmstore.start("head1")
    assert len(keys(vmstore)) == 1
    held = persist(vmstore, "head2", "-i", "-r")
    assert keys(vmstore)[0] in held and "Write Exclusive, registrants only" in held
    shown = vmstore.baton("head1", "guard", "vmstore").stdout
    assert "this head has it since" in shown and keys(vmstore)[0] in shown and "iqn." in shown
    vmstore.stop("head1")
    assert keys(vmstore) == [] and "NO reservation" in persist(vmstore, "head2", "-i", "-r")
    assert "unguard" in {s["step"] for s in vmstore.ledger("head1", "stop")["steps"]}
    assert "nobody is registered" in vmstore.baton("head1", "guard", "vmstore").stdout
    vmstore.start("head2")
    assert len(keys(vmstore)) == 1


def test_import_guards_what_can_be_guarded(vmstore, lab):
    """As long as no service has it; and not two services on one disk."""
    groups = (TREE / "tests/unit/data/stock.xml").read_text()
    one = groups.replace("/dev/disk/by-id/wwn-0x600140500000001", vmstore.device)
    two = re.sub(r'value="-U [-0-9a-f]+"', f'value="{vmstore.device}"', one)
    assert two != one != groups
    head1 = lab.guest("head1")

    def guarded(cib, *group):
        # Its own file would name the same disk.
        return head1.run(["env", "BATON_CONFDIR=/nowhere", "baton", "import", "--cib", "-", *group],
                         input=cib).stdout.count("\nguard = reservation\n")

    assert (guarded(one, "vmstore"), guarded(one), guarded(two)) == (1, 1, 0)


def test_check_compares_how_long_the_disk_waits(vmstore):
    """The lab's iSCSI gives up after 15 s."""
    def found(timeout):
        vmstore.configure("head1", vmstore.conf(**{"guard": "reservation", "guard-timeout": timeout}))
        rows = json.loads(vmstore.baton("head1", "check", "--json", vmstore.name, check=False).stdout)["findings"]
        return [r["detail"] for r in rows if r["item"].startswith("guard")]

    try:
        assert found(15) == ["the disk keeps reservations; paths to it now: 1"]
        assert "for 15 s, before clients are held off" in found(16)[1]
    finally:
        vmstore.configure("head1", vmstore.usual)


def test_a_start_by_hand_is_refused(vmstore):
    vmstore.start("head1")
    said = start_unheard(vmstore, "head2")
    assert said.returncode == PEER and "is registered by a head that is not known here" in said.stderr
    assert len(keys(vmstore)) == 1 and vmstore.status("head1")["state"] == "serving"


@pytest.mark.long
def test_what_a_power_cut_leaves_hinders_nobody(vmstore, lab):
    """The next start removes it; so does somebody who knows that the head will not come back."""
    vmstore.start("head1")
    left = keys(vmstore)
    lab.guest("head1").cut()
    assert keys(vmstore) == left
    said = vmstore.baton("head2", "guard", "vmstore", "--clear", left[0], check=False)
    assert said.returncode == PEER and "--takeover" in said.stderr and keys(vmstore) == left
    vmstore.baton("head2", "guard", "vmstore", "--clear", left[0], "--takeover")
    assert keys(vmstore) == []
    lab.boot("head1")
    vmstore.keep("head1")
    vmstore.start("head1")
    left = keys(vmstore)
    lab.guest("head1").cut()
    lab.boot("head1")
    vmstore.keep("head1")
    vmstore.start("head1")
    assert len(keys(vmstore)) == 1 and keys(vmstore) != left


def test_who_is_preempted_writes_no_more_and_falls_silent(vmstore, lab):
    head1 = lab.guest("head1")
    begun = clock(head1)
    vmstore.start("head1")
    inside = ["nsenter", f"--mount=/run/baton/{vmstore.name}/ns/mnt"]
    writer = head1.start([*inside, "sh", "-c", "while dd if=/dev/zero of=/run/baton/vmstore/fs/w bs=64k "
                          "count=4 oflag=direct conv=notrunc status=none; do :; done; echo refused"])
    assert start_unheard(vmstore, "head2", "--takeover").returncode == 0
    wait_for("head1's writes to fail", lambda: "refused" in writer.stdout.readline())
    wait_for("head1 to end the service", lambda: vmstore.status("head1")["state"] == "standby")
    assert said_at(head1, "another head has taken the disk", begun)
    assert {s["outcome"] for s in vmstore.ledger("head1", "lose")["steps"]} == {"done"}
    # The address is raised only once head1 must be silent, whether it sees the disk or not.
    steps = {s["step"]: s for s in vmstore.ledger("head2", "start")["steps"]}
    assert steps["address"]["ms"] > TIMEOUT_S * 1000 - steps["mount"]["ms"]
    assert len(keys(vmstore)) == 1
    # The first head has said nothing of itself: the fence outlives the second one's stop.
    vmstore.stop("head2")
    assert len(keys(vmstore)) == 1 and "stays reserved" in vmstore.baton("head2", "guard", "vmstore").stdout
    assert is_clean(vmstore)


def test_two_heads_that_write_destroy_nothing(vmstore):
    """What they destroy without a guard, lab/experiments/guard.py --without shows."""
    found = seize(vmstore, seconds=3)
    assert found["clean"] and not found["both"] and found["silent_s"] >= 0


def test_silent_while_the_disk_does_not_answer(vmstore, lab):
    """And it speaks again when the disk does, with and without a keeper. All that must be over before the
    iSCSI session gives up, 15 s in the lab."""
    head1 = lab.guest("head1")
    begun = clock(head1)
    vmstore.start("head1")
    vmstore.mount()
    try:
        head1.run(["nft", "add table inet cut; add chain inet cut out { type filter hook output priority 0; }; "
                   "add rule inet cut out tcp dport 3260 drop"])
        head1.run(["kill", "-KILL", vmstore.keeper_pid("head1")])
        wait_for("head1 to hold clients off", lambda: said_at(head1, "has not confirmed", begun))
        assert lab.guest("client").run(["ping", "-c", "1", "-W", "2", vmstore.address],
                                       check=False).returncode != 0
    finally:
        head1.run(["nft", "delete", "table", "inet", "cut"])
    wait_for("head1 to serve again", lambda: said_at(head1, "has confirmed", begun))
    wait_for("another keeper", lambda: vmstore.status("head1")["keeper"] == "serving")
    assert vmstore.status("head1")["guard"] == {"kind": "reservation", "state": "held", "silent": False, "unproven": False,
                                                "since": vmstore.status("head1")["guard"]["since"]}
    lab.guest("client").run(["touch", f"{vmstore.mountpoint}/after"], timeout=60)
    vmstore.unmount()


def test_who_has_a_disk_that_fails_is_silent(vmstore, lab):
    """Clients wait instead of getting errors, also when the disk comes back and the filesystem does not."""
    head1, client = lab.guest("head1"), lab.guest("client")
    begun = clock(head1)
    vmstore.start("head1")
    vmstore.mount()
    disk = head1.run(["readlink", "-f", vmstore.device]).stdout.strip().rpartition("/")[2]
    state = f"/sys/block/{disk}/device/state"
    head1.run(["sh", "-c", f"echo offline > {state}"])
    try:
        wait_for("head1 to hold clients off", lambda: said_at(head1, "the disk fails", begun))
        writer = client.start(["sh", "-c", f"echo kept > {vmstore.mountpoint}/file && sync {vmstore.mountpoint}/file"])
        head1.run([*vmstore.inside, "sh", "-c", "cd /run/baton/vmstore/fs && touch x; sync -f ."], check=False)
        wait_for("XFS to fail", lambda: vmstore.status("head1")["failed"])
    finally:
        head1.run(["sh", "-c", f"echo running > {state}"])
    wait_for("head1 to stay silent", lambda: said_at(head1, "the filesystem has failed meanwhile", begun))
    failed = agent.call(vmstore, "head1", "monitor")
    assert failed.returncode == 1 and "the filesystem has failed" in failed.stderr, failed
    vmstore.stop("head1")
    vmstore.start("head1")
    assert writer.communicate(timeout=90) and writer.returncode == 0
    vmstore.unmount()
