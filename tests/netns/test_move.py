# SPDX-License-Identifier: GPL-2.0-or-later
"""baton move: it succeeds, or fails on the way."""
import contextlib
import json
import os
import re
import signal
import subprocess
import time

import pytest

import move_stage
from cluster import HEAD1, HEAD2, location, move_record, primitive
from conftest import BATON, until
from move_stage import LOOK, SENT, STEPS, needs_tools, send_migrate_to, words

pytestmark = needs_tools
# pytest finds fixtures by their names here.
stage = move_stage.stage

# --- a move ---------------------------------------------------------------------------

def test_a_move(stage):
    stage.be()
    assert stage.cluster.where() == [HEAD1]
    stage.acts(*STEPS, {"moved": move_record()})
    code, out, err = stage.run("move", "vmstore", "head2")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  move head1 → head2 done in 120[45] ms, pause 940 ms$",
                    lines[0])
    assert [line.split()[:2] for line in lines[1:5]] == \
        [["head1", "drain"], ["head1", "unmount"], ["head2", "mount"], ["head2", "tickle"]]
    assert lines[3].endswith("█  log clean")
    assert lines[5:] == ["vmstore: head1 → head2, pause 0.94 s"]
    assert stage.cluster.where() == [HEAD2]
    assert [r["do"] for r in stage.keeper.asked] == ["inquire", "follow"]
    assert stage.keeper.asked[0] == {"do": "inquire", "target": "head2"}
    stage.nothing_left()


def test_a_move_that_was_not_exactly_once_says_so(stage):
    record = move_record()
    record["steps"][0].update(step="settle", unsettled=1,
                              note="never acknowledged, so calls may be executed twice: "
                                   "192.0.2.20:790 (161254 bytes)")
    stage.be()
    stage.acts({"moved": record})
    assert stage.run("move", "vmstore", "head2")[::2] == \
        (0, "baton: vmstore: replies never acknowledged, so calls may be executed twice: "
            "192.0.2.20:790 (161254 bytes)\n")


def test_json(stage):
    stage.be()
    stage.acts(*STEPS, {"moved": move_record()})
    code, out, err = stage.run("move", "vmstore", "head2", "--json")
    told = json.loads(out)
    assert (code, err) == (0, "")
    assert (told["service"], told["from"], told["to"], told["result"], told["error"]) == \
        ("vmstore", "head1", "head2", 0, None)
    assert told["warnings"] == [] and told["record"]["pause_ms"] == 940.4
    assert told["record"]["steps"] == STEPS


def test_on_a_terminal_steps_come_at_once(stage):
    stage.be()
    main, side = os.openpty()
    p = subprocess.Popen([*stage.house.enter, BATON, "move", "vmstore", "head2"], stdout=side,
                         stderr=side, env=stage.house.env)
    os.close(side)
    stage.cluster.run(lambda: stage.keeper.tell(STEPS[0], STEPS[2]))
    seen = b""
    while b"mount " not in seen:
        seen += os.read(main, 4096)
    assert seen.decode().splitlines() == [
        "  head1  drain           22.4 ms  done    ", "  head2  mount          280.5 ms  done    log clean"]
    stage.keeper.tell({"moved": move_record()})
    with contextlib.suppress(OSError):
        while True:
            seen += os.read(main, 4096)
    os.close(main)
    assert p.wait(30) == 0
    assert seen.decode().splitlines()[-1] == "vmstore: head1 → head2, pause 0.94 s"


def test_the_constraint_would_end_by_itself(stage):
    stage.be()
    seen = []
    stage.cluster.run(lambda: (seen.append(stage.cluster.cib.read_text()),
                               stage.keeper.tell({"moved": move_record()})))
    assert stage.run("move", "vmstore", "head2", "--timeout", "50")[0] == 0
    assert 'id="cli-prefer-vmstore"' in seen[0]
    end = re.search(r'operation="lt" end="([^"]*)Z"', seen[0])[1]
    left = time.mktime(time.strptime(end, "%Y-%m-%d %H:%M:%S")) - time.mktime(time.gmtime())
    assert 600 < left <= 650


