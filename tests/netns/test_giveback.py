# SPDX-License-Identifier: GPL-2.0-or-later
"""baton giveback."""
import json

import move_stage
from cluster import HEAD1, HEAD2, location, move_record
from move_stage import needs_tools

pytestmark = needs_tools
# pytest finds fixtures by their names here.
stage = move_stage.stage


def test_giveback(stage):
    stage.be(constraints=location(node=HEAD2, score="100") + location(score="50"))
    stage.cluster.change("crm_resource", "--resource", "vmstore", "--move", "--node", "head1")
    stage.cluster.simulate("--simulate")
    stage.cluster.change("crm_resource", "--resource", "vmstore", "--clear")
    assert stage.cluster.where() == [HEAD1]
    stage.acts({"moved": move_record()})
    code, out, err = stage.run("giveback", "vmstore")
    assert (code, err) == (0, "") and out.splitlines()[-1] == "vmstore: head1 → head2, pause 0.94 s"
    assert stage.cluster.where() == [HEAD2]
    stage.nothing_left()
    assert stage.run("giveback", "vmstore") == (0, "vmstore: already on head2\n", "")
    told = json.loads(stage.run("giveback", "vmstore", "--json")[1])
    assert told["result"] == 0 and told["from"] == told["to"] == "head2"


def test_giveback_by_a_rule(stage):
    stage.be(constraints='<rsc_location id="l" rsc="vmstore"><rule id="r" score="50"><expression id="e" '
             'attribute="#uname" operation="eq" value="head2"/></rule></rsc_location>')
    assert stage.run("giveback", "vmstore") == (0, "vmstore: already on head2\n", "")


def test_giveback_where_it_came_from(stage):
    stage.be(constraints="")
    here = stage.cluster.where()[0]
    there = HEAD1 if here == HEAD2 else HEAD2
    stage.refuses(13, "no location constraint prefers a head that is online, and no move is known here; "
                  "say where: baton move vmstore HEAD", "giveback", "vmstore")
    with open(f"{stage.root}/run/baton/vmstore/ledger.json", "w") as f:
        json.dump([move_record(source=there, target=here), move_record("failed", source=here),
                   {"op": "start"}], f)
    stage.acts({"moved": move_record(source=here, target=there)})
    assert stage.run("giveback", "vmstore")[0] == 0
    assert stage.cluster.where() == [there]


def test_giveback_to_a_head_that_is_down(stage):
    stage.be(heads=[HEAD2]).refuses(
        13, "no location constraint prefers a head that is online, and no move is known here; say "
        "where: baton move vmstore HEAD", "giveback", "vmstore")
