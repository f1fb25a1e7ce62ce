# SPDX-License-Identifier: GPL-2.0-or-later
"""ocf:baton:sever and NFSv4 state: which clients' state is released when the address leaves."""
import os
import re
import socket

import pytest

import sever_agent
from conftest import FLOAT
from sever_agent import a_link, unmounted_since

# pytest finds fixtures by their names here.
agent, knfsd = sever_agent.agent, sever_agent.knfsd


def test_whose_state_is_released(agent, net, knfsd, family):
    address, other = FLOAT[family], FLOAT[socket.AF_INET if family == socket.AF_INET6 else
                                          socket.AF_INET6]
    mine = net.connect(net.listen("service1", family))[0].getsockname()
    theirs = net.connect(net.listen("service1", socket.AF_INET6 if family == socket.AF_INET else
                                    socket.AF_INET))[0].getsockname()
    elsewhere = "00:01:9"
    knfsd.add("mine", mine, "open", where=elsewhere)
    knfsd.add("mine, holding nothing", mine)
    knfsd.add("mine, connected anew", (mine[0], 77), "open", "lock")
    knfsd.add("theirs", theirs, "open", where=elsewhere)
    knfsd.add("theirs, but on this filesystem", theirs, "open")
    knfsd.add("dead", ("192.0.2.99", 800), "open", where=elsewhere, status="courtesy")
    knfsd.add("dead, within its lease", ("192.0.2.98", 800), "deleg")
    knfsd.add("nobody knows", ("192.0.2.97", 800), "open", where=elsewhere)
    knfsd.add("revoked", mine, "open!", "lock!")
    said = agent.run("stop", address=address)
    assert knfsd.ended() == ["mine", "mine, connected anew", "dead", "dead, within its lease"]
    assert "INFO: 4 clients ended, with the NFSv4 state of each\n" in said
    assert said.endswith("WARNING: 1 client comes by another address of this head and may keep "
                         "files of this filesystem open: see `baton check --shared`\n")
    assert re.fullmatch(r"/proc/self/fd/\d+/\.\n", knfsd.unlock.read_text())
    assert net.diag()[0][0] == other


def test_nothing_is_released_unasked(agent, net, knfsd):
    mine = net.connect(net.listen("service1", socket.AF_INET))[0].getsockname()
    knfsd.add("mine", mine, "open")
    agent.run("stop", release="no")
    assert knfsd.ended() == [] and knfsd.unlock.read_text() == ""
    agent.run("stop")
    assert knfsd.ended() == ["mine"], "by what it holds, its connection being gone"


def test_a_knfsd_that_makes_no_sense(agent, net, knfsd):
    mine = net.connect(net.listen("service1", socket.AF_INET))[0].getsockname()
    knfsd.add("mine", mine, "open")
    (knfsd.folder / "clients" / "9").mkdir()
    (knfsd.folder / "clients" / "10").mkdir()
    (knfsd.folder / "clients" / "10" / "info").write_text("nonsense")
    said, = agent.warnings("stop")
    assert said == "not all NFSv4 state released: /proc/fs/nfsd/clients: Invalid argument"
    assert knfsd.ended() == ["mine"]


def hang(path):
    """Played by a pipe whose other end nobody opens."""
    path.unlink()
    os.mkfifo(path)


def test_a_client_that_never_ends(agent, net, knfsd):
    """Its calls hang on a disk: the wait for it is limited, and the other clients are ended."""
    mine = net.connect(net.listen("service1", socket.AF_INET))[0].getsockname()
    names = [f"client {n}" for n in range(6)]
    for name in names:
        knfsd.add(name, mine, "open")
    for n in (2, 5):
        hang(knfsd.folder / "clients" / str(n + 3) / "ctl")
    said = agent.run("stop")
    for n in (2, 5):
        (knfsd.folder / "clients" / str(n + 3) / "ctl").unlink()
        (knfsd.folder / "clients" / str(n + 3) / "ctl").write_text("")
    assert "INFO: 4 clients ended, with the NFSv4 state of each\n" in said
    assert said.endswith("WARNING: not all NFSv4 state released: /proc/fs/nfsd/clients: "
                         "Connection timed out\n")
    assert knfsd.ended() == [name for n, name in enumerate(names) if n not in (2, 5)]
    assert net.diag() == []


def test_a_kernel_that_hangs_in_revoking(agent, net, knfsd):
    """As some do over layouts: half of the time is left for the clients."""
    mine = net.connect(net.listen("service1", socket.AF_INET))[0].getsockname()
    knfsd.add("mine", mine, "open")
    hang(knfsd.unlock)
    said = agent.run("stop", env={"OCF_RESKEY_CRM_meta_timeout": 10000})
    assert "INFO: 1 client ended" in said and knfsd.ended() == ["mine"]


def test_a_client_that_never_tells(agent, net, knfsd):
    """Its locks only matter for a warning at the next start: the record is written without them."""
    mine = net.connect(net.listen("service1", socket.AF_INET))[0].getsockname()
    knfsd.add("mine", mine, "lock")
    hang(knfsd.folder / "clients" / "3" / "states")
    for action in ("monitor", "stop"):
        assert agent.warnings(action, release="no",
                              env={"OCF_RESKEY_CRM_meta_timeout": 10000}) == []
        assert agent.record().read_text().endswith(f" {mine[1]}\nlocks 0\n")
        agent.record().unlink()


@pytest.mark.parametrize("wrong", [a_link, unmounted_since])
@pytest.mark.parametrize("end", ["", "/"])
def test_state_of_no_other_filesystem(agent, net, knfsd, wrong, end):
    """What a link leads to, or what lies where a mount is missing, does not leave with the group."""
    wrong(agent)
    device = os.stat(agent.state).st_dev
    knfsd.add("theirs", ("192.0.2.98", 800), "open",
              where=f"{os.major(device):02x}:{os.minor(device):02x}:7")
    agent.run("stop", state=f"{agent.state}{end}")
    assert knfsd.ended() == [] and knfsd.unlock.read_text() == ""


def test_locks_are_not_carried(agent, net, knfsd):
    """The next head knows which clients held locks."""
    mine = net.connect(net.listen("service1", socket.AF_INET))[0].getsockname()
    knfsd.add("mine", mine, "open", "lock")
    knfsd.add("mine too", mine, "open")
    knfsd.add("another", ("192.0.2.99", 800), "lock")
    knfsd.add("revoked", mine, "open", "lock!")
    # What it locks under it, the server does not know.
    knfsd.add("delegated", mine, "open", "deleg, access: w")
    knfsd.add("reads", mine, "open", "deleg, access: r")
    agent.run("monitor")
    assert agent.record().read_text().endswith("\nlocks 2\n")
    knfsd.add("mine three", (mine[0], 77), "lock")
    said = agent.move(socket.AF_INET).splitlines()
    assert said[-1] == ("WARNING: 3 clients held locks or delegations to write on the head before: this agent cannot "
                        "carry them over, and writes under them may fail; ocf:baton:service does")
