# SPDX-License-Identifier: GPL-2.0-or-later
"""ocf:baton:service with nothing installed, with keepers that do not answer, with a fake one."""
import contextlib
import json
import os
import re
import socket
import subprocess
import threading
import time

import pytest

from cluster import SimulatedCluster
from conftest import AGENT, FAKEKEEPER, locked

RUN = "/run/baton/vmstore"
SUCCESS, GENERIC, ARGS, UNIMPLEMENTED, PERM, INSTALLED, CONFIGURED, NOT_RUNNING = range(8)
# Processes are slow under a sanitizer, and the machine may be busy, or stand still for some seconds.
SLACK = 8


class Agent:
    def __init__(self, house):
        self.house = house
        self.root = f"/proc/{house.holder.pid}/root"

    def run(self, action, *, service="vmstore", timeout=None, level=None, interval=10000,
            target=None, environ=None, agent=AGENT, user=(), expect=None):
        """(status, stderr), with only the environment that Pacemaker gives."""
        env = {"PATH": "", "OCF_ROOT": "/usr/lib/ocf",
               "BATON_CONFDIR": self.house.env["BATON_CONFDIR"]}
        for key, value in (("OCF_RESKEY_service", service), ("OCF_CHECK_LEVEL", level),
                           ("OCF_RESKEY_CRM_meta_timeout", timeout),
                           ("OCF_RESKEY_CRM_meta_interval", interval),
                           ("OCF_RESKEY_CRM_meta_migrate_target", target)):
            if value is not None:
                env[key] = str(value)
        env = env if environ is None else environ
        argv = [*self.house.enter, *user, "env", "-i", *[f"{k}={v}" for k, v in env.items()],
                agent, *([action] if action is not None else [])]
        self.done = subprocess.run(argv, capture_output=True, text=True, timeout=120,
                                   stdin=subprocess.DEVNULL)
        code, said = self.done.returncode, self.done.stderr
        if code not in (SUCCESS, NOT_RUNNING):
            assert said.splitlines()[-1].startswith("ocf-exit-reason:"), (code, said)
        if expect is not None:
            assert code == expect, self.done
        return code, said

    def reason(self, action, expect, **kw):
        _, said = self.run(action, expect=expect, **kw)
        return said.splitlines()[-1].removeprefix("ocf-exit-reason:")

    def copy(self):
        """A copy for users who may not look into our folders."""
        self.house.run("cp", AGENT, "/run/agent")
        self.house.run("cp", os.path.dirname(AGENT) + "/.service-full", "/run")
        self.house.run("chmod", "755", "/run")
        return "/run/agent"

    def install_systemctl(self, script):
        """Ours and nfs-utils cover the head's /usr/sbin, which is searched first."""
        folder = self.house.fake / "bin"
        folder.mkdir()
        for program, text in (("systemctl", "#!/bin/sh\n" + script), ("rpc.mountd", ""),
                              ("nfsdcld", ""), ("exportfs", "")):
            (folder / program).write_text(text)
            (folder / program).chmod(0o755)
        self.house.run("mount", "-t", "overlay", "-o", f"lowerdir={folder}:/usr/sbin", "x",
                       "/usr/sbin")

    def install_keeper(self):
        """A systemctl that starts the fake keeper, as the unit would start the real one."""
        self.install_systemctl(
            f'echo "$@" >> {self.house.fake}/systemctl\n'
            f"export BATON_CONFDIR={self.house.conf} FAKE_DIR={self.house.fake}\n"
            f"setsid {FAKEKEEPER} vmstore > /dev/null 2>&1 < /dev/null &\n"
            # 10000: it listens; the socket exists a moment earlier.
            f"until grep -q ' 00010000 .* {RUN}/sock$' /proc/net/unix; do :; done\n")

    def systemctl_calls(self):
        with contextlib.suppress(FileNotFoundError):
            return (self.house.fake / "systemctl").read_text().splitlines()
        return []


