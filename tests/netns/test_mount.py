# SPDX-License-Identifier: GPL-2.0-or-later
"""A service's filesystem and exports, and baton's own directory on it, on loop devices."""
import contextlib
import json
import os
import pathlib
import sqlite3
import subprocess

import pytest

from conftest import KEEPX

FS, ROOT = "/run/baton/vmstore/fs", "/run/baton/vmstore/root"
STATE = FS + "/.baton"
DB = STATE + "/nfsdcld/main.sqlite"


def make_disk(folder, mkfs):
    image = folder / "disk"
    with open(image, "wb") as f:
        f.truncate(320 << 20)
    subprocess.run([*mkfs.split(), str(image)], check=True, capture_output=True)
    return subprocess.run(["losetup", "-f", "--show", str(image)], check=True, text=True,
                          capture_output=True).stdout.strip()


def damage(image):
    """Zeroes in what every mount reads: the root inode and the group's header."""
    with open(image, "r+b") as f:
        f.seek(512)
        f.write(b"\xa5" * 65024)


class Disk:
    def __init__(self, house, folder, device):
        self.house, self.image, self.device = house, folder / "disk", device

    def service(self, *exports, **kw):
        lines = "\n".join(f"export = {e} *(rw)" for e in exports)
        self.house.write(device=self.device, exports=lines, **kw)

    def fill(self, script):
        """As a client that writes to it."""
        self.house.run("sh", "-ec", f"mkdir /run/d; mount {self.device} /run/d; cd /run/d;"
                       f"{script}; cd /; umount /run/d; rmdir /run/d")


@contextlib.contextmanager
def loop_disk(house, folder, mkfs="mkfs.xfs -q"):
    device = make_disk(folder, mkfs)
    try:
        house.keepx("ns-create", "vmstore")
        yield Disk(house, folder, device)
    finally:
        # The namespaces keep it mounted until they are gone.
        house.destroy()
        subprocess.run(["losetup", "-d", device], check=True)


@pytest.fixture
def disk(house, tmp_path, request):
    with loop_disk(house, tmp_path, getattr(request, "param", "mkfs.xfs -q")) as disk:
        yield disk


def below(house):
    return [m for m in house.mounts("vmstore") if m.startswith((FS, ROOT + "/"))]


@pytest.mark.parametrize("disk", ["mkfs.xfs -q", "mkfs.ext4 -qF"], indirect=True)
def test_status_tells_how_full_it_is(house, disk):
    """It is mounted out of sight of df. A frozen disk accepts no write, and still answers."""
    fstype = house.run("blkid", "-po", "value", "-s", "TYPE", disk.device).strip()
    disk.service("/", fstype=fstype)
    assert "filesystem" not in json.loads(house.baton("status", "--json"))[0]
    house.keepx("attach", "vmstore")
    df = ["df", "--block-size=1", "--output=size,avail,itotal,iavail", FS]
    house.inside("vmstore", "fsfreeze", "-f", FS)
    try:
        row, = json.loads(house.baton("status", "--json"))
        said = house.inside("vmstore", *df).splitlines()[1].split()
    finally:
        house.inside("vmstore", "fsfreeze", "-u", FS)
    told = row["filesystem"]
    assert [told[k] for k in ("size_bytes", "avail_bytes", "files", "files_free")] == [int(n) for n in said]
    assert f'baton_filesystem_size_bytes{{service="vmstore"}} {said[0]}\n' in house.baton("metrics")
    house.keepx("detach", "vmstore")
    assert "filesystem" not in json.loads(house.baton("status", "--json"))[0]


def fail_xfs(house, disk):
    """XFS_IOC_GOINGDOWN, as the kernel does it to itself when its log cannot be written."""
    house.inside("vmstore", "python3", "-c",
                 "import fcntl, os, sys; fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587d, b'\\2\\0\\0\\0')", FS)


def fail_ext4(house, disk):
    pathlib.Path("/sys/fs/ext4", os.path.basename(disk.device), "trigger_fs_error").write_text("1")


