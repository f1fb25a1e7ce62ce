# SPDX-License-Identifier: GPL-2.0-or-later
"""baton move, giveback, status and metrics on the real cluster: Pacemaker decides, the keepers hand
over, and nothing is left behind, whatever happens to the command."""

import json
import re

import pytest
from labkit.pace import stretch
from labkit.wait import wait_for
from trials.service import HEADS, Probe, Service, line_with

USAGE, KEEPER, PEER, CLUSTER = 2, 8, 12, 13
# On the reference machine.
GRACE_S = 20


def begin(head):
    """Start a move to head2 on a head; a line with its pid comes first."""
    # The command's default of 120 s is for the reference machine.
    return head.start(["sh", "-c", 'echo $$; exec "$@"', "sh", "baton", "move", "vmstore",
                       "head2", "--timeout", f"{stretch(120):.0f}"])


def wait(condition, timeout=60):
    wait_for("it to come about", condition, timeout)


def conf(service, longer=0):
    """Its file: what Pacemaker still does after the start must not take the whole grace period."""
    return service.conf(grace=round(stretch(GRACE_S)) + longer)


@pytest.fixture(scope="module")
def vmstore(cluster):
    service = Service(cluster.lab)
    service.prepare(text=conf(service))
    # Straight into the CIB: pcs takes 8 s under TCG, and has a test of its own.
    cluster.add("vmstore", "ocf:baton:service", prefer="head1", params={"service": "vmstore"})
    cluster.wait_where("vmstore", "head1")
    service.mount()
    yield service
    service.lab.guest("client").run(["umount", "-f", "-l", service.mountpoint], check=False)
    cluster.remove("vmstore")
    for head in HEADS:
        service.baton(head, "stop", "--standby", "vmstore", check=False)


@pytest.fixture(autouse=True)
def home(cluster, vmstore):
    """Each test begins with it on head1, and leaves no constraint."""
    cluster.wait_online()
    cluster.wait_idle()
    if cluster.where("vmstore") != ["head1"]:
        vmstore.baton("head1", "giveback", "vmstore")
    yield
    assert constraints(cluster) == []


def constraints(cluster):
    """The constraints that crm_resource has made."""
    said = cluster.lab.guest("head1").run(["cibadmin", "--query", "--scope", "constraints"]).stdout
    return re.findall(r'<rsc_location id="(cli-[^"]*)"', said)


def serving(vmstore):
    return [h for h in HEADS if vmstore.status(h)["state"] == "serving"]


def reasons(err):
    """What a command said, without that a tool is slow, which is no reason."""
    return [l for l in err.splitlines() if ": waiting for " not in l]


def refused(vmstore, status, line, *argv, head="head1"):
    """One line, and the service was never touched."""
    before = vmstore.baton("head1", "log", "vmstore", "--json").stdout
    done = vmstore.baton(head, *argv, check=False)
    assert (done.returncode, done.stdout) == (status, ""), done
    (said,) = reasons(done.stderr)
    assert re.fullmatch(f"baton: vmstore: {line}", said), said
    assert vmstore.baton("head1", "log", "vmstore", "--json").stdout == before
    assert serving(vmstore) == ["head1"]


@pytest.mark.suites
def test_there_and_back(cluster, vmstore):
    told = json.loads(vmstore.baton("head1", "move", "vmstore", "head2", "--json").stdout)
    assert (told["from"], told["to"], told["result"], told["error"], told["warnings"]) == \
        ("head1", "head2", 0, None, [])
    record = told["record"]
    assert record["outcome"] == "done" and 0 < record["pause_ms"] < stretch(20000)
    assert {s["head"] for s in record["steps"]} == set(HEADS)
    assert constraints(cluster) == [] and cluster.where("vmstore") == ["head2"]
    # The same in both heads' ledgers, except for what only the source can know.
    for head in HEADS:
        mine = vmstore.ledger(head, "move")
        assert [(s["head"], s["step"]) for s in mine["steps"]] == \
            [(s["head"], s["step"]) for s in record["steps"]]
        assert (mine["by"]["kind"], mine["by"]["head"]) == ("pacemaker", "head1")
    cluster.wait_idle()
    assert cluster.where("vmstore") == ["head2"] and serving(vmstore) == ["head2"]
    # From the other head, as text for people.
    lines = vmstore.baton("head2", "giveback", "vmstore").stdout.splitlines()
    assert re.fullmatch(r"vmstore: head2 (→|->) head1, pause [0-9.]+ s", lines[-1])
    assert any(re.match(r"  head1 +mount ", line) for line in lines)
    cluster.wait_idle()
    assert cluster.where("vmstore") == ["head1"] == serving(vmstore)
    assert vmstore.baton("head2", "giveback", "vmstore").stdout == "vmstore: already on head1\n"


