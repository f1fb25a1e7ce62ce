# SPDX-License-Identifier: GPL-2.0-or-later
"""A service on real heads: start and stop, what is undone, what survives its keeper."""

import json
import re

import pytest
from labkit.wait import wait_for
from trials.service import HEADS, LUNS, Probe, Service

STATUS = {"ok": 0, "failed": 1, "config": 3, "device": 4, "network": 5, "software": 6,
          "tracking": 7, "keeper": 8, "standing": 9}
NETNS = "baton-vmstore"
DATABASE = "/m/.baton/nfsdcld/main.sqlite"


@pytest.fixture(scope="module")
def vmstore(lab):
    """The service on both heads, in standby; taken down whole afterwards."""
    service = Service(lab)
    service.prepare()
    yield service
    service.retire()


@pytest.fixture(autouse=True)
def no_leftovers(vmstore):
    """Each test begins and ends with keepers in standby."""
    yield
    for head in HEADS:
        vmstore.stop(head)
        vmstore.keep(head)


@pytest.fixture
def serving(vmstore, no_leftovers):
    """Serving on head1."""
    vmstore.start("head1")
    return vmstore


@pytest.fixture
def mounted(serving):
    serving.mount()
    yield serving
    # Whatever the test did, the client must find a server to unmount from.
    serving.stop("head2")
    serving.keep("head1")
    serving.start("head1")
    serving.unmount()


def assert_standby(service, head="head1"):
    """Nothing but the standby is standing."""
    status = service.status(head)
    assert (status["state"], status["mounted"], status["threads"], status["nfsdcld"],
            status["link_up"]) == ("standby", False, 0, False, False)
    assert service.sockets(head) == []


# --- start and stop -------------------------------------------------------------------


def test_start_and_stop_may_be_repeated(vmstore):
    assert vmstore.start("head1").stdout == "vmstore: serving\n"
    ledger = vmstore.baton("head1", "log", "vmstore", "--json").stdout
    assert vmstore.start("head1").stdout == "vmstore: already serving\n"
    assert vmstore.stop("head1").stdout == "vmstore: stopped, in standby\n"
    assert vmstore.stop("head1").stdout == "vmstore: already stopped, in standby\n"
    assert_standby(vmstore)
    after = json.loads(vmstore.baton("head1", "log", "vmstore", "--json").stdout)
    # An operation that changed nothing is not in the ledger.
    assert [r["op"] for r in json.loads(ledger)][-1:] + ["stop"] == \
        [r["op"] for r in after][-2:]


def test_status_of_a_serving_head(mounted):
    status = mounted.status("head1")
    assert status["state"] == "serving" and status["keeper"] == "serving"
    assert status["connections"] == 1 and status["clients"]["total"] == 1
    assert mounted.status("head2")["state"] == "standby"
    table = mounted.baton("head1", "status").stdout.splitlines()
    assert table[0].split()[:3] == ["SERVICE", "HEAD", "STATE"]
    assert ["vmstore", "head1", "serving"] in [line.split()[:3] for line in table]


def test_standby_keeps_the_log_of_xfs_short(vmstore, head1):
    syncd = "/proc/sys/fs/xfs/xfssyncd_centisecs"
    try:
        for before, after in (("3000", "100"), ("500", "500")):
            head1.run(["sh", "-c", f"echo {before} > {syncd}"])
            head1.run(["systemctl", "restart", vmstore.unit])
            assert head1.run(["cat", syncd]).stdout.strip() == after
        steps = {s["step"]: s for s in vmstore.ledger("head1", "standby")["steps"]}
        assert steps["settings"]["note"] == \
            "fs.xfs.xfssyncd_centisecs is 500: a takeover replays about 5 s of writing"
    finally:
        head1.run(["sh", "-c", f"echo 100 > {syncd}"])


def test_dry_run_tells_the_steps_and_does_nothing(vmstore):
    said = vmstore.baton("head1", "start", "--dry-run", "vmstore").stdout
    steps = [l.split()[0] for l in said.splitlines()[1:]]
    assert steps.index("mount") < steps.index("knfsd") < steps.index("address")
    assert_standby(vmstore)


