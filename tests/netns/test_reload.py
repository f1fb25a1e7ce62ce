# SPDX-License-Identifier: GPL-2.0-or-later
"""A service file that was edited: what a reload applies and what it refuses, on one head and on two."""
import json
import os
import subprocess

import pytest

import fakekeeper
import test_mount
from conftest import AGENT, CPGX, KEEPX, STEPX, until
from fakekeeper import RUN, ended, steps
from test_mount import FS, ROOT, below
from test_served import edit, in_use

# pytest finds fixtures by their names here.
keeper = fakekeeper.keeper
disk = test_mount.disk

NEVER = ("{} cannot be changed while the service is served: stop it, then `baton reload vmstore`, "
         "then start it")


def reload(keeper, *options, **kw):
    return keeper.baton("reload", "vmstore", *options, **kw)


# --- while it serves ------------------------------------------------------------------

def test_it_is_applied_and_recorded(keeper):
    keeper.be()
    keeper.baton("start", "vmstore")
    before = keeper.ask({"do": "status"})["digest"]
    path = edit(keeper, "threads = 4", "lease = 20", exports="export = / 192.0.2.0/24(rw)")
    changes = ("  export: / *(rw,sync,no_subtree_check) → / 192.0.2.0/24(rw,sync,no_subtree_check)\n"
               "  lease: 10 → 20, at the next start\n"
               "  threads: 16 → 4\n")
    assert reload(keeper, "-n") == "vmstore: would be reloaded\n" + changes
    assert in_use(keeper) != path.read_text() and keeper.trace()[-1] == "address"
    assert reload(keeper) == "vmstore: reloaded\n" + changes
    assert in_use(keeper) == path.read_text()
    assert steps(keeper.log(1)[0]) == [("exports", "done"), ("threads", "done"),
                                       ("remember", "done")]
    assert keeper.log(1)[0]["op"] == "reload"
    status = keeper.ask({"do": "status"})
    assert status["state"] == "serving" and status["digest"] != before
    assert reload(keeper) == "vmstore: already so\n"
    told = json.loads(reload(keeper, "--json"))
    assert told["result"] == 0 and not told["changed"] and told["changes"] == []
    # What is only written in other words is no change.
    path.write_text("# new\n" + path.read_text())
    assert reload(keeper) == "vmstore: already so\n"


@pytest.mark.parametrize("key,line", [("options", "options = noatime"), ("fstype", "fstype = ext4"),
                                      ("address", "address = 192.0.2.51/24@eth0"),
                                      ("gateway", "gateway = 192.0.2.1"),
                                      ("versions", "versions = 4.2"), ("device", "device = /dev/zero")])
def test_what_cannot_be_changed(keeper, key, line):
    keeper.be()
    keeper.baton("start", "vmstore")
    trace = keeper.trace()
    path = edit(keeper, "threads = 4")
    text = path.read_text()
    if key in ("device", "fstype"):
        text = "\n".join(l for l in text.splitlines() if not l.startswith(key)) + "\n"
    path.write_text(text + line + "\n")
    for options in ((), ("-n",)):
        assert reload(keeper, *options, status=3) == f"baton: vmstore: {NEVER.format(key)}\n"
    assert keeper.trace() == trace and "threads" not in in_use(keeper)
    keeper.baton("stop", "vmstore")
    # In standby it is standby that is set up again.
    assert reload(keeper).startswith("vmstore: reloaded\n")
    assert steps(keeper.log(1)[0]) == [("prepare", "done"), ("remember", "done")]
    assert in_use(keeper) == path.read_text()


def test_nonsense_changes_nothing(keeper):
    keeper.be()
    keeper.baton("start", "vmstore")
    before = in_use(keeper)
    path = edit(keeper, "threads = many")
    assert reload(keeper, status=3) == \
        f"baton: vmstore: {path}:6: threads: 'many' is not between 1 and 1024\n"
    assert json.loads(keeper.house.run("sh", "-c", f"{fakekeeper.BATON} reload vmstore -j; true",
                                       ))["result"] == 3
    path.unlink()
    assert reload(keeper, status=3) == f"baton: vmstore: {path}: No such file or directory\n"
    assert in_use(keeper) == before and keeper.trace()[-1] == "address"


def test_a_failure_is_taken_back(keeper):
    keeper.be()
    keeper.baton("start", "vmstore")
    before = in_use(keeper)
    digest = keeper.ask({"do": "status"})["digest"]
    edit(keeper, "threads = 4")
    keeper.set("threads.fail", "no memory")
    said = reload(keeper, status=9)
    assert said.startswith("baton: vmstore: threads: no memory; and undoing it")
    assert steps(keeper.log(1)[0]) == [("exports", "done"), ("threads", "failed"),
                                       ("exports", "undone"), ("threads", "failed"),
                                       ("remember", "undone")]
    assert in_use(keeper) == before and keeper.ask({"do": "status"})["digest"] == digest
    assert keeper.ask({"do": "status"})["state"] == "serving"
    keeper.clear("threads.fail")
    assert reload(keeper).startswith("vmstore: reloaded\n")


