# SPDX-License-Identifier: GPL-2.0-or-later
"""Two keepers whose steps do nothing (fakekeeper.c), on two heads with corosync: what both ledgers say."""
import json
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


def test_a_generation_is_used_once_even_if_prepare_does_not_come_back(tmp_path, kernel_without):
    """The second move begins before head1 has seen the 'prepare' of the first, which was overruled."""
    with fakekeeper.two_heads(tmp_path) as heads:
        stuck = tmp_path / "stuck"
        heads.houses["head1"].env.update(kernel_without("nothing"), SHIM_STUCK=str(stuck))
        heads.be()
        assert heads.ask("head1", do="start")["result"] == 0
        stuck.touch()
        with heads.keepers["head1"].connection() as first, heads.keepers["head1"].connection() as second:
            first.send(b'{"do": "move", "target": "head2"}')
            assert heads.ask("head1", do="start", agent=True, gone="")["result"] == 0
            assert "overruled" in json.loads(first.recv(65536))["error"]
            second.send(b'{"do": "move", "target": "head2"}')
            stuck.unlink()
            while "result" not in (answer := json.loads(second.recv(65536))):
                pass
        # head2 may still be looking at its disk for the first one.
        assert answer.get("error") in (None, "head2: a hand-over with head1 is going on already")


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


def test_a_hand_over_that_is_given_up_goes_on_where_the_disk_is(heads):
    """When head1's keeper came, it heard that head2 had the disk. It was handed over since."""
    one = heads.keepers["head1"]
    assert heads.ask("head2", do="start")["result"] == 0
    one.end()
    one.be()
    heads.meet()
    assert heads.ask("head2", do="move", target="head1")["result"] == 0
    one.set("silence.wait")
    with one.connection() as asker:
        asker.send(b'{"do": "move", "target": "head2"}')
        one.runs("silence")
        # Whatever is wanted of it, it takes nothing over any more.
        heads.ask("head2", do="stop")
        one.clear("silence.wait")
        while "result" not in (answer := json.loads(asker.recv(65536))):
            pass
    assert answer["result"] and "has not released" not in answer["error"], answer
    assert heads.ask("head1", do="status")["state"] == "serving"
