# SPDX-License-Identifier: GPL-2.0-or-later
"""baton move and giveback: Pacemaker's real tools on a CIB in a file, and a keeper by script."""
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import time

import pytest

from cluster import HEAD1, HEAD2, Cluster, ScriptedKeeper, location, move_record, primitive
from conftest import BATON, until

pytestmark = pytest.mark.skipif(not shutil.which("crm_simulate"),
                                reason="pacemaker-cli-utils is not installed")


class Stage:
    def __init__(self, house, cluster):
        self.house, self.cluster = house, cluster
        self.root = f"/proc/{house.holder.pid}/root"
        house.write()
        house.env["BATON_CIB"] = str(cluster.cib)
        self.keeper = None

    def be(self, **kw):
        self.cluster.make(**kw)
        self.keeper = ScriptedKeeper(self.root)
        return self

    def run(self, *argv):
        done = subprocess.run([*self.house.enter, BATON, *argv], env=self.house.env, text=True,
                              capture_output=True, timeout=120)
        return done.returncode, done.stdout, done.stderr

    def begin(self, *argv):
        return self.house.start(BATON, *argv)

    def refuses(self, status, line, *argv):
        """One line, and nothing has been changed."""
        before = self.cluster.cib.read_text()
        code, out, err = self.run(*argv)
        assert (code, out, err) == (status, "", f"baton: vmstore: {line}\n")
        assert self.cluster.cib.read_text() == before
        self.nothing_left()

    def nothing_left(self):
        assert self.cluster.constraints() == []
        # No rehearsal either.
        assert [f for f in os.listdir(self.root + "/run/baton") if f.startswith(".")] == []

    def tools(self, **scripts):
        """What baton runs goes through these shell scripts from now on, which find the tool in
        $REAL; a file to read what has been run from. Its programs come from /usr/sbin."""
        house, log = self.house, self.cluster.cib.parent / "tools"
        house.run("mkdir", "/run/real")
        house.run("mount", "--bind", "/usr/sbin", "/run/real")
        house.run("mount", "--make-private", "/run/real")
        house.run("mount", "-t", "tmpfs", "none", "/usr/sbin")
        for name in ["cibadmin", *(n for n in os.listdir("/usr/sbin") if n.startswith("crm_"))]:
            with open(f"{self.root}/usr/sbin/{name}", "w") as f:
                f.write(f'#!/bin/sh\necho "{name} $*" >>{log}\nREAL=/run/real/{name}\n'
                        f'{scripts.get(name, "")}\nexec $REAL "$@"\n')
                os.fchmod(f.fileno(), 0o755)
        return log

    def acts(self, *objects, delay=0):
        """Pacemaker moves it, the keepers tell so."""
        def tell():
            time.sleep(delay)
            self.keeper.tell(*objects)
        self.cluster.run(tell)


@pytest.fixture
def stage(house, tmp_path):
    s = Stage(house, Cluster(tmp_path))
    try:
        yield s
    finally:
        s.cluster.end()
        if s.keeper:
            s.keeper.end()


STEPS = move_record()["steps"]


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


def test_cold(stage):
    log = stage.be(resources=primitive(migrate=False)).tools()
    stage.acts()
    code, out, err = stage.run("move", "vmstore", "head2")
    assert code == 0 and err == ("baton: vmstore: Pacemaker would stop and start it, with a longer "
                                 "pause: set allow-migrate=true for vmstore\n")
    # Only Pacemaker tells, once the keeper has been silent for long; it is not asked twice.
    assert words(log)[4:] == ["crm_resource --move", *LOOK, "crm_resource --clear", *LOOK]
    assert out == "vmstore: head1 → head2; the keepers have told of no hand-over\n"
    assert stage.cluster.where() == [HEAD2]
    stage.nothing_left()


def test_the_keeper_dies_on_the_way(stage):
    """What it had to tell is in the ledger."""
    stage.be()

    def act():
        stage.keeper.tell(STEPS[0])
        with open(f"{stage.root}/run/baton/vmstore/ledger.json", "w") as f:
            json.dump([move_record(began=1000), move_record()], f)
        stage.keeper.drop()
    stage.cluster.run(act)
    begin = time.monotonic()
    code, out, err = stage.run("move", "vmstore", "head2")
    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == "vmstore: head1 → head2, pause 0.94 s"
    assert time.monotonic() - begin < 5
    stage.nothing_left()


def test_an_old_record_is_not_taken_for_this_one(stage):
    stage.be()

    def act():
        with open(f"{stage.root}/run/baton/vmstore/ledger.json", "w") as f:
            json.dump([move_record(began=1000)], f)
        stage.keeper.drop()
    stage.cluster.run(act)
    code, out, _ = stage.run("move", "vmstore", "head2")
    assert (code, out) == (0, "vmstore: head1 → head2; the keepers have told of no hand-over\n")


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
    """The constraint goes at once, or Pacemaker would try again."""
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
    code, out, err = stage.run("move", "vmstore", "head2", "--timeout", "1")
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