def test_it_waits_for_its_turn(keeper):
    """It is judged by the state that it finds then."""
    keeper.be()
    keeper.set("address.wait")
    start = keeper.begin("start", "vmstore")
    keeper.runs("address")
    edit(keeper, "versions = 4.2")
    with keeper.connection() as later:
        later.send(b'{"do": "reload"}')
        assert json.loads(later.recv(65536)) == {"waiting": "start"}
        assert keeper.ask({"do": "reload"})["error"] == "a reload is going on"
        keeper.clear("address.wait")
        assert ended(start)[0] == 0
        answer = until(lambda: (a := json.loads(later.recv(65536))) and "result" in a and a)
    assert (answer["result"], answer["error"]) == (3, NEVER.format("versions"))
    assert "versions" not in in_use(keeper)


def test_who_hangs_up_is_not_waited_for(keeper):
    keeper.be()
    keeper.baton("start", "vmstore")
    edit(keeper, "threads = 4")
    keeper.set("exports.wait")
    p = keeper.begin("reload", "vmstore")
    keeper.runs("exports")
    p.kill()
    p.wait()
    keeper.clear("exports.wait")
    until(lambda: "threads" in in_use(keeper))
    until(lambda: reload(keeper) == "vmstore: already so\n")


def test_a_keeper_that_dies_over_it(keeper):
    """Its child goes on. A keeper that comes meanwhile knows only the old file, and gives way to another."""
    keeper.be()
    keeper.baton("start", "vmstore")
    before = keeper.ask({"do": "status"})["digest"]
    edit(keeper, "threads = 4")
    keeper.set("exports.wait")
    p = keeper.begin("reload", "vmstore")
    keeper.runs("exports")
    keeper.process.kill()
    keeper.process.wait()
    assert ended(p)[0] == 8
    socket = keeper.root + RUN + "/sock"
    os.unlink(socket)
    keeper.be(ready=False)
    until(lambda: os.path.exists(socket))
    keeper.clear("exports.wait")
    assert keeper.process.wait(30) == 8
    assert "the service has been reloaded meanwhile" in keeper.process.stderr.read()
    assert "threads" in in_use(keeper)
    keeper.be()
    status = keeper.ask({"do": "status"})
    assert status["digest"] != before and status["state"] == "serving"
    assert reload(keeper) == "vmstore: already so\n"


# --- by other means ---------------------------------------------------------------------

