# SPDX-License-Identifier: GPL-2.0-or-later
"""The keeper, its runner and ledger, with steps that do nothing; the commands are real."""
import contextlib
import json
import os
import time

import pytest

import fakekeeper
from conftest import FAKEKEEPER, until
from fakekeeper import RUN, ended, steps

# pytest finds fixtures by their names here.
keeper = fakekeeper.keeper


def test_a_life(keeper):
    keeper.be()
    status = keeper.ask({"do": "status"})
    assert status["result"] == 0 and status["state"] == "standby" and not status["changed"]
    assert status["cluster"] is False and status["peers"] == []
    assert status["head"] == os.uname().nodename and len(status["digest"]) == 36
    assert keeper.baton("start", "vmstore") == "vmstore: serving\n"
    assert keeper.ask({"do": "status"})["state"] == "serving"
    assert keeper.baton("start", "vmstore") == "vmstore: already serving\n"
    told = json.loads(keeper.baton("stop", "vmstore", "--json"))
    assert told["changed"] is True and told["result"] == 0 and told["operation"] == "stop"
    assert [s["step"] for s in told["steps"]] == ["silence", "unmount"]
    assert keeper.baton("stop", "vmstore") == "vmstore: already stopped, in standby\n"
    # If nothing was done, nothing is recorded.
    assert [r["op"] for r in keeper.log()] == ["standby", "start", "stop"]
    record = keeper.log(2)[0]
    assert steps(record) == [("mount", "done"), ("address", "done")]
    assert record["steps"][0]["note"] == "note of mount" and record["outcome"] == "done"
    assert abs(record["began"] - time.time()) < 60
    assert keeper.baton("log", "vmstore").splitlines()[-1].split()[0] == "unmount"
    assert keeper.end() == 0
    assert not os.path.exists(keeper.root + RUN + "/sock")
    assert keeper.standing() == "standby"


def test_a_failed_start_is_undone(keeper):
    keeper.set("address.fail", "no such luck")
    keeper.be()
    assert keeper.baton("start", "vmstore", status=4) == "baton: vmstore: address: no such luck\n"
    record = keeper.log(1)[0]
    assert steps(record) == [("mount", "done"), ("address", "failed"), ("silence", "undone"),
                             ("unmount", "undone")]
    assert record["outcome"] == "failed" and record["error"] == "address: no such luck"
    assert keeper.standing() == "standby"
    assert keeper.ask({"do": "status"})["state"] == "standby"
    keeper.clear("address.fail")
    keeper.baton("start", "vmstore")


def test_words_do_not_stand_twice(keeper):
    keeper.set("mount.fail", "mount /dev/x on /y: why")
    keeper.be()
    assert keeper.baton("start", "vmstore", status=4) == "baton: vmstore: mount /dev/x on /y: why\n"


def test_a_failed_undoing_says_both(keeper):
    keeper.set("address.fail", "no such luck")
    keeper.set("silence.fail", "link stays up")
    keeper.set("unmount.fail", "busy")
    keeper.be()
    assert keeper.baton("start", "vmstore", status=9) == \
        ("baton: vmstore: address: no such luck; and undoing it: silence: link stays up\n")
    # It went on all the same.
    assert keeper.trace()[-2:] == ["silence", "unmount"]
    assert keeper.ask({"do": "status"})["state"] == "partial"
    for step in ("address", "silence", "unmount"):
        keeper.clear(step + ".fail")
    # What is standing is stopped first.
    assert keeper.baton("start", "vmstore") == "vmstore: serving\n"
    assert keeper.trace()[-4:] == ["silence", "unmount", "mount", "address"]


def test_a_failed_stop_says_what_stands(keeper):
    keeper.be()
    keeper.baton("start", "vmstore")
    keeper.set("unmount.fail", "/run/baton/vmstore/fs: busy")
    assert keeper.baton("stop", "vmstore", status=9) == \
        "baton: vmstore: unmount: /run/baton/vmstore/fs: busy\n"
    assert keeper.ask({"do": "status"})["state"] == "partial"
    keeper.clear("unmount.fail")
    assert keeper.baton("stop", "vmstore") == "vmstore: stopped, in standby\n"


def test_a_stop_that_cannot_look_has_not_stopped(keeper):
    keeper.be()
    keeper.baton("start", "vmstore")
    keeper.set("standing", "unknown")
    assert keeper.baton("stop", "vmstore", status=9) == \
        "baton: vmstore: look: Input/output error\n"


def test_hung_start(keeper):
    """The undoing child's socket has the same number as the one before: epoll must not miss it."""
    keeper.set("mount.hang")
    keeper.be()
    begin = time.monotonic()
    said = keeper.baton("start", "vmstore", status=1)
    assert said == "baton: vmstore: mount: not done after 0 s\n"
    assert time.monotonic() - begin < 5


def test_hung_after_something_stands(keeper):
    keeper.be()
    keeper.set("mount.hang")
    p = keeper.begin("start", "vmstore")
    keeper.runs("mount")
    keeper.set("standing", "partial")
    code, _, err = ended(p)
    assert (code, err) == (1, "baton: vmstore: mount: not done after 0 s\n")
    assert keeper.trace()[-2:] == ["silence", "unmount"]
    assert keeper.standing() == "standby"


# --- more than one at a time ----------------------------------------------------------

