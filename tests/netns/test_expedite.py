# SPDX-License-Identifier: GPL-2.0-or-later
"""RCU grace periods are hurried while somebody wants it, and never after. The head's switch is a file of the
test's here: the tests' own machine goes on as it is."""
import pytest

from conftest import KEEPX

SWITCH, NOTE = "/sys/kernel/rcu_expedited", "/run/baton/rcu_expedited"


@pytest.fixture
def switch(house, tmp_path):
    """What the switch says, as the house has it; switch("1"): set by somebody else."""
    file = tmp_path / "rcu_expedited"
    file.write_text("0\n")
    house.run("mount", "--bind", file, SWITCH)
    house.run("mkdir", "-p", "/run/baton")

    def switch(text=None):
        if text:
            file.write_text(text + "\n")
        return file.read_text()[0]
    return switch


def wanted(house, n):
    """A process that wants it, and has begun; it ends when something is written to its pipe."""
    go, began = f"/run/go{n}", f"/run/began{n}"
    house.run("mkfifo", go, began)
    process = house.start(KEEPX, "expedite", "sh", "-c", f"echo > {began}; read x < {go}")
    house.run("cat", began)
    return process


def end(house, process, n):
    house.run("sh", "-c", f"echo > /run/go{n}")
    assert process.wait(30) == 0


def test_while_it_is_wanted(house, switch):
    one = wanted(house, 1)
    assert switch() == "1"
    end(house, one, 1)
    assert switch() == "0"


def test_until_the_last_one(house, switch):
    one, two = wanted(house, 1), wanted(house, 2)
    end(house, one, 1)
    assert switch() == "1"
    house.keepx("expedite")
    assert switch() == "1"
    end(house, two, 2)
    assert switch() == "0"


def test_somebody_else_has_set_it(house, switch):
    switch("1")
    house.keepx("expedite", "true")
    assert switch() == "1"


def test_after_a_kill_it_is_repaired(house, switch):
    one = wanted(house, 1)
    one.kill()
    one.wait(30)
    assert switch() == "1"
    house.keepx("expedite")
    assert switch() == "0"
    # What runs on is not the one who wants it.
    house.run("sh", "-c", "echo > /run/go1")


def test_after_a_kill_the_next_one_repairs_it(house, switch):
    one = wanted(house, 1)
    one.kill()
    one.wait(30)
    house.keepx("expedite", "true")
    assert switch() == "0"
    house.run("sh", "-c", "echo > /run/go1")


def test_without_room_or_a_switch(house, switch):
    house.run("sh", "-c", "dd if=/dev/zero of=/run/full bs=1M 2> /dev/null; :")
    house.keepx("expedite", "true")
    house.run("rm", "/run/full")
    house.run("umount", SWITCH)
    house.run("mount", "-t", "tmpfs", "tmpfs", "/sys/kernel")
    house.keepx("expedite", "true")
    assert house.run("cat", NOTE) == ""