@pytest.mark.parametrize("disk, fail", [("mkfs.xfs -q", fail_xfs), ("mkfs.ext4 -qF -e remount-ro", fail_ext4)],
                         indirect=["disk"])
def test_status_tells_that_the_filesystem_has_failed(house, disk, fail):
    """Reads still come from the cache, and nothing is missing: monitor would find nothing wrong. ext4 tells it from
    Linux 6.15 on."""
    tells = fail is fail_xfs or tuple(map(int, os.uname().release.split(".")[:2])) >= (6, 15)
    fstype = house.run("blkid", "-po", "value", "-s", "TYPE", disk.device).strip()
    disk.service("/", fstype=fstype)
    house.keepx("attach", "vmstore")

    def check(failed):
        row, = json.loads(house.baton("status", "--json"))
        assert row["failed"] is failed and row["mounted"]
        assert ("the filesystem has failed" in str(row.get("warnings"))) is failed

    check(False)
    fail(house, disk)
    check(tells)
    house.keepx("detach", "vmstore")
    assert not json.loads(house.baton("status", "--json"))[0]["failed"]


def test_exports_are_bound_and_all_is_taken_away(house, disk):
    disk.fill("mkdir -p images a/deep 'b c'; echo x > images/f")
    disk.service("/images", "/a/deep", '"/b c"')
    house.keepx("attach", "vmstore")
    assert below(house) == [FS] + [f"{ROOT}/vmstore{p}" for p in ("/images", "/a/deep",
                                                                 "/b\\040c")]
    assert house.inside("vmstore", "cat", f"{ROOT}/vmstore/images/f") == "x\n"
    house.keepx("detach", "vmstore")
    assert below(house) == []
    house.keepx("detach", "vmstore")
    house.run("mkfs.xfs", "-qf", disk.device)


def test_the_whole_filesystem_but_batons_directory(house, disk):
    disk.service("/")
    house.keepx("attach", "vmstore")
    assert house.keepx("recovery", "vmstore") == "0 0\n"
    house.keepx("hide", "vmstore")
    assert house.inside("vmstore", "ls", "-A", f"{ROOT}/vmstore/.baton") == ""
    assert house.inside("vmstore", "ls", STATE).split() == ["nfsdcld", "tickle"]
    # The head sees nothing of it.
    assert not [m for m in house.mounts() if m.startswith((FS, ROOT))]
    house.keepx("detach", "vmstore")
    assert below(house) == []
    house.keepx("detach", "vmstore")
    house.run("mkfs.xfs", "-qf", disk.device)


def test_what_the_file_no_longer_names_is_unmounted(house, disk):
    disk.fill("mkdir a b")
    disk.service("/a", "/b")
    house.keepx("attach", "vmstore")
    disk.service("/b")
    house.keepx("detach", "vmstore")
    assert below(house) == []


@pytest.mark.parametrize("before,after", [("3000", "100"), ("100", "100"), ("500", "500"),
                                          ("2999", "2999")])
def test_the_log_is_kept_short_unless_somebody_chose(house, tmp_path, before, after):
    (tmp_path / "syncd").write_text(before + "\n")
    house.run("mount", "--bind", str(tmp_path / "syncd"),
              "/proc/sys/fs/xfs/xfssyncd_centisecs")
    assert house.keepx("shorten-log", "vmstore") == after + "\n"
    assert (tmp_path / "syncd").read_text().split()[0] == after


@pytest.mark.parametrize("link,export,why", [
    ("ln -s /etc images", "/images", "Too many levels of symbolic links"),
    ("ln -s ../../../../etc images", "/images", "Too many levels of symbolic links"),
    ("mkdir x; ln -s /etc x/y", "/x/y", "Too many levels of symbolic links"),
    ("ln -s /etc x", "/x/ssl", "Too many levels of symbolic links"),
    ("touch images", "/images", "Not a directory"),
    ("true", "/images", "No such file or directory"),
])
def test_exports_of_something_else(house, disk, link, export, why):
    disk.fill(link)
    disk.service(export)
    assert house.keepx("attach", "vmstore", status=4) == \
        f"keepx: export {export}: on the filesystem: {why}\n"
    house.keepx("detach", "vmstore")
    assert below(house) == []