def test_nothing_of_the_address_is_left_after_a_stop(mounted):
    # An unread reply, an open file and a lock: the client keeps its end of each of them.
    mounted.lab.guest("client").run(["sh", "-c", "echo x > /mnt/vmstore/f"])
    assert len(mounted.sockets("head1")) >= 2
    mounted.stop("head1")
    assert_standby(mounted)
    addresses = mounted.lab.guest("head1").run(
        ["ip", "netns", "exec", NETNS, "ip", "-o", "addr", "show", "up"]).stdout
    assert "10.77.0.50" not in addresses


def test_state_on_the_disk_is_out_of_sight(mounted):
    client = mounted.lab.guest("client")
    assert client.run(["ls", "-A", "/mnt/vmstore/.baton"]).stdout == ""
    for attempt in (["rmdir", "/mnt/vmstore/.baton"],
                    ["mv", "/mnt/vmstore/.baton", "/mnt/vmstore/x"],
                    ["touch", "/mnt/vmstore/.baton/x"]):
        assert client.run(attempt, check=False).returncode != 0
    inside = mounted.lab.guest("head1").run(
        [*mounted.inside, "ls", "/run/baton/vmstore/fs/.baton/nfsdcld"]).stdout
    assert "main.sqlite" in inside


def test_the_filesystem_is_mounted_nowhere_else(serving):
    mounts = serving.lab.guest("head1").run(["cat", "/proc/self/mountinfo"]).stdout
    assert "/dev/sda" not in mounts and " - xfs " not in mounts


def test_server_identity_and_settings_are_equal_on_both_heads(vmstore):
    found = []
    for head in HEADS:
        vmstore.start(head)
        guest = vmstore.lab.guest(head)
        nfsd = guest.run([*vmstore.inside, "sh", "-c", "cd /proc/fs/nfsd; cat versions "
                          "nfsv4leasetime nfsv4gracetime portlist"]).stdout
        exports = guest.run([*vmstore.inside, "exportfs", "-v"]).stdout
        uts = guest.run(["nsenter", "--uts=/run/baton/vmstore/ns/uts", "hostname"]).stdout
        found.append((nfsd, sorted(exports.splitlines()), uts, vmstore.mac(head)))
        vmstore.stop(head)
    assert found[0] == found[1]
    assert found[0][0].splitlines() == ["-3 +4 -4.0 +4.1 +4.2", "10", "20", "tcp 2049"]
    assert found[0][2] == "vmstore\n"


# --- the keeper -----------------------------------------------------------------------


def client_port(lab):
    """The client's end of its connection: a new one would have another. That of a mount before may still
    be closing."""
    lines = [l.split() for l in lab.guest("client").run(
        ["ss", "-Htn", "dst", "10.77.0.50"]).stdout.splitlines()]
    (port,) = [words[3] for words in lines if words[0] == "ESTAB"]
    return port


@pytest.mark.parametrize("how", [["systemctl", "restart", "baton@vmstore"],
                                 ["systemctl", "kill", "-s", "KILL", "baton@vmstore"]])
def test_a_keeper_that_ends_interrupts_nobody(mounted, how):
    head = mounted.lab.guest("head1")
    probe = Probe(mounted).start()
    before = client_port(mounted.lab)
    pid = mounted.keeper_pid("head1")
    if how[1] == "kill":
        # Only the keeper, as the OOM killer would.
        how = ["kill", "-KILL", pid]
    head.run(how, timeout=60)
    wait_for("a new keeper", lambda: mounted.status("head1")["keeper"] == "serving")
    assert mounted.keeper_pid("head1") != pid
    assert mounted.start("head1").stdout == "vmstore: already serving\n"
    assert client_port(mounted.lab) == before
    report = probe.finish()
    assert report["verdict"] == "clean", report


def test_stop_without_a_keeper(mounted):
    head = mounted.lab.guest("head1")
    head.run(["systemctl", "stop", mounted.unit], timeout=60)
    assert mounted.status("head1")["state"] == "serving"
    assert mounted.status("head1")["keeper"] == "absent"
    done = mounted.start("head1", check=False)
    assert done.returncode == STATUS["keeper"]
    assert done.stderr == ("baton: vmstore: no keeper here; start it with "
                           "`systemctl start baton@vmstore`\n")
    assert mounted.stop("head1").stdout == "vmstore: stopped, in standby\n"
    assert_standby(mounted)