def test_a_service_in_a_group_moves_with_it(stage):
    stage.be(resources=f'<group id="g">{primitive()}{primitive("homes")}</group>',
             constraints=location("g"))
    stage.acts({"moved": move_record()})
    code, out, err = stage.run("move", "vmstore", "head2")
    assert code == 0
    assert err == "baton: vmstore: Pacemaker would also migrate homes from head1 to head2\n"
    assert stage.cluster.where() == stage.cluster.where("homes") == [HEAD2]
    stage.nothing_left()


def test_a_resource_of_another_name(stage):
    stage.be(resources=primitive("nfs-1", "vmstore") + primitive("homes"),
             constraints=location("nfs-1"))
    stage.acts({"moved": move_record()})
    assert stage.run("move", "vmstore", "head2")[0] == 0
    assert stage.cluster.where("nfs-1") == [HEAD2]


def test_cold(stage, tmp_path):
    # The first look waits until Pacemaker has moved it.
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    log = stage.be(resources=primitive(migrate=False)).tools(
        cibadmin=f'grep -q cli-prefer "$CIB_file" && read x <{gate}')
    stage.cluster.run(after=lambda: gate.write_text("\n"))
    code, out, err = stage.run("move", "vmstore", "head2")
    assert code == 0 and err == ("baton: vmstore: Pacemaker would stop and start it, with a longer "
                                 "pause: set allow-migrate=true for vmstore\n")
    # Only Pacemaker can tell, once the keeper has been silent for long; it is not asked twice.
    assert words(log)[4:] == ["crm_resource --move", *LOOK, "crm_resource --clear", *LOOK]
    assert out == "vmstore: head1 → head2; the keepers have reported no hand-over\n"
    assert stage.cluster.where() == [HEAD2]
    stage.nothing_left()


def test_the_keeper_dies_on_the_way(stage, tmp_path):
    """Its ledger has what it could no longer send. Pacemaker is asked without the time for a silent keeper."""
    stage.be().tools(cibadmin=f"date +%s.%N >>{tmp_path}/looks")
    died = []

    def act():
        stage.keeper.tell(STEPS[0])
        with open(f"{stage.root}/run/baton/vmstore/ledger.json", "w") as f:
            json.dump([move_record(began=1000), move_record()], f)
        stage.keeper.drop()
        died.append(time.time())
    stage.cluster.run(act)
    code, out, err = stage.run("move", "vmstore", "head2")
    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == "vmstore: head1 → head2, pause 0.94 s"
    looks = map(float, (tmp_path / "looks").read_text().split())
    assert next(at - died[0] for at in looks if at > died[0]) < 4
    stage.nothing_left()


def test_an_old_record_is_not_taken_for_this_one(stage):
    stage.be()

    def act():
        with open(f"{stage.root}/run/baton/vmstore/ledger.json", "w") as f:
            json.dump([move_record(began=1000)], f)
        stage.keeper.drop()
    stage.cluster.run(act)
    code, out, _ = stage.run("move", "vmstore", "head2")
    assert (code, out) == (0, "vmstore: head1 → head2; the keepers have reported no hand-over\n")


def test_the_keeper_talks_nonsense(stage):
    stage.be()
    stage.acts({"moved": 7}, {"moved": None}, {"moved": move_record(target=HEAD1)}, {"step": []},
               {"moved": {"to": "head2", "outcome": "done", "steps": "x", "error": None}})
    code, out, err = stage.run("move", "vmstore", "head2")
    assert (code, err) == (0, "")
    assert stage.cluster.where() == [HEAD2]
    stage.nothing_left()


# --- it goes wrong --------------------------------------------------------------------

