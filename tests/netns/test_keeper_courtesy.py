# SPDX-License-Identifier: GPL-2.0-or-later
"""Which clients a keeper gives up: those that are silent while others are heard."""
import pathlib
import time

import pytest

import fakekeeper
from test_keeper_connections import await_wakeups

# pytest finds fixtures by their names here.
keeper = fakekeeper.keeper

LEASE_S = 10


class Knfsd:
    """A knfsd of files: one client that has been silent for long, and the counters of calls."""

    def __init__(self, keeper, env):
        house = keeper.house
        self.calls, self.number = house.fake / "calls", 0
        self.execute()
        house.env.update(env, SHIM_CALLS=str(self.calls))
        house.run("sh", "-ec", """
            ip link add eth0 type veth peer name wire
            ip link set eth0 up
            ip link set wire up
            mount -t tmpfs tmpfs /proc/fs
            mkdir -p /proc/fs/nfsd/clients/7""")
        client = pathlib.Path(keeper.root + "/proc/fs/nfsd/clients/7")
        self.ctl = client / "ctl"
        self.ctl.write_text("")
        (client / "info").write_text('address: "192.0.2.20:700"\nstatus: courtesy\n'
                                     'seconds from last renew: 200\nname: "x"\n')
        conf = house.conf / "vmstore.conf"
        conf.write_text(conf.read_text() + f"lease = {LEASE_S}\ncourtesy = 0\n")

    def execute(self):
        """A call of another client. In place, as the keeper has the file open; always as long."""
        self.number += 1
        with open(self.calls, "r+b" if self.number > 1 else "wb", buffering=0) as f:
            f.write(b"rc 0 0 0\nproc4ops 60 %08d%s\n" % (self.number, b" 0" * 59))

    def serve(self, seconds):
        """Execute calls for so long, or until the silent client is given up."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self.has_given_up():
            self.execute()
            time.sleep(0.2)

    def has_given_up(self):
        return self.ctl.read_text() == "expire\n"


@pytest.fixture
def knfsd(keeper, kernel_without):
    return Knfsd(keeper, kernel_without("nothing"))


def test_who_is_silent_while_others_are_heard(keeper, knfsd):
    keeper.be()
    keeper.baton("start", "vmstore")
    # Nobody is heard: then it is this head that is deaf.
    await_wakeups(keeper, 9)
    assert not knfsd.has_given_up()
    began = time.monotonic()
    knfsd.serve(6 * LEASE_S)
    assert knfsd.has_given_up() and time.monotonic() - began > LEASE_S


def test_a_link_that_lost_its_carrier(keeper, knfsd):
    """Clients that were cut off get time to come back, although others are heard all the while."""
    keeper.be()
    keeper.baton("start", "vmstore")
    knfsd.serve(LEASE_S - 5)
    keeper.house.run("ip", "link", "set", "wire", "down")
    knfsd.serve(3)
    keeper.house.run("ip", "link", "set", "wire", "up")
    knfsd.serve(LEASE_S + 4)
    assert not knfsd.has_given_up()