def test_a_keeper_killed_in_the_middle_of_a_start(vmstore):
    head = vmstore.lab.guest("head1")
    pid = vmstore.keeper_pid("head1")
    start = head.start(["baton", "start", "vmstore"])
    wait_for("a mount", lambda: " - xfs " in head.run(
        [*vmstore.inside, "cat", "/proc/self/mountinfo"]).stdout)
    head.run(["kill", "-KILL", pid])
    _, said = start.communicate(timeout=60)
    # Killed before or after its end: the operation ran to its end in any case.
    assert start.returncode in (0, STATUS["keeper"]), said
    wait_for("a new keeper", lambda: vmstore.status("head1")["keeper"] == "serving", 60)
    assert vmstore.status("head1")["state"] == "serving"
    vmstore.stop("head1")
    assert_standby(vmstore)


def test_a_stop_that_died_while_draining_is_not_serving(serving):
    """The filter holds off every call: "already serving" would be a lie."""
    head = serving.lab.guest("head1")
    head.run(["sh", "-c", f"ip netns exec {NETNS} nft list table inet baton | "
              "grep -v 'flags dormant' > /run/awake.nft && "
              f"ip netns exec {NETNS} nft delete table inet baton && "
              f"ip netns exec {NETNS} nft -f /run/awake.nft"])
    assert serving.status("head1")["state"] == "partial"
    assert serving.start("head1").stdout == "vmstore: serving\n"
    serving.mount()
    serving.unmount()


def test_standby_can_be_taken_down_and_comes_back(vmstore):
    head = vmstore.lab.guest("head2")
    said = vmstore.baton("head2", "stop", "--standby", "vmstore").stdout
    assert said == "vmstore: taken down\n"
    assert NETNS not in head.run(["ip", "netns"]).stdout
    assert head.run(["pgrep", "-x", "rpc.mountd"], check=False).stdout == ""
    vmstore.keep("head2")
    assert vmstore.status("head2")["state"] == "standby"


@pytest.fixture
def names(lab):
    """Clients use names of users, not numbers, as they always do with Kerberos."""
    switch = "/sys/module/nfsd/parameters/nfs4_disable_idmapping"
    for head in HEADS:
        lab.guest(head).run(["sh", "-c", f"echo N > {switch}"])
    yield
    for head in HEADS:
        lab.guest(head).run(["sh", "-c", f"echo Y > {switch}"])


def test_names_of_users(mounted, names):
    """They are turned into numbers in the service's namespace; without that chown is EINVAL."""
    head, client = (mounted.lab.guest(g) for g in ("head1", "client"))
    pidfile = "/run/baton/vmstore/idmapd.pid"

    def gives():
        return client.run(["sh", "-c", "rm -f /mnt/vmstore/given; touch /mnt/vmstore/given && "
                           "chown daemon /mnt/vmstore/given"], check=False).returncode == 0 and \
            head.run([*mounted.inside, "stat", "-c", "%U", "/run/baton/vmstore/fs/given"]).stdout == "daemon\n"

    wait_for("rpc.idmapd", gives)
    old = head.run(["cat", pidfile]).stdout.strip()
    head.run(["kill", "-KILL", old])
    wait_for("its successor", lambda: head.run(["cat", pidfile]).stdout.strip() not in ("0", old) and gives())
    mounted.baton("head1", "stop", "--standby", "vmstore")
    assert head.run(["pgrep", "-x", "rpc.idmapd"], check=False).stdout == ""


# --- what must not start, and leaves no trace ------------------------------------------


def assert_refused(service, code, *words, head="head1"):
    """The start fails with this status and one line with these words, and is undone."""
    done = service.start(head, check=False)
    assert done.returncode == STATUS[code], (done.stdout, done.stderr)
    assert done.stderr.startswith(f"baton: {service.name}: ")
    assert done.stderr.count("\n") == 1
    for word in words:
        assert word in done.stderr, done.stderr
    assert_standby(service, head)


@pytest.fixture
def head1(lab):
    return lab.guest("head1")


@pytest.fixture
def disk(vmstore, head1):
    """The disk, mounted by hand at /m on head1 while a test prepares it."""
    class Disk:
        def __enter__(self):
            head1.run(["sh", "-c", f"mkdir -p /m && mount {vmstore.device} /m"])
            return head1

        def __exit__(self, *_):
            head1.run(["umount", "/m"])
    return Disk()


def test_a_disk_mounted_elsewhere_is_named(vmstore, disk):
    with disk:
        assert_refused(vmstore, "device", "mounted", "/m")