def test_by_a_head_that_only_looks_on(vmstore):
    """The keeper that is asked may be the target's."""
    assert vmstore.baton("head2", "move", "vmstore", "head2").returncode == 0
    assert serving(vmstore) == ["head2"]


def test_dry_run(vmstore):
    said = vmstore.baton("head1", "move", "vmstore", "head2", "--dry-run").stdout.splitlines()
    assert re.fullmatch(r"vmstore: head1 (→|->) head2; would do:", said[0]) and len(said) > 10
    assert serving(vmstore) == ["head1"]


def test_refused(cluster, vmstore):
    refused(vmstore, USAGE, "it is on head1 already", "move", "vmstore", "head1")
    refused(vmstore, USAGE, "there is no head 'head9'; the cluster has head1, head2",
            "move", "vmstore", "head9", head="head2")
    cluster.standby("head2")
    try:
        refused(vmstore, PEER, "head2 is in standby", "move", "vmstore", "head2")
    finally:
        cluster.standby("head2", False)
    cluster.maintenance()
    try:
        refused(vmstore, CLUSTER, "the cluster is in maintenance mode; Pacemaker moves nothing",
                "move", "vmstore", "head2")
    finally:
        cluster.maintenance(False)


def test_refused_by_the_other_head(cluster, vmstore):
    """Before any pause: Pacemaker is not even asked."""
    head2 = cluster.lab.guest("head2")
    head2.run(["systemctl", "stop", vmstore.unit])
    try:
        refused(vmstore, PEER, "head2.*", "move", "vmstore", "head2")
        refused(vmstore, KEEPER, "no keeper here; .*", "move", "vmstore", "head2", head="head2")
        vmstore.configure("head2", conf(vmstore, longer=10))
        vmstore.keep("head2")
        wait(lambda: "the configuration on head2 differs from this head's" in
             vmstore.baton("head1", "status").stdout)
        refused(vmstore, PEER, ".*head2.*", "move", "vmstore", "head2")
    finally:
        vmstore.configure("head2", conf(vmstore))
        head2.run(["systemctl", "restart", vmstore.unit])
        wait(lambda: len(rows(vmstore, "head1")) == 2 and
             rows(vmstore, "head1")[1].get("digest") == rows(vmstore, "head1")[0]["digest"])


def test_it_would_come_back(cluster, vmstore):
    head1 = cluster.lab.guest("head1")
    stick = ["crm_resource", "-r", "vmstore", "--meta", "-p", "resource-stickiness", "-v"]
    head1.run([*stick, "0"])
    try:
        refused(vmstore, CLUSTER, "Pacemaker would not leave it on head2 .*", "move", "vmstore", "head2")
    finally:
        head1.run(["crm_resource", "-r", "vmstore", "--meta", "-d", "resource-stickiness"])


def test_interrupted(cluster, vmstore):
    """Ctrl-C as soon as Pacemaker has been asked: the move ends well, on one head."""
    p = begin(cluster.lab.guest("head1"))
    pid = p.stdout.readline().strip()
    wait(lambda: constraints(cluster))
    cluster.lab.guest("head1").run(["kill", "-INT", pid])
    _, err = p.communicate(timeout=120)
    assert p.returncode == 130 and "interrupted" in err
    assert constraints(cluster) == []
    cluster.wait_idle()
    assert serving(vmstore) == cluster.where("vmstore") and len(serving(vmstore)) == 1


def test_killed(cluster, vmstore):
    """The constraint stays, says until when, and does not stay for ever."""
    head1 = cluster.lab.guest("head1")
    p = begin(head1)
    pid = p.stdout.readline().strip()
    wait(lambda: constraints(cluster))
    head1.run(["kill", "-KILL", pid])
    p.communicate(timeout=60)
    cluster.wait_where("vmstore", "head2")
    cluster.wait_idle()
    done = vmstore.baton("head1", "giveback", "vmstore", check=False)
    assert done.returncode == CLUSTER
    (said,) = reasons(done.stderr)
    assert re.fullmatch(r"baton: vmstore: another move is under way or has left a constraint, "
                        r"cli-prefer-vmstore until [-0-9: ]+Z; if none is: `crm_resource --clear "
                        r"--resource vmstore`", said), said
    head1.run(["crm_resource", "--clear", "--resource", "vmstore"])
    vmstore.baton("head1", "giveback", "vmstore")


