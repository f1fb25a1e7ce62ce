# SPDX-License-Identifier: GPL-2.0-or-later
"""The keeper's socket: who may connect, invalid requests, followers; and the answers without corosync."""
import contextlib
import json
import os
import socket
import stat
import time

import pytest

import fakekeeper
from conftest import until
from fakekeeper import RUN

# pytest finds fixtures by their names here.
keeper = fakekeeper.keeper


def test_root_only(keeper):
    keeper.be()
    assert stat.S_IMODE(os.stat(keeper.root + RUN + "/sock").st_mode) == 0o600
    assert stat.S_IMODE(os.stat(keeper.root + RUN).st_mode) == 0o700
    # Even for somebody who can reach it.
    os.chmod(keeper.root + RUN, 0o777)
    os.chmod(keeper.root + RUN + "/sock", 0o666)
    pid = os.fork()
    if pid == 0:
        try:
            os.chdir(keeper.root + RUN)
            os.setuid(65534)
            s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            s.settimeout(10)
            s.connect("sock")
            with contextlib.suppress(OSError):
                s.send(b'{"do": "status"}')
            os._exit(7 if s.recv(100) == b"" else 0)
        except ConnectionResetError:
            os._exit(7)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7


@pytest.mark.parametrize("message", [
    b"{", b"x", b"[]", b"[1", b"7", b'"status"', b"null", b"\0", b"\xff\xfe", b"{}",
    b'{"do": null}', b'{"do": 1}', b'{"do": ["start"]}', b'{"do": {"do": "start"}}',
    b'{"do": "Start"}', b'{"do": "start "}', b'{"do": "standby"}', b'{"do": ""}',
    b'{"do": "' + b"a" * 32000 + b'"}', b"{" * 30000, b'{"do": "start"' + b" " * 140000 + b"}",
    b'{"do": "\\u0000start"}',
], ids=lambda message: message[:24].decode(errors="replace"))
def test_malformed_requests(keeper, message):
    keeper.be()
    answer = keeper.ask(message)
    assert answer == {"result": 2, "changed": False, "state": "standby",
                      "error": "the keeper (version 0.1.0 of baton) does not know this request"}
    assert keeper.ask({"do": "status"})["result"] == 0
    assert keeper.trace() == ["prepare"]


def descriptors(keeper):
    """The descriptors that the keeper has open; None while it opens and closes some."""
    folder = f"/proc/{keeper.process.pid}/fd"
    try:
        return sorted(os.readlink(f"{folder}/{fd}").split(":")[0] for fd in os.listdir(folder))
    except FileNotFoundError:
        return None


def settled(keeper):
    """What it has open when it is idle: without children, which it talks to."""
    children = f"/proc/{keeper.process.pid}/task/{keeper.process.pid}/children"

    def twice():
        first = descriptors(keeper)
        time.sleep(0.2)
        return open(children).read() == "" and first == descriptors(keeper) and first
    return until(twice)


def test_the_silent_are_shown_out(keeper):
    keeper.be()
    before = settled(keeper)
    with contextlib.ExitStack() as stack:
        silent = [stack.enter_context(keeper.connection()) for _ in range(16)]
        # One too many.
        extra = stack.enter_context(keeper.connection())
        extra.settimeout(3)
        assert extra.recv(10) == b""
        # They have five seconds.
        assert silent[0].recv(10) == b""
        until(lambda: descriptors(keeper) == before)
    for _ in range(50):
        with keeper.connection():
            pass
    assert keeper.ask({"do": "status"})["result"] == 0
    until(lambda: descriptors(keeper) == before)


def test_nothing_is_left_behind(keeper):
    keeper.be()
    before = settled(keeper)
    for _ in range(3):
        keeper.baton("start", "vmstore")
        keeper.baton("stop", "vmstore")
    until(lambda: descriptors(keeper) == before)
    children = f"/proc/{keeper.process.pid}/task/{keeper.process.pid}/children"
    until(lambda: open(children).read() == "")  # its descriptors are closed before it is gone