def test_a_damaged_database(vmstore, disk):
    vmstore.start("head1")
    vmstore.stop("head1")
    with disk as head:
        head.run(["sh", "-c", f"cp {DATABASE} /root/good && echo damage > {DATABASE}"])
    assert_refused(vmstore, "tracking", "nfsdcld", "main.sqlite", "not a database")
    with disk as head:
        assert head.run(["cat", DATABASE]).stdout == "damage\n"
        head.run(["cp", "/root/good", DATABASE])
    vmstore.start("head1")
    vmstore.stop("head1")


def test_no_client_tracking_no_start(vmstore, head1):
    """nfsdcld runs, but never serves the kernel's pipe."""
    head1.run(["sh", "-c", "mv /usr/sbin/nfsdcld /usr/sbin/nfsdcld.real && "
               "printf '#!/bin/sh\\nexit 3\\n' > /usr/sbin/nfsdcld && "
               "chmod 755 /usr/sbin/nfsdcld"])
    try:
        assert_refused(vmstore, "tracking", "nfsdcld died")
    finally:
        head1.run(["mv", "/usr/sbin/nfsdcld.real", "/usr/sbin/nfsdcld"])


def test_nfs_utils_missing(vmstore, head1):
    head1.run(["mv", "/usr/sbin/nfsdcld", "/usr/sbin/nfsdcld.gone"])
    try:
        assert_refused(vmstore, "software", "nfsdcld")
        checked = vmstore.baton("head1", "check", "vmstore", check=False)
        assert checked.returncode == STATUS["software"] and "nfsdcld" in checked.stdout
    finally:
        head1.run(["mv", "/usr/sbin/nfsdcld.gone", "/usr/sbin/nfsdcld"])


def test_an_address_in_use(vmstore, lab):
    storage = lab.guest("storage")
    storage.run(["ip", "addr", "add", "10.77.0.50/24", "dev", "lan0"])
    try:
        assert_refused(vmstore, "network", "10.77.0.50 is in use by", "52:54:00")
        checked = vmstore.baton("head1", "check", "vmstore", check=False)
        assert checked.returncode == STATUS["network"]
    finally:
        storage.run(["ip", "addr", "del", "10.77.0.50/24", "dev", "lan0"])


def test_a_second_head_is_refused(serving):
    """And the disk is not touched: two mounts would ruin it."""
    head2 = serving.lab.guest("head2")
    before = head2.run(["sh", "-c", "dmesg | grep -c XFS"], check=False).stdout
    assert_refused(serving, "network", "another head serves it", head="head2")
    assert head2.run(["sh", "-c", "dmesg | grep -c XFS"], check=False).stdout == before
    assert serving.status("head1")["state"] == "serving"


def test_run_full(vmstore, head1):
    head1.run(["sh", "-c", "dd if=/dev/zero of=/run/fill bs=1M 2>/dev/null; true"])
    try:
        vmstore.start("head1")
        assert vmstore.stop("head1").returncode == 0
        assert_standby(vmstore)
    finally:
        head1.run(["rm", "/run/fill"])


# --- another disk, for what damages one -------------------------------------------------


@pytest.fixture
def homes(lab):
    """A second service in standby on head1, torn down afterwards."""
    service = Service(lab, "homes")
    service.make_filesystem()
    service.configure("head1")
    service.keep("head1")
    yield service
    service.baton("head1", "stop", "--standby", "homes", check=False)


def assert_homes_refused(service, code, *words):
    done = service.start("head1", check=False)
    assert done.returncode == STATUS[code], (done.stdout, done.stderr)
    assert done.stderr.count("\n") == 1
    for word in words:
        assert word in done.stderr, done.stderr
    assert service.status("head1")["state"] == "standby"


def test_wrong_filesystem(homes, head1):
    head1.run(["sh", "-c", f"dd if=/dev/zero of={homes.device} bs=1M count=4 2>/dev/null; "
               f"mkfs.ext4 -q -F {homes.device}"], timeout=120)
    assert_homes_refused(homes, "device", "ext4", "xfs")


def test_damaged_filesystem(homes, head1):
    # The root inode (128, at block 16 of 4 KiB): only the mount itself notices that.
    head1.run(["dd", "if=/dev/urandom", f"of={homes.device}", "bs=4096", "seek=16", "count=2",
               "oflag=direct"])
    read = ["sh", "-c", f"dd if={homes.device} bs=4096 skip=16 count=2 iflag=direct "
            "2>/dev/null | sha256sum"]
    before = head1.run(read).stdout
    assert_homes_refused(homes, "device", "mount", "damaged", "xfs_repair")
    assert head1.run(read).stdout == before