def test_stand_ins_are_not_made_on_the_disk(house, disk):
    """The keeper restarts while the service serves, with one more export in its file."""
    disk.fill("mkdir -p images; ln -s /run/outside images/x; ln -s /run/outside x")
    house.run("mkdir", "/run/outside")
    disk.service("/")
    house.keepx("attach", "vmstore")
    disk.service("/x/new")
    house.keepx("attach", "vmstore", status=4)
    assert house.run("ls", "/run/outside") == ""


@pytest.mark.parametrize("disk,fstype,why", [
    ("mkfs.xfs -q", "ext4", "wrong fs type, bad option, bad superblock"),
    ("mkfs.ext4 -q", "xfs", "wrong fs type, bad option, bad superblock"),
], indirect=["disk"])
def test_wrong_type(house, disk, fstype, why):
    disk.service("/", fstype=fstype)
    said = house.keepx("attach", "vmstore", status=4)
    assert said.startswith(f"keepx: mount {disk.device} ({fstype}) on {FS}: ") and why in said
    assert below(house) == []


@pytest.mark.parametrize("disk,fstype", [("mkfs.xfs -q", "xfs"), ("mkfs.ext4 -q", "ext4")],
                         indirect=["disk"])
def test_damaged(house, disk, fstype):
    damage(disk.image)
    subprocess.run(["blockdev", "--flushbufs", disk.device], check=True)
    disk.service("/", fstype=fstype)
    said = house.keepx("attach", "vmstore", status=4)
    assert said.startswith(f"keepx: mount {disk.device} ({fstype}) on {FS}: ")
    assert "is damaged; run its repair tool" in said or "bad superblock" in said
    assert said.count("\n") == 1
    assert below(house) == []


def test_read_only_disk(house, disk):
    subprocess.run(["blockdev", "--setro", disk.device], check=True)
    disk.service("/")
    try:
        assert house.keepx("attach", "vmstore", status=4) == \
            f"keepx: mount {disk.device} (xfs) on {FS}: the disk is write-protected\n"
    finally:
        # Otherwise the next image on this loop device would inherit it.
        subprocess.run(["blockdev", "--setrw", disk.device], check=True)
    assert below(house) == []


def test_an_open_file_is_named_by_its_mount(house, disk):
    disk.service("/")
    house.keepx("attach", "vmstore")
    holder = house.start(*house_inside(house), "sh", "-c",
                         f"exec 3> {ROOT}/vmstore/f; echo; exec sleep 60")
    holder.stdout.readline()
    assert house.keepx("detach", "vmstore", status=9) == \
        f"keepx: unmount {ROOT}/vmstore: process {holder.pid} (sleep) uses it\n"
    holder.kill()
    holder.wait()
    house.keepx("detach", "vmstore")
    assert below(house) == []


def house_inside(house):

    return KEEPX, "ns-run", "vmstore"


# --- baton's directory ----------------------------------------------------------------

def attach(house, disk, script="true"):
    disk.fill(script)
    disk.service("/")
    house.keepx("attach", "vmstore")


def test_state_is_out_of_reach(house, disk):
    attach(house, disk)
    house.keepx("recovery", "vmstore")
    for line in (f"mv {STATE} {FS}/x", f"rmdir {STATE}", f"touch {STATE}/x",
                 f"rm -r {STATE}/tickle"):
        said = house.inside("vmstore", *line.split(), status=1)
        assert "not permitted" in said, line
    # Again, with a directory missing.
    house.keepx("recovery", "vmstore")
    house.inside("vmstore", "sh", "-ec", f"chattr -i {STATE}; rmdir {STATE}/tickle")
    house.keepx("recovery", "vmstore")
    assert "i" in house.inside("vmstore", "lsattr", "-d", STATE).split()[0]
    assert house.inside("vmstore", "ls", STATE).split() == ["nfsdcld", "tickle"]