# Without corosync a keeper is a group of one; with it, see tests/lab/test_handover.py.

def test_heads_of_a_head_that_is_alone(keeper):
    keeper.be()
    answer = keeper.ask({"do": "heads"})
    (head,) = answer["heads"]
    assert head["head"] == os.uname().nodename and head["self"] and head["online"]
    assert head["keeper"] and not head["cluster"] and head["last"] is None
    assert head["digest"] == keeper.ask({"do": "status"})["digest"]
    # fakekeeper has no namespaces to look into: the child's failure is reported, not hidden.
    assert "facts" in head or head["error"]


@pytest.fixture
def frozen(keeper):
    """Whoever looks what is standing hangs, and not even SIGKILL ends it. Called, it ends that."""
    house, disk = keeper.house, keeper.house.fake / "disk"
    image = house.fake / "image"
    disk.mkdir()
    house.run("truncate", "-s", "32M", image)
    house.run("mkfs.ext4", "-q", image)
    house.run("mount", "-o", "loop", image, disk)
    house.run("fsfreeze", "-f", disk)
    with contextlib.ExitStack() as stack:
        stack.callback(house.run, "fsfreeze", "-u", disk)
        yield stack.close


def test_looks_that_hang_have_bounds(keeper, request):
    keeper.be()
    thaw = request.getfixturevalue("frozen")
    children = f"/proc/{keeper.process.pid}/task/{keeper.process.pid}/children"

    def ask():
        """As many at once as may wait."""
        with contextlib.ExitStack() as stack:
            asking = [stack.enter_context(keeper.connection()) for _ in range(8)]
            for s in asking:
                s.send(b'{"do": "heads"}')
            return {json.loads(s.recv(65536))["heads"][0].get("error") for s in asking}

    def hanging():
        with open(children) as f:
            return len(f.read().split())

    said = [ask(), ask()]
    assert hanging() == 8
    assert said == [{"look up what is set up: Connection timed out"},
                    {"look up what is set up: 8 earlier looks have not ended"}]
    thaw()
    # All of them are gone then, and leave no zombie.
    until(lambda: ask() == {None})
    until(lambda: hanging() == 0)


@pytest.mark.parametrize("word", ["move", "inquire"])
@pytest.mark.parametrize("more", [{"target": "head2"}, {}, {"target": None}, {"target": 7}])
def test_alone_nothing_can_be_handed_over(keeper, word, more):
    keeper.be()
    keeper.baton("start", "vmstore")
    answer = keeper.ask({"do": word, **more})
    assert answer["result"] == 13 and answer["state"] == "serving" and not answer["changed"]
    assert answer["error"].startswith("this head is not in a cluster: corosync")
    assert keeper.trace() == ["prepare", "mount", "address"]


def test_followers_see_what_is_done(keeper):
    keeper.be()
    with keeper.connection() as one, keeper.connection() as two:
        for s in one, two:
            s.send(b'{"do": "follow"}')
            assert json.loads(s.recv(65536)) == {"following": True}
        keeper.baton("start", "vmstore")
        for s in one, two:
            entries = [json.loads(s.recv(65536)) for _ in range(2)]
            assert [e["step"] for e in entries] == ["mount", "address"]
            assert {e["head"] for e in entries} == {os.uname().nodename}
        # The ledger of one head does not name heads.
        assert "head" not in keeper.log(1)[0]["steps"][0]
        one.close()
        keeper.baton("stop", "vmstore")
        assert json.loads(two.recv(65536))["step"] == "silence"


def test_followers_have_bounds(keeper):
    keeper.be()
    with contextlib.ExitStack() as stack:
        for _ in range(8):
            s = stack.enter_context(keeper.connection())
            s.send(b'{"do": "follow"}')
            assert json.loads(s.recv(65536)) == {"following": True}
        answer = keeper.ask({"do": "follow"})
        assert answer["result"] == 8 and answer["error"] == "8 already follow"
        s.close()
        until(lambda: keeper.ask({"do": "follow"}).get("following"))
    assert keeper.baton("start", "vmstore") == "vmstore: serving\n"
