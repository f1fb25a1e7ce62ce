# SPDX-License-Identifier: GPL-2.0-or-later
"""Two keepers whose steps do nothing (fakekeeper.c), on two heads with corosync: what both ledgers say."""
import os
import signal

import pytest

import fakekeeper
from conftest import locked, until
from fakekeeper import RUN


def last_move(keeper):
    moves = [r for r in keeper.log() if r["op"] == "move"]
    return moves[-1] if moves else None


@pytest.fixture
def heads(tmp_path):
    with fakekeeper.two_heads(tmp_path) as heads:
        heads.be()
        yield heads


@pytest.mark.parametrize("agent_asks,kind", [(True, "pacemaker"), (False, "command")])
def test_both_ledgers_name_who_asked_for_a_move(heads, agent_asks, kind):
    assert heads.ask("head1", do="start")["result"] == 0
    more = {"agent": True} if agent_asks else {}
    told = heads.ask("head1", do="move", target="head2", **more)
    assert told["result"] == 0 and told["record"]["outcome"] == "done", told
    for keeper in heads.keepers.values():
        record = until(lambda keeper=keeper: last_move(keeper))
        assert record["by"] == {"kind": kind, "pid": os.getpid(), "uid": 0, "user": "root", "head": "head1"}


def test_what_an_earlier_keeper_has_begun_may_be_a_start(heads):
    """It may not have come to the disk yet: head1 stands by, and holds nothing."""
    one = heads.keepers["head1"]
    # As the child of a killed keeper does.
    with locked(one.root + RUN + "/lock"):
        one.end(signal.SIGKILL)
        one.be(ready=False)
        until(one.listens)
        heads.meet()
        answer = heads.ask("head2", do="start")
        assert (answer["result"], answer["error"]) == (12, "head1 is starting it")
    until(lambda: heads.ask("head1", do="status")["state"] == "standby")
    assert heads.ask("head2", do="start")["result"] == 0
