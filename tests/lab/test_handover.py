# SPDX-License-Identifier: GPL-2.0-or-later
"""Hand-overs from keeper to keeper, with real corosync and real disks but without Pacemaker: they succeed,
and they fail at each step."""

import json
import re

import pytest
from keepers import Keepers
from labkit.pace import stretch
from labkit.wait import wait_for
from trials.service import HEADS, Probe, errors

PEER, CLUSTER, FAILED, DEVICE, STANDING = 12, 13, 1, 4, 9


@pytest.fixture(scope="module")
def vmstore(cluster):
    service = Keepers(cluster.lab)
    service.prepare()
    service.meet()
    service.start("head1")
    yield service
    service.retire()


@pytest.fixture(autouse=True)
def home(vmstore):
    """Each test begins and ends with the service on head1, and keepers that know each other."""
    yield
    for head in HEADS:
        if vmstore.configured(head) != vmstore.conf():
            vmstore.keep(head)
            vmstore.stop(head)
            vmstore.end_keeper(head)
            vmstore.configure(head)
        vmstore.keep(head)
    vmstore.meet()
    vmstore.stop("head2")
    vmstore.start("head1")
    assert vmstore.states() == {"head1": "serving", "head2": "standby"}


def steps(record, head):
    return [s["step"] for s in record["steps"] if s["head"] == head]


@pytest.mark.suites
def test_a_service_goes_and_comes_back_under_a_writer(vmstore):
    vmstore.mount()
    probe = Probe(vmstore).start()
    try:
        begun, n_steps = probe.now(), 0
        following = vmstore.begin("head2", do="follow")
        # What comes after this line is heard, what came before need not be.
        assert json.loads(following.stdout.readline()) == {"following": True}
        for source, target in (HEADS, HEADS[::-1]):
            answers = vmstore.hear(vmstore.begin(source, do="move", target=target))
            assert answers[-1]["result"] == 0 and answers[-1]["changed"], answers[-1]
            assert answers[-1]["state"] == "standby"
            record = answers[-1]["record"]
            assert (record["from"], record["to"], record["outcome"]) == (source, target, "done")
            assert steps(record, source)[:2] == ["sync", "hold"] and steps(record, source)[-1] == "clear"
            assert steps(record, target)[:3] == ["links", "device", "mount"]
            assert steps(record, target)[-1] == "tickle"
            assert 0 < record["pause_ms"] < record["ms"]
            n_steps += len(record["steps"])
            # The requester saw every step as it came; both heads log the same.
            assert [a["step"] for a in answers[:-1]] == [s["step"] for s in record["steps"]]
            for head in HEADS:
                logged = vmstore.ledger(head, "move")
                assert logged["generation"] == record["generation"]
                assert logged["by"] == record["by"]
                assert (logged["by"]["kind"], logged["by"]["head"]) == ("command", source)
                assert [s["step"] for s in logged["steps"]] == \
                    [s["step"] for s in record["steps"]]
            assert vmstore.mounts() == [target]
        seen = []
        while sum("moved" in s for s in seen) < 2:
            seen.append(json.loads(following.stdout.readline()))
        following.kill()
        assert sum("step" in s for s in seen) == n_steps
        # What outlives a move: locks, and a client that writes at once.
        until = probe.now()
    finally:
        report = probe.finish()
        vmstore.unmount()
    assert errors(report, begun, until) == (0, 0) and report["lock_kept"], report["events"]
    assert report["records"]["missing"] == report["records"]["wrong"] == 0


def test_a_head_with_less_memory(vmstore):
    """A client goes on with the longest WRITE of the head it has mounted from; knfsd's own default
    depends on the memory. A head that takes less would close the connection for ever."""
    block = "/proc/fs/nfsd/max_block_size"
    vmstore.lab.guest("head2").run([*vmstore.inside, "sh", "-c", f"echo 65536 > {block}"])
    vmstore.mount()
    try:
        answer = vmstore.ask("head1", do="move", target="head2")
        assert answer["result"] == 0, answer
        vmstore.lab.guest("client").run(
            ["dd", "if=/dev/zero", "of=/mnt/vmstore/long", "bs=1M", "count=4", "conv=fsync"], timeout=60)
        assert vmstore.lab.guest("head2").run([*vmstore.inside, "cat", block]).stdout == "1048576\n"
    finally:
        vmstore.stop("head2")
        vmstore.start("head1")
        vmstore.unmount()