def test_the_hand_over_is_refused(stage):
    """The constraint is removed at once, or Pacemaker would try again."""
    stage.be()
    p = stage.begin("move", "vmstore", "head2")
    stage.keeper.followed.wait(20)
    until(lambda: stage.cluster.constraints() == ["cli-prefer-vmstore"])
    stage.keeper.tell({"moved": move_record("refused", "head2: the disk is not there", pause=None)})
    out, err = p.communicate(timeout=30)
    assert p.returncode == 12
    assert err == ("baton: vmstore: the move was refused: head2: the disk is not there; "
                   "Pacemaker has it Started on head1\n")
    assert "move head1 → head2 refused in" in out.splitlines()[0]
    stage.nothing_left()


def test_the_hand_over_fails_and_pacemaker_starts_it_there(stage):
    stage.be()
    stage.cluster.run(after=lambda: stage.keeper.tell(
        {"moved": move_record("failed", "head2: mount: no", pause=None)}))
    code, out, err = stage.run("move", "vmstore", "head2")
    assert (code, err) == (0, "baton: vmstore: the move has failed: head2: mount: no; Pacemaker has "
                           "started it there all the same\n")
    assert out.splitlines()[-1] == "vmstore: head1 → head2"
    assert stage.cluster.where() == [HEAD2]
    stage.nothing_left()


def test_pacemaker_does_nothing(stage):
    stage.be()
    # The tools before it have as long, so there are few of them.
    code, out, err = stage.run("move", "vmstore", "head2", "--timeout", "4", "--no-rehearsal")
    assert (code, out) == (13, "")
    assert err == ("baton: vmstore: Pacemaker did not move it, and has it Started on head1; "
                   "`crm_mon -1` shows what failed\n")
    assert stage.cluster.where() == [HEAD1]
    stage.nothing_left()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupted_before_it_begins(stage, number):
    stage.be()
    p = stage.begin("move", "vmstore", "head2")
    until(stage.cluster.constraints)
    p.send_signal(number)
    out, err = p.communicate(timeout=30)
    assert (p.returncode, out) == (128 + number, "")
    assert err == ("baton: vmstore: interrupted\n"
                   "baton: vmstore: interrupted; Pacemaker has it Started on head1\n")
    stage.nothing_left()


def test_interrupted_on_the_way(stage):
    """For a while Pacemaker counts it as running on both heads, so the constraint must stay."""
    stage.be()
    p = stage.begin("move", "vmstore", "head2")
    until(stage.cluster.constraints)
    send_migrate_to(stage.cluster)
    stage.keeper.tell(STEPS[0])
    p.send_signal(signal.SIGINT)
    assert p.stderr.readline() == ("baton: vmstore: interrupted; the move goes on, waiting for its end "
                                   "(again: do not wait)\n")
    time.sleep(1.5)
    assert stage.cluster.constraints() == ["cli-prefer-vmstore"] and p.poll() is None
    stage.cluster.edit(re.escape(SENT), "")
    stage.cluster.simulate("--simulate")
    stage.keeper.tell({"moved": move_record()})
    out, err = p.communicate(timeout=30)
    assert (p.returncode, err) == (130, "")
    assert out.splitlines()[-1].startswith("vmstore: head1 → head2")
    assert stage.cluster.where() == [HEAD2]
    stage.nothing_left()


def test_interrupted_twice(stage):
    stage.be()
    p = stage.begin("move", "vmstore", "head2")
    until(stage.cluster.constraints)
    send_migrate_to(stage.cluster)
    stage.keeper.tell(STEPS[0])
    p.send_signal(signal.SIGINT)
    p.stderr.readline()
    p.send_signal(signal.SIGINT)
    out, err = p.communicate(timeout=30)
    assert (p.returncode, out) == (130, "")
    assert err == "baton: vmstore: interrupted; Pacemaker has it Migrating on head1\n"
    stage.nothing_left()


def test_nobody_reads(stage):
    """`baton move … | head -0` is no reason to leave the constraint."""
    stage.be()
    stage.acts(*STEPS, {"moved": move_record()})
    p = stage.begin("move", "vmstore", "head2")
    p.stdout.close()
    assert p.wait(30) == 0
    p.stdout = None
    stage.nothing_left()
