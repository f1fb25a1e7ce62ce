# SPDX-License-Identifier: GPL-2.0-or-later
"""Stopped means free: whatever else holds the disk on this head, a stop does not report success, monitor
does not say that nothing is there, and both name what holds it."""
import contextlib
import os
import pathlib
import subprocess

import pytest

from conftest import BATON, KEEPX, until
from test_agent import GENERIC, NOT_RUNNING, RUN, SUCCESS, Agent
from test_mount import FS, attach, loop_disk

PINS = {"net": "/run/netns/baton-vmstore", "mnt": f"{RUN}/ns/mnt", "uts": f"{RUN}/ns/uts"}


@pytest.fixture
def agent(house):
    return Agent(house)


@pytest.fixture
def disk(house, tmp_path):
    with loop_disk(house, tmp_path) as disk:
        yield disk


def is_free(device):
    try:
        os.close(os.open(device, os.O_RDONLY | os.O_EXCL))
    except OSError:
        return False
    return True


@contextlib.contextmanager
def running(house, *argv):
    """A process that says an empty line when it has begun."""
    p = house.start(*argv, stdin=subprocess.DEVNULL)
    assert p.stdout.readline() == "\n"
    try:
        yield p
    finally:
        p.kill()
        p.wait()


def somebody_inside(house, *argv):
    """A process in the service's namespaces, or in a copy of them."""
    return running(house, KEEPX, "ns-run", "vmstore", *argv, "sh", "-c", "echo; exec sleep 600")


def assert_stopped(agent, device):
    agent.run("stop", expect=SUCCESS)
    assert is_free(device)
    assert agent.run("monitor", interval=0) == (NOT_RUNNING, "")


def assert_held(agent, device, *words):
    said = agent.reason("stop", GENERIC)
    for word in words:
        assert word in said
    assert not is_free(device)
    assert agent.reason("monitor", GENERIC, interval=0) == "this head has not released the disk"
    assert agent.house.baton("status", "vmstore", "--json", status=0).count('"partial"')


def test_a_second_mount(agent, disk):
    attach(agent.house, disk)
    agent.house.run("mkdir", "/run/look")
    agent.house.run("mount", disk.device, "/run/look")
    assert_held(agent, disk.device, "is mounted on /run/look")
    agent.house.run("umount", "/run/look")
    assert_stopped(agent, disk.device)


WRITE = """if True:
    import os, sys
    os.chdir(sys.argv[1])
    fd = os.open("file", os.O_WRONLY | os.O_CREAT)
    print(flush=True)
    while True:
        os.pwrite(fd, b"x", 0)
        os.fsync(fd)"""


def written(house, folder, inside=()):
    """Somebody writes to the disk all the time: one process, or another one may be named first."""
    return running(house, *inside, "/usr/bin/python3", "-c", WRITE, folder)


def test_a_second_mount_that_is_written_to(agent, disk):
    """The disk is at work, but not for this service: a stop must not wait for its end."""
    attach(agent.house, disk)
    agent.house.run("mkdir", "/run/look")
    agent.house.run("mount", disk.device, "/run/look")
    with written(agent.house, "/run/look"):
        assert_held(agent, disk.device, "is mounted on /run/look")
    agent.house.run("umount", "/run/look")
    assert_stopped(agent, disk.device)


def test_a_process_inside_that_writes(agent, disk):
    attach(agent.house, disk)
    with written(agent.house, FS, (KEEPX, "ns-run", "vmstore")) as p:
        said = agent.reason("stop", GENERIC)
        assert said.startswith(f"unmount {FS}: ") and f"process {p.pid} (python3)" in said
    assert_stopped(agent, disk.device)


def test_a_copy_of_the_mount_namespace(agent, disk):
    attach(agent.house, disk)
    with somebody_inside(agent.house, "unshare", "-m", "--propagation", "unchanged") as p:
        assert_held(agent, disk.device, f"is mounted on {RUN}/", f"process {p.pid} (sleep)")
    until(lambda: is_free(disk.device))
    assert_stopped(agent, disk.device)