def test_heads_tell_how_they_stand(vmstore):
    for asked in HEADS:
        heads = {h["head"]: h for h in vmstore.heads(asked)}
        assert set(heads) == set(HEADS)
        assert heads["head1"]["facts"]["state"] == "serving"
        assert heads["head2"]["facts"]["state"] == "standby"
        assert heads["head1"]["digest"] == heads["head2"]["digest"]
        assert [h for h in HEADS if heads[h]["self"]] == [asked]


@pytest.mark.parametrize("target, why", [
    ("head3", "there is no head 'head3' in this cluster"),
    ("head1", "head1 is this head itself"),
    ("", "there is no head '' in this cluster"),
])
def test_to_where_nobody_can_go(vmstore, target, why):
    refusal = {"result": PEER, "error": why, "changed": False, "state": "serving"}
    assert vmstore.ask("head1", do="move", target=target) == refusal
    if target == "head1":
        # A head can say this of itself, too.
        refusal.update(result=FAILED, error="is serving, not standing by")
    assert vmstore.ask("head1", do="inquire", target=target) == refusal


def test_a_head_asked_about_itself(vmstore):
    """`baton move` may be run on the head it goes to."""
    answer = vmstore.ask("head2", do="inquire", target="head2")
    assert answer == {"result": 0, "changed": False, "state": "standby"}


def test_from_where_it_is_not(vmstore):
    answer = vmstore.ask("head2", do="move", target="head1")
    assert answer["result"] == FAILED and answer["error"] == "is standby here, not serving"
    assert vmstore.states() == {"head1": "serving", "head2": "standby"}


def refused(vmstore, result, why, target="head2"):
    """Question and move get the same answer, and head1 goes on serving undisturbed."""
    for word in ("inquire", "move"):
        answer = vmstore.ask("head1", do=word, target=target)
        assert why in answer["error"], answer
        assert answer["result"] == result and not answer["changed"]
    assert vmstore.ask("head1", do="status")["state"] == "serving"
    assert vmstore.mounts() == ["head1"]


def start(vmstore, head, *options):
    return vmstore.lab.guest(head).run(["baton", "start", *options, vmstore.name], check=False,
                                       timeout=60)


@pytest.mark.parametrize("options", [(), ("--takeover",)], ids=["plain", "takeover"])
def test_who_serves_is_never_overridden(vmstore, options):
    done = start(vmstore, "head2", *options)
    assert done.returncode == PEER and done.stderr == "baton: vmstore: head1 serves it\n"
    assert vmstore.states() == {"head1": "serving", "head2": "standby"}


def test_of_two_starts_at_once_one_wins(vmstore):
    """The first in corosync's order wins; the other is told which head that is."""
    for _ in range(5):
        for head in HEADS:
            vmstore.stop(head)
        starts = [vmstore.begin(head, do="start") for head in HEADS]
        answers = [vmstore.hear(s)[-1] for s in starts]
        assert sorted(a["result"] for a in answers) == [0, PEER], answers
        winner = [a["result"] for a in answers].index(0)
        assert answers[1 - winner]["error"] in (f"{HEADS[winner]} is starting it",
                                                f"{HEADS[winner]} serves it")
        assert vmstore.mounts() == [HEADS[winner]]


def test_a_start_while_it_is_handed_over(vmstore):
    """head2 is READY: an administrator's start there would not wait for the grant; and the source, when it
    hears that the hand-over is off, would start again as well."""
    vmstore.end_keeper("head1")
    wait_for("head1 to be missed", lambda: not vmstore.met("head2", "head1"))
    there = vmstore.impostor("head1", hello(vmstore, "head2"))
    wait_for("hello", lambda: vmstore.met("head2", "head1"))
    vmstore.say("head1", {"v": 1, "type": "prepare", "to": "head2", "generation": 1 << 50,
                          "digest": vmstore.ask("head2", do="status")["digest"]})
    for line in there.stdout:
        if '"ready"' in line:
            break
    done = start(vmstore, "head2")
    assert done.returncode == PEER
    assert done.stderr == "baton: vmstore: a hand-over with head1 is going on\n"
    there.kill()


