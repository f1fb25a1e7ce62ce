# SPDX-License-Identifier: GPL-2.0-or-later
"""baton move --dry-run, and the rehearsal by crm_simulate: what would be done, and what runs to find out."""
import json

import move_stage
from cluster import move_record
from move_stage import BEFORE, LOOK, needs_tools, words

pytestmark = needs_tools
# pytest finds fixtures by their names here.
stage = move_stage.stage


def test_dry_run(stage):
    stage.be()
    before = stage.cluster.cib.read_text()
    code, out, err = stage.run("move", "vmstore", "head2", "--dry-run")
    lines = out.splitlines()
    assert (code, err) == (0, "")
    assert lines[0] == "vmstore: head1 → head2; would do:"
    words = [line.split()[:2] for line in lines[1:]]
    assert words[0][0] == "head2" and words.index(["head1", "unmount"]) < words.index(["head2", "mount"])
    assert stage.cluster.cib.read_text() == before
    assert [r["do"] for r in stage.keeper.asked] == ["inquire"]
    told = json.loads(stage.run("move", "vmstore", "head2", "--dry-run", "--json")[1])
    assert told["dry_run"] is True and told["result"] == 0 and told["from"] == "head1"
    assert {"head", "step", "help"} == set(told["steps"][0])
    stage.nothing_left()


def test_what_a_dry_run_runs(stage):
    log = stage.be().tools()
    assert stage.run("move", "vmstore", "head2", "--dry-run")[0] == 0
    assert words(log) == BEFORE


def test_what_a_move_runs(stage):
    """One look before the constraint is removed, one after."""
    log = stage.be().tools()
    stage.cluster.run(after=lambda: stage.keeper.tell({"moved": move_record()}))
    assert stage.run("move", "vmstore", "head2")[0] == 0
    assert words(log) == [*BEFORE, "crm_resource --move", *LOOK, "crm_resource --clear", *LOOK]


# Fails if the configuration says that it follows one of these schemas.
TAKES_NO = 'for f; do ! grep -qs \'^<cib.*validate-with="{}"\' "$f" || exit 78; done'


def test_no_copy_is_validated(stage):
    """Reading all schemas takes most of crm_simulate's time."""
    stage.be().tools(crm_simulate=TAKES_NO.format("pacemaker-.*"))
    stage.acts({"moved": move_record()})
    assert stage.run("move", "vmstore", "head2")[0] == 0


def test_pacemaker_wants_to_validate(stage):
    """As Pacemaker 3 does; it is asked once."""
    log = stage.be().tools(crm_simulate=TAKES_NO.format("none"))
    assert stage.run("move", "vmstore", "head2", "--dry-run")[0] == 0
    assert words(log) == [*BEFORE[:2], "crm_simulate --simulate", *BEFORE[2:]]


def test_an_old_configuration_is_translated(stage):
    """There the stickiness has another name; without the translation it would not stay."""
    stage.be()
    stage.cluster.edit('<rsc_defaults>(.|\n)*</rsc_defaults>', "")
    stage.cluster.edit('(?=<nvpair id="o-s")',
                       '<nvpair id="o-d" name="default-resource-stickiness" value="100"/>')
    stage.cluster.edit('validate-with="[^"]*"', 'validate-with="pacemaker-2.10"')
    assert stage.run("move", "vmstore", "head2", "--dry-run")[0] == 0


def test_the_rehearsal_fails(stage):
    stage.be().tools(crm_simulate="echo no such luck >&2; exit 1")
    stage.refuses(13, "crm_simulate: no such luck", "move", "vmstore", "head2")
