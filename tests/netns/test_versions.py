# SPDX-License-Identifier: GPL-2.0-or-later
"""Two versions of baton in one group: head1's keeper is of this version, head2's of a next one, with one more
key (`novelty`, default 1) and other defaults: `drain` 4 instead of 5, `grace` 30 instead of 20."""
import contextlib
import json
import os
import select
import socket
import subprocess

import pytest

import fakekeeper
from conftest import CPGX, FAKEKEEPER, FAKEKEEPER_NEXT, until
from fakekeeper import HEADS

PEER = 12
GRACE = "grace = 20\n"


class Versions(fakekeeper.Heads):
    """head2's keeper is of the next version."""

    def __init__(self, folder):
        super().__init__(folder, (FAKEKEEPER, FAKEKEEPER_NEXT))

    def be(self, old="", new=""):
        """@old, @new: more lines of head1's and head2's file."""
        for house, lines in zip(self.houses.values(), (old, new)):
            house.write(exports=f"export = / *(rw)\n{lines}")
        return super().be()

    def file(self, head):
        return self.houses[head].conf / "vmstore.conf"

    def serve(self, head, **terms):
        # The command is of this version: it may not know the keys in the file.
        answer = self.ask(head, do="start", **terms)
        assert (answer["result"], answer["state"]) == (0, "serving"), answer

    def rows(self, head):
        return sorted(self.ask(head, do="heads")["heads"], key=lambda row: row["head"])

    def states(self):
        return [self.ask(h, do="status")["state"] for h in HEADS]

    def move(self, source, target):
        answer = self.ask(source, do="move", target=target)
        assert answer["result"] == 0, answer
        assert answer["state"] == "standby"

    def refusal(self, source, target):
        """The question and the move are refused in the same words, and the source goes on serving."""
        asked, moved = (self.ask(source, do=do, target=target) for do in ("inquire", "move"))
        for answer in (asked, moved):
            assert answer["result"] == PEER and not answer["changed"], answer
        assert asked["error"] == moved["error"] and moved["state"] == "serving"
        return moved["error"]

    def speak(self, head, *messages):
        """As root on a head could, until the voice is ended."""
        return Voice(self.houses[head].start(CPGX, "vmstore", *map(json.dumps, messages),
                                             stdin=subprocess.PIPE))

    def alone(self, head):
        """The other head's keeper ends."""
        other, = set(HEADS) - {head}
        self.keepers[other].end()
        until(lambda: other not in self.ask(head, do="status")["peers"])


class Voice:
    def __init__(self, process):
        self.process, self.heard = process, []

    def end(self):
        self.process.kill()
        self.process.wait(20)

    def hears(self, head, kind):
        """Wait for a message of a head."""
        out = self.process.stdout
        while True:
            for sender, message in self.heard:
                if (sender, message["type"]) == (head, kind):
                    return message
            assert select.select([out], [], [], 20)[0], self.heard
            # At once all that is there: select() does not see what is in Python's own buffer.
            for line in os.read(out.fileno(), 1 << 20).decode().splitlines():
                sender, _, text = line.partition(" ")
                self.heard.append((sender, json.loads(text)))


class Journal:
    """Takes the place of the system's in a house."""

    def __init__(self, house):
        folder = f"/proc/{house.holder.pid}/root/run/systemd/journal"
        os.makedirs(folder)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        here = os.getcwd()
        os.chdir(folder)
        try:
            self.socket.bind("socket")
        finally:
            os.chdir(here)

    def lines(self):
        said = []
        with contextlib.suppress(BlockingIOError):
            while True:
                said.append(self.socket.recv(65536).decode().partition("MESSAGE=")[2].partition("\n")[0])
        return said


@pytest.fixture
def heads(tmp_path):
    with fakekeeper.two_heads(tmp_path, Versions) as heads:
        yield heads


