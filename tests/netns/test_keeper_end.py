# SPDX-License-Identifier: GPL-2.0-or-later
"""How a keeper ends, and what the next one finds: killed, restarted, taken down, never begun."""
import os
import signal
import time

import fakekeeper
from conftest import until
from fakekeeper import NO_KEEPER, RUN, ended

# pytest finds fixtures by their names here.
keeper = fakekeeper.keeper


def test_a_killed_keeper_leaves_an_operation_that_ends(keeper):
    keeper.be()
    keeper.set("address.wait")
    start = keeper.begin("start", "vmstore")
    keeper.runs("address")
    keeper.end(signal.SIGKILL)
    # The requester learns it while the child goes on: that does not keep the connection open.
    code, _, err = ended(start)
    assert (code, err) == (8, "baton: vmstore: the keeper went away: Connection reset by peer\n")
    assert keeper.baton("start", "vmstore", status=8) == f"baton: vmstore: {NO_KEEPER}\n"
    assert keeper.standing() == "partial"
    # The next keeper waits for the child, and finds what it made.
    keeper.be(ready=False)
    time.sleep(0.2)
    assert keeper.process.poll() is None and "prepare" not in keeper.trace()[1:]
    keeper.clear("address.wait")
    until(keeper.listens)
    until(lambda: keeper.ask({"do": "status"})["state"] == "serving")


def test_stop_without_keeper_waits_for_its_operation(keeper):
    keeper.be()
    keeper.set("address.wait")
    start = keeper.begin("start", "vmstore")
    keeper.runs("address")
    keeper.end(signal.SIGKILL)
    ended(start)
    stop = keeper.begin("stop", "vmstore")
    time.sleep(0.3)
    assert stop.poll() is None
    keeper.clear("address.wait")
    # The real command: it looks at the real namespaces, of which there are none.
    assert ended(stop)[:2] == (0, "vmstore: already stopped, in standby\n")


def test_sigterm_during_an_operation(keeper):
    keeper.be()
    keeper.set("address.wait")
    start = keeper.begin("start", "vmstore")
    keeper.runs("address")
    assert keeper.end() == 0
    assert ended(start)[0] == 8
    keeper.clear("address.wait")
    until(lambda: keeper.standing() == "serving")


def test_restart_while_serving(keeper):
    keeper.be()
    keeper.baton("start", "vmstore")
    keeper.end(signal.SIGKILL)
    keeper.be()
    assert keeper.ask({"do": "status"})["state"] == "serving"
    assert keeper.baton("start", "vmstore") == "vmstore: already serving\n"


def test_teardown_ends_the_keeper(keeper):
    keeper.be()
    keeper.baton("start", "vmstore")
    assert keeper.baton("stop", "--standby", "vmstore") == "vmstore: taken down\n"
    assert keeper.process.wait(30) == 0
    assert keeper.standing() == "absent"
    assert keeper.trace()[-3:] == ["silence", "unmount", "unpin"]


def test_the_keeper_lives_on_after_a_failed_teardown(keeper):
    keeper.be()
    keeper.baton("start", "vmstore")
    keeper.set("unmount.fail", "busy")
    assert keeper.baton("stop", "--standby", "vmstore", status=9)
    keeper.clear("unmount.fail")
    keeper.baton("start", "vmstore")
    # Connections are sampled again, once a second.
    time.sleep(1.3)
    assert keeper.ask({"do": "status"})["state"] == "serving"


def test_standby_that_fails(keeper):
    keeper.set("prepare.fail", "no link")
    keeper.be(ready=False)
    code, _, err = ended(keeper.process)
    assert (code, err) == (4, "fakekeeper: prepare: no link\n")
    # Undone, because nothing was standing before.
    assert keeper.trace() == ["prepare", "unpin"]
    assert not os.path.exists(keeper.root + RUN + "/sock")
