# SPDX-License-Identifier: GPL-2.0-or-later
"""`baton check` on loop devices and veth links in namespaces of its own."""
import json
import os
import re
import shutil
import subprocess
import time
from xml.etree import ElementTree

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BATON = os.environ.get("BATON", os.path.join(ROOT, "build/release/src/cmd/baton"))


def need(condition, why):
    """Skips are counted, and an error under MUST_RUN=1."""
    if not condition:
        if os.environ.get("MUST_RUN") == "1":
            pytest.fail(why)
        pytest.skip(why)


def run(*argv, **kw):
    return subprocess.run(argv, capture_output=True, text=True, timeout=60, **kw)


@pytest.fixture(scope="module")
def netns():
    """A process that keeps a net and a mount namespace; yields the nsenter prefix."""
    need(os.geteuid() == 0, "needs root")
    p = subprocess.Popen(["unshare", "-n", "-m", "sh", "-c", "echo; exec cat"],
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    p.stdout.readline()
    enter = ["nsenter", "-t", str(p.pid), "-n"]
    # One end of a veth pair has a carrier while the other end is up.
    for cmd in ("ip link add good0 type veth peer name other0", "ip link set good0 up",
                "ip link set other0 up", "ip link add down0 type veth peer name other1",
                "ip link add nocable0 type veth peer name other2", "ip link set nocable0 up"):
        r = run(*enter, *cmd.split())
        need(r.returncode == 0, f"{cmd}: {r.stderr}")
    yield enter
    p.stdin.close()
    p.wait()


@pytest.fixture(scope="module")
def disks(tmp_path_factory):
    """Loop devices: xfs, ext4, empty."""
    need(os.geteuid() == 0 and shutil.which("losetup"), "needs root and losetup")
    made = {}
    try:
        for name, mkfs in (("xfs", "mkfs.xfs -q"), ("ext4", "mkfs.ext4 -qF"), ("empty", None)):
            image = tmp_path_factory.mktemp("disk") / name
            with open(image, "wb") as f:
                f.truncate(400 << 20)
            if mkfs:
                subprocess.run([*mkfs.split(), str(image)], check=True, stdout=subprocess.DEVNULL)
            r = run("losetup", "-f", "--show", str(image))
            need(r.returncode == 0, r.stderr)
            made[name] = r.stdout.strip()
        yield made
    finally:
        for dev in made.values():
            run("losetup", "-d", dev)


class Service:
    def __init__(self, netns, folder, disks):
        self.netns, self.folder, self.disks = netns, folder, disks
        self.wrap, self.env = [], {}

    def write(self, name="vmstore", device=None, link="good0", more="", mode=0o644):
        path = self.folder / f"{name}.conf"
        path.write_text(f"[service]\ndevice = {device or self.disks['xfs']}\n"
                        f"address = 192.0.2.50/24@{link}\nexport = / *(rw)\n{more}")
        path.chmod(mode)
        return path

    def run(self, *args):
        env = dict(os.environ, BATON_CONFDIR=str(self.folder), LC_ALL="C.UTF-8") | self.env
        env.pop("COLUMNS", None)
        return run(*self.netns, *self.wrap, BATON, "check", *args, env=env)

    def check(self, name="vmstore", *options):
        """The findings by item, and the exit status."""
        r = self.run(name, "--json", *options)
        assert r.stderr == ""
        tree = json.loads(r.stdout)
        assert tree["service"] == name and tree["status"] == r.returncode
        wrong = [f for f in tree["findings"] if f["verdict"] == "wrong"]
        assert bool(wrong) == (r.returncode != 0) == (tree["verdict"] == "wrong")
        for f in tree["findings"]:
            assert (f["advice"] is None) == (f["verdict"] == "ok")
            assert "\n" not in f["detail"]
        return {f["item"]: f for f in tree["findings"]}, r.returncode


@pytest.fixture
def service(netns, disks, tmp_path):
    return Service(netns, tmp_path, disks)


def is_wrong(finding, detail):
    assert finding["verdict"] == "wrong"
    assert finding["detail"] == detail
    return True


def test_good_parts(service):
    service.write()
    found, _ = service.check()
    for item in ("configuration", "privilege", "kernel xfs", "device", "filesystem", "disk free",
                 "link good0"):
        assert found[item]["verdict"] == "ok", found[item]
    assert "namespaces" not in found


@pytest.mark.parametrize("value,detail", [
    ("3000", "standby sets fs.xfs.xfssyncd_centisecs to 100, so that a takeover replays about 1 s "
             "of writing"),
    ("100", "fs.xfs.xfssyncd_centisecs is 100: a takeover replays about 1 s of writing"),
    ("550", "fs.xfs.xfssyncd_centisecs is 550: a takeover replays about 6 s of writing"),
])
def test_how_much_log_a_takeover_replays(service, tmp_path, value, detail):
    (tmp_path / "syncd").write_text(value + "\n")
    service.wrap = ["unshare", "-m", "sh", "-ec", 'mount --bind "$0" /proc/sys/fs/xfs/'
                    'xfssyncd_centisecs; exec "$@"', str(tmp_path / "syncd")]
    service.write()
    assert service.check()[0]["XFS log"]["detail"] == detail
    service.write(device=service.disks["ext4"], more="fstype = ext4\n")
    assert "XFS log" not in service.check()[0]


def test_without_modprobe(service):
    """Then it is modprobe that has to be installed, not another kernel."""
    program = shutil.which("modprobe", path="/usr/sbin:/sbin:/usr/bin:/bin")
    need(program, "needs modprobe, to take it away")
    service.wrap = ["unshare", "-m", "sh", "-ec", 'mount --bind /dev/null "$0"; exec "$@"',
                    os.path.realpath(program)]
    service.write()
    found, _ = service.check()
    for word, item in (("nf_tables", "kernel nf_tables"), ("macvlan", "kernel macvlan")):
        if found[item]["verdict"] != "ok":
            assert found[item]["verdict"] == "unsure"
            assert found[item]["detail"] == f"{word} may be built in: modprobe, which could tell, is missing"
            assert found[item]["advice"] == "install modprobe (Debian, RHEL: kmod)"
    if found["kernel nfsd"]["verdict"] != "ok":
        assert is_wrong(found["kernel nfsd"], "this kernel has no filesystem nfsd built in, and modprobe, "
                        "which could load it, is missing")
        assert found["kernel nfsd"]["advice"] == "install modprobe (Debian, RHEL: kmod)"
        service.wrap = []
        assert service.check()[0]["kernel nfsd"]["advice"] == "install a kernel with CONFIG_NFSD"


def test_a_kernel_that_cannot_destroy_sockets(service, cannot_destroy):
    """Otherwise the first stop would find out, and the head be fenced."""
    service.write()
    assert service.check()[0]["kernel sock_diag"]["verdict"] == "ok"
    service.env = cannot_destroy
    found = service.check()[0]["kernel sock_diag"]
    assert found["verdict"] == "wrong" and "CONFIG_INET_DIAG_DESTROY" in found["detail"]


# Connections of others at every port that the kernel may give to who binds to port 0: the odd ones, as it
# keeps the even ones for who connects (inet_connection_sock.c). A line, and they are tried.
OTHERS = """
import socket
RANGE = "/proc/sys/net/ipv4/ip_local_port_range"
usual = open(RANGE).read()
open(RANGE, "w").write("40000 40007")
server = socket.create_server(("127.0.0.3", 50000), backlog=4)
pairs = []
for port in range(40001, 40008, 2):
    client = socket.create_connection(("127.0.0.3", 50000), source_address=("127.0.0.2", port))
    pairs.append((client, server.accept()[0]))
print(flush=True)
input()
open(RANGE, "w").write(usual)
for client, end in pairs:
    client.sendall(b"x")
    assert end.recv(1) == b"x"
"""


def test_connections_of_others_stay(service):
    service.write()
    run(*service.netns, "ip", "link", "set", "lo", "up")
    others = subprocess.Popen([*service.netns, "python3", "-c", OTHERS], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE)
    assert others.stdout.readline() == b"\n"
    assert service.check()[0]["kernel orphans"]["verdict"] == "ok"
    others.communicate(b"\n", timeout=60)
    assert others.returncode == 0


def test_a_kernel_that_leaves_orphans(service, kernel_without):
    service.write()
    run(*service.netns, "ip", "link", "set", "lo", "down")
    assert service.check()[0]["kernel orphans"]["verdict"] == "unsure"
    run(*service.netns, "ip", "link", "set", "lo", "up")
    assert service.check()[0]["kernel orphans"]["verdict"] == "ok"
    service.env = kernel_without("orphans")
    found = service.check()[0]["kernel orphans"]
    assert found["verdict"] == "wrong" and found["detail"].startswith(
        "this kernel does not destroy connections that no process holds: sever: 1 connections are left")


@pytest.mark.parametrize("text, detail", [
    ("[exports]\nrootdir=/srv\n", "rootdir= in [exports]: rpc.mountd looks for the exports below /srv"),
    ("[nfsd]\nvers4 = N\n", "vers4=N in [nfsd]: rpc.mountd has no version to serve, and ends"),
    ("[nfsd]\nvers4 = \"no\"\n", "vers4=no in [nfsd]: rpc.mountd has no version to serve, and ends"),
    ("[mountd]\nstate-directory-path=/x\n",
     "state-directory-path=/x in [mountd]: rpc.mountd does not find it, and ends"),
    ("[mountd]\nstate-directory-path=/var/lib/nfs/x\n",
     "state-directory-path=/var/lib/nfs/x in [mountd]: rpc.mountd does not find it, and ends"),
    ("[nfsd]\nvers4 = y\nvers3 = n\n[mountd]\nstate-directory-path=/var/lib/nfs\n", None),
    ("[mountd]\nstate-directory-path=/srv\n", None),
])
def test_what_rpc_mountd_reads(service, tmp_path, text, detail):
    service.write()
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/nfs.conf").write_text(text)
    service.wrap = ["unshare", "-m", "sh", "-ec", 'mount --bind "$0" /etc; exec "$@"', str(tmp_path / "etc")]
    found = service.check()[0]["/etc/nfs.conf"]
    assert (found["verdict"], found["detail"]) == (
        ("wrong", detail) if detail else ("ok", "nothing in rpc.mountd's way"))


def test_missing_file_comes_first(service):
    found, status = service.check("nosuch")
    assert is_wrong(found["configuration"],
                    f"{service.folder}/nosuch.conf: No such file or directory")
    assert status == 3
    assert "device" not in found


@pytest.mark.parametrize("name", ["../etc", "a b", "Upper", "", "a" * 33, "a\nb", "x%s", "ä"])
def test_odd_names(service, name):
    found, status = service.check(name)
    assert status == 3
    assert "must be 1 to 32 lower-case letters, digits and inner hyphens" in \
        found["configuration"]["detail"]


def test_bad_key_names_file_and_line(service):
    path = service.write(more="lease = 5\n")
    found, status = service.check()
    assert is_wrong(found["configuration"],
                    f"{path}:5: lease: '5' is not between 10 and 3600 seconds")
    assert status == 3


@pytest.mark.parametrize("mode,who", [(0o664, "its group"), (0o646, "everyone")])
def test_writable_by_others(service, mode, who):
    path = service.write(mode=mode)
    found, status = service.check()
    assert is_wrong(found["configuration"], f"{path}: is writable by {who}, who could make root "
                    "mount and export anything; chmod go-w it")
    assert status == 3


def test_foreign_owner(service):
    path = service.write()
    os.chown(path, 12345, 0)
    found, _ = service.check()
    assert is_wrong(found["configuration"], f"{path}: belongs to user 12345, who could make root "
                    "mount and export anything; chown root it")


def test_odd_files(service):
    path = service.folder / "vmstore.conf"
    path.mkdir()
    assert is_wrong(service.check()[0]["configuration"], f"{path}: is not a regular file")
    path.rmdir()
    os.mkfifo(path)  # must not hang
    assert is_wrong(service.check()[0]["configuration"], f"{path}: is not a regular file")
    path.unlink()
    path.write_bytes(b"#" * (1 << 20) + b"\n")
    assert is_wrong(service.check()[0]["configuration"], f"{path}: is longer than 1 MiB")
    path.write_bytes(b"\x7fELF\0\0")
    assert is_wrong(service.check()[0]["configuration"],
                    f"{path}:1: control character 0x7f in column 1")
    path.unlink()
    path.symlink_to("vmstore.conf")
    assert is_wrong(service.check()[0]["configuration"],
                    f"{path}: Too many levels of symbolic links")


def test_unreadable_and_not_root(service):
    path = service.write(mode=0o600)
    os.chmod(service.folder, 0o755)
    for up in list(service.folder.parents)[:-1]:
        if os.stat(up).st_mode & 0o5 != 0o5:
            os.chmod(up, os.stat(up).st_mode | 0o5)
    need(shutil.which("setpriv"), "needs setpriv")
    r = run("setpriv", "--reuid=65534", "--clear-groups", BATON, "check", "vmstore", "--json",
            env=dict(os.environ, BATON_CONFDIR=str(service.folder)))
    found = {f["item"]: f for f in json.loads(r.stdout)["findings"]}
    assert found["configuration"]["detail"] == f"{path}: Permission denied"
    assert found["privilege"]["detail"] == "not running as root"
    assert found["privilege"]["verdict"] == "wrong"


def test_device_missing(service):
    service.write(device="/dev/nosuch")
    found, status = service.check()
    assert is_wrong(found["device"], "device /dev/nosuch is not on this head")
    assert "filesystem" not in found
    assert status in (4, 6)  # 6: a program is missing too, and comes first


def test_device_is_no_block_device(service):
    service.write(device="/dev/null")
    assert is_wrong(service.check()[0]["device"], "device /dev/null is not a block device")


def test_wrong_filesystem(service, disks):
    service.write(device=disks["ext4"])
    assert is_wrong(service.check()[0]["filesystem"],
                    f"device {disks['ext4']} holds ext4, the service file says xfs")


def test_no_filesystem(service, disks):
    service.write(device=disks["empty"])
    assert is_wrong(service.check()[0]["filesystem"], f"device {disks['empty']} holds no "
                    "filesystem, the service file says xfs")


def hidden_mount(device, where, fstype="ext4"):
    """Mounts it in a mount namespace of its own; yields that namespace's process."""
    p = subprocess.Popen(["unshare", "-m", "sh", "-c",
                          f"mount -t {fstype} {device} '{where}' && echo up; read line"],
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    need(p.stdout.readline() == b"up\n", "cannot mount here")
    return p


@pytest.mark.parametrize("name", ["m", "with blank"])
def test_mounted_in_another_namespace(service, disks, tmp_path, name):
    where = tmp_path / name
    where.mkdir()
    service.write(device=disks["ext4"], more="fstype = ext4\n")
    assert service.check()[0]["disk free"]["verdict"] == "ok"
    p = hidden_mount(disks["ext4"], where)
    try:
        assert is_wrong(service.check()[0]["disk free"], f"device {disks['ext4']} is mounted on "
                        f"{where}, as process {p.pid} (sh) sees it")
    finally:
        p.stdin.close()
        p.wait()
    for _ in range(50):  # the kernel removes the namespace after the process
        if service.check()[0]["disk free"]["verdict"] == "ok":
            return
        time.sleep(0.1)
    assert False, "still in use"


def test_own_mount_passes(service, disks):
    where = "/run/baton/vmstore/fs"
    need(not os.path.exists("/run/baton/vmstore"), "a service vmstore is here")
    os.makedirs(where)
    p = hidden_mount(disks["ext4"], where)
    try:
        service.write(device=disks["ext4"], more="fstype = ext4\n")
        assert service.check()[0]["disk free"]["verdict"] == "ok"
        # … but not another service's mount of a similar name.
        service.write(name="vm", device=disks["ext4"], more="fstype = ext4\n")
        assert service.check("vm")[0]["disk free"]["verdict"] == "wrong"
    finally:
        p.stdin.close()
        p.wait()
        os.removedirs(where)


def test_held_without_mount(service, disks):
    service.write()
    fd = os.open(disks["xfs"], os.O_RDONLY | os.O_EXCL)
    try:
        finding = service.check()[0]["disk free"]
        assert finding["verdict"] == "wrong"
        assert "is in use, though no process sees a mount of it" in finding["detail"]
    finally:
        os.close(fd)


@pytest.mark.parametrize("link,detail", [
    ("nosuch0", "link nosuch0 is not on this head"),
    ("down0", "link down0 is down"),
    ("nocable0", "link nocable0 has no carrier"),
])
def test_link(service, link, detail):
    service.write(link=link)
    found, _ = service.check()
    assert is_wrong(found[f"link {link}"], detail)
    assert found["address 192.0.2.50"]["verdict"] == "unsure"


def test_address_on_this_head(service, netns):
    service.write()
    run(*netns, "ip", "addr", "add", "192.0.2.50/24", "dev", "good0")
    try:
        assert is_wrong(service.check()[0]["address 192.0.2.50"],
                        "address 192.0.2.50 is on link good0 of this head, outside the service")
    finally:
        run(*netns, "ip", "addr", "flush", "dev", "good0")


@pytest.fixture
def neighbour(netns):
    """pass0's other end, in a namespace of its own, where 192.0.2.1 answers; yields the nsenter prefix."""
    p = subprocess.Popen(["unshare", "-n", "sh", "-c", "echo; exec cat"],
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    p.stdout.readline()
    there = ["nsenter", "-t", str(p.pid), "-n"]
    for enter, cmd in ((netns, f"ip link add pass0 type veth peer name out0 netns {p.pid}"),
                       (netns, "ip link set pass0 up"), (there, "ip link set out0 up"),
                       (there, "ip addr add 192.0.2.1/24 dev out0")):
        assert run(*enter, *cmd.split()).returncode == 0, cmd
    yield there
    run(*netns, "ip", "link", "del", "pass0")
    p.stdin.close()
    p.wait()


def test_frames_of_another_hardware_address(service, neighbour):
    """Between the two may be a hypervisor that lets pass nothing but the head's own."""
    service.write(link="pass0", more="gateway = 192.0.2.1\n")
    # A switch may shut the port over them.
    assert "frames on pass0" not in service.check()[0]

    def frames():
        return service.check("vmstore", "--frames")[0]["frames on pass0"]

    found = frames()
    assert (found["verdict"], found["detail"]) == ("ok", "192.0.2.1 answers another hardware address too")
    drop = ("table netdev t { chain c { type filter hook ingress device out0 priority 0; "
            "ether saddr & ff:ff:00:00:00:00 == 02:bb:00:00:00:00 drop; }; }")
    assert run(*neighbour, "nft", drop).returncode == 0
    found = frames()
    assert is_wrong(found, "192.0.2.1 answers pass0, but no other hardware address there")
    assert found["advice"].endswith("or link = ipvlan")
    run(*neighbour, "ip", "addr", "flush", "dev", "out0")
    found = frames()
    assert (found["verdict"], found["detail"]) == ("unsure", "nobody answers who could tell")


def test_who_needs_no_other_hardware_address(service, neighbour):
    service.write(link="pass0", more="link = ipvlan\n")
    found = service.check("vmstore", "--frames")[0]
    assert "kernel ipvlan" in found
    assert not {"frames on pass0", "kernel macvlan", "forwarding", "kind of link"} & set(found)


def test_a_head_that_forwards(service, netns, neighbour):
    """With ipvlan it gets what is sent to an address that has gone."""
    assert run(*netns, "sysctl", "-qw", "net.ipv4.conf.pass0.forwarding=1").returncode == 0
    service.write(link="pass0")
    assert "forwarding" not in service.check()[0]
    service.write(link="pass0", more="link = ipvlan\n")
    assert service.check()[0]["forwarding"]["detail"].startswith("pass0 forwards packets: with ipvlan")


def test_an_address_of_two_services(service):
    """Served by one head, both would have it, and clients of one would reach the other."""
    service.write()
    service.write("homes", device="/dev/other", more="address = 198.51.100.9/24@down0\n")
    found, _ = service.check()
    assert is_wrong(found["address 192.0.2.50"],
                    "address 192.0.2.50 on link good0 belongs to the service homes, too")
    assert found["address 192.0.2.50"]["advice"].startswith("correct `address` in one of the two")
    # On another link it is another network.
    service.write("homes", link="down0", device="/dev/other")
    assert service.check()[0]["address 192.0.2.50"]["detail"] == "nobody answers"


def test_two_kinds_on_one_link(service):
    """The macvlan is always the one that stays, whichever keeper comes first."""
    service.write(more="link = ipvlan\n")
    service.write("homes", device="/dev/other")
    assert is_wrong(service.check()[0]["kind of link"],
                    "link = ipvlan: the service homes has a macvlan on the same link of the head, and the "
                    "kernel does not mix them")
    assert "kind of link" not in service.check("homes")[0]


# --- how the system is set up ($0: a folder of the test's)

def wrapped(script, *args):
    """Wrap `baton check` in a mount namespace, in which the script comes first."""
    return ["unshare", "-m", "sh", "-ec", script + '\nexec "$@"', *map(str, args)]


# A /dev of its own, in which all of these are the disk $0.
DEV = """
mount -t tmpfs x /mnt
cp -a /dev/null /dev/urandom /mnt
number=$(stat -c "%Hr %Lr" "$0")
mkdir -p /mnt/mapper /mnt/disk/by-id /mnt/disk/by-uuid
for name in sdq dm-7 drbd0; do mknod /mnt/$name b $number; done
for name in mapper/mpathab mapper/mpatha-part1 mapper/vg-mpatha vmdisk disk/by-uuid/6f2c {ids}; do
    ln -s /dev/dm-7 /mnt/$name
done
ln -s /dev/null /mnt/disk/by-id/dm-uuid-mpath-0
mount --move /mnt /dev"""
IDS = "disk/by-id/ata-x disk/by-id/dm-name-mpathab disk/by-id/wwn-0x5000"


@pytest.mark.parametrize("device", ["sdq", "mapper/mpathab", "mapper/mpatha-part1"])
def test_a_name_that_may_be_another_disk(service, device):
    service.wrap = wrapped(DEV.format(ids=IDS), service.disks["xfs"])
    service.write(device=f"/dev/{device}")
    found = service.check()[0]
    assert found["device"]["verdict"] == found["filesystem"]["verdict"] == "ok"
    name = found["name of the device"]
    assert (name["verdict"], name["detail"]) == (
        "unsure", f"/dev/{device} may be another disk on the other head, or after a boot")
    assert name["advice"] == "device = /dev/disk/by-id/wwn-0x5000, on both heads"


def test_no_better_name_of_the_disk(service):
    service.write(device="/dev/sdq")
    service.wrap = wrapped(DEV.format(ids=""), service.disks["xfs"])
    assert service.check()[0]["name of the device"]["advice"] == \
        "device = /dev/disk/by-uuid/6f2c, on both heads"
    service.wrap = wrapped(DEV.format(ids="") + "\nrm /dev/disk/by-uuid/*", service.disks["xfs"])
    assert service.check()[0]["name of the device"]["advice"] == \
        "a name that is the same on both heads, such as one in /dev/disk/by-id"


@pytest.mark.parametrize("device", ["drbd0", "vmdisk", "mapper/vg-mpatha"])
def test_a_name_that_stays_with_the_disk(service, device):
    service.wrap = wrapped(DEV.format(ids=IDS), service.disks["xfs"])
    service.write(device=f"/dev/{device}")
    found, _ = service.check()
    assert found["device"]["verdict"] == "ok" and "name of the device" not in found


def test_a_disk_that_lvm_may_not_see(service, tmp_path):
    """A head that did not make the volume group sees it only after that."""
    (tmp_path / "lvm/devices").mkdir(parents=True)
    (tmp_path / "lvm/devices/system.devices").write_text("VERSION=1.1.1\n")
    service.write(device="/dev/vg/lv")
    assert "lvmdevices" not in service.check()[0]["device"]["advice"]
    service.wrap = wrapped('mount -t overlay -o "lowerdir=$0:/etc" x /etc', tmp_path)
    assert "lvmdevices --adddev DISK" in service.check()[0]["device"]["advice"]


@pytest.mark.parametrize("limit", ["max_mnt_namespaces", "max_net_namespaces", "max_uts_namespaces"])
def test_a_head_that_forbids_namespaces(service, tmp_path, limit):
    (tmp_path / "limit").write_text("0\n")
    service.write()
    service.wrap = wrapped(f'mount --bind "$0" /proc/sys/user/{limit}', tmp_path / "limit")
    found = service.check()[0]["namespaces"]
    assert is_wrong(found, f"user.{limit} is 0: standby cannot make the service's namespaces")
    assert found["advice"].startswith(f"sysctl user.{limit}=")


@pytest.mark.parametrize("enforce,label,verdict,detail", [
    ("1", "system_u:object_r:bin_t:s0", "ok", "in force; {} is bin_t"),
    ("1", "unconfined_u:object_r:user_tmp_t:s0", "unsure",
     "in force, and {} is user_tmp_t, not bin_t: systemd may be refused to run it"),
    ("1", "bin_t", "unsure", "in force, and {} is without a label, not bin_t: systemd may be refused to run it"),
    ("0", "unconfined_u:object_r:user_tmp_t:s0", None, None),
])
def test_the_label_of_the_program(service, tmp_path, enforce, label, verdict, detail):
    selinux = tmp_path / "selinux"
    selinux.mkdir()
    (selinux / "enforce").write_text(enforce)
    # The label is that of a copy, which only this namespace sees.
    service.wrap = wrapped("""
        mount -t tmpfs x /sys/fs
        mkdir /sys/fs/selinux
        mount --bind "$0" /sys/fs/selinux
        mount -t tmpfs -o mode=755 x /mnt
        cp "$2" /mnt/baton
        python3 -c 'import os, sys; os.setxattr("/mnt/baton", "security.selinux", sys.argv[1].encode())' "$1"
        shift 2
        set -- /mnt/baton "$@" """, selinux, label)
    service.write()
    found = service.check()[0]
    if verdict is None:
        assert "SELinux" not in found
        return
    assert (found["SELinux"]["verdict"], found["SELinux"]["detail"]) == (verdict, detail.format("/mnt/baton"))
    if verdict == "unsure":
        assert found["SELinux"]["advice"].startswith("restorecon -RFv /usr/sbin/baton ")


def test_kerberos_is_unsure(service):
    path = service.write()
    path.write_text(path.read_text().replace("(rw)", "(sec=krb5)"))
    found = service.check()[0]
    assert found["kerberos"]["verdict"] == "unsure"
    # Names of users are strings then: that needs rpc.idmapd, and a Domain.
    if found["user names"]["verdict"] != "ok":
        assert re.search(r"program rpc\.idmapd is missing|idmapd\.conf has no Domain$",
                         found["user names"]["detail"])


def test_names_of_clients(service):
    """Only the names of callers are looked up while clients wait; a host's name is resolved before."""
    path = service.write()
    text = path.read_text()
    assert not {"client names", "host names"} & set(service.check()[0])
    path.write_text(text.replace("*(rw)", "a(rw) *.dom(ro) nosuch.invalid"))
    found, _ = service.check()
    assert found["client names"]["verdict"] == "unsure"
    assert found["client names"]["detail"].startswith(f"{path}:4: client '*.dom': rpc.mountd looks up")
    assert found["host names"]["verdict"] == "wrong"
    assert found["host names"]["detail"].startswith(f"{path}:4: host 'nosuch.invalid': ")


def test_command_line(service):
    service.write()
    for args, line in ((["--wrong", "vmstore"], "unrecognized option '--wrong'"),
                       ([], "the name of a service is missing"),
                       (["--shared", "--frames"], "--frames is about a service, not the head"),
                       (["a", "b"], "one service at a time, not also 'b'")):
        r = service.run(*args)
        assert r.returncode == 2
        assert r.stderr.splitlines()[0] == f"baton check: {line}"
    assert service.run("--help").returncode == 0


def test_table(service):
    service.write(device="/dev/nosuch")
    r = service.run("vmstore")
    lines = r.stdout.splitlines()
    assert lines[0].split() == ["CHECK", "VERDICT", "DETAIL", "ADVICE"]
    assert all(line == line.rstrip() for line in lines)
    assert any(line.startswith("device ") and "is not on this head" in line for line in lines)
    bare = service.run("vmstore", "--noheadings", "-o", "verdict,check")
    assert [line.split(None, 1) for line in bare.stdout.splitlines()] == \
        [[f["verdict"], f["item"]] for f in service.check()[0].values()]
    r = service.run("vmstore", "-o", "verdict,checks")
    assert (r.returncode, r.stderr) == (2, "baton check: --output: unknown column 'checks'; "
                                           "there are CHECK, VERDICT, DETAIL, ADVICE\n")


# --- who starts and stops it

CIB = os.path.join(ROOT, "tests/unit/data/cib.xml")  # with a resource vmstore


@pytest.fixture
def systemctl(service, tmp_path):
    """Sets what a stub of systemctl answers: {"is-enabled baton-serve@vmstore.service": "enabled"}. It
    covers the first folder in which programs are looked for."""
    folder = tmp_path / "bin"
    folder.mkdir()
    service.wrap = ["unshare", "-m", "sh", "-ec", 'mount -t overlay -o "lowerdir=$0:/usr/sbin" x /usr/sbin; '
                    'exec "$@"', str(folder)]
    service.write()

    def answer(words):
        cases = "".join(f'"{asked}") echo {word}; [ {word} = {"enabled" if "enabled" in asked else "active"} ] '
                        "|| exit 3;;\n" for asked, word in words.items())
        (folder / "systemctl").write_text(f'#!/bin/sh\ncase "$*" in\n{cases}'
                                          '*) echo "No such file or directory" >&2; exit 1;; esac\n')
        (folder / "systemctl").chmod(0o755)

    return answer


SERVE, KEEPER, NET = (f"{u}@vmstore.service" for u in ("baton-serve", "baton", "baton-shutdown"))


@pytest.mark.parametrize("enabled,cib,verdict,detail", [
    ("disabled", CIB, "ok", f"left to Pacemaker or you: {SERVE} is not enabled"),
    ("enabled", None, "ok", f"{SERVE} starts it"),
    ("enabled", "another", "ok", f"{SERVE} starts it"),
    ("enabled", "none", "unsure", None),
    ("enabled", CIB, "wrong", f"{SERVE} is enabled, and Pacemaker manages the service too "
                              "(resource vmstore)"),
])
def test_who_starts_it(service, systemctl, tmp_path, monkeypatch, enabled, cib, verdict, detail):
    need(cib is None or shutil.which("cibadmin"), "needs cibadmin")
    if cib == "another":
        (tmp_path / "cib").write_text(open(CIB).read().replace('value="vmstore"', 'value="homes"'))
    elif cib == "none":
        (tmp_path / "cib").write_text("no configuration")
    if cib:
        monkeypatch.setenv("BATON_CIB", cib if cib == CIB else str(tmp_path / "cib"))
    systemctl({f"is-enabled {SERVE}": enabled, f"is-active {NET}": "active"})
    found = service.check()[0]["start at boot"]
    assert found["verdict"] == verdict, found
    assert detail is None or found["detail"] == detail
    if verdict == "wrong":
        assert found["advice"] == "systemctl disable baton-serve@vmstore"


@pytest.mark.parametrize("timeout,verdict,detail", [
    (None, "wrong", "Pacemaker gives a stop 20 s; a disk that hangs is given up after disk-timeout, 150 s"),
    ("600s", "ok", "Pacemaker gives a stop 600 s; a disk that hangs is given up after disk-timeout, 150 s"),
])
def test_the_time_that_a_stop_gets(service, systemctl, tmp_path, monkeypatch, timeout, verdict, detail):
    """Pacemaker fences a head whose stop takes longer."""
    need(shutil.which("cibadmin"), "needs cibadmin")
    cib = ElementTree.parse(CIB)
    (primitive,) = cib.findall(".//primitive[@id='vmstore']")
    (operations,) = primitive.findall("operations") or [ElementTree.SubElement(primitive, "operations")]
    for op in operations.findall("op[@name='stop']"):
        operations.remove(op)
    if timeout:
        ElementTree.SubElement(operations, "op", id="stop", name="stop", interval="0", timeout=timeout)
    cib.write(tmp_path / "cib")
    monkeypatch.setenv("BATON_CIB", str(tmp_path / "cib"))
    systemctl({f"is-enabled {SERVE}": "disabled", f"is-active {NET}": "active"})
    found = service.check()[0]["time to stop"]
    assert (found["verdict"], found["detail"]) == (verdict, detail)
    if timeout is None:
        assert found["advice"] == \
            "pcs resource update vmstore op stop timeout=600s, or a shorter disk-timeout"


@pytest.mark.parametrize("keeper,net,verdict,detail", [
    ("active", "active", "ok", f"{NET} stops it"),
    ("inactive", "inactive", "ok", f"{NET} stops it; it starts with the keeper"),
    ("active", "inactive", "wrong", f"{NET} is not active: a shutdown takes the disk away from a service "
                                    "that is still served"),
])
def test_who_stops_it(service, systemctl, keeper, net, verdict, detail):
    systemctl({f"is-enabled {SERVE}": "disabled", f"is-active {NET}": net, f"is-active {KEEPER}": keeper})
    found = service.check()[0]["stop at shutdown"]
    assert (found["verdict"], found["detail"]) == (verdict, detail)
    if verdict == "wrong":
        assert found["advice"] == "systemctl restart baton@vmstore"


def test_units_are_unknown(service, systemctl):
    systemctl({})
    found = service.check()[0]
    assert found["start at boot"]["verdict"] == found["stop at shutdown"]["verdict"] == "unsure"
    assert found["start at boot"]["detail"] == f"{SERVE}: systemctl: No such file or directory"
