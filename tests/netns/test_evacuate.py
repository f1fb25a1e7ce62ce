# SPDX-License-Identifier: GPL-2.0-or-later
"""baton evacuate and return: several services, each by a move of its own."""
import json
import os
import re
import signal

import pytest

import move_stage
from cluster import HEAD1, HEAD2, ScriptedKeeper, location, move_record, primitive
from conftest import until
from move_stage import needs_tools

pytestmark = needs_tools
# pytest finds fixtures by their names here.
stage = move_stage.stage

HEAD3 = "head3"
NAMES = ["homes", "vmstore"]


class Many:
    """Services on head1; each has a keeper that says where they are, as Pacemaker has them."""

    def __init__(self, stage, *names, heads=(HEAD1, HEAD2), constraints=None):
        self.stage, self.names, self.heads = stage, names, heads
        self.moves = 0
        self.cluster = stage.cluster
        self.cluster.make(resources="".join(map(primitive, names)), stickiness=1000, heads=heads,
                          constraints="".join(map(location, names)) if constraints is None else constraints)
        self.keepers = {}
        for name in names:
            stage.house.write(name)
            self.keepers[name] = keeper = ScriptedKeeper(stage.root, name)
            keeper.answers.update(status=[{"result": 0, "state": "idle"}],
                                  heads=lambda request, n=name: [{"result": 0, "heads": self.rows(n)}])

    def rows(self, name):
        where = self.cluster.where(name)
        return [{"head": h, "self": h == HEAD1, "online": True, "keeper": True, "version": "0.1.0",
                 "digest": "d-1", "cluster": True, "last": None,
                 "facts": {"state": "serving" if h in where else "standby"}} for h in self.heads]

    def where(self):
        return [self.cluster.where(n) for n in self.names]

    def acts(self):
        """Pacemaker moves what it is asked to, and the keepers report it: 0.4 s, 0.5 s, 0.6 s …"""
        def tell():
            (name,) = (c.removeprefix("cli-prefer-") for c in self.cluster.constraints())
            (source,), keeper = self.cluster.where(name), self.keepers[name]
            keeper.tell({"moved": move_record(source=source, target=HEAD2 if source == HEAD1 else HEAD1,
                                              pause=400 + 100 * self.moves)})
            self.moves += 1
            keeper.followers.clear()
            keeper.followed.clear()
        self.cluster.run(tell)
        return self

    def fails(self, code, line, *argv):
        before = self.cluster.cib.read_text()
        assert self.stage.run(*argv) == (code, "", f"baton: {line}\n")
        assert self.cluster.cib.read_text() == before

    def end(self):
        for keeper in self.keepers.values():
            keeper.end()


@pytest.fixture
def many(stage):
    # The stage's own file, whose keeper is not there.
    os.unlink(stage.house.conf / "vmstore.conf")
    made = []

    def make(*names, **kw):
        made.append(Many(stage, *names, **kw))
        return made[-1]
    yield make
    for m in made:
        m.end()


def test_there_and_back(stage, many):
    m = many(*NAMES).acts()
    code, out, err = stage.run("evacuate", "--jobs", "1")
    assert (code, err) == (0, "")
    assert out.splitlines()[:2] == ["homes: head1 → head2, pause 0.40 s", "vmstore: head1 → head2, pause 0.50 s"]
    assert re.fullmatch(r"moved 2 of 2 services, in \d+\.\d s, longest pause 0\.50 s", out.splitlines()[2])
    assert m.where() == [[HEAD2], [HEAD2]]
    assert stage.run("evacuate", "head1") == (0, "head1 serves no service; nothing to do\n", "")
    code, out, err = stage.run("return", "head1", "--jobs", "1", "--order", "vmstore", "--json")
    told = json.loads(out)
    assert (code, err, told["result"], told["moved"], told["failed"], told["not_begun"]) == (0, "", 0, 2, 0, 0)
    assert [(t["service"], t["from"], t["to"], t["result"], t["record"]["pause_ms"]) for t in told["moves"]] == \
        [("vmstore", HEAD2, HEAD1, 0, 600), ("homes", HEAD2, HEAD1, 0, 700)]
    assert (told["head"], told["dry_run"], told["pause_ms"]) == (HEAD1, False, 700) and told["ms"] > 0
    assert m.where() == [[HEAD1], [HEAD1]]
    assert stage.run("return") == \
        (0, "no service that is at home on head1 is served elsewhere; nothing to do\n", "")
    told = json.loads(stage.run("return", "--json")[1])
    assert (told["moves"], told["result"]) == ([], 0)
    stage.nothing_left()