@pytest.mark.parametrize("script,why", [
    ("ln -s /etc .baton", f"{STATE} is not a directory; move it away"),
    ("touch .baton", f"{STATE} is not a directory; move it away"),
    ("mkdir .baton; ln -s /etc .baton/nfsdcld; chattr +i .baton",
     f"{STATE}/nfsdcld is not a directory owned by root; move it away"),
    ("mkdir -p .baton/tickle; chown 99 .baton/tickle; chattr +i .baton",
     f"{STATE}/tickle is not a directory owned by root; move it away"),
])
def test_something_else_in_its_place(house, disk, script, why):
    attach(house, disk, script)
    assert house.keepx("recovery", "vmstore", status=4) == f"keepx: {why}\n"
    assert house.run("ls", "/etc/nfsdcld", status=2)


GRACE = "CREATE TABLE grace (current INTEGER, recovery INTEGER);"


def database(house, tmp_path, sql):
    made = tmp_path / "main.sqlite"
    made.unlink(missing_ok=True)
    with sqlite3.connect(made) as db:
        db.executescript(sql)
    house.inside("vmstore", "cp", made, DB)


def change_and_die(house):
    """The epochs 8 and 7, only in the write-ahead log."""
    house.inside("vmstore", "/usr/bin/python3", "-c", f"""if True:
        import os, sqlite3
        db = sqlite3.connect({DB!r})
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        db.execute("UPDATE grace SET current = 8, recovery = 7")
        db.commit()
        assert os.path.getsize({DB + "-wal"!r}) > 0
        os._exit(0)""")


def test_database(house, disk, tmp_path):
    attach(house, disk)
    house.keepx("recovery", "vmstore")
    database(house, tmp_path, GRACE + "INSERT INTO grace VALUES (7, 6);")
    assert house.keepx("recovery", "vmstore") == "7 6\n"


def test_database_is_written_ahead(house, disk, tmp_path):
    """And what a power cut leaves in the write-ahead log is read."""
    attach(house, disk)
    house.keepx("recovery", "vmstore")
    database(house, tmp_path, GRACE + "INSERT INTO grace VALUES (7, 6);")
    house.keepx("recovery", "vmstore")
    change_and_die(house)
    assert house.keepx("recovery", "vmstore") == "8 7\n"
    house.inside("vmstore", "test", "-s", DB + "-wal")


@pytest.mark.parametrize("script,why", [
    (f"echo no database at all, but a text longer than 16 bytes > {DB}",
     "file is not a database"),
    (f"head -c 4096 /dev/urandom > {DB}", "file is not a database"),
    (f"dd if=/dev/urandom of={DB} bs=1 seek=5000 count=6000 conv=notrunc status=none", "row "),
    (f"truncate -s 5000 {DB}", ""),
])
def test_damaged_database(house, disk, tmp_path, script, why):
    attach(house, disk)
    house.keepx("recovery", "vmstore")
    database(house, tmp_path, epoch(7, *(b"%d" % i + b"x" * 500 for i in range(40))) + GRACE +
             "INSERT INTO grace VALUES (7, 6);")
    house.inside("vmstore", "sh", "-ec", script)
    before = house.inside("vmstore", "sh", "-c", f"md5sum {DB} || true")
    said = house.keepx("recovery", "vmstore", status=7)
    assert said.startswith(f"keepx: recovery database {DB}: {why}") or \
        (why == "row " and said.startswith(f"keepx: recovery database {DB}: ")), said
    assert said.count("\n") == 1
    assert house.inside("vmstore", "sh", "-c", f"md5sum {DB} || true") == before


def test_a_refused_database_is_not_written_to(house, disk, tmp_path):
    """Even if its write-ahead log has valid content: on closing, sqlite would write it over any file."""
    attach(house, disk)
    house.keepx("recovery", "vmstore")
    database(house, tmp_path, GRACE + "INSERT INTO grace VALUES (7, 6);")
    house.keepx("recovery", "vmstore")
    change_and_die(house)
    house.inside("vmstore", "sh", "-c", f"echo damage > {DB}")
    assert "file is not a database" in house.keepx("recovery", "vmstore", status=7)
    assert house.inside("vmstore", "cat", DB) == "damage\n"


