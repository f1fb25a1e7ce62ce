# SPDX-License-Identifier: GPL-2.0-or-later
"""baton move when Pacemaker's tools are slow or hang."""
import json
import os
import re
import signal

import pytest

import move_stage
from cluster import HEAD1, HEAD2, location, move_record
from conftest import until
from move_stage import BEFORE, LOOK, SENT, needs_tools, send_migrate_to, words

pytestmark = needs_tools
# pytest finds fixtures by their names here.
stage = move_stage.stage

# All tests share the process ids, so the name has to be unique.
SLEEP = f"sleep 62.{os.getpid()}"
HANG = f"exec {SLEEP}"
DURING_THE_MOVE = 'grep -q cli-prefer "$CIB_file" && [ "$1" = --run ] &&'


def sleepers(house):
    return house.run("sh", "-c", "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '").count(SLEEP)


def test_a_slow_tool_is_waited_for(stage, tmp_path):
    os.mkfifo(tmp_path / "gate")
    stage.be().tools(crm_mon=f"read x <{tmp_path}/gate")
    p = stage.begin("move", "vmstore", "head2", "--dry-run", "--json")
    assert re.fullmatch(r"baton: vmstore: waiting for crm_mon, 1[01]\d s more at most\n",
                        p.stderr.readline())
    (tmp_path / "gate").write_text("\n")
    out, err = p.communicate(timeout=30)
    assert (p.returncode, json.loads(out)["result"], err) == (0, 0, "")


@pytest.mark.parametrize("tool", ["cibadmin", "crm_mon", "crm_simulate"])
def test_interrupted_while_a_tool_hangs(stage, tool):
    log = stage.be().tools(**{tool: HANG})
    log.touch()
    p = stage.begin("move", "vmstore", "head2")
    until(lambda: tool in log.read_text() and sleepers(stage.house))
    p.send_signal(signal.SIGINT)
    out, err = p.communicate(timeout=30)
    assert (p.returncode, out) == (130, "")
    assert err == "baton: vmstore: interrupted; nothing has been changed\n"
    assert sleepers(stage.house) == 0
    stage.nothing_left()


@pytest.mark.parametrize("tool,advice", [
    ("crm_mon", ""), ("crm_simulate", ", --no-rehearsal skips the rehearsal")])
def test_a_tool_never_ends(stage, tool, advice):
    stage.be().tools(**{tool: HANG})
    stage.refuses(13, f"{tool} has not finished in time; --timeout gives it more than 5 s{advice}",
                  "move", "vmstore", "head2", "--timeout", "5")


def test_without_rehearsal(stage):
    log = stage.be().tools(crm_simulate=f"[ $1 = --run ] || {HANG}")
    stage.cluster.run(after=lambda: stage.keeper.tell({"moved": move_record()}))
    assert stage.run("move", "vmstore", "head2", "--no-rehearsal")[0] == 0
    assert words(log) == [*BEFORE[:2], "crm_resource --move", *LOOK, "crm_resource --clear", *LOOK]
    assert [r["do"] for r in stage.keeper.asked] == ["inquire", "follow"]
    # All other checks are still done.
    stage.refuses(2, "it is on head2 already", "move", "vmstore", "head2", "--no-rehearsal")


def test_giveback_without_rehearsal(stage):
    log = stage.be(constraints=location(node=HEAD2), heads=[HEAD1]).tools()
    stage.cluster.simulate("--node-up", "head2")
    code, out, err = stage.run("giveback", "vmstore", "--no-rehearsal", "--dry-run")
    assert (code, err) == (0, "") and out.startswith("vmstore: head1 → head2; would do:\n")
    assert words(log) == BEFORE[:2]


def test_the_request_hangs(stage):
    """Nobody knows whether Pacemaker has heard it."""
    log = stage.be().tools(crm_resource=f'case $1 in --move) $REAL "$@"; {HANG};; esac')
    p = stage.begin("move", "vmstore", "head2")
    until(lambda: stage.cluster.constraints() and sleepers(stage.house))
    p.send_signal(signal.SIGINT)
    out, err = p.communicate(timeout=30)
    assert (p.returncode, out) == (130, "")
    assert err == ("baton: vmstore: interrupted\n"
                   "baton: vmstore: interrupted; Pacemaker has it Started on head1\n")
    assert words(log)[4:] == ["crm_resource --move", *LOOK, "crm_resource --clear", *LOOK]
    stage.nothing_left()


