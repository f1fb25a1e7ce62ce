# SPDX-License-Identifier: GPL-2.0-or-later
"""The disk's guard where each head has two paths. It takes a multipathd that registers a path that comes
back, and not one of a head that was preempted meanwhile: Debian has such a one from forky on."""

import json

import pytest
from labkit import suite
from labkit.wait import wait_for
from standby import in_standby, stop
from trials.guard import clock, is_clean, keys, said_at, start_unheard
from trials.multipath import DEVICE, multipath, session, wait_paths
from trials.service import HEADS

TIMEOUT_S, DISK = 10, 4


@pytest.fixture(scope="module")
def vmstore(lab):
    with multipath(lab), in_standby(lab, device=DEVICE, guard="reservation", **{"guard-timeout": TIMEOUT_S}) as service:
        yield service


@pytest.fixture(autouse=True)
def nobody(vmstore):
    """Each test ends with nobody serving, and nobody registered."""
    yield
    stop(vmstore)
    assert keys(vmstore) == []


def checked(vmstore):
    rows = json.loads(vmstore.baton("head1", "check", "--json", vmstore.name, check=False).stdout)["findings"]
    return next(r["detail"] for r in rows if r["item"] == "guard")


def write(vmstore, head):
    vmstore.lab.guest(head).run(["nsenter", f"--mount=/run/baton/{vmstore.name}/ns/mnt", "sh", "-ec",
                                 "cd /run/baton/vmstore/fs; date > file; sync -f ."], timeout=60)


if suite.chosen()["head1"] in ("bookworm", "trixie"):
    def test_an_older_multipathd_is_refused(vmstore):
        assert "multipath-tools does from 0.13 on" in checked(vmstore)
        said = vmstore.start("head1", check=False)
        assert said.returncode == DISK and "from 0.13 on" in said.stderr

else:
    def test_each_path_is_registered(vmstore):
        assert checked(vmstore) == "the disk keeps reservations; paths to it now: 2"
        for head in HEADS:
            vmstore.start(head)
            assert len(keys(vmstore)) == 2 and len(set(keys(vmstore))) == 1
            write(vmstore, head)
            vmstore.stop(head)
            assert keys(vmstore) == []
            print({s["step"]: s["ms"] for name in ("start", "stop") for s in vmstore.ledger(head, name)["steps"]
                   if "guard" in s["step"]})
        assert is_clean(vmstore)

    def test_a_path_that_comes_back_is_registered(vmstore):
        """After another login it is another initiator for the disk. And a path that hangs holds nobody off."""
        head1 = vmstore.lab.guest("head1")
        begun = clock(head1)
        vmstore.start("head1")
        session(vmstore.lab, "head1", "--logout")
        wait_paths(vmstore.lab, "head1", 1)
        write(vmstore, "head1")
        session(vmstore.lab, "head1", "--login")
        wait_paths(vmstore.lab, "head1", 2)
        # Now it is the only one.
        head1.run(["nft", "add table inet cut; add chain inet cut out { type filter hook output priority 0; }; "
                   "add rule inet cut out ip daddr 10.77.0.10 tcp dport 3260 drop"])
        try:
            write(vmstore, "head1")
        finally:
            head1.run(["nft", "delete", "table", "inet", "cut"])
        wait_paths(vmstore.lab, "head1", 2)
        assert len(set(keys(vmstore))) == 1
        assert vmstore.status("head1")["state"] == "serving"
        assert not said_at(head1, "clients are held off", begun)

    def test_a_preempted_head_is_not_registered_again(vmstore):
        """Neither the paths that it had, nor the one that comes back to it afterwards."""
        vmstore.start("head1")
        lost = set(keys(vmstore))
        session(vmstore.lab, "head1", "--logout")
        wait_paths(vmstore.lab, "head1", 1)
        assert start_unheard(vmstore, "head2", "--takeover").returncode == 0
        session(vmstore.lab, "head1", "--login")
        wait_paths(vmstore.lab, "head1", 2)
        wait_for("head1 to end the service", lambda: vmstore.status("head1")["state"] == "standby")
        assert len(keys(vmstore)) == 2 and not lost & set(keys(vmstore))
        # head1 has said nothing of itself yet: see test_guard.
        vmstore.stop("head2")
        vmstore.baton("head2", "guard", vmstore.name, "--clear", keys(vmstore)[0], "--takeover")
