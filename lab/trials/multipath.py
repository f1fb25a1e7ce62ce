# SPDX-License-Identifier: GPL-2.0-or-later
"""Both heads reach the disks by two paths: iSCSI sessions to two portals, under multipathd."""

import contextlib
import re

from labkit.wait import side_by_side, wait_for
from .service import HEADS, LUNS

TARGET, SECOND = "iqn.2026-11.lab:storage", "10.78.0.10:3260"
CONF = """# written by the lab
defaults {
	find_multipaths greedy
	user_friendly_names no
	reservation_key file
	# A path that is gone is tried again soon, and without any writes wait.
	polling_interval 2
	no_path_retry queue
}
blacklist {
	devnode "^(loop|ram|vd)"
}
"""
# As scsi_id(8) says it: 3 = NAA.
WWID = re.search("0x(.*)", LUNS["vmstore"]).group(1)
DEVICE = f"/dev/disk/by-id/dm-uuid-mpath-3{WWID}"


def session(lab, head, what):
    """Log in to the second portal, or out: what is --login or --logout."""
    lab.guest(head).run(["iscsiadm", "-m", "node", "-T", TARGET, "-p", SECOND, what], timeout=60)


def paths(lab, head):
    """How many paths the map has that are up."""
    said = lab.guest(head).run(["multipathd", "show", "paths", "raw", "format", "%w %t %o"], check=False).stdout
    return len([l for l in said.splitlines() if l.split() == [f"3{WWID}", "active", "running"]])


def wait_paths(lab, head, count):
    wait_for(f"{head}: {count} paths", lambda: paths(lab, head) == count, 60)


def _put_up(lab, head):
    guest = lab.guest(head)
    guest.run(["sh", "-ec", f"iscsiadm -m node -o new -T {TARGET} -p {SECOND} > /dev/null; mkdir -p /etc/multipath; "
               "cat > /etc/multipath.conf"], input=CONF)
    session(lab, head, "--login")
    guest.run(["sh", "-ec", "modprobe -a dm_multipath dm_service_time scsi_dh_alua; udevadm settle; multipathd"], timeout=60)
    wait_paths(lab, head, 2)
    guest.run(["udevadm", "settle"], timeout=60)


def _take_down(lab, head):
    guest = lab.guest(head)
    guest.run(["sh", "-c", "multipathd shutdown; while pidof -q multipathd; do sleep 0.1; done; multipath -F; "
               "rm -rf /etc/multipath.conf /etc/multipath"], timeout=60)
    session(lab, head, "--logout")
    # multipathd has set its own.
    guest.run(["sh", "-c", f"iscsiadm -m node -o delete -T {TARGET} -p {SECOND}; "
               "for f in /sys/class/iscsi_session/*/recovery_tmo; do echo 15 > $f; done"])


@contextlib.contextmanager
def multipath(lab):
    try:
        side_by_side(lambda head: _put_up(lab, head), HEADS)
        yield
    finally:
        side_by_side(lambda head: _take_down(lab, head), HEADS)