def test_a_silent_head(vmstore):
    """Nobody knows whether it serves. An administrator who knows that it is dead can say so."""
    vmstore.stop("head1")
    vmstore.end_keeper("head1")
    wait_for("head1 to be missed", lambda: not vmstore.met("head2", "head1"))
    done = start(vmstore, "head2")
    assert done.returncode == PEER
    assert done.stderr.startswith("baton: vmstore: head1 does not answer, so nobody knows whether "
                                  "it serves. If it is known to be dead: `baton start --takeover "
                                  "vmstore`.")
    assert vmstore.mounts() == []
    assert start(vmstore, "head2", "--takeover").stdout == "vmstore: serving\n"


def test_a_disk_that_is_not_released(vmstore):
    """Its address has been free since the stop's silence, and nothing there answers."""
    guest = vmstore.lab.guest("head1")
    user = guest.start([*vmstore.inside, "sh", "-c",
                        "cd /run/baton/vmstore/fs && echo && exec sleep 600"])
    assert user.stdout.readline() == "\n"
    try:
        assert vmstore.ask("head1", do="stop")["result"] == 9
        for options in ((), ("--takeover",)):
            done = start(vmstore, "head2", *options)
            assert done.returncode == PEER
            assert done.stderr == ("baton: vmstore: head1 has not released the disk (partial); stop "
                                   "it there, or have that head fenced\n")
        assert vmstore.mounts() == ["head1"]
    finally:
        guest.run(["pkill", "-x", "sleep"])
        user.wait(30)
    vmstore.stop("head1")


def test_two_services_on_one_disk(vmstore):
    guest = vmstore.lab.guest("head2")
    real = guest.run(["realpath", vmstore.device]).stdout.strip()
    other = vmstore.conf().replace(vmstore.device, real).replace(vmstore.address, "10.77.0.99")
    vmstore.stop("head1")
    guest.run(["sh", "-c", "cat > /etc/baton/other.conf"], input=other)
    try:
        checked = guest.run(["baton", "check", "vmstore"], check=False)
        assert f"device {vmstore.device} belongs to the service other, too" in checked.stdout
        assert "belongs to the service other, too" in start(vmstore, "head2").stderr
        assert start(vmstore, "head1").stderr == \
            "baton: vmstore: head2: the service other there is on the same disk\n"
    finally:
        guest.run(["rm", "/etc/baton/other.conf"])


def test_what_is_not_served_is_not_granted(vmstore):
    """The keeper believes that it serves, and the stop finds less: then the clients have not been told
    what a hand-over tells them."""
    vmstore.lab.guest("head1").run([*vmstore.inside, "sh", "-c", "echo 0 > /proc/fs/nfsd/threads"])
    answer = vmstore.ask("head1", do="move", target="head2")
    assert answer["result"] == STANDING and answer["state"] == "serving"
    assert answer["error"] == ("was partial when it was to be handed over, not serving; head1 "
                               "serves it again")
    assert vmstore.states() == {"head1": "serving", "head2": "standby"}


def sockets(vmstore, head):
    return vmstore.lab.guest(head).run([*vmstore.inside, "ss", "-tinH", "sport", "=", ":2049"]).stdout


def queued(vmstore, head):
    """Bytes that the clients have not acknowledged."""
    return sum(int(q) for q in re.findall(r"^ESTAB +\d+ +(\d+) ", sockets(vmstore, head), re.M))


def acked(vmstore, head):
    return sum(int(n) for n in re.findall(r"bytes_acked:(\d+)", sockets(vmstore, head)))


def test_more_to_write_back_than_there_is_time_for(vmstore):
    """It would be part of the pause: the hand-over is refused with the figure, and goes well later."""
    lab, head1 = vmstore.lab, vmstore.lab.guest("head1")
    big = "/run/baton/vmstore/fs/big"
    # 1 MB a second to the disk, and half of the time is for writing back.
    with lab.net.slow(lab.guest("storage").spec.tap["lan"], 8):
        # From the control group of knfsd's threads.
        head1.run([*vmstore.inside, "sh", "-c", "echo $$ > /sys/fs/cgroup/cgroup.procs; "
                   f"dd if=/dev/zero of={big} bs=1M count=64"])
        answer = vmstore.ask("head1", do="move", target="head2", budget_ms=30000)
    assert answer["result"] == FAILED and answer["state"] == "serving", answer
    said = re.match(r"sync: (\d+) MB are still to be written to the disk after (\d+) s(, about \d+ s more)?; "
                    "the service stays here; head1 serves it again$", answer["error"])
    assert said, answer
    assert 20 < int(said[1]) < 68 and 10 < int(said[2]) < 20, answer
    assert vmstore.mounts() == ["head1"]
    assert "drain" not in [s["step"] for s in vmstore.ledger("head1", "move")["steps"]]
    assert vmstore.ask("head1", do="move", target="head2")["result"] == 0
    vmstore.lab.guest("head2").run([*vmstore.inside, "rm", big])