def test_a_stop_waits_for_the_start_before_it(keeper):
    keeper.be()
    keeper.set("address.wait")
    start = keeper.begin("start", "vmstore")
    keeper.runs("address")
    stop = keeper.begin("stop", "vmstore")
    until(lambda: keeper.ask({"do": "status"})["state"] == "start")
    keeper.clear("address.wait")
    assert ended(start)[:2] == (0, "vmstore: serving\n")
    assert ended(stop)[:2] == (0, "vmstore: stopped, in standby\n")
    assert keeper.standing() == "standby"


def test_a_stop_after_a_start_that_was_given_up(keeper):
    """As Pacemaker does when the start takes too long."""
    keeper.be()
    keeper.set("address.wait")
    start = keeper.begin("start", "vmstore")
    keeper.runs("address")
    start.kill()
    start.wait()
    with keeper.connection() as stop:
        stop.send(b'{"do": "stop"}')
        assert json.loads(stop.recv(4096)) == {"waiting": "start"}
        with keeper.connection() as s:
            s.send(b'{"do": "start"}')
            assert json.loads(s.recv(4096)) == {"waiting": "start"}
        keeper.clear("address.wait")
        until(lambda: json.loads(stop.recv(4096)).get("result") == 0)
    # The start that nobody waited for any more was never begun.
    assert keeper.ask({"do": "status"})["state"] == "standby"
    assert [r["op"] for r in keeper.log()] == ["standby", "start", "stop"]


def test_the_queue_has_an_end(keeper):
    keeper.be()
    keeper.set("address.wait")
    start = keeper.begin("start", "vmstore")
    keeper.runs("address")
    with contextlib.ExitStack() as stack:
        for _ in range(8):
            s = stack.enter_context(keeper.connection())
            s.send(b'{"do": "stop"}')
            assert json.loads(s.recv(4096)) == {"waiting": "start"}
        answer = keeper.ask({"do": "stop"})
        assert answer["result"] == 8
        assert answer["error"] == "start is going on, and 8 requests wait for its end"
    keeper.clear("address.wait")
    assert ended(start)[0] == 0


def test_one_keeper(keeper):
    keeper.be()
    assert keeper.house.run(FAKEKEEPER, "vmstore", status=8) == \
        "fakekeeper: another keeper is running\n"
    assert keeper.ask({"do": "status"})["state"] == "standby"


# --- the daemons it looks after -------------------------------------------------------

@pytest.mark.parametrize("name", ["mountd", "nfsdcld"])
def test_who_has_died_is_mended_within_a_second(keeper, name):
    keeper.be()
    keeper.baton("start", "vmstore")
    begin = time.monotonic()
    # Nobody holds a lock on it any more.
    os.unlink(f"{keeper.root}{RUN}/{name}.pid")
    keeper.runs("mend")
    assert time.monotonic() - begin < 2


def test_in_standby_that_has_time(keeper):
    keeper.be()
    os.unlink(f"{keeper.root}{RUN}/mountd.pid")
    until(lambda: keeper.trace() == ["prepare", "prepare"], 20)


# --- files ----------------------------------------------------------------------------

def test_a_stop_needs_no_service_file(keeper):
    keeper.be()
    keeper.baton("start", "vmstore")
    path = keeper.house.write()
    path.write_text("[service]\nhalf a lin")
    assert keeper.baton("start", "vmstore", status=3) == \
        f"baton: {path}:2: is neither 'key = value' nor '[service]'\n"
    assert keeper.baton("stop", "vmstore") == "vmstore: stopped, in standby\n"
    path.unlink()
    assert keeper.baton("stop", "vmstore") == "vmstore: already stopped, in standby\n"


@pytest.mark.parametrize("text", ["{", "", "7", '{"a": 1}', "[1, 2, null]",
                                  '[{"steps": 5, "op": []}, {"steps": [3, "x", {}]}]'])
def test_damaged_ledger(keeper, text):
    keeper.be()
    ledger = keeper.root + RUN + "/ledger.json"
    with open(ledger, "w") as f:
        f.write(text)
    if text.startswith("["):
        keeper.baton("log", "vmstore", "--last", "9")
        keeper.baton("log", "vmstore", "--json")
    else:
        assert keeper.baton("log", "vmstore", status=1) == \
            f"baton: {RUN}/ledger.json is damaged; remove it\n"
    keeper.baton("start", "vmstore")
    assert keeper.log(1)[0]["op"] == "start"


def test_the_ledger_is_bounded(keeper):
    keeper.be()
    record = keeper.log()[0]
    with open(keeper.root + RUN + "/ledger.json", "w") as f:
        json.dump([dict(record, op=str(i)) for i in range(60)], f)
    keeper.baton("start", "vmstore")
    ops = [r["op"] for r in keeper.log(100)]
    assert ops == [str(i) for i in range(11, 60)] + ["start"]


def test_full_run(keeper):
    """Operations go on; only the ledger in /run is not written."""
    keeper.be()
    with contextlib.suppress(OSError), open(keeper.root + "/run/fill", "wb", buffering=0) as f:
        while True:
            f.write(b"x" * 65536)
    assert keeper.baton("start", "vmstore") == "vmstore: serving\n"
    assert keeper.baton("stop", "vmstore") == "vmstore: stopped, in standby\n"