def test_return_where_no_constraint_says_so(stage, many):
    """What the ledger says: vmstore came from head1, which has been started again since; homes did not."""
    many(*NAMES, constraints=location("homes", HEAD2) + location("vmstore", HEAD2, name="now"))
    stage.cluster.edit('<rsc_location id="now".*?/>', "")
    kept = f"{stage.root}/var/lib/baton/vmstore"
    os.makedirs(kept)
    with open(f"{kept}/ledger.json", "w") as f:
        json.dump([move_record()], f)
    assert stage.run("return", "--dry-run") == (0, "vmstore: head2 → head1\nwould move 1 of 1 services\n", "")


def test_dry_run(stage, many):
    m = many("a", "b", "c")
    before = m.cluster.cib.read_text()
    code, out, err = stage.run("evacuate", "-n", "--order", "c,a")
    assert (code, err) == (0, "")
    assert out == "c: head1 → head2\na: head1 → head2\nb: head1 → head2\nwould move 3 of 3 services\n"
    told = json.loads(stage.run("evacuate", "-n", "--json")[1])
    assert told["dry_run"] and [t["service"] for t in told["moves"]] == ["a", "b", "c"]
    m.keepers["b"].answers["inquire"] = [{"result": 12, "error": "head2 is not ready"}]
    code, out, err = stage.run("evacuate", "-n")
    assert (code, out, err) == (12, "a: head1 → head2\nc: head1 → head2\nwould move 2 of 3 services, 1 failed\n",
                                "baton: b: head2 is not ready\n")
    assert m.cluster.cib.read_text() == before
    stage.nothing_left()


def test_one_fails(stage, many):
    """The others are moved; the status is that of the first, in order, that failed."""
    m = many("a", "b", "c").acts()
    m.keepers["b"].answers["inquire"] = [{"result": 4, "error": "the disk is not there"}]
    m.keepers["c"].answers["inquire"] = [{"result": 12, "error": "head2 is not ready"}]
    code, out, err = stage.run("evacuate", "--jobs", "1", "--json", "--order", "c")
    told = json.loads(out)
    assert code == told["result"] == 12
    assert [(t["service"], t["result"], t["error"]) for t in told["moves"]] == [
        ("c", 12, "head2 is not ready"), ("a", 0, None), ("b", 4, "the disk is not there")]
    assert err == "baton: c: head2 is not ready\nbaton: b: the disk is not there\n"
    assert (told["moved"], told["failed"]) == (1, 2) and m.where() == [[HEAD2], [HEAD1], [HEAD1]]
    stage.nothing_left()


def test_a_file_that_is_wrong(stage, many):
    m = many(*NAMES).acts()
    path = stage.house.conf / "homes.conf"
    path.write_text("[service]\n")
    code, out, err = stage.run("evacuate", "--jobs", "1", "--json")
    assert code == 3 and err == f"baton: {path}: key 'device' is missing\n"
    assert [t["error"] for t in json.loads(out)["moves"]] == ["not moved, as said on standard error", None]
    assert m.where() == [[HEAD1], [HEAD2]]


def test_at_once(stage, many, tmp_path):
    """Three of four wait at the same time for a tool that does not end; interrupted, all four are left."""
    m = many("a", "b", "c", "d")
    os.mkfifo(tmp_path / "gate")
    # evacuate itself asks first.
    log = stage.tools(crm_simulate=f"read x <{tmp_path}/gate")
    log.touch()
    before = m.cluster.cib.read_text()
    p = stage.begin("evacuate", "--jobs", "3")
    until(lambda: log.read_text().count("crm_simulate") == 3)
    p.send_signal(signal.SIGINT)
    out, err = p.communicate(timeout=60)
    assert log.read_text().count("crm_simulate") == 3
    assert p.returncode == 130 and re.fullmatch(r"moved 0 of 4 services, 3 failed, 1 not begun, in .* s\n", out)
    assert sorted(err.splitlines()) == [f"baton: {n}: interrupted; nothing has been changed" for n in "abc"] + \
        ["baton: d: interrupted; not moved"]
    assert m.cluster.cib.read_text() == before
    stage.nothing_left()