def test_replies_that_cannot_be_delivered(vmstore):
    """A client hears nothing while it is owed more than its link has under way. The move is given up, names
    the client, and leaves everything as before. A stop goes on, and says what that cost."""
    lab, client = vmstore.lab, vmstore.lab.guest("client")
    for head in HEADS:
        # A client that is silent for a whole lease would not be waited for.
        vmstore.configure(head, vmstore.conf(drain=1, lease=90, grace=90))
    vmstore.baton("head1", "reload", "vmstore")
    vmstore.meet()
    vmstore.mount()
    client.run(["dd", "if=/dev/zero", f"of={vmstore.mountpoint}/big", "bs=1M", "count=16",
                "conv=fsync"], timeout=60)
    reader = client.start(["sh", "-c", f"cd {vmstore.mountpoint}; while dd if=big of=/dev/null "
                           "iflag=direct bs=1M status=none; do :; done"])
    try:
        # So slow that only a tenth of the queue is under way.
        with lab.net.slow(client.spec.tap["lan"], 1):
            wait_for("a backlog", lambda: queued(vmstore, "head1") > 100000)
            client.link(False)
            answer = vmstore.ask("head1", do="move", target="head2")
            assert answer["result"] == FAILED and answer["state"] == "serving", answer
            assert re.match(r"(hold|drain): replies could not be delivered within 1 s to 10\.77\.0\.20:\d+ "
                            r"\(\d+ bytes\); the service stays here; head1 serves it again$",
                            answer["error"]), answer
            assert vmstore.mounts() == ["head1"]
            rules = lab.guest("head1").run([*vmstore.inside, "nft", "list", "ruleset"]).stdout
            # No filter is awake.
            assert rules.count("\ttype filter hook input") == rules.count("flags dormant") > 0
            before = acked(vmstore, "head1")
            client.link(True)
            wait_for("more", lambda: acked(vmstore, "head1") > before)
            wait_for("a backlog", lambda: queued(vmstore, "head1") > 100000)
            client.link(False)
            assert vmstore.ask("head1", do="stop")["result"] == 0
        settle, = [s for s in vmstore.ledger("head1", "stop")["steps"] if s["step"] == "settle"]
        assert settle["unsettled"] == 1 and "10.77.0.20" in settle["note"], settle
    finally:
        client.link(True)
        reader.kill()
        # The shell first: it restarts dd.
        client.run(["sh", "-c", "pkill -f '[i]f=big'; pkill -x dd"], check=False)
    # An unmount needs a server.
    vmstore.start("head1")
    vmstore.unmount()


def test_without_a_keeper_there(vmstore):
    vmstore.end_keeper("head2")
    wait_for("head2 to be missed", lambda: not vmstore.met("head1", "head2"))
    refused(vmstore, PEER, "head2: no keeper runs there (systemctl start baton@vmstore)")


def test_with_another_configuration_there(vmstore):
    vmstore.end_keeper("head2")
    vmstore.configure("head2", vmstore.conf(lease=15))
    vmstore.keep("head2")
    vmstore.meet()
    refused(vmstore, PEER, "head1 and head2 have different values for lease; make "
            "/etc/baton/vmstore.conf equal, then `baton reload vmstore`")


def test_with_another_version_there(vmstore):
    vmstore.end_keeper("head2")
    wait_for("head2 to be missed", lambda: not vmstore.met("head1", "head2"))
    there = vmstore.impostor("head2", {"v": 2, "type": "hello", "version": "9.0"})
    wait_for("hello", lambda: vmstore.met("head1", "head2"))
    refused(vmstore, PEER, "head2: baton 9.0 there speaks protocol 2, 0.1.0 here 1")
    # The other way round: a question from that version is refused, in words it can read.
    there.stdin.close()
    there.wait(30)
    asker = vmstore.impostor("head2", {"v": 2, "type": "prepare", "to": "head1",
                                       "version": "9.0", "generation": 1 << 60})
    for line in asker.stdout:
        if '"refuse"' in line:
            assert ("head1: baton 9.0 on head2 speaks protocol 2, 0.1.0 here 1"
                    in json.loads(line.partition(" ")[2])["text"])
            break
    else:
        pytest.fail("no answer")
    asker.kill()
    assert vmstore.ask("head1", do="status")["state"] == "serving"