def test_two_at_once(cluster, vmstore):
    """One moves it, or both report that they have; never two heads, never a constraint left."""
    both = [begin(cluster.lab.guest(h)) for h in HEADS]
    ends = [(p.communicate(timeout=180), p.returncode) for p in both]
    assert 0 in [code for _, code in ends], ends
    for (_, err), code in ends:
        assert code in (0, USAGE, PEER, CLUSTER) and len(reasons(err)) == (code != 0), ends
    assert constraints(cluster) == []
    cluster.wait_idle()
    assert serving(vmstore) == ["head2"] == cluster.where("vmstore")


def rows(vmstore, head):
    """A row of each head, once all have answered: a look may take too long, as in Service.status()."""
    told = []

    def answered():
        told[:] = vmstore.rows(head)
        return not any("error" in row for row in told)

    wait_for(lambda: f"{head}: an answer of all: {told}", answered)
    return told


def test_status_tells_of_both_heads(vmstore):
    vmstore.baton("head1", "move", "vmstore", "head2")
    vmstore.baton("head1", "giveback", "vmstore")
    for head in HEADS:
        mine, other = rows(vmstore, head)
        assert mine["head"] == head and mine["self"] and not other["self"]
        states = {r["head"]: r["state"] for r in (mine, other)}
        assert states == {"head1": "serving", "head2": "standby"}
        assert mine["digest"] == other["digest"] and mine["version"] == other["version"]
        assert mine["online"] and other["online"] and mine["cluster"]
        # Whoever serves without a guard is told so; nothing else is wrong.
        told = [w for r in (mine, other) for w in r.get("warnings", [])]
        assert len(told) == 1 and "guard = none" in told[0]
        assert re.search(r" head2 (→|->) head1 [0-9.]+ s", vmstore.baton(head, "status").stdout)


def test_status_names_whom_grace_waits_for(cluster, vmstore):
    """A client that holds a file and cannot come back."""
    client = cluster.lab.guest("client")
    holder = client.start(["sh", "-c", f"exec 3>{vmstore.mountpoint}/held; echo; exec sleep 600"])
    holder.stdout.readline()
    client.link(False)
    try:
        vmstore.baton("head1", "move", "vmstore", "head2")
        row, = [r for r in rows(vmstore, "head1") if r["head"] == "head2"]
        assert row["grace"] and row["waiting_total"] == 1 and "NFSv4" in row["waiting"][0]
        assert "waits for Linux NFSv4" in vmstore.baton("head1", "status").stdout
        assert 'baton_grace_waiting_clients{service="vmstore"} 1' in \
            vmstore.baton("head2", "metrics").stdout
    finally:
        client.link(True)
    wait(lambda: not [r for r in rows(vmstore, "head2") if r["self"]][0]["grace"], 90)
    client.run(["pkill", "sleep"], check=False)
    holder.communicate(timeout=30)


def test_metrics(cluster, vmstore):
    head1 = cluster.lab.guest("head1")
    vmstore.baton("head1", "move", "vmstore", "head2")
    vmstore.baton("head1", "giveback", "vmstore")
    said = vmstore.baton("head1", "metrics").stdout
    for line in ('baton_service_state{service="vmstore",state="serving"} 1',
                 'baton_head_online{service="vmstore",head="head2"} 1',
                 'baton_head_keeper_up{service="vmstore",head="head2"} 1',
                 'baton_config_digest_match{service="vmstore",head="head2"} 1',
                 'baton_cluster_joined{service="vmstore"} 1',
                 'baton_last_operation_success{service="vmstore",operation="move"} 1',
                 'baton_last_move_info{service="vmstore",from="head2",to="head1"} 1'):
        assert line + "\n" in said
    assert re.search(r'^baton_last_move_pause_seconds\{service="vmstore"\} [0-9.]+$',
                     vmstore.baton("head2", "metrics").stdout, re.M)
    head1.run(["mkdir", "-p", "/var/lib/prometheus/node-exporter"])
    head1.run(["systemctl", "start", "baton-metrics.service"])
    assert 'state="serving"} 1\n' in \
        head1.run(["cat", "/var/lib/prometheus/node-exporter/baton.prom"]).stdout