def test_a_process_inside(agent, disk):
    attach(agent.house, disk)
    with somebody_inside(agent.house, "env", "-C", FS) as p:
        said = agent.reason("stop", GENERIC)
        assert said.startswith(f"unmount {FS}: ") and f"process {p.pid} (sleep)" in said
        assert agent.run("monitor", interval=0)[0] == GENERIC
    assert_stopped(agent, disk.device)


@pytest.mark.parametrize("lost", [["net"], ["mnt"], ["uts"], ["mnt", "uts"], ["net", "uts"]],
                         ids="+".join)
def test_a_lost_pin(agent, disk, lost):
    """As by `ip netns del`: the namespace lives on with the processes in it."""
    attach(agent.house, disk)
    with somebody_inside(agent.house):
        for name in lost:
            agent.house.run("umount", PINS[name])
        assert agent.reason("monitor", GENERIC, interval=0) == \
            "this head has not released the disk"
        assert agent.house.baton("status", "vmstore", "--json").count('"partial"')
        assert_stopped(agent, disk.device)


def test_all_pins_lost(agent, disk):
    """Then nobody can say what is inside, but the disk is not free."""
    attach(agent.house, disk)
    with somebody_inside(agent.house) as p:
        for pin in PINS.values():
            agent.house.run("umount", pin)
        assert_held(agent, disk.device, f"process {p.pid} (sleep)")
    until(lambda: is_free(disk.device))
    assert_stopped(agent, disk.device)


def test_a_lost_pin_and_nobody_inside(agent, disk):
    """The mounts have gone with their namespace."""
    attach(agent.house, disk)
    agent.house.run("umount", PINS["mnt"])
    until(lambda: is_free(disk.device))
    assert_stopped(agent, disk.device)


def test_a_standby_with_a_lost_pin_ends_nothing_elsewhere(agent, disk):
    disk.service("/")
    agent.house.run("umount", PINS["net"])
    assert agent.house.baton("status", "vmstore", "--json").count('"partial"')
    assert agent.run("monitor", interval=0) == (NOT_RUNNING, "")
    assert_stopped(agent, disk.device)


def test_a_mount_of_others_ends_nothing_elsewhere(agent, disk):
    """On a head that has not served: Pacemaker is told only of what baton left standing."""
    disk.service("/")
    agent.house.run("mkdir", "/run/look")
    agent.house.run("mount", disk.device, "/run/look")
    assert agent.run("monitor", interval=0) == (NOT_RUNNING, "")
    agent.run("stop", expect=SUCCESS)
    checked = agent.house.start(BATON, "check", "vmstore")
    assert "is mounted on /run/look" in checked.communicate()[0]
    assert checked.returncode != 0


def test_a_disk_that_is_gone_with_its_superblock(agent, disk):
    link = pathlib.Path(f"/dev/baton-test-{os.getpid()}")
    link.symlink_to(disk.device)
    device, disk.device = disk.device, str(link)
    try:
        attach(agent.house, disk)
    finally:
        link.unlink()
    agent.house.run("mkdir", "/run/look")
    agent.house.run("mount", device, "/run/look")
    assert_held(agent, device, f"the kernel still has the filesystem of {device[5:]}")
    agent.house.run("umount", "/run/look")
    assert_stopped(agent, device)


def test_somebody_has_opened_it_for_himself_alone(agent, disk):
    """As swap, RAID or a partition map does (tests/lab has device-mapper)."""
    attach(agent.house, disk)
    agent.house.keepx("detach", "vmstore")
    fd = os.open(disk.device, os.O_RDONLY | os.O_EXCL)
    try:
        assert_held(agent, disk.device, f"something on this head still uses {disk.device[5:]}")
    finally:
        os.close(fd)
    assert_stopped(agent, disk.device)