def test_a_target_that_lacks_the_disk(vmstore):
    guest = vmstore.lab.guest("head2")
    guest.run(["sh", "-c", f"mv {vmstore.device} {vmstore.device}.gone"])
    try:
        refused(vmstore, DEVICE, "head2: device")
    finally:
        guest.run(["sh", "-c", f"mv {vmstore.device}.gone {vmstore.device}"])
    assert vmstore.ask("head1", do="inquire", target="head2")["result"] == 0


def test_a_target_whose_link_is_down(vmstore):
    vmstore.lab.guest("head2").link(False)
    try:
        # Up to a second after the carrier; baton goes by it.
        wait_for("the link to be down", lambda: vmstore.lab.guest("head2").run(
            ["cat", "/sys/class/net/lan0/operstate"]).stdout == "down\n")
        refused(vmstore, 5, "head2: links")
    finally:
        vmstore.lab.guest("head2").link(True)


def test_a_target_that_is_silent_before(vmstore):
    vmstore.signal("head2", "STOP")
    try:
        answer = vmstore.ask("head1", do="move", target="head2", budget_ms=2000)
        assert answer["result"] == PEER and not answer["changed"]
        assert answer["error"] == "head2 does not answer"
    finally:
        vmstore.signal("head2", "CONT")
    # The question that it finds when it wakes up is out of date.
    wait_for("standby", lambda: vmstore.ask("head2", do="status")["state"] == "standby")
    assert vmstore.mounts() == ["head1"]


def hello(vmstore, head="head1"):
    return {"v": 1, "type": "hello", "version": "0.1.0",
            "digest": vmstore.ask(head, do="status")["digest"]}


def play_target(vmstore, *answers):
    """head2's keeper is replaced by one that says READY to the hand-over that now begins, then @answers.
    Returns the processes: the move's requester, the impostor."""
    vmstore.end_keeper("head2")
    wait_for("head2 to be missed", lambda: not vmstore.met("head1", "head2"))
    there = vmstore.impostor("head2", hello(vmstore))
    wait_for("hello", lambda: vmstore.met("head1", "head2"))
    asker = vmstore.begin("head1", do="move", target="head2",
                          budget_ms=round(stretch(12000)))
    for line in there.stdout:
        head, _, text = line.partition(" ")
        message = json.loads(text)
        if head == "head1" and message["type"] == "prepare":
            break
    vmstore.say("head2", *({"v": 1, "to": "head1", "generation": message["generation"], **a}
                           for a in ({"type": "ready"}, *answers)))
    return asker, there


def test_a_target_that_is_silent_after_the_grant(vmstore):
    asker, there = play_target(vmstore)
    answer = vmstore.hear(asker)[-1]
    assert answer["result"] == PEER and answer["changed"] and answer["state"] == "standby"
    assert answer["error"] == ("head2, to which the service was granted, does not say that it "
                               "serves")
    # Nobody serves: Pacemaker has to resolve that, because it knows whether head2 lives.
    assert vmstore.mounts() == []
    there.kill()


def test_a_target_that_goes_after_it_was_ready(vmstore):
    asker, there = play_target(vmstore)
    there.stdin.close()
    answer = vmstore.hear(asker)[-1]
    assert answer["result"] == PEER and answer["changed"]
    # Before the grant the source starts again, after it Pacemaker would.
    if answer["state"] == "serving":
        assert answer["error"] == "head2 has gone; head1 serves it again"
    else:
        assert answer["error"] == "head2 has gone after the service was granted to it"
    there.wait(30)


def test_a_target_that_refuses_after_it_was_ready(vmstore):
    asker, there = play_target(vmstore, {"type": "refuse", "code": 12, "text": "head2: no more"})
    answer = vmstore.hear(asker)[-1]
    assert answer["result"] == PEER and answer["error"].startswith("head2: no more")
    if answer["state"] == "serving":
        assert vmstore.mounts() == ["head1"]
    there.kill()


