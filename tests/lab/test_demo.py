# SPDX-License-Identifier: GPL-2.0-or-later
"""The demo's scenario as a test: moves, giveback and power cut under the probe."""

import pytest
from labkit import scenario

START = {"device", "alone", "mount", "nfsdcld", "listen", "recovery", "knfsd", "address",
         "announce", "tickle"}
STOP = {"drain", "knfsd", "settle", "silence", "record", "nfsdcld", "sever", "unmount",
        "clear"}


@pytest.fixture(scope="module")
def played(lab):
    """The scenario once; head1 has lost its power in it and gets it back."""
    outcome = scenario.play(lab, rounds=2)
    yield outcome
    lab.guest("client").run(["umount", "-f", "-l", "/mnt/vmstore"])
    lab.guest("head2").run(["baton", "stop", "--standby", "vmstore"])
    lab.boot("head1")


def test_every_step_kept_the_lock_and_lost_nothing(played):
    steps, _, report = played
    assert [s.what for s in steps] == ["move", "giveback"] * 2 + ["takeover"]
    for step in steps:
        assert step.lock_kept and step.lost_writes == 0 and step.io_errors == 0, report
    assert report["lock_kept"] and report["records"]["acknowledged"] > 100
    assert report["records"]["missing"] == report["records"]["wrong"] == 0
    assert report["records"]["unread"] == 0 and report["unfinished"] == []


def test_planned_steps_are_exactly_once(played):
    steps, _, report = played
    assert [s.spurious_errors for s in steps[:-1]] == [0] * 4, report["events"]


def test_each_pause_was_seen(played):
    """A move that no class of calls noticed would have been measured wrongly."""
    for step in played[0]:
        assert all(step.pause_ms[kind] > 0 for kind in scenario.CLASSES), step


def test_the_figures_are_complete(played):
    _, result, _ = played
    assert result["accel"] in ("tcg", "kvm") and result["kernel"]
    for step in result["steps"]:
        assert set(step) == {"what", "from", "to", "pause_ms", "lock_kept", "io_errors",
                             "lost_writes", "spurious_errors", "ledger_ms"}
        assert set(step["pause_ms"]) == {"write", "open", "namespace"}
        words = {f"start.{s}" for s in START}
        if step["what"] != "takeover":
            words |= {f"stop.{s}" for s in STOP}
        assert set(step["ledger_ms"]) == words


def test_no_socket_of_the_address_is_left_where_it_was(played, lab):
    outside = lab.guest("head2").run(["ss", "-Htan"]).stdout
    assert "10.77.0.50" not in outside
    inside = lab.guest("head2").run(["ip", "netns", "exec", "baton-vmstore", "ss", "-Htan"])
    assert "10.77.0.50:2049" in inside.stdout, "the head that serves has it"
