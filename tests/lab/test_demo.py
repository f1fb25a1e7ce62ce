# SPDX-License-Identifier: GPL-2.0-or-later
"""The demo's scenario as a test: a cluster, moves, giveback and power cut under the probes."""

import pytest
from trials import scenario

PREPARE = {"links", "device", "sync", "hold"}
ADMIT = {"device", "alone"}
START = {"mount", "nfsdcld", "listen", "recovery", "knfsd", "address", "announce", "tickle"}
STOP = {"drain", "knfsd", "settle", "silence", "record", "nfsdcld", "sever", "unmount",
        "clear"}


@pytest.fixture(scope="module")
def played(cluster):
    """The scenario, played once."""
    services = scenario.add_services(cluster)
    yield scenario.play(cluster, services)
    cluster.wait_online(at="head2")
    scenario.remove_services(cluster, services)


def test_every_step_kept_the_lock_and_lost_nothing(played):
    steps, _, (report, _) = played
    assert [s.what for s in steps] == ["move", "giveback", "takeover"]
    for step in steps:
        assert step.lock_kept and step.lost_writes == 0 and step.io_errors == 0, \
            (step, report["events"])
    # It wrote once in each interval, but for the pauses.
    asked = 1000 * report["duration_s"] / report["interval_ms"]
    assert report["lock_kept"] and report["records"]["acknowledged"] > asked / 4
    assert report["records"]["missing"] == report["records"]["wrong"] == 0
    assert report["records"]["unread"] == 0 and report["unfinished"] == []


def test_planned_steps_are_exactly_once(played):
    steps, _, (report, _) = played
    assert [s.spurious_errors for s in steps[:-1]] == [0] * 2, report["events"]


def test_each_pause_was_seen(played):
    """If no class of calls noticed a move, it was measured wrongly."""
    for step in played[0]:
        assert all(step.pause_ms[kind] > 0 for kind in scenario.CLASSES), step


def test_the_other_service_went_on(played):
    """Without an error, and without a pause like those of the service that moved."""
    steps, _, (_, bystander) = played
    assert bystander["verdict"] == "clean" and bystander["lock_kept"], bystander["events"]
    for step in steps:
        assert step.bystander_pause_ms < step.pause_ms["write"], step


def test_the_figures_are_complete(played):
    _, result, _ = played
    assert result["accel"] in ("tcg", "kvm") and result["kernel"] and result["cluster"] is True
    assert result["pace"] > 0 and set(result["work_ms"]) == {"storage", "head1", "head2", "client"}
    # The probes cause load on every guest.
    assert all(result["calm_load"][guest] > 0.02 for guest in result["work_ms"]), result["calm_load"]
    for step in result["steps"]:
        takeover = step["what"] == "takeover"
        assert set(step) == {"what", "from", "to", "pause_ms", "bystander_pause_ms", "lock_kept",
                             "io_errors", "lost_writes", "spurious_errors", "ledger_ms", "busy"} | \
            ({"takeover_ms"} if takeover else set())
        assert set(step["pause_ms"]) == {"write", "open", "namespace"}
        words = {f"start.{s}" for s in START}
        if takeover:
            words |= {f"start.{s}" for s in ADMIT}
            assert set(step["takeover_ms"]) == {"fencing", "fenced_to_write"}
            assert all(ms > 0 for ms in step["takeover_ms"].values())
        else:
            words |= {f"stop.{s}" for s in STOP} | {f"prepare.{s}" for s in PREPARE}
        assert set(step["ledger_ms"]) == words


def test_no_socket_of_the_address_is_left_where_it_was(played, lab):
    outside = lab.guest("head2").run(["ss", "-Htan"]).stdout
    assert "10.77.0.50" not in outside
    inside = lab.guest("head2").run(["ip", "netns", "exec", "baton-vmstore", "ss", "-Htan"])
    assert "10.77.0.50:2049" in inside.stdout, "the head that serves has it"