def test_interrupted(stage, many, tmp_path):
    """The move that is under way ends well, and no other is begun."""
    m = many(*NAMES).acts()
    os.mkfifo(tmp_path / "gate")
    log = stage.tools(crm_resource=f'[ "$1" = --move ] || read x <{tmp_path}/gate')
    log.touch()
    p = stage.begin("evacuate", "--jobs", "1", "--json")
    until(lambda: "crm_resource --clear" in log.read_text())
    p.send_signal(signal.SIGTERM)
    (tmp_path / "gate").write_text("\n")
    out, err = p.communicate(timeout=60)
    told = json.loads(out)
    assert p.returncode == 143 and "baton: vmstore: interrupted; not moved\n" in err
    assert [(t["service"], t["to"], t["result"]) for t in told["moves"]] == \
        [("homes", HEAD2, 0), ("vmstore", HEAD2, 1)]
    assert (told["moved"], told["failed"], told["not_begun"]) == (1, 0, 1)
    assert m.where() == [[HEAD2], [HEAD1]]
    stage.nothing_left()


def three(many, *names, **kw):
    m = many(*names, heads=(HEAD1, HEAD2, HEAD3), **kw)
    assert HEAD3 in m.cluster.cib.read_text()
    return m


def test_three_heads(stage, many):
    """Each to the one that serves fewest, if it is ready and not avoided."""
    m = three(many, "a", "b", "c", "d", "e", constraints="".join(
        [location("a", HEAD2), *(location(n) for n in "bcde"), location("e", HEAD2, "-50")]))

    def targets(*argv):
        told = json.loads(stage.run("evacuate", HEAD1, "-n", "--json", *argv)[1])
        return {t["service"]: t["to"] for t in told["moves"]}

    assert m.where() == [[HEAD2]] + 4 * [[HEAD1]]
    assert targets() == {"b": HEAD3, "c": HEAD2, "d": HEAD3, "e": HEAD3}
    assert targets("--to", HEAD2) == dict.fromkeys("bcde", HEAD2)
    m.rows = lambda name, real=m.rows: [r | ({"agrees": False} if r["head"] == HEAD3 else {}) for r in real(name)]
    assert {t for n, t in targets().items() if n in "bcd"} == {HEAD2}


def test_bad_input(stage, many):
    m = many(*NAMES)
    m.fails(2, "there is no head 'head9'; the cluster has head1, head2", "evacuate", "head9")
    m.fails(2, "there is no head 'head9'; the cluster has head1, head2", "return", "head9")
    m.fails(2, "there is no head 'head9'; the cluster has head1, head2", "evacuate", "--to", "head9")
    m.fails(2, "--to: head1 is the head that is to be evacuated", "evacuate", "--to", "head1")
    for words, wrong in (("vmstore,nosuch", "nosuch"), ("", ""), ("homes,", "")):
        m.fails(2, f"--order: '{wrong}' is not a service that would be moved", "evacuate", "--order", words)
    m.fails(2, "--order: 'homes' is not a service that would be moved", "evacuate", "head2", "--order", "homes")
    m.fails(2, "--order: 'homes' is not a service that would be moved", "return", "--order", "homes")
    assert stage.run("evacuate", "head2") == (0, "head2 serves no service; nothing to do\n", "")
    stage.cluster.change("crm_standby", "--node", HEAD2, "--update", "on")
    m.fails(12, "head2 is in standby", "evacuate", "--to", HEAD2)
    m.fails(12, "head2 is in standby", "return", HEAD2)
    code, out, err = stage.run("evacuate")
    # Two at once: whichever comes first.
    assert (code, sorted(err.splitlines())) == (
        12, ["baton: homes: head2 is in standby", "baton: vmstore: head2 is in standby"])


def test_no_pacemaker(house):
    house.write()
    house.run("mount", "-t", "tmpfs", "none", "/usr/sbin")
    for command in ("evacuate", "return"):
        assert house.baton(command, status=13).startswith("baton: no cluster here: cibadmin is not installed")


def test_no_services(stage, many):
    many("vmstore")
    os.unlink(stage.house.conf / "vmstore.conf")
    for command in ("evacuate", "return"):
        assert stage.run(command) == (0, "no services here; nothing to do\n", "")


def test_what_only_the_keeper_knows(stage, many):
    """A stop that failed has left it here, and Pacemaker has started it on the other head."""
    m = many("vmstore", constraints=location("vmstore", HEAD2))
    rows = m.rows("vmstore")
    rows[0]["facts"]["state"] = "partial"
    m.keepers["vmstore"].answers["heads"] = [{"result": 0, "heads": rows}]
    assert m.where() == [[HEAD2]]
    code, out, err = stage.run("evacuate", "-n")
    assert code and out == "would move 0 of 1 services, 1 failed\n" and err.startswith("baton: vmstore: "), (code, out, err)