def test_a_parent_link_that_is_missing(homes, head1):
    homes.baton("head1", "stop", "--standby", "homes")
    homes.configure("head1", homes.conf(address="10.77.0.51/24@nope0"))
    checked = homes.baton("head1", "check", "homes", check=False)
    assert checked.returncode == STATUS["network"] and "nope0" in checked.stdout
    done = head1.run(["baton", "keep", "homes"], check=False, timeout=60)
    assert done.returncode == STATUS["network"] and "nope0" in done.stderr
    assert "baton-homes" not in head1.run(["ip", "netns"]).stdout


def test_a_head_cut_off_from_its_clients_leaves_the_disk_alone(homes, head1):
    """It cannot know whether another head serves."""
    homes.baton("head1", "stop", "--standby", "homes")
    head1.run(["ip", "link", "add", "dead0", "type", "dummy"])
    try:
        homes.configure("head1", homes.conf(address="10.77.0.51/24@dead0"))
        homes.keep("head1")
        mounts = head1.run(["sh", "-c", "dmesg | grep -c 'XFS.*Mounting'"], check=False).stdout
        assert_homes_refused(homes, "network", "cannot ask who has the addresses", "dead0")
        assert head1.run(["sh", "-c", "dmesg | grep -c 'XFS.*Mounting'"],
                         check=False).stdout == mounts
        homes.baton("head1", "stop", "--standby", "homes")
    finally:
        head1.run(["ip", "link", "del", "dead0"])


def test_a_disk_that_is_missing(homes):
    homes.baton("head1", "stop", "--standby", "homes")
    homes.configure("head1", homes.conf(device="/dev/disk/by-id/wwn-0xnone"))
    homes.keep("head1")
    assert_homes_refused(homes, "device", "wwn-0xnone")


def test_a_service_file_that_is_wrong(homes, head1):
    homes.configure("head1", homes.conf(leese="10"))
    done = homes.start("head1", check=False)
    assert done.returncode == STATUS["config"]
    assert done.stderr.startswith("baton: /etc/baton/homes.conf:")
    assert "leese" in done.stderr and done.stderr.count("\n") == 1


def test_a_hung_disk_does_not_silence_the_status(homes, head1, lab):
    homes.start("head1")
    head1.run([*homes.inside, "dd", "if=/dev/zero", "of=/run/baton/homes/fs/dirty", "bs=64k", "count=1"])
    lab.guest("storage").link(False)
    try:
        # The stop writes back first, while clients are still served.
        stop = head1.start(["baton", "stop", "homes"])
        wait_for("the stop to hang", lambda: homes.status("head1")["keeper"] == "stop")
        assert homes.status("head1")["state"] == "serving"
        assert "stop" in homes.baton("head1", "status").stdout
    finally:
        lab.guest("storage").link(True)
    _, err = stop.communicate(timeout=90)
    assert stop.returncode == 0, err
    assert homes.status("head1")["state"] == "standby"


def test_a_stop_that_cannot_unmount_says_so(homes, head1):
    homes.start("head1")
    user = head1.start(["nsenter", "--mount=/run/baton/homes/ns/mnt", "sh", "-c",
                        "exec < /run/baton/homes/fs && echo open && exec sleep 600"])
    assert user.stdout.readline() == "open\n"
    try:
        done = homes.stop("head1", check=False)
        state = homes.status("head1")["state"]
    finally:
        head1.run(["pkill", "-x", "sleep"])
        user.wait(30)
    assert done.returncode == STATUS["standing"]
    assert re.fullmatch(r"baton: homes: unmount /run/baton/homes/fs: process \d+ \(sleep\) uses "
                        r"it\n", done.stderr)
    assert state == "partial"
    assert homes.stop("head1").stdout == "homes: stopped, in standby\n"


def test_a_disk_that_the_kernel_keeps_is_not_stopped(homes, head1):
    """A frozen filesystem is unmounted, and yet alive."""
    homes.start("head1")
    head1.run(["nsenter", "--mount=/run/baton/homes/ns/mnt", "fsfreeze", "-f",
               "/run/baton/homes/fs"])
    for _ in range(2):
        done = homes.stop("head1", check=False)
        assert done.returncode == STATUS["standing"]
        assert "the kernel still has the filesystem" in done.stderr
        assert homes.status("head1")["state"] == "partial"
    # sysrq j thaws every filesystem, whether a path leads to it or not.
    head1.run(["sh", "-c", "echo j > /proc/sysrq-trigger"])
    assert homes.stop("head1").stdout == "homes: stopped, in standby\n"