def test_a_text_in_place_of_the_grace_table(house, disk, tmp_path):
    attach(house, disk)
    house.keepx("recovery", "vmstore")
    database(house, tmp_path, epoch(7))
    assert "no such table: grace; restore it" in house.keepx("recovery", "vmstore", status=7)


def epoch(number, *ids):
    """Epochs as nfsdcld makes them (nfs-utils, utils/nfsdcld/sqlite.c)."""
    name = f'"rec-{number:016x}"'
    return f"CREATE TABLE {name} (id BLOB PRIMARY KEY, princhash BLOB);" + "".join(
        f"INSERT INTO {name} (id) VALUES (x'{i.hex()}');" for i in ids)


def waiting(house):
    first, *names = house.keepx("waiting", "vmstore").splitlines()
    return [int(word) for word in first.split()], names


ESX, LINUX = b"VMware ESX 7.0.3 esx1", b"Linux NFSv4.1 client1"


def test_whom_grace_waits_for(house, disk, tmp_path):
    attach(house, disk)
    house.keepx("recovery", "vmstore")
    assert waiting(house) == ([-2, 0], [])
    old = epoch(0x1f, ESX, LINUX, b"odd\0\xff\n" + b"a" * 100)
    database(house, tmp_path, GRACE + "INSERT INTO grace VALUES (32, 31);" + old + epoch(0x20, LINUX))
    assert waiting(house) == ([0, 2], [ESX.decode(), "odd???" + "a" * 74])
    # All clients are back; no grace period is open; a first start.
    database(house, tmp_path, GRACE + "INSERT INTO grace VALUES (32, 31);" + epoch(31, ESX) +
             epoch(32, ESX))
    assert waiting(house) == ([0, 0], [])
    database(house, tmp_path, GRACE + "INSERT INTO grace VALUES (32, 0);" + old + epoch(32))
    assert waiting(house) == ([0, 0], [])
    database(house, tmp_path, GRACE)
    assert waiting(house) == ([0, 0], [])
    # Many clients.
    many = [b"client %04d" % i for i in range(1000)]
    database(house, tmp_path, GRACE + "INSERT INTO grace VALUES (2, 1);" + epoch(1, *many) + epoch(2))
    assert waiting(house) == ([0, 1000], [c.decode() for c in many[:8]])
    # A damaged database: its start reports that, not this command.
    database(house, tmp_path, GRACE + "INSERT INTO grace VALUES (2, 1);" + epoch(1, ESX))
    assert waiting(house) == ([-11, 0], [])


def recorded(house, tmp_path, number):
    """The clients in an epoch."""
    house.inside("vmstore", "sh", "-ec", f"for x in '' -wal; do rm -f {tmp_path}/read.sqlite$x; "
                 f"cp {DB}$x {tmp_path}/read.sqlite$x; done")
    with sqlite3.connect(tmp_path / "read.sqlite") as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return {bytes(i) for i, in db.execute(f'SELECT id FROM "rec-{number:016x}"')}


def prepared(house, disk, tmp_path, sql):
    attach(house, disk)
    house.keepx("recovery", "vmstore")
    database(house, tmp_path, GRACE + sql)
    # As a start leaves it: with a write-ahead log.
    house.keepx("recovery", "vmstore")


def test_idle_clients_are_struck(house, disk, tmp_path):
    odd = b"odd\0one"
    prepared(house, disk, tmp_path, "INSERT INTO grace VALUES (32, 0);" +
             epoch(32, ESX, LINUX, odd, b"odd"))
    assert house.keepx("strike", "vmstore", LINUX.decode(), "odd%00one", "nobody") == "2\n"
    assert recorded(house, tmp_path, 32) == {ESX, b"odd"}
    # Again: no client.
    assert house.keepx("strike", "vmstore", LINUX.decode()) == "0\n"
    # The next start finds it sound.
    assert house.keepx("recovery", "vmstore") == "32 0\n"