def test_a_start_that_fails_there(vmstore):
    """The requester gets the target's own reason, and the target undoes what it has begun."""
    guest = vmstore.lab.guest("head2")
    guest.run([*vmstore.inside, "mount", "--bind", "/dev/null", "/usr/sbin/nfsdcld"])
    try:
        answer = vmstore.ask("head1", do="move", target="head2")
    finally:
        guest.run([*vmstore.inside, "umount", "/usr/sbin/nfsdcld"])
    assert answer["result"] != 0 and answer["changed"] and answer["state"] == "standby"
    assert answer["error"].startswith("head2: ") and "nfsdcld" in answer["error"], answer
    assert answer["record"]["outcome"] == "failed" and "pause_ms" not in answer["record"]
    assert "undone" in [s["outcome"] for s in answer["record"]["steps"]]
    assert vmstore.mounts() == []
    assert vmstore.states() == {"head1": "standby", "head2": "standby"}


@pytest.mark.parametrize("head", HEADS)
def test_a_keeper_killed_in_the_middle(vmstore, head):
    """On either head: two never serve at once, and the requester is told."""
    # It has to come before the move's end, so all but the word for it is done before.
    killer = vmstore.lab.guest(head).start(
        ["sh", "-c", f"echo; read -r _; kill -KILL {vmstore.keeper_pid(head)}"], stdin=-1)
    assert killer.stdout.readline() == "\n"
    asker = vmstore.begin("head1", do="move", target="head2", budget_ms=round(stretch(20000)))
    for line in asker.stdout:
        if json.loads(line).get("step") == "silence":
            killer.communicate("\n", timeout=30)
            break
    out = asker.rest(60).splitlines()
    if head == "head2":
        answer = json.loads(out[-1])
        assert answer["result"] == PEER and answer["error"].startswith("head2 has gone"), answer
    wait_for("the stop's end", lambda: not vmstore.lab.guest("head1").run(
        ["pgrep", "baton-runner"], check=False).stdout)
    assert len(vmstore.mounts()) <= 1
    wait_for("new keepers", lambda: all(vmstore.keeper_pid(h) != "0" for h in HEADS))


def test_two_at_once(vmstore):
    """The second is refused, the first goes on."""
    first = vmstore.begin("head1", do="move", target="head2")
    second = vmstore.begin("head1", do="move", target="head2")
    answers = sorted((vmstore.hear(p)[-1] for p in (first, second)), key=lambda a: a["result"])
    assert answers[0]["result"] == 0, answers
    assert answers[1]["result"] in (8, FAILED) and not answers[1]["changed"]
    assert answers[1]["error"] in ("a hand-over with head2 is going on already",
                                   "is standby here, not serving")
    assert vmstore.mounts() == ["head2"]


def test_a_stop_overrules(vmstore):
    """A stop is ordered in the middle: the service is stopped and no longer granted."""
    asker = vmstore.begin("head1", do="move", target="head2")
    for line in asker.stdout:
        if json.loads(line).get("step") == "drain":
            break
    stopped = vmstore.ask("head1", do="stop")
    answer = json.loads(asker.rest(60).splitlines()[-1])
    assert stopped["result"] == 0
    if answer["result"]:
        assert answer["error"] == "overruled by another request" and vmstore.mounts() == []
    else:
        assert vmstore.mounts() == ["head2"]


def test_messages_that_are_none(vmstore):
    """Malformed, of other hand-overs, replayed: they are ignored, each with a line in the journal."""
    move = vmstore.ask("head1", do="move", target="head2")
    assert move["result"] == 0
    generation = move["record"]["generation"]
    digest = vmstore.ask("head1", do="status")["digest"]
    since = vmstore.lab.guest("head1").run(["date", "+%s"]).stdout.strip()
    vmstore.lab.guest("head2").run(
        ["/root/cpgx", "vmstore", "x", "{", "[]", '{"v":1}', '{"v":1,"type":"grant"}',
         '{"v":1,"type":"granted","generation":-1}', '{"v":1,"type":"steps","to":""}',
         "[" * 5000, '{"v":1,"type":"granted","to":"head1\\n"}'])
    replay = {"v": 1, "to": "head1", "generation": generation, "digest": digest}
    vmstore.say("head2", {**replay, "type": "prepare"}, {**replay, "type": "ready"},
                {**replay, "type": "granted"}, {**replay, "type": "granted",
                                                "generation": generation + 1},
                {**replay, "type": "serving"}, {**replay, "type": "aborted"})
    assert vmstore.states() == {"head1": "standby", "head2": "serving"}
    assert vmstore.mounts() == ["head2"]

    def journal():
        return vmstore.lab.guest("head1").run(
            ["journalctl", "-u", vmstore.unit, f"--since=@{since}", "-o", "cat"]).stdout

    # The last line that is due.
    wait_for("the keeper's journal", lambda:
             f"'granted' of head2 for hand-over {generation + 1} ignored" in journal())
    said = journal()
    assert said.count("message from head2 ignored") == 9, said
    assert f"hand-over {generation} was seen before; a message of head2 ignored" in said
    # And the way back is free.
    assert vmstore.ask("head2", do="move", target="head1")["result"] == 0