# As Pacemaker records a migrate_to that has been sent.
SENT = ('<lrm_rsc_op id="vmstore_migrate_to_0" operation_key="vmstore_migrate_to_0" operation="migrate_to"'
        ' crm-debug-origin="x" crm_feature_set="3.16.0" transition-key="4:9:0:11111111-1111-1111-1111-'
        '111111111111" transition-magic="-1:193;4:9:0:11111111-1111-1111-1111-111111111111" exit-reason=""'
        ' on_node="head1" call-id="-1" rc-code="193" op-status="-1" interval="0" last-rc-change="1795372729"'
        ' exec-time="0" queue-time="0" migrate_source="head1" migrate_target="head2" op-digest="x"/>')


def send_migrate_to(cluster):
    cluster.edit('(<lrm_resource id="vmstore"[^>]*>)', r"\1" + SENT)


def test_interrupted_on_the_way(stage):
    """Pacemaker counts it as running on both heads for a while: the constraint must stay."""
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
    out, err = p.communicate(timeout=10)
    assert (p.returncode, out) == (130, "")
    assert err == "baton: vmstore: interrupted; Pacemaker has it Migrating on head1\n"
    stage.nothing_left()


def test_nobody_reads(stage):
    """`baton move … | head -0`: no reason to leave the constraint."""
    stage.be()
    stage.acts(*STEPS, {"moved": move_record()})
    p = stage.begin("move", "vmstore", "head2")
    p.stdout.close()
    assert p.wait(30) == 0
    p.stdout = None
    stage.nothing_left()


# --- refused before anything ----------------------------------------------------------

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
    # It is not ours.
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
    """The real tools, and no Pacemaker; or no tools."""
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


# --- what would be done ---------------------------------------------------------------

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


def words(log):
    """What has been run: each tool and its first option."""
    return [" ".join(line.split()[:2]) for line in log.read_text().splitlines()]


BEFORE = ["cibadmin --query", "crm_mon --one-shot", "crm_simulate --simulate", "crm_simulate --run"]
LOOK = ["cibadmin --query", "crm_simulate --run"]


def test_what_a_dry_run_runs(stage):
    log = stage.be().tools()
    assert stage.run("move", "vmstore", "head2", "--dry-run")[0] == 0
    assert words(log) == BEFORE


def test_what_a_move_runs(stage):
    """One look before the constraint goes, one after."""
    log = stage.be().tools()
    stage.cluster.run(after=lambda: stage.keeper.tell({"moved": move_record()}))
    assert stage.run("move", "vmstore", "head2")[0] == 0
    assert words(log) == [*BEFORE, "crm_resource --move", *LOOK, "crm_resource --clear", *LOOK]


# Fails where the configuration is said to follow one of these schemas.
TAKES_NO = 'for f; do ! grep -qs \'^<cib.*validate-with="{}"\' "$f" || exit 78; done'


def test_no_copy_is_validated(stage):
    """To read all schemas is most of what crm_simulate does."""
    stage.be().tools(crm_simulate=TAKES_NO.format("pacemaker-.*"))
    stage.acts({"moved": move_record()})
    assert stage.run("move", "vmstore", "head2")[0] == 0


def test_pacemaker_wants_to_validate(stage):
    """As Pacemaker 3 does; it is asked once."""
    log = stage.be().tools(crm_simulate=TAKES_NO.format("none"))
    assert stage.run("move", "vmstore", "head2", "--dry-run")[0] == 0
    assert words(log) == [*BEFORE[:2], "crm_simulate --simulate", *BEFORE[2:]]


def test_an_old_configuration_is_translated(stage):
    """Where the stickiness had another name, it would not stay without that."""
    stage.be()
    stage.cluster.edit('<rsc_defaults>(.|\n)*</rsc_defaults>', "")
    stage.cluster.edit('(?=<nvpair id="o-s")',
                       '<nvpair id="o-d" name="default-resource-stickiness" value="100"/>')
    stage.cluster.edit('validate-with="[^"]*"', 'validate-with="pacemaker-2.10"')
    assert stage.run("move", "vmstore", "head2", "--dry-run")[0] == 0


def test_the_rehearsal_fails(stage):
    stage.be().tools(crm_simulate="echo no such luck >&2; exit 1")
    stage.refuses(13, "crm_simulate: no such luck", "move", "vmstore", "head2")


# --- tools that are slow --------------------------------------------------------------

# The process ids are all tests'.
SLEEP = f"sleep 62.{os.getpid()}"
HANG = f"exec {SLEEP}"
DURING_THE_MOVE = 'grep -q cli-prefer "$CIB_file" && [ "$1" = --run ] &&'


def sleepers(house):
    return house.run("sh", "-c", "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '").count(SLEEP)


