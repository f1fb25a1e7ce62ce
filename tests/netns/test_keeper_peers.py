# SPDX-License-Identifier: GPL-2.0-or-later
"""A keeper and corosync, on one head of two; with both, see tests/lab/test_handover.py."""
import contextlib

import pytest

import fakekeeper
from conftest import until
from ring import COROSYNC

# pytest finds fixtures by their names here.
keeper = fakekeeper.keeper

# How many messages a keeper keeps until corosync takes them.
QUEUE = 256


@pytest.fixture
def corosync(keeper):
    house = keeper.house
    conf = house.fake / "corosync.conf"
    conf.write_text(COROSYNC.format(log=house.fake / "corosync.log"))
    house.run("sh", "-ec", """
        ip link set lo up
        ip link add ring type veth peer name wire
        ip addr add 198.51.100.1/24 dev ring
        ip link set ring up
        ip link set wire up
        mkdir -p /var/lib/corosync
        mount -t tmpfs x /var/lib/corosync
        mount -t tmpfs x /dev/shm""")
    house.start("corosync", "-f", "-c", conf)
    until(lambda: house.run("sh", "-c", "corosync-cmapctl -g runtime.members.1.config_version || :"))


def is_clustered(keeper):
    return keeper.ask({"do": "status"})["cluster"]


def test_a_message_that_cannot_be_sent_is_not_lost_without_a_word(keeper, corosync, kernel_without):
    """The keeper leaves the group, so that the others do not wait for it, and joins again."""
    stuck = keeper.house.fake / "stuck"
    keeper.house.env.update(kernel_without("nothing"), SHIM_STUCK=str(stuck))
    keeper.be()
    until(lambda: is_clustered(keeper))
    stuck.touch()
    with contextlib.ExitStack() as stack:
        # Each start that Pacemaker asks for takes the place of the one before: two messages.
        for _ in range(QUEUE // 2 + 1):
            s = stack.enter_context(keeper.connection())
            s.send(b'{"do": "start", "agent": true, "gone": "none"}')
        until(lambda: not is_clustered(keeper))
    stuck.unlink()
    until(lambda: is_clustered(keeper))
