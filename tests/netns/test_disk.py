# SPDX-License-Identifier: GPL-2.0-or-later
"""A hostile disk: what root on a client may have put into .baton before baton came.

Whatever is there, a start prints one clear line or ignores it, a stop works, and nothing but the disk is
written to."""

import json
import sqlite3
import struct
import subprocess

import pytest

from conftest import BATON, KEEPX, STEPX
from test_mount import DB, ESX, FS, GRACE, STATE, Disk, below, epoch, make_disk

# How a kind of file is made as $p; $out is a directory outside of the disk.
KINDS = {
    "dangling": "ln -s $out/made $p",
    "link": "ln -s $out/file $p",
    "link to a directory": "ln -s $out $p",
    "FIFO": "mkfifo $p",
    "socket": "python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' $p",
    "character device": "mknod $p c 1 5",
    "block device": "mknod $p b 7 0",
    "directory": "mkdir $p; echo x > $p/x",
    "huge": "truncate -s 1G $p",
    "nonsense": "head -c 9000 /dev/urandom > $p",
    "two names": "echo precious > other; ln other $p",
    "another's": "echo x > $p; chown 99 $p",
}
MARKED = "mkdir -p .baton/nfsdcld .baton/tickle; {}; chattr +i .baton"
ADVICE = "; restore it, or move it away and its clients lose their locks"


@pytest.fixture
def disk(house, tmp_path):
    device = make_disk(tmp_path, "mkfs.ext4 -q")
    try:
        house.keepx("ns-create", "vmstore")
        disk = Disk(house, tmp_path, device)
        disk.service("/", fstype="ext4")
        disk.outside = tmp_path / "outside"
        disk.outside.mkdir()
        (disk.outside / "file").write_text("precious\n")
        yield disk
    finally:
        house.destroy()
        subprocess.run(["losetup", "-d", device], check=True)


def plant(house, disk, kind, path, marked=True):
    script = f"p={path}; out={disk.outside}; {KINDS[kind]}"
    disk.fill("chattr -i .baton || true; rm -rf .baton other; sync;"
              + (MARKED.format(script) if marked else script))
    house.keepx("attach", "vmstore")


CONNECTION = """if True:
    import socket, subprocess, sys
    subprocess.run("ip link set lo up; for a in 20 50; do"
                   " ip address replace 192.0.2.$a/32 dev lo; done", shell=True, check=True)
    listener = socket.create_server(("192.0.2.50", 2049))
    client = socket.create_connection(("192.0.2.50", 2049), 10, ("192.0.2.20", 0))
    print("connected", flush=True)
    sys.stdin.read()"""


def stop(house):
    """Stop with a connection to record. Returns the notes of the steps."""
    client = house.start(KEEPX, "ns-run", "vmstore", "python3", "-c", CONNECTION,
                         stdin=subprocess.PIPE)
    assert client.stdout.readline() == "connected\n"
    assert house.run(BATON, "stop", "vmstore") == "vmstore: stopped, in standby\n"
    client.communicate("")
    assert below(house) == []
    record = json.loads(house.baton("log", "vmstore", "--json", "--last", "1"))[0]
    return {step["step"]: step.get("note", "") for step in record["steps"]}


def unharmed(disk):
    return {f.name: f.read_text() for f in disk.outside.iterdir()} == {"file": "precious\n"}


def recovery(house):
    """Exit status and message of what a start does with .baton."""
    done = subprocess.run([*house.enter, KEEPX, "recovery", "vmstore"], env=house.env,
                          capture_output=True, text=True, timeout=60)
    assert done.stderr.count("\n") == (done.returncode != 0), done
    return done.returncode, done.stderr[len("keepx: "):-1]


FAULTS = {"huge": "is too large", "two names": "has more than one hard link", "another's": "is not owned by root"}