@pytest.mark.rejoins
def test_without_a_cluster(cluster, vmstore):
    """Where Pacemaker does not run, the command says so; the service goes on where it is."""
    head2 = cluster.lab.guest("head2")
    head2.run(["systemctl", "stop", "pacemaker"], timeout=90)
    try:
        done = vmstore.baton("head2", "move", "vmstore", "head2", check=False)
        assert (done.returncode, reasons(done.stderr)) == (
            CLUSTER, ["baton: vmstore: no cluster here: Pacemaker does not run on this head"])
        refused(vmstore, PEER, "head2 is (offline|not in the cluster yet, or Pacemaker does not run there)",
                "move", "vmstore", "head2")
    finally:
        head2.run(["systemctl", "start", "pacemaker"], timeout=90)
        cluster.wait_online()


@pytest.fixture
def homes(cluster, vmstore):
    """A second service on head1."""
    service = Service(cluster.lab, "homes")
    service.prepare(text=conf(service))
    cluster.add("homes", "ocf:baton:service", prefer="head1", params={"service": "homes"})
    service.meet()
    cluster.wait_idle()
    # Pacemaker may have started it before it heard of the constraint.
    if cluster.where("homes") != ["head1"]:
        service.baton("head1", "giveback", "homes")
    cluster.wait_where("homes", "head1")
    yield service
    cluster.remove("homes")
    for head in HEADS:
        service.baton(head, "stop", "--standby", "homes", check=False)


def test_evacuate_and_return(cluster, vmstore, homes):
    """Two services at once, away and back."""
    told = json.loads(vmstore.baton("head1", "evacuate", "--json").stdout)
    assert [(m["service"], m["from"], m["to"], m["result"]) for m in told["moves"]] == \
        [("homes", "head1", "head2", 0), ("vmstore", "head1", "head2", 0)], told
    assert told["pause_ms"] == max(m["record"]["pause_ms"] for m in told["moves"])
    assert constraints(cluster) == []
    cluster.wait_idle()
    assert serving(vmstore) == serving(homes) == ["head2"]
    lines = vmstore.baton("head2", "return", "head1").stdout.splitlines()
    assert sorted(line.split(", pause")[0].replace("→", "->") for line in lines[:2]) == \
        ["homes: head2 -> head1", "vmstore: head2 -> head1"]
    assert re.fullmatch(r"moved 2 of 2 services, in [0-9.]+ s, longest pause [0-9.]+ s", lines[2])
    assert constraints(cluster) == []
    cluster.wait_idle()
    assert serving(vmstore) == serving(homes) == ["head1"]


# --- heads that are shut down; test_reboot.py has the same without Pacemaker


def test_a_head_is_rebooted(cluster, vmstore):
    """In maintenance mode Pacemaker leaves the service alone, so baton-shutdown@ stops it, and nobody serves
    until the mode ends. Otherwise Pacemaker moves it, and there is nothing left to stop."""
    for head in HEADS:
        cluster.lab.guest(head).enable(vmstore.unit)
    probe = Probe(vmstore).start()
    try:
        cluster.maintenance()
        journal = vmstore.shut_down("head1")
        stopped = line_with(journal, "baton[", "vmstore: stopped, in standby")
        assert line_with(journal, "Stopped", "pacemaker.service") < stopped
        assert stopped < line_with(journal, "Stopping", vmstore.unit)
        assert stopped < line_with(journal, "Stopping", "open-iscsi.service")
        assert stopped < line_with(journal, "Unmounting", "run-netns-baton")
        cluster.lab.boot("head1")
        cluster.wait_online(timeout=120)
        assert cluster.where("vmstore") == serving(vmstore) == []
        cluster.maintenance(False)
        cluster.wait_where("vmstore", "head1", timeout=120)
        assert "Ending clean mount" in vmstore.mount_log("head1")
        client = vmstore.lab.guest("client")
        client.run(["touch", f"{vmstore.mountpoint}/again"], timeout=120)

        journal = vmstore.shut_down("head1")
        moved = line_with(journal, "baton[", "vmstore: move done")
        assert moved < line_with(journal, "Stopped", "pacemaker.service") < \
            line_with(journal, "baton[", "vmstore: already stopped, in standby")
        cluster.wait_where("vmstore", "head2")
        assert "Ending clean mount" in vmstore.mount_log("head2")
        cluster.lab.boot("head1")
        cluster.wait_online(timeout=120)
        assert cluster.where("vmstore") == serving(vmstore) == ["head2"]
    finally:
        report = probe.finish()
        cluster.maintenance(False)
    assert report["lock_kept"] and report["verdict"] == "clean", report