def test_who_is_waited_for_is_not_struck(house, disk, tmp_path):
    """In grace: ESX is back and idle, LINUX has not yet said that it has reclaimed everything."""
    prepared(house, disk, tmp_path, "INSERT INTO grace VALUES (32, 31);" +
             epoch(31, ESX, LINUX, b"third") + epoch(32, ESX, b"new"))
    assert house.keepx("strike", "vmstore", ESX.decode(), LINUX.decode(), "new") == "2\n"
    assert recorded(house, tmp_path, 31) == {LINUX, b"third"}
    assert recorded(house, tmp_path, 32) == set()
    assert waiting(house) == ([0, 2], [LINUX.decode(), "third"])


@pytest.mark.parametrize("script,why", [
    (f"head -c 8192 /dev/urandom > {DB}", "file is not a database"),
    (f"rm {DB}", f"{DB}: No such file or directory"),
    (f"rm {DB}; ln -s /etc/passwd {DB}", f"{DB} is not a regular file"),
])
def test_in_doubt_nobody_is_struck(house, disk, tmp_path, script, why):
    prepared(house, disk, tmp_path, "INSERT INTO grace VALUES (32, 0);" + epoch(32, ESX, LINUX))
    house.inside("vmstore", "sh", "-ec", script)
    before = house.inside("vmstore", "sh", "-c", f"md5sum {DB} || true")
    assert why in house.keepx("strike", "vmstore", LINUX.decode(), status=7)
    assert house.inside("vmstore", "sh", "-c", f"md5sum {DB} || true") == before


def test_without_its_epoch_nobody_is_struck(house, disk, tmp_path):
    prepared(house, disk, tmp_path, "INSERT INTO grace VALUES (32, 31);" + epoch(31, ESX))
    assert "no such table" in house.keepx("strike", "vmstore", ESX.decode(), status=7)
    assert recorded(house, tmp_path, 31) == {ESX}


def put_client(tmp_path, number, name, status="confirmed", states="", renewed=3):
    place = tmp_path / "clients" / str(number)
    place.mkdir(parents=True, exist_ok=True)
    (place / "info").write_text(
        f'clientid: 0x1\naddress: "192.0.2.{number}:7{number}"\nstatus: {status}\n'
        f'seconds from last renew: {renewed}\nname: "{name}"\nminor version: 1\n')
    (place / "states").write_text(states)
    (place / "ctl").write_text("")
    return place


OPEN = "- 0x00000001: { type: open, access: rw, deny: --, filename: \"f\" }\n"


def test_clients_as_knfsd_tells_them(house, tmp_path):
    put_client(tmp_path, 1, "a")
    put_client(tmp_path, 2, "status: courtesy", states=OPEN)
    put_client(tmp_path, 3, "c", "courtesy", OPEN)
    gone = put_client(tmp_path, 4, "d")
    (gone / "info").unlink()
    unsure = put_client(tmp_path, 5, "e")
    (unsure / "states").unlink()
    said = house.keepx("clients", "vmstore", tmp_path / "clients")
    assert sorted(said.splitlines()) == [
        "a 192.0.2.1 71 1 idle", "c 192.0.2.3 73 2 holding", "e 192.0.2.5 75 1 holding",
        "status: courtesy 192.0.2.2 72 1 holding"]
    put_client(tmp_path, 6, 'f"')
    assert "Invalid argument" in house.keepx("clients", "vmstore", tmp_path / "clients", status=1)


def test_courtesy_clients_are_expired_when_it_is_time(house, tmp_path):
    put_client(tmp_path, 1, "alive", "confirmed", OPEN, 500)
    put_client(tmp_path, 2, "late", "courtesy", OPEN, 100)
    put_client(tmp_path, 3, "new", "courtesy", OPEN, 99)
    put_client(tmp_path, 4, "in the way", "expirable", OPEN, 101)
    said = house.keepx("clients", "vmstore", tmp_path / "clients", "100")
    # The first is late, and the kernel has not marked it.
    assert sorted(said.splitlines()) == ["expired in the way", "expired late", "next in 0 s"]
    assert [(tmp_path / "clients" / str(i) / "ctl").read_text() for i in range(1, 5)] == \
        ["", "expire\n", "", "expire\n"]


