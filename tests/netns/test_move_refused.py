# SPDX-License-Identifier: GPL-2.0-or-later
"""baton move refused before anything has been changed."""
import json
import subprocess
import time

import pytest

import move_stage
from cluster import HEAD1, HEAD2, location, primitive
from conftest import BATON
from move_stage import needs_tools, send_migrate_to

pytestmark = needs_tools
# pytest finds fixtures by their names here.
stage = move_stage.stage


def test_onto_itself(stage):
    stage.be().refuses(2, "it is on head1 already", "move", "vmstore", "head1")


def test_unknown_head(stage):
    stage.be().refuses(2, "there is no head 'head9'; the cluster has head1, head2",
                       "move", "vmstore", "head9")


def test_standby(stage):
    stage.be()
    stage.cluster.change("crm_attribute", "-N", "head2", "-n", "standby", "-v", "on")
    stage.refuses(12, "head2 is in standby", "move", "vmstore", "head2")


def test_offline(stage):
    stage.be(heads=[HEAD1]).refuses(12, "head2 is offline", "move", "vmstore", "head2")


def test_maintenance(stage):
    stage.be()
    stage.cluster.change("crm_attribute", "-t", "crm_config", "-n", "maintenance-mode", "-v", "true")
    stage.refuses(13, "the cluster is in maintenance mode; Pacemaker moves nothing",
                  "move", "vmstore", "head2")


def test_unmanaged(stage):
    stage.be()
    stage.cluster.change("crm_resource", "--resource", "vmstore", "--meta", "-p", "is-managed",
                         "-v", "false")
    stage.refuses(13, "Pacemaker does not manage resource vmstore", "move", "vmstore", "head2")


def test_stopped(stage):
    stage.be(heads=[])
    stage.cluster.simulate("--node-up", "head2", "--node-up", "head1")
    stage.refuses(13, "resource vmstore runs on no head: Stopped", "move", "vmstore", "head2")


def test_no_quorum(stage):
    stage.be()
    stage.cluster.edit('have-quorum="1"', 'have-quorum="0"')
    stage.refuses(13, "the cluster has no quorum", "move", "vmstore", "head2")


def test_under_way(stage):
    stage.be()
    send_migrate_to(stage.cluster)
    stage.refuses(13, "Pacemaker is at work on it: Migrating on head1", "move", "vmstore", "head2")


def test_failed(stage):
    stage.be()
    stage.cluster.simulate("--op-inject", "vmstore_monitor_10000@head1=1")
    stage.refuses(13, "resource vmstore is Started on head1, failed; see to that first, then "
                  "`crm_resource --cleanup --resource vmstore`", "move", "vmstore", "head2")


@pytest.mark.parametrize("argv,name", [
    (["--move", "--node", "head2"], "cli-prefer-vmstore"),
    (["--ban", "--node", "head2"], "cli-ban-vmstore-on-head2"),
])
def test_leftover(stage, argv, name):
    stage.be()
    stage.cluster.change("crm_resource", "--resource", "vmstore", *argv)
    code, out, err = stage.run("move", "vmstore", "head2")
    assert (code, out) == (13, "")
    assert err == (f"baton: vmstore: another move is under way or has left a constraint, {name}; if "
                   "none is: `crm_resource --clear --resource vmstore`\n")
    # This constraint is not ours.
    assert stage.cluster.constraints() == [name]


def test_leftover_that_has_ended(stage):
    stage.be()
    stage.cluster.change("crm_resource", "--resource", "vmstore", "--move", "--node", "head2",
                         "--lifetime", "PT1S")
    time.sleep(2)
    stage.cluster.run(lambda: None)
    assert stage.run("move", "vmstore", "head2", "--dry-run")[0] == 0


def test_it_would_come_back(stage):
    stage.be(stickiness=0).refuses(
        13, "Pacemaker would not leave it on head2 (then: migrate to head1); give vmstore a "
        "resource-stickiness above the score of its location", "move", "vmstore", "head2")


def test_it_may_not_go_there(stage):
    stage.be(constraints=location() + location(node=HEAD2, score="-INFINITY")).refuses(
        13, "Pacemaker would not move it to head2; `crm_simulate --live-check --show-scores` tells why",
        "move", "vmstore", "head2")


def test_no_such_resource(stage):
    stage.be(resources=primitive("homes"), constraints="").refuses(
        13, "the cluster has no resource ocf:baton:service with service=vmstore",
        "move", "vmstore", "head2")


def test_two_such_resources(stage):
    stage.be(resources=primitive() + primitive("again", "vmstore")).refuses(
        13, "2 resources in the cluster have service=vmstore; there must be one",
        "move", "vmstore", "head2")


def test_clone(stage):
    stage.be(resources=f'<clone id="c">{primitive()}</clone>', constraints="").refuses(
        13, "resource vmstore is in a clone; a service runs on one head", "move", "vmstore", "head2")


def test_the_keepers_refuse(stage):
    stage.be()
    stage.keeper.answers["inquire"] = [{"waiting": "start"}, {
        "result": 12, "error": "head2: its configuration differs"}]
    stage.refuses(12, "head2: its configuration differs", "move", "vmstore", "head2")


def test_no_keeper(stage):
    stage.be().keeper.end()
    stage.refuses(8, "no keeper here; start it with `systemctl start baton@vmstore`",
                  "move", "vmstore", "head2")


def test_no_service_file(stage):
    stage.be()
    (stage.house.conf / "vmstore.conf").unlink()
    code, out, err = stage.run("move", "vmstore", "head2")
    assert code == 3 and err.endswith("vmstore.conf: No such file or directory\n")


def test_refused_in_json(stage):
    stage.be()
    code, out, err = stage.run("move", "vmstore", "head9", "--json")
    told = json.loads(out)
    assert code == told["result"] == 2 and told["record"] is None
    assert told["from"] == "head1" and told["error"].startswith("there is no head")


@pytest.mark.parametrize("argv", [["move", "vmstore", "head2"], ["giveback", "vmstore"]])
def test_no_cluster(house, argv):
    """The real tools without Pacemaker; or no tools."""
    house.write()
    assert house.baton(*argv, status=13) == \
        "baton: vmstore: no cluster here: Pacemaker does not run on this head\n"
    told = json.loads(subprocess.run([*house.enter, BATON, *argv, "--json"], env=house.env, text=True,
                                     capture_output=True).stdout)
    assert (told["result"], told["from"], told["to"], told["record"]) == (13, None, None, None)
    house.run("mount", "-t", "tmpfs", "none", "/usr/sbin")
    assert house.baton(*argv, status=13) == \
        ("baton: vmstore: no cluster here: cibadmin is not installed (Debian: pacemaker-cli-utils, "
         "RHEL: pacemaker-cli)\n")


@pytest.mark.parametrize("text", ["", "{", "<cib/>", "<cib", "<a>" * 5000,
                                  '<!DOCTYPE x [<!ENTITY a "b">]><cib>&a;</cib>'])
def test_damaged_cib(stage, text):
    stage.be()
    stage.cluster.cib.write_text(text)
    code, out, err = stage.run("move", "vmstore", "head2")
    assert (code, out) == (13, "") and err.count("\n") == 1