def test_the_agent_reloads(keeper):
    keeper.be()
    keeper.baton("start", "vmstore")
    edit(keeper, "threads = 4")
    env = dict(keeper.house.env, OCF_RESKEY_service="vmstore")

    def act(status):
        done = subprocess.run([*keeper.house.enter, AGENT, "reload-agent"], env=env,
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == status, done
        return done.stderr

    assert act(0) == "INFO: vmstore: reloaded\n"
    assert act(0) == "INFO: vmstore: already so\n"
    edit(keeper, "versions = 4.2")
    assert NEVER.format("versions") in act(2)


# --- the real steps -------------------------------------------------------------------

def step(house, name, status=0):
    return house.run(STEPX, "vmstore", name, status=status).strip()


def test_directories_follow_the_file(house, disk):
    """Those that stay are the same mounts as before, also if something in them is open."""
    disk.fill("mkdir -p a/deep b 'c d' .baton; echo x > b/f")
    disk.service("/a/deep", "/b")
    house.keepx("attach", "vmstore")
    mount_id = house.inside("vmstore", "sh", "-c", f"grep ' {ROOT}/vmstore/b ' /proc/self/mountinfo")
    # A client has a file open on what is taken out.
    user = house.start(KEEPX, "ns-run", "vmstore", "sh", "-c",
                       f"exec 3< {ROOT}/vmstore/a/deep; echo; read x", stdin=subprocess.PIPE)
    user.stdout.readline()
    disk.service("/b", '"/c d"')
    step(house, "directories")
    assert below(house) == [FS, f"{ROOT}/vmstore/b", f"{ROOT}/vmstore/c\\040d"]
    assert house.inside("vmstore", "sh", "-c",
                        f"grep ' {ROOT}/vmstore/b ' /proc/self/mountinfo") == mount_id
    assert sorted(house.inside("vmstore", "ls", f"{ROOT}/vmstore").splitlines()) == ["b", "c d"]
    # The whole filesystem instead of parts of it, and back.
    disk.service("/")
    step(house, "directories")
    assert below(house) == [FS, f"{ROOT}/vmstore", f"{ROOT}/vmstore/.baton"]
    assert house.inside("vmstore", "ls", "-A", f"{ROOT}/vmstore/.baton") == ""
    disk.service("/b")
    step(house, "directories")
    step(house, "directories")
    assert below(house) == [FS, f"{ROOT}/vmstore/b"]
    # What is not there is refused, and nothing is taken away for it.
    disk.service("/none")
    assert "export /none: on the filesystem: No such file" in step(house, "directories", status=4)
    assert below(house) == [FS, f"{ROOT}/vmstore/b"]
    user.communicate("")
    house.keepx("detach", "vmstore")
    house.run("mkfs.xfs", "-qf", disk.device)


# --- two heads ------------------------------------------------------------------------

@pytest.fixture
def heads(tmp_path):
    with fakekeeper.two_heads(tmp_path) as heads:
        yield heads


def edit_both(heads, *lines, **kw):
    return [edit(keeper, *lines, **kw) for keeper in heads.keepers.values()]


def test_both_heads(heads):
    """Either may be asked; the serving one comes first."""
    one, two = heads.be()
    one.baton("start", "vmstore")
    for threads, asked, other in ((4, one, "head2"), (5, two, "head1")):
        paths = edit_both(heads, f"threads = {threads}")
        head = f"  {other}: would be reloaded\n"
        assert reload(asked, "-n").endswith(head)
        said = reload(asked)
        assert said.startswith("vmstore: reloaded\n  threads: ")
        assert said.endswith(f"  {other}: reloaded\n")
        for keeper, path in zip(heads.keepers.values(), paths):
            assert in_use(keeper) == path.read_text()
    assert one.log(1)[0]["op"] == two.log(1)[0]["op"] == "reload"
    assert one.log(1)[0]["began"] <= two.log(1)[0]["began"]
    assert reload(one) == "vmstore: already so\n  head2: has it already\n"
    # They know of each other that they mean the same again.
    assert two.ask({"do": "inquire", "target": "head1"})["error"] == "head1: is serving, not standing by"
    # Also where it stands by one hears what waits for a start.
    edit_both(heads, "threads = 5", "lease = 12")
    assert "lease: 10 → 12, at the next start\n" in reload(two)
    # A head that has it already needs nothing, and the other one gets it.
    paths = edit_both(heads, "threads = 6")
    two.end()
    two.be()
    heads.meet()
    assert reload(one).endswith("  head2: has it already\n")
    assert in_use(one) == paths[0].read_text()


def test_nothing_is_applied_if_one_head_cannot(heads):
    one, two = heads.be()
    one.baton("start", "vmstore")
    before = in_use(one)
    path = edit(one, "threads = 4")
    other = two.house.conf / "vmstore.conf"
    # Its file is another one; is nonsense; is missing.
    assert reload(one, status=12) == \
        f"baton: vmstore: head2: its {other} differs from that of head1; make them equal\n"
    edit(two, "threads = x")
    assert reload(one, "-n", status=3) == \
        f"baton: vmstore: head2: {other}:6: threads: 'x' is not between 1 and 1024\n"
    other.unlink()
    assert reload(one, status=3) == f"baton: vmstore: head2: {other}: No such file or directory\n"
    # What the serving head cannot, asked on the other.
    edit_both(heads, "versions = 4.2")
    assert reload(two, status=3) == f"baton: vmstore: head1: {NEVER.format('versions')}\n"
    for keeper in heads.keepers.values():
        assert in_use(keeper) == before and "reload" not in [r["op"] for r in keeper.log()]
    # A head that fails after the serving one has reloaded says so.
    edit_both(heads, "threads = 4")
    two.set("prepare.fail", "no link")
    assert reload(one, status=9).startswith("baton: vmstore: head2: prepare: no link")
    assert in_use(one) == path.read_text() and in_use(two) == before
    two.clear("prepare.fail")
    assert reload(one).endswith("  head2: reloaded\n")


def test_a_head_without_a_keeper(heads):
    one, two = heads.keepers.values()
    one.be()
    edit(one, "threads = 4")
    assert reload(one) == ("vmstore: reloaded\n  threads: 16 → 4\n"
                           "  head2: no keeper there; it reads its own file when it starts\n")


@pytest.mark.alone
def test_an_older_keeper(heads):
    """It ignores the question: that takes 5 s."""
    one, two = heads.keepers.values()
    one.be()
    hello = {"v": 1, "type": "hello", "generation": 1, "version": "0.0.9", "digest": "x"}
    two.house.start(CPGX, "vmstore", json.dumps(hello), stdin=subprocess.PIPE)
    until(lambda: "head2" in one.ask({"do": "status"})["peers"])
    before = in_use(one)
    edit(one, "threads = 4")
    assert reload(one, status=12) == \
        ("baton: vmstore: head2: its keeper (baton 0.0.9) does not answer; an older one does not "
         "know reload\n")
    assert in_use(one) == before
