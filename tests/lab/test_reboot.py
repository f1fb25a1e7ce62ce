# SPDX-License-Identifier: GPL-2.0-or-later
"""A head that serves is shut down, without Pacemaker: baton-serve@ and baton-shutdown@ stop the service
before the disk goes, and baton-serve@ starts it at boot. test_move.py has the same under Pacemaker."""

import json

import pytest
from labkit.wait import wait_for
from trials.service import Probe, Service, line_with

SERVE, NET = "baton-serve@vmstore.service", "baton-shutdown@vmstore.service"
NETWORK = 5


@pytest.fixture(scope="module")
def vmstore(lab):
    """Served by head1, which is its home; the client has it mounted."""
    service = Service(lab)
    service.prepare()
    head1 = lab.guest("head1")
    head1.enable(service.unit, SERVE)
    service.start("head1")
    service.mount()
    yield service
    head1.disable(service.unit, SERVE)
    lab.guest("client").run(["umount", "-f", "-l", service.mountpoint], check=False)
    service.retire()


def shows(head, unit, name):
    return head.run(["systemctl", "show", "-P", name, unit]).stdout.strip()


def touch(service, name):
    """A new file has to wait for the end of the grace period."""
    service.lab.guest("client").run(["touch", f"{service.mountpoint}/{name}"], timeout=120)


def test_there_and_back_by_reboots(lab, vmstore):
    head1 = lab.guest("head1")
    findings = json.loads(vmstore.baton("head1", "check", "vmstore", "--json", check=False).stdout)["findings"]
    found = {f["item"]: f["detail"] for f in findings}
    assert found["start at boot"] == f"{SERVE} starts it"
    assert found["stop at shutdown"] == f"{NET} stops it"
    probe = Probe(vmstore).start()
    try:
        # Started by hand, and its keeper has ended: it reboots, and serves again.
        head1.run(["systemctl", "stop", vmstore.unit], timeout=60)
        assert vmstore.status("head1")["state"] == "serving"
        refused = head1.run(["systemctl", "stop", NET], check=False, timeout=60)
        assert refused.returncode != 0 and "Operation refused" in refused.stderr
        journal = vmstore.shut_down("head1")
        stopped = line_with(journal, "baton[", "vmstore: stopped, in standby")
        assert stopped < line_with(journal, "Stopping", "open-iscsi.service")
        assert stopped < line_with(journal, "Unmounting", "run-netns-baton")
        lab.boot("head1")
        wait_for("head1 to serve", lambda: vmstore.status("head1")["state"] == "serving", 120)
        assert "Ending clean mount" in vmstore.mount_log("head1")
        touch(vmstore, "rebooted")

        # To the other head.
        journal = vmstore.shut_down("head1")
        stopped = line_with(journal, "baton[", "vmstore: stopped, in standby")
        assert stopped < line_with(journal, "Stopping", vmstore.unit)
        assert stopped < line_with(journal, "Stopping", "open-iscsi.service")
        vmstore.start("head2")
        assert "Ending clean mount" in vmstore.mount_log("head2")
        lab.boot("head1")
        wait_for("the start at boot to fail", lambda: shows(head1, SERVE, "ActiveState") == "failed", 120)
        assert (shows(head1, SERVE, "ExecMainStatus"), shows(head1, SERVE, "NRestarts")) == (str(NETWORK), "0")
        said = head1.run(["journalctl", "-b", "-u", SERVE, "-t", "baton", "-o", "cat"]).stdout
        assert said.count("\n") == 1 and "10.77.0.50" in said, said
        touch(vmstore, "moved")

        # And back.
        vmstore.stop("head2")
        head1.run(["systemctl", "start", SERVE], timeout=120)
        assert vmstore.status("head1")["state"] == "serving"
        touch(vmstore, "back")
    finally:
        report = probe.finish()
    assert report["lock_kept"] and report["verdict"] == "clean", report
    assert max(p["ms"] for p in report["pauses"]) > 5000


def test_stop_by_its_unit(lab, vmstore):
    """Also in the middle of a start: then it is not the keeper that is killed."""
    head1 = lab.guest("head1")
    head1.run(["systemctl", "stop", SERVE], timeout=120)
    assert vmstore.status("head1")["state"] == "standby"
    head1.run(["systemctl", "start", "--no-block", SERVE])
    wait_for("a mount", lambda: " - xfs " in head1.run(
        [*vmstore.inside, "cat", "/proc/self/mountinfo"]).stdout)
    head1.run(["systemctl", "stop", SERVE], timeout=120)
    assert vmstore.status("head1")["state"] == "standby"
    assert vmstore.status("head1")["keeper"] == "standby"


def test_it_waits_for_its_keeper(lab, vmstore):
    """A keeper may get ready late, for want of a link; the start waits for it."""
    head1 = lab.guest("head1")
    head1.run(["systemctl", "stop", vmstore.unit], timeout=60)
    vmstore.baton("head1", "stop", "--standby", "vmstore")
    vmstore.configure("head1", vmstore.conf(address="10.77.0.50/24@late0"))
    failed = head1.run(["systemctl", "start", SERVE], check=False, timeout=120)
    assert failed.returncode != 0
    wait_for("a second try", lambda: int(shows(head1, SERVE, "NRestarts")) > 0)
    vmstore.configure("head1")
    wait_for("the service", lambda: vmstore.status("head1")["state"] == "serving", 60)
