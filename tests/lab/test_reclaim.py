# SPDX-License-Identifier: GPL-2.0-or-later
"""A client holds more than it can reclaim within `grace`: it loses none of it, whether the service was
moved or its head has died."""

import json
import re
import subprocess

import pytest
import standby
from labkit.pace import stretch
from labkit.wait import wait_for
from trials.clients import NamespacedClient

HOLDINGS = "/run/baton/vmstore/fs/.baton/tickle/holdings"
# On the reference machine, and the shortest that knfsd and baton take (NFSD_LEASE_MIN in fs/nfsd/nfsctl.c is
# 10 s). While a client reclaims, knfsd itself waits two leases at most: 20 s.
LEASE_S = 10
# How long one open or lock may take, including slow moments.
CALL_S = 0.03
# A conflicting lock is tried on this many files.
SAMPLE = 500

# Keeps files open and locked; for each line on stdin it writes to some of them and reports how many
# locks were lost: the kernel answers EIO.
HOLDER = """
import fcntl, os, resource, sys
folder, n, sample = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
resource.setrlimit(resource.RLIMIT_NOFILE, (n + 100, n + 100))
held = []
for i in range(n):
    held.append(os.open(f"{folder}/{i}", os.O_RDWR | os.O_CREAT))
    fcntl.lockf(held[-1], fcntl.LOCK_EX | fcntl.LOCK_NB)
print("held", flush=True)
for _ in sys.stdin:
    lost = 0
    for fd in held[::n // sample]:
        try:
            os.pwrite(fd, b"x", 0)
            os.fsync(fd)
        except OSError:
            lost += 1
    print(lost, flush=True)
"""

# How many of them it could lock.
RIVAL = """
import fcntl, os, sys
folder, n, sample = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
free = 0
for i in range(0, n, n // sample):
    fd = os.open(f"{folder}/{i}", os.O_RDWR)
    try:
        fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        free += 1
    except BlockingIOError:
        pass
    os.close(fd)
print(free)
"""


# pytest finds fixtures by their names here.
home = standby.home


@pytest.fixture(scope="module")
def vmstore(lab):
    """The service, its keepers in standby."""
    lease = round(stretch(LEASE_S))
    with standby.in_standby(lab, lease=lease, grace=lease) as service:
        yield service


def recorded(service, head):
    """The most that one client holds, as recorded on the disk."""
    guest = service.lab.guest(head)
    lines = guest.run([*service.inside, "sh", "-c", f"cat {HOLDINGS} || true"]).stdout.splitlines()
    return max([int(line.split()[0]) for line in lines[3:]], default=0)


def expected(service, head):
    """How much the start expected one client to reclaim: an open and a lock for each file, and as many
    delegations as the kernel likes."""
    note = service.note(head, "start", "listen")
    return int(re.search(r" s at most, for (\d+) opens and locks of one client", note).group(1))


def grace_failures(service, head):
    records = json.loads(service.baton(head, "log", service.name, "--json", "--last", "50").stdout)
    return [r["error"] for r in records if r["op"] == "grace" and r["outcome"] == "failed"]


def assert_kept(service, head, holder, rival, n):
    wait_for("the end of the grace period", lambda: not service.status(head)["grace"],
             2 * n * CALL_S + 60, every=2)
    said = rival.run("python3", "-c", RIVAL, rival.path("many"), str(n), str(SAMPLE),
                     timeout=240)
    assert said.stdout == "0\n", f"{said.stdout} of {SAMPLE} locks are free"
    holder.stdin.write("\n")
    holder.stdin.flush()
    assert holder.stdout.readline() == "0\n"
    assert grace_failures(service, head) == []


@pytest.mark.parametrize("n", [2500, pytest.param(10000, marks=pytest.mark.long)])
def test_a_client_that_holds_much_loses_nothing(vmstore, n):
    with NamespacedClient(vmstore, 1, "holder") as client, \
            NamespacedClient(vmstore, 2, "rival") as rival:
        client.run("mkdir", client.path("many"))
        holder = client.guest.start(
            [*client.inside, "python3", "-uc", HOLDER, client.path("many"), str(n), str(SAMPLE)],
            stdin=subprocess.PIPE)
        assert holder.stdout.readline() == "held\n"
        # The stop itself counts only as far as it has time.
        wait_for("a count on the disk", lambda: recorded(vmstore, "head1") >= 2 * n)
        vmstore.stop("head1")
        vmstore.start("head2")
        assert expected(vmstore, "head2") >= 2 * n
        assert_kept(vmstore, "head2", holder, rival, n)
        # What a head has counted is on the disk when it dies.
        wait_for("a count on the disk", lambda: recorded(vmstore, "head2") >= 2 * n)
        vmstore.lab.guest("head2").cut()
        vmstore.start("head1")
        assert expected(vmstore, "head1") >= 2 * n
        vmstore.lab.boot("head2")
        assert_kept(vmstore, "head1", holder, rival, n)
        holder.stdin.close()
        holder.wait(120)