@pytest.mark.parametrize("written", ["", "novelty = 1\n"], ids=["missing", "default"])
def test_what_both_understand_moves(heads, written):
    """Another default of `drain` is no obstacle, as it is the head's own; nor is a new key at its default."""
    heads.be(GRACE, GRACE + written)
    heads.serve("head1")
    heads.move("head1", "head2")
    assert heads.states() == ["standby", "serving"]
    heads.move("head2", "head1")
    assert heads.states() == ["serving", "standby"]
    assert [row.get("agrees") for row in heads.rows("head1")] == [None, True]
    warnings = [line for line in heads.keepers["head1"].baton("status").splitlines() if "warning" in line]
    assert warnings == ["warning: vmstore: only fencing keeps another head from writing to the disk (guard = none); "
                        "`baton check vmstore` says what the disk can do",
                        "warning: vmstore: head2 runs baton 99.0, this head 0.1.0"]


@pytest.mark.parametrize("source, target", [HEADS, HEADS[::-1]])
def test_what_one_does_not_know(heads, source, target):
    heads.be(GRACE, GRACE + "novelty = 2\n")
    heads.serve(source)
    why = (f"version 0.1.0 of baton on head1 does not know novelty, which {heads.file(source)} on "
           "head2 (version 99.0) sets; update head1 first")
    assert heads.refusal(source, target) == why
    assert heads.rows(source)[HEADS.index(target)]["conflict"] == why


@pytest.mark.parametrize("source, target", [HEADS, HEADS[::-1]])
def test_a_default_that_clients_would_notice(heads, source, target):
    heads.be()
    heads.serve(source)
    versions = {"head1": "0.1.0", "head2": "99.0"}
    assert heads.refusal(source, target) == (
        f"version {versions[source]} of baton on {source} and {versions[target]} on {target} have "
        f"different defaults for grace; give the value in {heads.file(source)} on both, then "
        "`baton reload vmstore`")


def test_files_that_differ(heads):
    """Also in what is the head's own, and in the second word of a value."""
    heads.be(GRACE + "threads = 8\nversions = 4.1\n", "grace = 25\nversions = 4.1 4.2\n")
    heads.serve("head1")
    assert heads.refusal("head1", "head2") == (
        "head1 and head2 have different values for grace, threads, versions; make "
        f"{heads.file('head1')} equal, then `baton reload vmstore`")
    assert "warning: vmstore: the configuration on head2 differs from this head's: head1 and head2 " \
        "have different values for grace, threads, versions; make" in \
        heads.keepers["head1"].baton("status")


# --- the first version, which sends a digest and nothing else ----------------------------

def be_the_first(heads, old, new):
    """head2's keeper, of a next version, serves. head1's is replaced by one of 0.1.0; it has the digest that this
    version has, as tests/unit/test_config.c makes sure."""
    heads.be(old, new)
    digest = heads.ask("head1", do="status")["digest"]
    heads.alone("head2")
    heads.serve("head2", takeover=True)
    there = heads.speak("head1", {"v": 1, "type": "hello", "version": "0.1.0", "digest": digest})
    until(lambda: "head1" in heads.ask("head2", do="status")["peers"])
    return there, digest


def test_the_first_version(heads):
    """For the same file it has the same digest, whatever the defaults and keys of this version are."""
    there, digest = be_the_first(heads, GRACE, GRACE + "novelty = 1\n")
    with heads.keepers["head2"].connection() as s:
        s.send(b'{"do": "move", "target": "head1"}')
        assert there.hears("head2", "prepare")["digest"] == digest
    # And in the other direction.
    there = heads.speak("head1", {"v": 1, "type": "ask", "to": "head2", "generation": 7,
                                  "text": "ready", "version": "0.1.0", "digest": digest})
    # It agrees, and refuses only because it serves.
    assert there.hears("head2", "answer")["text"] == "head2: a hand-over with head1 is going on already"