def test_without_corosync(vmstore, cluster):
    """A keeper that loses corosync goes on serving, says so, and joins again later."""
    for head in HEADS:
        cluster.lab.guest(head).run(["systemctl", "stop", "pacemaker", "corosync"], timeout=60)
    try:
        wait_for("corosync to be missed", lambda: not vmstore.ask("head1", do="status")["cluster"])
        answer = vmstore.ask("head1", do="move", target="head2")
        assert answer["result"] == CLUSTER and answer["state"] == "serving"
        assert answer["error"].startswith("this head is not in a cluster: corosync")
        (head,) = vmstore.heads("head1")
        assert head["head"] == "head1" and head["facts"]["state"] == "serving"
    finally:
        starting = [cluster.lab.guest(h).start(["systemctl", "start", "pacemaker"])
                    for h in HEADS]
        assert [p.wait(90) for p in starting] == [0, 0]
    cluster.wait_online()
    vmstore.meet()
    assert vmstore.ask("head1", do="inquire", target="head2")["result"] == 0


@pytest.fixture
def ipvlan(vmstore):
    """The service has the hardware address of its head, and the client takes no gratuitous ARP."""
    client, rule = vmstore.lab.guest("client"), "net.ipv4.conf.lan0.drop_gratuitous_arp"
    client.run(["sysctl", "-qw", f"{rule}=1"])
    for head in HEADS:
        vmstore.stop(head)
        vmstore.end_keeper(head)
        vmstore.configure(head, vmstore.conf(link="ipvlan"))
        vmstore.keep(head)
    vmstore.meet()
    vmstore.start("head1")
    yield
    client.run(["sysctl", "-qw", f"{rule}=0"])


def test_an_ipvlan_that_the_client_has_to_find(vmstore, ipvlan):
    """It learns where the address is now from the question that the tickle begins with."""
    client = vmstore.lab.guest("client")
    own = {h: vmstore.lab.guest(h).run(["cat", "/sys/class/net/lan0/address"]).stdout.strip() for h in HEADS}
    vmstore.mount()
    probe = Probe(vmstore).start()
    try:
        begun = probe.now()
        for source, target in (HEADS, HEADS[::-1]):
            answer = vmstore.ask(source, do="move", target=target)
            assert answer["result"] == 0, answer
            client.run(["touch", f"{vmstore.mountpoint}/at-{target}"], timeout=60)
            assert own[target] in client.run(["ip", "neigh", "show", vmstore.address]).stdout
        until = probe.now()
    finally:
        report = probe.finish()
        vmstore.unmount()
    assert errors(report, begun, until) == (0, 0) and report["lock_kept"], report["events"]
    # It need not wait until it confirms its neighbours by itself.
    assert max(p["ms"] for p in report["pauses"]) < stretch(5000)


def test_daemons_that_die_are_started_again(vmstore):
    """The keeper restarts them: new clients need both."""
    guest = vmstore.lab.guest("head1")

    def mends():
        """When the mends in the ledger began."""
        records = json.loads(vmstore.baton("head1", "log", "vmstore", "--json", "--last", "50").stdout)
        return [r["began"] for r in records if (r["op"], r.get("outcome")) == ("mend", "done")]

    for name in ("mountd", "nfsdcld"):
        pidfile = f"/run/baton/vmstore/{name}.pid"
        old, before = guest.run(["cat", pidfile]).stdout.strip(), mends()
        guest.run(["kill", "-KILL", old])
        wait_for("its successor", lambda b=before: set(mends()) - set(b))
        assert guest.run(["cat", pidfile]).stdout.strip() not in ("", old), name
        facts = vmstore.status("head1")
        assert facts["mountd"] and facts["nfsdcld"] and facts["state"] == "serving"
    vmstore.mount()
    vmstore.lab.guest("client").run(["touch", f"{vmstore.mountpoint}/after"], timeout=60)
    vmstore.unmount()
