# SPDX-License-Identifier: GPL-2.0-or-later
"""ocf:baton:service on a head, without Pacemaker: conformance, and what monitor sees."""

import time

import pytest
from labkit.pace import stretch
from labkit.wait import wait_for
from trials.agent import AGENT, call
from trials.service import Service

SCHEMAS = "/usr/share/resource-agents"
SUCCESS, GENERIC, ARGS, _, _, INSTALLED, _, NOT_RUNNING = range(8)
LEVELS = (0, 10, 20)


@pytest.fixture(scope="module")
def vmstore(lab):
    service = Service(lab)
    service.prepare()
    yield service
    service.retire()


class Agent:
    def __init__(self, service, head="head1"):
        self.service, self.guest = service, service.lab.guest(head)
        self.unit = service.unit

    def run(self, action, expect, level=None, interval=10000, timeout=None, service=None):
        """Run an action with only Pacemaker's environment; returns its stderr."""
        meta = {"interval": interval} | ({"timeout": timeout} if timeout else {})
        done = call(self.service, self.guest.name, action, service, level, **meta)
        assert done.returncode == expect, (action, level, done)
        return done.stderr

    def reason(self, action, expect, **kw):
        last = self.run(action, expect, **kw).splitlines()[-1]
        assert last.startswith("ocf-exit-reason:"), last
        return last.removeprefix("ocf-exit-reason:")

    def inside(self, *argv, **kw):
        return self.guest.run([*self.service.inside, *argv], **kw).stdout

    def keeper(self):
        return int(self.service.keeper_pid(self.guest.name))

    def without_keeper(self):
        """The keeper is gone, and cannot be brought back."""
        self.guest.run(["systemctl", "stop", self.unit])
        self.guest.run(["systemctl", "mask", "--runtime", self.unit])


@pytest.fixture
def agent(vmstore):
    agent = Agent(vmstore)
    yield agent
    agent.guest.run(["systemctl", "unmask", "--runtime", agent.unit])
    vmstore.configure("head1")
    vmstore.stop("head1")
    vmstore.keep("head1")


@pytest.fixture
def serving(agent):
    agent.run("start", SUCCESS)
    return agent


# --- conformance ------------------------------------------------------------------------


def test_ocf_tester(agent):
    done = agent.guest.run(["ocf-tester", "-v", "-n", "vmstore", "-o", "service=vmstore", AGENT],
                           check=False, timeout=300)
    assert done.returncode == 0, (done.stdout, done.stderr)
    assert f"{AGENT} passed all tests" in done.stdout
    # ocf-tester does not count what xmllint reports as an error of its own.
    assert "validity error" not in done.stdout + done.stderr


@pytest.mark.parametrize("how", ["--valid", "--relaxng metadata.rng"], ids=["DTD", "RNG"])
def test_metadata_by_the_schemas(agent, how):
    agent.guest.run(["sh", "-c", f"cd {SCHEMAS} && {AGENT} meta-data | "
                     f"xmllint --noout --nonet {how} -"])


def test_pacemaker_understands_the_metadata(agent):
    said = agent.guest.run(["crm_resource", "--show-metadata", "ocf:baton:service"]).stdout
    assert 'action name="migrate_to" timeout="900s"' in said


# --- a life -----------------------------------------------------------------------------


def test_each_action_twice(agent):
    for level in LEVELS:
        assert agent.reason("monitor", NOT_RUNNING, level=level) == "not served here (standby)"
    assert agent.run("monitor", NOT_RUNNING, interval=0) == ""
    assert agent.run("validate-all", SUCCESS, level=10) == ""
    for _ in range(2):
        agent.run("start", SUCCESS)
        for level in LEVELS:
            assert agent.run("monitor", SUCCESS, level=level) == ""
        assert agent.run("migrate_from", SUCCESS) == ""
    for _ in range(2):
        agent.run("stop", SUCCESS)
        agent.run("monitor", NOT_RUNNING)
    status = agent.service.status("head1")
    assert (status["state"], status["address"]) == ("standby", False)


def test_start_and_stop_need_no_keeper_to_be_there(agent):
    agent.guest.run(["systemctl", "stop", agent.unit])
    said = agent.run("start", SUCCESS)
    assert "INFO: vmstore: the keeper was missing and has been started" in said
    agent.without_keeper()
    assert "stopping without a keeper" in agent.run("stop", SUCCESS)
    assert agent.service.status("head1")["state"] == "standby"
    agent.run("stop", SUCCESS)


def test_nothing_at_all(agent):
    """A service of which this head knows nothing."""
    assert agent.run("monitor", NOT_RUNNING, service="nope", interval=0) == ""
    agent.run("stop", SUCCESS, service="nope")
    agent.run("start", INSTALLED, service="nope")


# --- level 0 ------------------------------------------------------------------------------


def test_a_keeper_that_is_missing_is_brought_back(serving):
    serving.guest.run(["systemctl", "stop", serving.unit])
    assert "has been started" in serving.run("monitor", SUCCESS)
    assert serving.keeper() > 0
    assert serving.run("monitor", SUCCESS) == ""


def test_a_keeper_that_cannot_be_brought_back(serving):
    serving.without_keeper()
    said = serving.reason("monitor", GENERIC)
    assert said.startswith("served, but without a keeper: start the keeper: systemctl: ")
    assert serving.service.status("head1")["state"] == "serving"