def test_when_the_next_client_may_be_expired(house, tmp_path):
    def told(seconds):
        return house.keepx("clients", "vmstore", tmp_path / "clients", seconds)

    (tmp_path / "clients").mkdir()
    assert told(180) == "next in 180 s\n"
    put_client(tmp_path, 1, "alive", renewed=60)
    put_client(tmp_path, 2, "late", "courtesy", OPEN, 170)
    put_client(tmp_path, 3, "new", "unconfirmed", renewed=0)
    assert told(180) == "next in 10 s\n"
    assert told(170) == "expired late\nnext in 110 s\n"
    # Before 5.19 no client is kept, and nothing is reported.
    old = put_client(tmp_path, 2, "old")
    (old / "info").write_text('address: "192.0.2.2:72"\nstatus: confirmed\nname: "old"\n')
    assert told(180) == "next in 120 s\n"


def test_who_looks_holds_nobody_up(house, disk, tmp_path):
    attach(house, disk)
    house.keepx("recovery", "vmstore")
    database(house, tmp_path, GRACE + "INSERT INTO grace VALUES (2, 1);" + epoch(1, ESX) + epoch(2))
    writer = house.start(KEEPX, "ns-run", "vmstore", "python3", "-c", f"""
import sqlite3, sys
db = sqlite3.connect({DB!r}, isolation_level=None)
db.execute("BEGIN EXCLUSIVE")
db.execute("INSERT INTO grace VALUES (3, 2)")
print("held", flush=True)
sys.stdin.readline()
db.execute("ROLLBACK")
print("let go", flush=True)
sys.stdin.readline()
""", stdin=subprocess.PIPE)
    assert writer.stdout.readline() == "held\n"
    assert waiting(house) == ([-11, 0], [])
    writer.stdin.write("\n")
    writer.stdin.flush()
    assert writer.stdout.readline() == "let go\n"
    assert waiting(house) == ([0, 1], [ESX.decode()])
    # Killed in the middle, it leaves a journal that only a writer may roll back.
    writer.communicate("\n")
    house.inside("vmstore", "python3", "-c", f"""
import os, sqlite3
db = sqlite3.connect({DB!r}, isolation_level=None)
db.execute("PRAGMA cache_size = 1")
db.execute("BEGIN EXCLUSIVE")
db.execute("DELETE FROM grace")
db.execute("CREATE TABLE big (a)")
db.execute("INSERT INTO big VALUES (zeroblob(1000000))")
os._exit(0)
""")
    assert "main.sqlite-journal" in house.inside("vmstore", "ls", STATE + "/nfsdcld")
    assert waiting(house)[0][0] == -11
    assert "main.sqlite-journal" in house.inside("vmstore", "ls", STATE + "/nfsdcld")
    assert house.keepx("recovery", "vmstore") == "2 1\n"
    assert waiting(house) == ([0, 1], [ESX.decode()])
def test_nfsdcld_is_preferred_and_let_go_again(house, tmp_path):
    """On one processor, with real-time priority, while the threads start; then as before."""
    pidfile, told = "/run/baton/vmstore/nfsdcld.pid", tmp_path / "told"
    house.run("mkdir", "-p", "/run/baton/vmstore")
    house.run("sh", "-c", f"exec taskset -c 0,1 {KEEPX} spawn {pidfile} sleep 60 2> /dev/null")
    pid = house.keepx("pid", pidfile).strip()
    def scheduling():
        return (house.run("chrt", "-p", pid), house.run("taskset", "-p", pid))
    before = scheduling()
    house.run("taskset", "-c", "0,1", KEEPX, "prefer", "vmstore", "sh", "-c",
              f"(chrt -p {pid}; taskset -cp {pid}; taskset -cp $$) > {told}")
    during = told.read_text().splitlines()
    assert "SCHED_FIFO" in during[0] and during[1].endswith(" priority: 1")
    daemon, own = (line.split()[-1] for line in during[2:])
    assert daemon == own and daemon.isdigit()
    assert scheduling() == before and "SCHED_OTHER" in before[0]
    # Without a daemon: nothing to do.
    house.keepx("end", pid, 5000)
    house.keepx("prefer", "vmstore", "true")