def test_a_slow_tool_is_waited_for(stage, tmp_path):
    os.mkfifo(tmp_path / "gate")
    stage.be().tools(crm_mon=f"read x <{tmp_path}/gate")
    p = stage.begin("move", "vmstore", "head2", "--dry-run", "--json")
    assert re.fullmatch(r"baton: vmstore: waiting for crm_mon, 11\d s more at most\n",
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
    out, err = p.communicate(timeout=4)
    assert (p.returncode, out) == (130, "")
    assert err == "baton: vmstore: interrupted; nothing has been changed\n"
    assert sleepers(stage.house) == 0
    stage.nothing_left()


@pytest.mark.parametrize("tool,advice", [
    ("crm_mon", ""), ("crm_simulate", ", --no-rehearsal does without the rehearsal")])
def test_a_tool_never_ends(stage, tool, advice):
    stage.be().tools(**{tool: HANG})
    stage.refuses(13, f"{tool} has not finished in time; --timeout gives it more than 3 s{advice}",
                  "move", "vmstore", "head2", "--timeout", "3")


def test_without_rehearsal(stage):
    log = stage.be().tools(crm_simulate=f"[ $1 = --run ] || {HANG}")
    stage.cluster.run(after=lambda: stage.keeper.tell({"moved": move_record()}))
    assert stage.run("move", "vmstore", "head2", "--no-rehearsal")[0] == 0
    assert words(log) == [*BEFORE[:2], "crm_resource --move", *LOOK, "crm_resource --clear", *LOOK]
    assert [r["do"] for r in stage.keeper.asked] == ["inquire", "follow"]
    # All other checks stay.
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
    out, err = p.communicate(timeout=10)
    assert (p.returncode, out) == (130, "")
    assert err == ("baton: vmstore: interrupted\n"
                   "baton: vmstore: interrupted; Pacemaker has it Started on head1\n")
    assert words(log)[4:] == ["crm_resource --move", *LOOK, "crm_resource --clear", *LOOK]
    stage.nothing_left()


def test_the_request_never_ends(stage):
    stage.be().tools(crm_resource=f'case $1 in --move) $REAL "$@"; {HANG};; esac')
    assert stage.run("move", "vmstore", "head2", "--timeout", "3") == (
        13, "", "baton: vmstore: crm_resource has not finished in time; --timeout gives it more "
        "than 3 s\n")
    stage.nothing_left()


def test_a_second_signal_does_not_wait_for_a_look(stage):
    stage.be().tools(crm_simulate=f"{DURING_THE_MOVE} {HANG}")
    p = stage.begin("move", "vmstore", "head2")
    until(stage.cluster.constraints)
    p.send_signal(signal.SIGINT)
    until(lambda: sleepers(stage.house))
    p.send_signal(signal.SIGINT)
    out, err = p.communicate(timeout=10)
    assert p.returncode == 130 and err.splitlines()[-1].endswith("Pacemaker has it Started on head1")
    stage.nothing_left()


def test_a_look_that_was_interrupted_is_begun_again(stage, tmp_path):
    """Or the constraint would go while Pacemaker counts it as running on both heads."""
    once = tmp_path / "once"
    log = stage.be().tools(crm_simulate=f"{DURING_THE_MOVE} rm {once} 2>/dev/null && {HANG}")
    once.touch()
    p = stage.begin("move", "vmstore", "head2", "--timeout", "3")
    until(stage.cluster.constraints)
    send_migrate_to(stage.cluster)
    until(lambda: sleepers(stage.house))
    p.send_signal(signal.SIGINT)
    until(lambda: words(log)[7:] == LOOK)
    assert stage.cluster.constraints() == ["cli-prefer-vmstore"]
    stage.cluster.edit(re.escape(SENT), "")
    p.communicate(timeout=30)
    assert p.returncode == 130
    assert words(log)[-5:] == [*LOOK, "crm_resource --clear", *LOOK]
    stage.nothing_left()


def test_looks_are_as_far_apart_as_they_are_long(stage, tmp_path):
    stage.be().tools(crm_simulate=f"if {DURING_THE_MOVE} :; then cd {tmp_path}; date +%s.%N >>begun;"
                                  " sleep 1.5; date +%s.%N >>ended; fi")
    p = stage.begin("move", "vmstore", "head2", "--timeout", "6")
    # And Pacemaker does nothing.
    stage.keeper.tell({"moved": move_record()})
    p.communicate(timeout=60)
    assert p.returncode == 13
    begun, ended = ([float(line) for line in (tmp_path / f).read_text().splitlines()]
                    for f in ("begun", "ended"))
    assert len(begun) > 1 and begun[1] - ended[0] > 1.5
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
    p.communicate(timeout=10)
    assert p.returncode == 130
    stage.nothing_left()


# --- giveback -------------------------------------------------------------------------

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