def test_the_first_version_would_have_another_default(heads):
    be_the_first(heads, "", "")
    assert heads.refusal("head2", "head1") == (
        "version 99.0 of baton on head2 and 0.1.0 on head1 have different defaults for grace; give the "
        f"value in {heads.file('head2')} on both, then `baton reload vmstore`")


def test_the_first_version_does_not_know_a_key(heads):
    be_the_first(heads, GRACE, GRACE + "novelty = 2\n")
    assert heads.refusal("head2", "head1") == (
        f"version 0.1.0 of baton on head1 does not know novelty, which {heads.file('head2')} on head2 "
        "(version 99.0) sets; update head1 first")


def test_the_first_version_has_another_file(heads):
    be_the_first(heads, "grace = 25\n", GRACE)
    assert heads.refusal("head2", "head1") == (
        f"head2 and head1 have different {heads.file('head2')} (version 0.1.0 of baton on head1 does "
        "not say in which keys); make them equal, then `systemctl restart baton@vmstore` on both")


# --- what a later version may send -------------------------------------------------------

def test_messages_and_questions_of_a_later_version(heads):
    """A message that is not known: one line, once, and no answer. A question: an answer, as somebody waits."""
    journal = Journal(heads.houses["head1"])
    heads.be(GRACE, GRACE)
    said = {"v": 1, "to": "head1", "version": "99.0"}
    there = heads.speak("head2", *3 * [{**said, "type": "prophesy", "generation": 3}],
                        {**said, "type": "ask", "generation": 4, "text": "weather"})
    assert there.hears("head1", "answer")["text"] == (
        "head1: version 0.1.0 of baton here does not know the question 'weather' of version 99.0")
    assert [m["generation"] for sender, m in there.heard if sender == "head1" and "to" in m] == [4]
    ignored = [line for line in journal.lines() if "ignored" in line]
    assert ignored == ["vmstore: message from head2 ignored: version 99.0 of baton there sends "
                       "'prophesy', which version 0.1.0 here does not know"]


def test_a_list_of_keys_that_is_none(heads):
    """It is ignored with a line, and so a keeper that sends it has not introduced itself."""
    journal = Journal(heads.houses["head2"])
    there, digest = be_the_first(heads, GRACE, GRACE)
    journal.lines()
    there = heads.speak("head1", {"v": 1, "type": "hello", "version": "99.0", "digest": digest,
                                  "body": {"keys": [{"name": "x y", "hash": "0" * 16}]}},
                        {"v": 1, "type": "ask", "to": "head2", "generation": 7, "text": "?",
                         "version": "99.0"})
    there.hears("head2", "answer")
    assert journal.lines() == ["vmstore: message from head1 ignored: its list of keys: a name is none"]
    assert heads.rows("head2")[0]["version"] == "0.1.0"


def test_a_hello_tells_of_the_disk(heads):
    """Whether its head may have it, and who is seen to hear it: else it may be older than a start."""
    heads.be(GRACE, GRACE)
    heads.alone("head1")
    for serves in (False, True):
        if serves:
            heads.serve("head1", takeover=True)
        there = heads.speak("head2")
        body = there.hears("head1", "hello")["body"]
        assert (body["holds"], sorted(body["sees"])) == (serves, ["head1", "head2"])
        there.end()


def test_another_protocol(heads):
    """Neither a move nor a start: what that keeper says of itself could not be read."""
    heads.be(GRACE, GRACE)
    heads.alone("head1")
    heads.speak("head2", {"v": 2, "type": "hello", "version": "98.0"})
    until(lambda: "head2" in heads.ask("head1", do="status")["peers"])
    assert heads.ask("head1", do="start")["error"] == (
        "the keeper of head2 (version 98.0 of baton) speaks another protocol than version 0.1.0 here; "
        "update one of them, or end that keeper")
    assert heads.ask("head1", do="inquire", target="head2")["error"] == \
        "head2: baton 98.0 there speaks protocol 2, 0.1.0 here 1"