@pytest.mark.parametrize("suffix", ["", "-journal", "-wal", "-shm"])
def test_in_place_of_the_database(house, disk, suffix):
    for kind in KINDS:
        plant(house, disk, kind, f".baton/nfsdcld/main.sqlite{suffix}")
        status, said = recovery(house)
        if kind == "nonsense":
            # Without a database such a file means nothing.
            assert status == 0 if suffix else f"{DB}: file is not a database" in said
        else:
            assert (status, said) == (7, f"recovery database: {DB}{suffix} "
                                      f"{FAULTS.get(kind, 'is not a regular file')}{ADVICE}"), kind
        assert "connections" in stop(house)["record"], kind
        assert unharmed(disk), kind


@pytest.mark.parametrize("path", [".baton/tickle/connections", ".baton/tickle/connections.new"])
def test_in_place_of_the_connections(house, disk, path):
    for kind in KINDS:
        plant(house, disk, kind, path)
        assert recovery(house) == (0, ""), kind
        said = house.run(STEPX, "vmstore", "tickle")
        if path.endswith(".new"):
            assert said == "0 connections\n", kind
        elif kind == "nonsense":
            assert said.startswith(f"{STATE}/tickle/connections: line "), said
        else:
            assert said == f"{STATE}/tickle/connections {FAULTS.get(kind, 'is not a regular file')}\n"
        noted = stop(house)["record"]
        # Only a directory cannot be replaced.
        assert noted.endswith("connections") == (kind != "directory"), (kind, noted)
        if kind != "directory":
            disk.fill("grep -q '^192.0.2.50 2049 ' .baton/tickle/connections;"
                      "! test -e .baton/tickle/connections.new;"
                      "! test -e other || grep -q precious other")
        assert unharmed(disk), kind


def test_in_place_of_the_pulse(house, disk):
    for kind in KINDS:
        if kind != "nonsense":
            plant(house, disk, kind, ".baton/tickle/pulse")
            assert house.keepx("pulse", "vmstore", status=4) == \
                f"keepx: {STATE}/tickle/pulse {FAULTS.get(kind, 'is not a regular file')}\n"
            house.keepx("detach", "vmstore")
    plant(house, disk, "dangling", ".baton/tickle/x")
    for _ in range(2):
        house.keepx("pulse", "vmstore")
    assert house.inside("vmstore", "cat", f"{STATE}/tickle/pulse") == "now\n"
    assert unharmed(disk)


@pytest.mark.parametrize("path", [".baton", ".baton/nfsdcld", ".baton/tickle"])
def test_in_place_of_a_directory(house, disk, path):
    for kind in KINDS:
        if kind == "directory" and path != ".baton":
            continue
        plant(house, disk, kind, path, marked=False) if path == ".baton" else \
            plant(house, disk, kind, f"{path}; rmdir $p")
        status, said = recovery(house)
        assert status == 4 and said.startswith(f"{FS}/{path} ") and "move it away" in said, (kind, said)
        assert said.startswith(f"{FS}/{path} is not a directory") if kind != "directory" else \
            "is neither empty nor an immutable directory of root" in said
        assert "not recorded" in stop(house)["record"] or path.endswith("nfsdcld"), kind
        assert unharmed(disk), kind


@pytest.mark.parametrize("script", [
    "mkdir .baton; chown 99 .baton; chmod 777 .baton",
    "mkdir -p .baton/nfsdcld .baton/tickle; chmod 777 .baton .baton/*",
    "mkdir -p .baton/tickle; chown 99 .baton/tickle",
])
def test_an_empty_one_is_made_anew(house, disk, script):
    disk.fill(script)
    house.keepx("attach", "vmstore")
    assert recovery(house) == (0, "")
    assert house.inside("vmstore", "stat", "-c", "%U %a", STATE, f"{STATE}/nfsdcld",
                        f"{STATE}/tickle") == "root 700\n" * 3
    assert "i" in house.inside("vmstore", "lsattr", "-d", STATE).split()[0]