def test_a_device_on_top_of_the_disk(homes, head1):
    """Such as a partition map, or a snapshot's origin: it may still write what it has queued."""
    homes.start("head1")
    inside = ["nsenter", "--mount=/run/baton/homes/ns/mnt", "--net=/run/netns/baton-homes"]
    head1.run([*inside, "sh", "-c", "echo 0 > /proc/fs/nfsd/threads; exportfs -f; "
               "kill $(cat /run/baton/homes/nfsdcld.pid); "
               "umount /run/baton/homes/root/homes/.baton /run/baton/homes/root/homes"])
    wait_for("the export caches", lambda: head1.run(
        [*inside, "umount", "/run/baton/homes/fs"], check=False).returncode == 0, 60)
    head1.run(["sh", "-c", f"dmsetup create top --table \"0 $(blockdev --getsz {homes.device}) "
               f"linear {homes.device} 0\""])
    try:
        done = homes.stop("head1", check=False)
        assert done.returncode == STATUS["standing"]
        assert f"device {homes.device} is part of /dev/dm-" in done.stderr
        assert homes.status("head1")["state"] == "partial"
    finally:
        head1.run(["dmsetup", "remove", "--retry", "top"])
    assert homes.stop("head1").stdout == "homes: already stopped, in standby\n"


def test_an_export_that_is_not_on_the_disk(homes, head1):
    homes.configure("head1", homes.conf(export="/images 10.77.0.0/24(rw)"))
    head1.run(["systemctl", "restart", homes.unit], timeout=60)
    assert_homes_refused(homes, "device", "export /images", "No such file or directory")


def test_ipv6_beside_ipv4(homes, head1, lab):
    homes.configure("head1", homes.conf(
        export="/sub 10.77.0.0/24(ro) fd77::/64(rw,no_root_squash)") +
        "address = fd77::51/64@lan0\n")
    head1.run(["sh", "-c", f"mkdir -p /m && mount {homes.device} /m && mkdir /m/sub && "
               "umount /m"])
    head1.run(["systemctl", "restart", homes.unit], timeout=60)
    homes.start("head1")
    client = lab.guest("client")
    client.run(["mkdir", "-p", homes.mountpoint])
    client.run(["mount", "-t", "nfs4", "-o", "vers=4.2", "[fd77::51]:/homes/sub",
                homes.mountpoint], timeout=60)
    client.run(["sh", "-c", f"echo six > {homes.mountpoint}/f"])
    for _ in range(2):
        homes.stop("head1")
        inside = head1.run(["ip", "netns", "exec", "baton-homes", "ss", "-Htan"]).stdout
        assert inside == ""
        homes.start("head1")
        assert client.run(["cat", f"{homes.mountpoint}/f"], timeout=60).stdout == "six\n"
    client.run(["umount", homes.mountpoint])
    homes.stop("head1")
    head1.run(["sh", "-c", f"mount -o ro {homes.device} /m && cat /m/sub/f; umount /m"])


def test_the_pseudo_root_takes_no_files(serving, lab):
    """What a client wrote there would be lost with the move."""
    client = lab.guest("client")
    client.run(["mkdir", "-p", "/mnt/root"])
    client.run(["mount", "-t", "nfs4", "-o", "vers=4.1", "10.77.0.50:/", "/mnt/root"],
               timeout=60)
    try:
        done = client.run(["touch", "/mnt/root/x"], check=False)
        assert "Read-only file system" in done.stderr
        client.run(["touch", "/mnt/root/vmstore/x"])
    finally:
        client.run(["umount", "/mnt/root"])


def test_one_service_stops_and_the_other_goes_on(serving, homes):
    serving.mount()
    homes.start("head1")
    before = client_port(serving.lab)
    probe = Probe(serving).start()
    homes.stop("head1")
    homes.start("head1")
    homes.stop("head1")
    report = probe.finish()
    assert client_port(serving.lab) == before
    serving.unmount()
    assert report["verdict"] == "clean", report
    assert LUNS["homes"] != LUNS["vmstore"]