def test_a_keeper_that_hangs(serving):
    """Neither monitor nor stop hangs with it; and it undoes nothing when it wakes up."""
    pid = serving.keeper()
    serving.guest.run(["kill", "-STOP", str(pid)])
    try:
        # Both end before the keeper's watchdog would (30 s).
        budget = min(15000, round(stretch(5000)))
        assert serving.reason("monitor", GENERIC, timeout=budget) == \
            "served, but without a keeper: the keeper is silent"
        assert "stopping without a keeper" in serving.run("stop", SUCCESS, timeout=20000)
        assert serving.service.status("head1")["state"] == "standby"
    finally:
        serving.guest.run(["kill", "-CONT", str(pid)], check=False)
    serving.run("start", SUCCESS)
    serving.run("monitor", SUCCESS)


@pytest.mark.parametrize("daemon", ["rpc.mountd", "nfsdcld"])
def test_a_daemon_that_died(serving, daemon):
    pidfile = f"/run/baton/vmstore/{daemon.removeprefix('rpc.')}.pid"
    kill = ["sh", "-c", f"kill -9 $(cat {pidfile})"]
    # The keeper starts it again, and monitor gives it the time to do so.
    serving.guest.run(kill)
    assert serving.run("monitor", SUCCESS) == ""
    serving.without_keeper()
    serving.guest.run(kill)
    assert serving.reason("monitor", GENERIC) == f"{daemon} does not run"


def test_a_keeper_that_died_with_its_daemons(serving):
    """Its successor restarts them; monitor does not report what is being mended."""
    serving.guest.run(["sh", "-c", "cd /run/baton/vmstore && kill -KILL $(cat mountd.pid nfsdcld.pid) "
                       f"{serving.keeper()}"])
    serving.run("monitor", SUCCESS)
    assert serving.service.status("head1")["state"] == "serving"


def test_an_address_that_is_missing(serving):
    serving.inside("ip", "addr", "del", "10.77.0.50/24", "dev", "nfs0")
    assert serving.service.status("head1")["address"] is False
    assert serving.reason("monitor", GENERIC) == "an address or its link is missing"
    serving.inside("ip", "addr", "add", "10.77.0.50/24", "dev", "nfs0")
    serving.run("monitor", SUCCESS)
    serving.inside("ip", "link", "set", "nfs0", "down")
    assert serving.reason("monitor", GENERIC) == \
        "no link is up; an address or its link is missing"


def test_threads_that_are_missing(serving):
    serving.inside("sh", "-c", "echo 0 > /proc/fs/nfsd/threads")
    for level in LEVELS:
        assert serving.reason("monitor", GENERIC, level=level) == "knfsd has no threads"


def test_a_broken_service_file_ends_nothing(serving):
    serving.service.configure("head1", "[service]\nnonsense\n")
    assert serving.run("monitor", SUCCESS, level=20) == ""
    serving.run("stop", SUCCESS)
    serving.run("monitor", NOT_RUNNING)


# --- levels 10 and 20 -----------------------------------------------------------------------


def test_the_call_leaves_nothing_behind(serving):
    for _ in range(3):
        serving.run("monitor", SUCCESS, level=10)
    sockets = serving.inside("ss", "-Htan").split("\n")
    assert [s.split()[0] for s in sockets if s] == ["LISTEN"], sockets
    recorded = serving.inside("sh", "-c", "cat /run/baton/vmstore/fs/.baton/tickle/connections "
                              "2>/dev/null || true")
    assert "10.77.0.50 2049 10.77.0.50" not in recorded
    # The call has not created a client either.
    assert serving.service.status("head1")["clients"]["total"] == 0


def test_a_server_that_does_not_answer(serving):
    """Everything is standing, and nothing gets through."""
    serving.inside("nft", "add table inet mute; add chain inet mute in "
                   "{ type filter hook input priority -300; }; "
                   "add rule inet mute in tcp dport 2049 drop")
    try:
        budget = round(stretch(4000))
        serving.run("monitor", SUCCESS, timeout=budget)
        began = time.monotonic()
        said = serving.reason("monitor", GENERIC, level=10, timeout=budget)
        assert said == "NFS call to 10.77.0.50: Connection timed out"
        assert time.monotonic() - began < stretch(8)
    finally:
        serving.inside("nft", "delete table inet mute")
    serving.run("monitor", SUCCESS, level=10)


def test_a_cable_that_is_out(serving):
    serving.guest.link(False)
    try:
        serving.run("monitor", SUCCESS)
        # The kernel tells the service's link up to a second later, if another one has just changed.
        wait_for("carrier loss", lambda: not serving.service.status("head1")["carrier"], 10)
        assert serving.reason("monitor", GENERIC, level=10) == \
            "a link of the service has no carrier"
    finally:
        serving.guest.link(True)
    wait_for("carrier", lambda: serving.service.status("head1")["carrier"], 10)
    serving.run("monitor", SUCCESS, level=10)


def test_a_disk_that_hangs(serving):
    serving.inside("fsfreeze", "-f", "/run/baton/vmstore/fs")
    try:
        for level in (0, 10):
            serving.run("monitor", SUCCESS, level=level)
        began = time.monotonic()
        said = serving.reason("monitor", GENERIC, level=20, timeout=round(stretch(4000)))
        assert said == "write on the service's disk: Connection timed out"
        assert time.monotonic() - began < stretch(8)
    finally:
        serving.inside("fsfreeze", "-u", "/run/baton/vmstore/fs")
    serving.run("monitor", SUCCESS, level=20)


def test_a_disk_that_is_full_answers(serving):
    fs = "/run/baton/vmstore/fs"
    serving.inside("sh", "-c", f"mkdir {fs}/fill; cd {fs}/fill; i=0; "
                   "for size in 128M 16M 1M 64K 4K; do "
                   "while fallocate -l $size $i 2>/dev/null; do i=$((i + 1)); done; done; "
                   f"! echo full > {fs}/fill/x", timeout=120)
    try:
        serving.run("monitor", SUCCESS, level=20)
    finally:
        serving.inside("rm", "-r", f"{fs}/fill")