@pytest.fixture
def agent(house):
    return Agent(house)


class Script(threading.Thread):
    """A keeper that says what it is told to say: a list of answers for each connection. HANG keeps it open,
    the end of the list closes it."""

    HANG = object()

    def __init__(self, agent, *conversations, accept=True):
        super().__init__(daemon=True)
        self.conversations, self.accept = conversations, accept
        self.asked, self.open = [], []
        os.makedirs(agent.root + RUN, exist_ok=True)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        here = os.getcwd()
        os.chdir(agent.root + RUN)
        try:
            self.socket.bind("sock")
            self.socket.listen(8 if accept else 0)
            if not accept:
                for _ in range(2):
                    s = socket.socket(socket.AF_UNIX,
                                      socket.SOCK_SEQPACKET | socket.SOCK_NONBLOCK)
                    with contextlib.suppress(BlockingIOError):
                        s.connect("sock")
                    self.open.append(s)
        finally:
            os.chdir(here)
        self.start()

    def run(self):
        for answers in self.conversations:
            try:
                s = self.socket.accept()[0]
            except OSError:
                return
            self.open.append(s)
            self.asked.append(json.loads(s.recv(65536)))
            for answer in answers:
                if answer is Script.HANG:
                    break
                s.send(answer if isinstance(answer, bytes) else json.dumps(answer).encode())
            else:
                s.close()

    def end(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        for s in self.open:
            s.close()
        self.join(10)


@pytest.fixture
def script(agent):
    made = []

    def make(*conversations, **kw):
        made.append(Script(agent, *conversations, **kw))
        return made[-1]

    yield make
    for s in made:
        s.end()


OK = {"result": 0, "changed": True, "state": "serving"}


def failed(code, error):
    return {"result": code, "error": error, "changed": False, "state": "standby"}


# --- the tables ----------------------------------------------------------------------


def test_metadata_as_nobody_with_nothing(agent):
    nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    agent.run("meta-data", environ={}, agent=agent.copy(), user=nobody, expect=SUCCESS)
    assert agent.done.stderr == ""
    text = agent.done.stdout
    assert "<version>1.0</version>" in text
    timeouts = re.findall(r'timeout="([^"]*)"', text)
    assert timeouts and all(re.fullmatch(r"\d+s", t) for t in timeouts)
    # Even with an environment that makes no sense.
    agent.run("meta-data", environ={"OCF_RESKEY_service": "../x"}, expect=SUCCESS)
    assert agent.done.stdout == text


@pytest.mark.parametrize("word", ["usage", "help", "--help"])
def test_usage(agent, word):
    agent.run(word, service=None, expect=SUCCESS)
    assert "Actions: start stop monitor migrate_to migrate_from reload-agent validate-all meta-data" in \
        agent.done.stdout


@pytest.mark.parametrize("word", ["notify", "promote", "demote", "reload",
                                  "status", "", "x" * 5000, "a\nb"])
def test_no_such_action(agent, word):
    said = agent.reason(word, UNIMPLEMENTED)
    shown = word[:40].replace("\n", " ")
    assert said == f"unknown action '{shown}'; `service usage` lists them"


def test_no_action(agent):
    assert "one action" in agent.reason(None, ARGS)


# --- nothing is here -----------------------------------------------------------------

ACTIONS = ["start", "stop", "monitor", "migrate_to", "migrate_from", "validate-all"]


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("service,said", [
    (None, "the parameter service is missing"), ("", "the parameter service is missing"),
    ("../etc", "service name '../etc': "), ("a\nb", "service name 'a b': "),
    ("x" * 33, "service name 'x"),
])
def test_bad_parameter(agent, action, service, said):
    if action == "stop":
        # It must not fail: after a probe that fails, Pacemaker stops it everywhere, and fences.
        _, line = agent.run(action, service=service, expect=SUCCESS)
        assert line.startswith(f"WARNING: nothing to stop: {said}")
        return
    reason = agent.reason(action, CONFIGURED, service=service, target="head2")
    assert reason.startswith(said)


@pytest.mark.parametrize("action,expect", [
    ("start", INSTALLED), ("stop", SUCCESS), ("monitor", NOT_RUNNING),
    ("migrate_to", GENERIC), ("migrate_from", GENERIC), ("validate-all", INSTALLED),
])
@pytest.mark.parametrize("level", [None, 10, 20])
def test_nothing_installed(agent, action, expect, level):
    """No service file, no unit, no /etc/baton, nothing in /run; and it stays so."""
    agent.house.env["BATON_CONFDIR"] = "/nonexistent"
    _, said = agent.run(action, level=level, target="head2", expect=expect)
    if action == "start":
        assert said == ("ocf-exit-reason:/nonexistent/vmstore.conf: No such file or "
                        "directory\n")
    assert not agent.house.run("ls", "/run").split()


def test_a_probe_says_nothing(agent):
    for interval in (0, None):
        assert agent.run("monitor", interval=interval) == (NOT_RUNNING, "")
    # A service that should be here and is not is worth a line.
    assert agent.reason("monitor", NOT_RUNNING) == "not served here (no keeper)"


@pytest.mark.parametrize("action", ACTIONS)
def test_not_root(agent, action):
    agent.house.write()
    said = agent.reason(action, PERM, agent=agent.copy(), target="head2",
                        user=["setpriv", "--reuid=65534", "--clear-groups"])
    assert said == "not running as root"


def test_monitor_is_linked_with_little():
    """Most of the cost of a call is the linking of its libraries (ocf/elsewhere.c)."""
    needed = subprocess.run(["readelf", "--dynamic", AGENT], capture_output=True, text=True,
                            check=True).stdout
    needed = set(re.findall(r"NEEDED.*\[(lib[^.]+)", needed))
    assert needed - {"libasan", "libubsan"} == {"libc", "libinih", "libjson-c", "libmnl", "libuuid"}


@pytest.mark.parametrize("action", ["stop", "validate-all"])
def test_the_other_program_is_missing(agent, action):
    agent.house.keepx("ns-create", "vmstore")
    copy = agent.copy()
    agent.house.run("rm", "/run/.service-full")
    assert agent.reason(action, INSTALLED, agent=copy) == \
        "/run/.service-full: No such file or directory"


@pytest.mark.parametrize("action", ["monitor", "validate-all"])
def test_a_depth_that_is_none(agent, action):
    assert agent.reason(action, ARGS, level="deep") == "OCF_CHECK_LEVEL: 'deep' is not a number"


@pytest.mark.parametrize("action,expect", [("start", ARGS), ("validate-all", ARGS),
                                           ("stop", SUCCESS), ("monitor", NOT_RUNNING)])
def test_a_broken_service_file(agent, action, expect):
    agent.house.write().write_text("[service]\nnonsense\n")
    _, said = agent.run(action, expect=expect)
    if expect == ARGS:
        assert "vmstore.conf:2: " in said


def test_validate(agent):
    agent.house.write()
    assert agent.run("validate-all") == (SUCCESS, "")
    # This machine has no NFS server, or no such link.
    code, _ = agent.run("validate-all", level=10)
    assert code in (INSTALLED, GENERIC)


# --- start, stop ----------------------------------------------------------------------


def test_a_life(agent):
    """The fake keeper, started by the agent; each action is done twice."""
    agent.house.write()
    agent.install_keeper()
    for _ in range(2):
        assert agent.run("start", expect=SUCCESS)[1].endswith("INFO: vmstore: serving\n")
    record, = json.loads(agent.house.baton("log", "--json", "--last", "1", "vmstore"))
    assert (record["op"], record["by"]["kind"]) == ("start", "pacemaker")
    assert agent.systemctl_calls() == ["--no-ask-password start baton@vmstore.service"]
    for _ in range(2):
        assert agent.run("stop") == (SUCCESS, "INFO: vmstore: not serving any more\n")
    trace = (agent.house.fake / "trace").read_text().split()
    assert trace == ["prepare", "mount", "address", "silence", "unmount"]


def test_a_start_that_fails(agent):
    agent.house.write()
    agent.install_keeper()
    (agent.house.fake / "mount.fail").write_text("Structure needs cleaning")
    assert agent.reason("start", GENERIC) == "mount: Structure needs cleaning"
    assert agent.run("stop", expect=SUCCESS)


def test_the_keeper_does_not_start(agent):
    agent.house.write()
    agent.install_systemctl("echo one >&2; echo no such unit >&2; exit 5\n")
    assert agent.reason("start", GENERIC) == "start the keeper: systemctl: no such unit"


def test_the_keepers_own_reason(agent):
    """systemd only says: see the journal. The keeper's ledger has the reason."""
    agent.house.write()
    agent.install_systemctl(
        f"export BATON_CONFDIR={agent.house.conf} FAKE_DIR={agent.house.fake}\n"
        f"{FAKEKEEPER} vmstore; echo 'Job failed. See journalctl -xe' >&2; exit 1\n")
    (agent.house.fake / "prepare.fail").write_text("the link nope0 is missing")
    assert agent.reason("start", GENERIC) == \
        "start the keeper: prepare: the link nope0 is missing"


@pytest.mark.parametrize("code,expect", [
    (1, GENERIC), (2, GENERIC), (3, ARGS), (4, GENERIC), (5, GENERIC), (6, INSTALLED),
    (7, GENERIC), (8, GENERIC), (9, GENERIC), (10, GENERIC), (12, GENERIC), (13, GENERIC),
    (99, GENERIC), (-1, GENERIC),
])
def test_what_the_keeper_says(agent, script, code, expect):
    script([failed(code, "because")], [failed(code, "because")])
    assert agent.reason("start", expect) == "because"
    # Whatever the reason: a stop that failed has not stopped.
    assert agent.reason("stop", GENERIC) == "because"


@pytest.mark.parametrize("answer", [b"{", b"[]", b"7", b"x" * 40000], ids=lambda a: repr(a[:4]))
def test_a_keeper_that_babbles(agent, script, answer):
    script([answer], [answer])
    agent.house.write()
    assert agent.run("start")[0] not in (SUCCESS, NOT_RUNNING)
    # Nothing is standing, so a stop does not need it.
    agent.run("stop", expect=SUCCESS)


def test_a_reason_is_one_line(agent, script):
    script([failed(4, "a\nocf-exit-reason:b\x1b[31m")], [{"result": 4}])
    assert agent.reason("start", GENERIC) == "a ocf-exit-reason:b [31m"
    assert agent.reason("start", GENERIC) == "the keeper gave no reason"


def test_a_keeper_that_dies_over_a_start_has_a_successor(agent, script):
    agent.house.write()
    agent.install_systemctl("exit 0\n")
    keeper = script([{"step": "mount", "ms": 1, "outcome": "done"}], [OK])
    agent.run("start", expect=SUCCESS)
    assert [a["do"] for a in keeper.asked] == ["start", "start"]


SILENT = failed(12, "head2 does not answer") | {"silent": ["head2"]}


@pytest.mark.parametrize("comes_back", [True, False])
def test_a_start_waits_for_the_keeper_of_a_head_that_is_online(agent, script, tmp_path, comes_back):
    """Pacemaker does not know what was started there by hand; that keeper does."""
    agent.house.write()
    keeper = script(*[[SILENT]] * 3, [OK]) if comes_back else script(*[[SILENT]] * 40)
    env = {"PATH": "", "OCF_ROOT": "/usr/lib/ocf", "BATON_CONFDIR": agent.house.env["BATON_CONFDIR"],
           "BATON_CIB": str(SimulatedCluster(tmp_path).make().cib), "OCF_RESKEY_service": "vmstore",
           "OCF_RESKEY_CRM_meta_timeout": "120000" if comes_back else str(SLACK * 1000)}
    agent.run("start", environ=env, expect=SUCCESS if comes_back else GENERIC)
    # The first one asks without what Pacemaker knows.
    gone = [a["gone"] for a in keeper.asked[1:]]
    if comes_back:
        assert gone == [""] * 3
    else:
        assert len(gone) > 1 and set(gone[:-1]) == {""} and gone[-1].split() == ["head1", "1", "head2", "2"]


def test_a_keeper_that_dies_over_a_takeover_has_a_successor(agent, script, tmp_path):
    agent.house.write()
    agent.install_systemctl("exit 0\n")
    keeper = script([SILENT], [{"step": "mount", "ms": 1, "outcome": "done"}], [OK])
    env = {"BATON_CONFDIR": agent.house.env["BATON_CONFDIR"], "OCF_ROOT": "/usr/lib/ocf",
           "BATON_CIB": str(SimulatedCluster(tmp_path).make().cib), "OCF_RESKEY_service": "vmstore",
           "OCF_RESKEY_CRM_meta_timeout": "120000", "FAKE_DIR": agent.house.env["FAKE_DIR"]}
    agent.run("start", environ=env, expect=SUCCESS)
    assert [a.get("gone") for a in keeper.asked] == [None, "", ""]


def test_a_stop_with_a_broken_file(agent, script):
    """The keeper knows the service as it was before."""
    agent.house.write().write_text("nonsense")
    script([OK])
    agent.run("stop", expect=SUCCESS)


def somebody_at_work(agent):
    """Holds the service's lock, as the child of a killed keeper does."""
    os.makedirs(agent.root + RUN, exist_ok=True)
    return locked(agent.root + RUN + "/lock")


def test_a_stop_waits_for_who_is_at_work(agent):
    agent.house.write()
    with somebody_at_work(agent):
        assert agent.reason("stop", GENERIC, timeout=1500) == \
            "another operation on this service is going on"
    agent.run("stop", expect=SUCCESS)


def test_a_stop_that_cannot_know_what_to_do(agent):
    """Namespaces, no keeper, no file: for all that is known, it is not stopped."""
    agent.house.keepx("ns-create", "vmstore")
    said = agent.reason("stop", GENERIC)
    assert said.startswith("cannot stop without a keeper: ") and said.endswith("No such file "
                                                                               "or directory")


# --- monitor --------------------------------------------------------------------------


def test_namespaces_alone_are_no_service(agent):
    agent.house.write()
    agent.house.keepx("ns-create", "vmstore")
    assert agent.run("monitor", interval=0) == (NOT_RUNNING, "")
    assert agent.run("stop", expect=SUCCESS)


def test_somebody_at_work_is_unsure(agent, script):
    agent.house.write()
    agent.house.keepx("ns-create", "vmstore")
    with somebody_at_work(agent):
        assert agent.reason("monitor", GENERIC, interval=0) == \
            "an operation is going on"
        # But every probe after a boot meets a keeper that is completing its standby.
        script([{"result": 0, "state": "standby"}])
        assert agent.run("monitor", interval=0) == (NOT_RUNNING, "")


@pytest.mark.parametrize("word,expect", [
    ("standby", NOT_RUNNING), ("serving", NOT_RUNNING), ("partial", NOT_RUNNING),
    ("stop", NOT_RUNNING), ("start", GENERIC),
])
def test_what_stands_counts(agent, script, word, expect):
    agent.house.write()
    script([{"result": 0, "state": word}])
    agent.run("monitor", expect=expect)


def test_migrate_from_where_nothing_is(agent, script):
    """Never "not running": then Pacemaker would not look for the reason."""
    agent.house.write()
    script([{"result": 0, "state": "standby"}])
    assert agent.reason("migrate_from", GENERIC) == "not served here (standby)"


# --- keepers that do not answer ---------------------------------------------------------

BUDGET = 1500


@pytest.mark.parametrize("action", ["start", "stop", "monitor", "migrate_to", "migrate_from"])
@pytest.mark.parametrize("kind", ["silent", "deaf", "chatty"])
def test_budgets(agent, script, action, kind):
    """It ends in time, whatever hangs; and it still knows what is standing."""
    agent.house.write()
    waiting = {"waiting": "start"}
    if kind == "deaf":
        script(accept=False)
    else:
        script([waiting, Script.HANG] if kind == "chatty" else [Script.HANG])
    began = time.monotonic()
    code, said = agent.run(action, timeout=BUDGET, target="head2")
    took = time.monotonic() - began
    assert took < BUDGET / 1000 + SLACK, said
    if kind == "deaf":
        # connect(2) itself waits, so the alarm ends it.
        assert code == GENERIC and "not finished within the timeout" in said
    elif action == "stop":
        assert code == SUCCESS
    elif action == "monitor":
        assert code == NOT_RUNNING
    else:
        assert code == GENERIC and (action == "migrate_from" or "silent" in said)


def test_a_systemctl_that_hangs(agent):
    agent.house.write()
    agent.install_systemctl("exec sleep 600\n")
    began = time.monotonic()
    said = agent.reason("start", GENERIC, timeout=1500)
    assert time.monotonic() - began < 1.5 + SLACK
    assert said == "start the keeper: systemctl: Connection timed out"


# --- migrate_to -------------------------------------------------------------------------

STEP = {"head": "head1", "step": "drain", "ms": 20.1, "outcome": "done", "note": ""}


def test_a_move(agent, script):
    record = {"op": "move", "from": "head1", "to": "head2", "ms": 1196.4, "pause_ms": 950.2}
    keeper = script([{"waiting": "start"}, STEP, {"result": 0, "changed": True,
                                                  "state": "standby", "record": record}])
    assert agent.run("migrate_to", target="head2", timeout=60000) == \
        (SUCCESS, "INFO: vmstore: moved to head2 in 1196 ms, of which clients waited 950\n")
    asked, = keeper.asked
    assert (asked["do"], asked["target"]) == ("move", "head2")
    assert 50000 < asked["budget_ms"] <= 58000


def test_a_move_that_is_refused(agent, script):
    script([failed(12, "head2: the service file differs")])
    assert agent.reason("migrate_to", GENERIC, target="head2") == \
        "move to head2: head2: the service file differs"


def test_a_move_that_fails_on_the_way(agent, script):
    script([STEP, {"head": "head2", "step": "mount", "ms": 60000, "outcome": "failed",
                   "note": "mount: hangs"}, failed(9, "head2: mount: hangs")])
    _, said = agent.run("migrate_to", target="head2", expect=GENERIC)
    assert said.splitlines() == ["ERROR: head2: step mount: mount: hangs",
                                 "ocf-exit-reason:move to head2: head2: mount: hangs"]


@pytest.mark.parametrize("said", [[], [STEP]])
def test_a_keeper_that_dies_over_a_move(agent, script, said):
    keeper = script(said)
    assert agent.reason("migrate_to", GENERIC, target="head2") == \
        "move to head2: the keeper went away"
    # Nobody knows how far it came, so it is not asked again.
    assert len(keeper.asked) == 1


def test_a_move_without_a_keeper(agent):
    agent.house.write()
    agent.install_systemctl("echo no such unit >&2; exit 5\n")
    assert agent.reason("migrate_to", GENERIC, target="head2") == \
        "move to head2: start the keeper: systemctl: no such unit"


def test_a_move_to_nowhere(agent, script):
    keeper = script()
    for target in (None, ""):
        assert agent.reason("migrate_to", ARGS, target=target) == \
            "OCF_RESKEY_CRM_meta_migrate_target is missing"
    assert keeper.asked == []


def test_an_odd_target_goes_through_unharmed(agent, script):
    target = 'a"b\\c }{ ä'
    keeper = script([failed(12, "no such head")])
    agent.run("migrate_to", target=target, expect=GENERIC)
    assert keeper.asked[0]["target"] == target
