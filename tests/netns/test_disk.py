# SPDX-License-Identifier: GPL-2.0-or-later
"""A hostile disk: what a client's root may have put into .baton before baton came.

Whatever is there, a start gives one clear line or passes it over, a stop works, and nothing
but the disk is written to."""
import json
import subprocess

import pytest

from conftest import BATON, KEEPX, STEPX
from test_mount import FS, STATE, Disk, below, make_disk

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
    """With a connection to record. Returns what the steps noted."""
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
    """Exit status and message of what start does with .baton."""
    done = subprocess.run([*house.enter, KEEPX, "recovery", "vmstore"], env=house.env,
                          capture_output=True, text=True, timeout=60)
    assert done.stderr.count("\n") == (done.returncode != 0), done
    return done.returncode, done.stderr[len("keepx: "):-1]


FAULTS = {"huge": "is too large", "two names": "has another name as well", "another's": "is not root's"}


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
            assert said == f"{STATE}/tickle/connections {FAULTS.get(kind, 'is no regular file')}\n"
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
                f"keepx: {STATE}/tickle/pulse {FAULTS.get(kind, 'is no regular file')}\n"
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
        assert said.startswith(f"{FS}/{path} is no") if kind != "directory" else "not empty" in said
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
    assert (status, said) == (4, f"{STATE} is not baton's own, for it is not root's and immutable, and "
                              "not empty; move it away, or chattr +i it if you know who made it")
    stop(house)


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