@pytest.mark.parametrize("script", [
    "mkdir -p .baton/nfsdcld .baton/tickle; echo > .baton/nfsdcld/main.sqlite",
    "mkdir -p .baton/tickle; mkfifo .baton/tickle/connections.new",
    "mkdir -p .baton/x",
    "mkdir .baton; chown 99 .baton; echo > .baton/x; chattr +i .baton",
])
def test_one_that_is_not_batons_is_refused(house, disk, script):
    disk.fill(script)
    house.keepx("attach", "vmstore")
    status, said = recovery(house)
    assert (status, said) == (4, f"{STATE} is not baton's own: it is neither empty nor an immutable "
                              "directory of root; move it away, or chattr +i it if you know who made it")
    stop(house)


def test_what_an_earlier_version_made_is_taken(house, disk):
    """Immutable, with the modes and the database of that version."""
    disk.fill(MARKED.format("chmod 755 .baton/tickle; echo x > .baton/left; " + sql(GOOD)))
    house.keepx("attach", "vmstore")
    assert house.keepx("recovery", "vmstore") == "7 6\n"
    assert house.inside("vmstore", "stat", "-c", "%a", f"{STATE}/tickle") == "700\n"


# --- the database ----------------------------------------------------------------------

PARAMETERS = "CREATE TABLE parameters (key TEXT PRIMARY KEY, value TEXT);"
GOOD = PARAMETERS + GRACE + "INSERT INTO grace VALUES (7, 6);" + epoch(6, ESX) + epoch(7, ESX)


def sql(text, path=".baton/nfsdcld/main.sqlite"):
    quoted = text.replace("'", "'\\''")
    return f"printf %s '{quoted}' | sqlite3 {path}"


def database(house, disk, text):
    disk.fill("chattr -i .baton || true; rm -rf .baton; " + MARKED.format(sql(text)))
    house.keepx("attach", "vmstore")


def test_what_nfsdcld_makes_is_taken(house, disk):
    database(house, disk, GOOD + epoch(8) + "ALTER TABLE grace ADD COLUMN x; ALTER TABLE grace DROP COLUMN x;")
    assert house.keepx("recovery", "vmstore") == "7 6\n"
    stop(house)
    # The schema before 2.4.2, and how it is upgraded.
    database(house, disk, GRACE + "INSERT INTO grace VALUES (7, 6);"
             'CREATE TABLE "rec-7" (id BLOB PRIMARY KEY); ALTER TABLE "rec-7" RENAME TO "rec-0000000000000007";'
             'CREATE TABLE "rec-6" (id BLOB PRIMARY KEY); ALTER TABLE "rec-6" ADD COLUMN princhash BLOB;')
    assert house.keepx("recovery", "vmstore") == "7 6\n"
    stop(house)
    # A power cut before the first transaction.
    disk.fill("chattr -i .baton; rm -rf .baton; " + MARKED.format("touch .baton/nfsdcld/main.sqlite"))
    house.keepx("attach", "vmstore")
    assert house.keepx("recovery", "vmstore") == "0 0\n"


REC7 = '"rec-0000000000000007"'


@pytest.mark.parametrize("text,what", [
    (f"CREATE TRIGGER t AFTER INSERT ON {REC7} BEGIN DELETE FROM grace; END;", "trigger 't'"),
    ("CREATE VIEW v AS SELECT 1;", "view 'v'"),
    ("DROP TABLE grace; CREATE VIEW grace AS SELECT 7 AS current, 6 AS recovery;", "view 'grace'"),
    ("CREATE VIRTUAL TABLE f USING fts5(a);", "table 'f'"),
    (f"CREATE INDEX i ON {REC7} (princhash);", "index 'i'"),
    ("CREATE INDEX i ON grace (abs(current));", "index 'i'"),
    ("DROP TABLE grace; CREATE TABLE grace (current INTEGER, recovery INTEGER, x AS (abs(current)));",
     "table 'grace'"),
    ("DROP TABLE grace; CREATE TABLE grace (current INTEGER, recovery INTEGER CHECK (recovery > 0));",
     "table 'grace'"),
    ("CREATE TABLE \"a\n\x1b[31m\" (a);", "table 'a??[31m'"),
    ("ANALYZE;", "table 'sqlite_stat1'"),
    (f"INSERT INTO {REC7} (id) VALUES (zeroblob(1025));", "a client in rec-0000000000000007"),
    (f"INSERT INTO {REC7} (id) VALUES (NULL);", "a client in rec-0000000000000007"),
    (f"INSERT INTO {REC7} VALUES ('text', NULL);", "a client in rec-0000000000000007"),
    (f"INSERT INTO {REC7} VALUES (x'01', zeroblob(33));", "a client in rec-0000000000000007"),
])
def test_a_database_with_more_than_nfsdclds(house, disk, text, what):
    database(house, disk, GOOD + text)
    before = house.inside("vmstore", "md5sum", DB)
    assert recovery(house) == (7, f"recovery database {DB}: {what} is not one of nfsdcld's{ADVICE}")
    assert house.inside("vmstore", "md5sum", DB) == before
    stop(house)