def test_the_request_never_ends(stage):
    stage.be().tools(crm_resource=f'case $1 in --move) $REAL "$@"; {HANG};; esac')
    # The tools before it have as long, so there are few of them.
    assert stage.run("move", "vmstore", "head2", "--timeout", "5", "--no-rehearsal") == (
        13, "", "baton: vmstore: crm_resource has not finished in time; --timeout gives it more "
        "than 5 s\n")
    stage.nothing_left()


def test_a_second_signal_does_not_wait_for_a_look(stage):
    stage.be().tools(crm_simulate=f"{DURING_THE_MOVE} {HANG}")
    p = stage.begin("move", "vmstore", "head2")
    until(stage.cluster.constraints)
    p.send_signal(signal.SIGINT)
    until(lambda: sleepers(stage.house))
    p.send_signal(signal.SIGINT)
    out, err = p.communicate(timeout=30)
    assert p.returncode == 130 and err.splitlines()[-1].endswith("Pacemaker has it Started on head1")
    stage.nothing_left()


def test_a_look_that_was_interrupted_is_begun_again(stage, tmp_path):
    """Or the constraint would be removed while Pacemaker counts it as running on both heads."""
    once = tmp_path / "once"
    log = stage.be().tools(crm_simulate=f"{DURING_THE_MOVE} rm {once} 2>/dev/null && {HANG}")
    once.touch()
    # Shorter than the time after which a silent keeper is not waited for, but enough for two tools.
    p = stage.begin("move", "vmstore", "head2", "--timeout", "4", "--no-rehearsal")
    until(stage.cluster.constraints)
    send_migrate_to(stage.cluster)
    until(lambda: sleepers(stage.house))
    p.send_signal(signal.SIGINT)
    begun = len(BEFORE[:2]) + len(["crm_resource --move", *LOOK])
    until(lambda: words(log)[begun:begun + 2] == LOOK)
    assert stage.cluster.constraints() == ["cli-prefer-vmstore"]
    stage.cluster.edit(re.escape(SENT), "")
    p.communicate(timeout=30)
    assert p.returncode == 130
    assert words(log)[-5:] == [*LOOK, "crm_resource --clear", *LOOK]
    stage.nothing_left()


def test_looks_are_as_far_apart_as_they_are_long(stage, tmp_path):
    stage.be().tools(crm_simulate=f"if {DURING_THE_MOVE} :; then cd {tmp_path}; date +%s.%N >>begun;"
                                  " sleep 1.5; date +%s.%N >>ended; fi")
    p = stage.begin("move", "vmstore", "head2")
    stage.keeper.tell({"moved": move_record()})

    def times(name):
        file = tmp_path / name
        return [float(line) for line in file.read_text().splitlines()] if file.exists() else []

    # Pacemaker does nothing until the second look.
    until(lambda: len(times("begun")) > 1)
    stage.cluster.simulate("--simulate")
    p.communicate(timeout=60)
    assert p.returncode == 0
    assert times("begun")[1] - times("ended")[0] > 1.5
    stage.nothing_left()


def test_no_signal_interrupts_the_clearing(stage, tmp_path):
    os.mkfifo(tmp_path / "gate")
    log = stage.be().tools(crm_resource=f"case $1 in --clear) read x <{tmp_path}/gate;; esac")
    p = stage.begin("move", "vmstore", "head2")
    until(stage.cluster.constraints)
    p.send_signal(signal.SIGINT)
    until(lambda: "crm_resource --clear" in words(log))
    p.send_signal(signal.SIGINT)
    p.send_signal(signal.SIGTERM)
    (tmp_path / "gate").write_text("\n")
    p.communicate(timeout=30)
    assert p.returncode == 130
    stage.nothing_left()