def hot_journal(folder, names):
    """A database with a transaction to be rolled back; its journal names another file."""
    made = folder / "main.sqlite"
    db = sqlite3.connect(made)
    db.executescript(GOOD)
    db.close()
    subprocess.run(["python3", "-c", f"""if True:
        import os, sqlite3
        db = sqlite3.connect({str(made)!r}, isolation_level=None)
        db.execute("PRAGMA cache_size = 1")
        db.execute("BEGIN EXCLUSIVE")
        db.execute("CREATE TABLE big (a)")
        db.execute("INSERT INTO big VALUES (zeroblob(1000000))")
        os._exit(0)"""], check=True)
    name = str(names).encode()
    with open(f"{made}-journal", "ab") as f:
        # pager.c, writeSuperJournal(): page number of the lock, name, its length and sum, magic.
        f.write(struct.pack(">I", (1 << 30) // 4096 + 1) + name +
                struct.pack(">II", len(name), sum(name)) + bytes.fromhex("d9d505f920a163d7"))
    return made


def test_a_journal_that_names_another_file(house, disk, tmp_path):
    """sqlite would remove that file, wherever it is."""
    made = hot_journal(tmp_path, disk.outside / "file")
    disk.fill(MARKED.format(f"cp {made} {made}-journal .baton/nfsdcld"))
    house.keepx("attach", "vmstore")
    status, said = recovery(house)
    assert unharmed(disk)
    assert (status, said) == (7, f"recovery database: {DB}-journal names another file, which sqlite "
                              f"would remove{ADVICE}")
    stop(house)
    # The journal was hot: without the other file's name it is rolled back.
    disk.fill("truncate -s -8 .baton/nfsdcld/main.sqlite-journal")
    house.keepx("attach", "vmstore")
    assert house.keepx("recovery", "vmstore") == "7 6\n"


def test_a_database_exchanged_while_it_serves(house, disk):
    """Neither status nor stop waits for it; no client is struck."""
    database(house, disk, GOOD)
    for kind in ("FIFO", "dangling", "directory"):
        house.inside("vmstore", "sh", "-ec",
                     f"rm -rf {DB}; p={DB}; out={disk.outside}; {KINDS[kind]}")
        assert house.keepx("waiting", "vmstore") == "-11 0\n"
        assert "is not a regular file" in house.keepx("strike", "vmstore", ESX.decode(), status=7)
    assert unharmed(disk)


# --- the connections -------------------------------------------------------------------

def test_connections_of_others(house, disk):
    disk.fill(MARKED.format(
        "(echo baton-connections 1; echo 192.0.2.51 2049 192.0.2.20 983;"
        "echo 192.0.2.50 22 192.0.2.20 983; echo 192.0.2.50 2049 224.0.0.1 983)"
        "> .baton/tickle/connections"))
    house.keepx("attach", "vmstore")
    assert recovery(house) == (0, "")
    assert house.run(STEPX, "vmstore", "tickle") == \
        "0 connections; 3 on the disk ignored: not of this service\n"
    stop(house)
