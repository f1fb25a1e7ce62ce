# SPDX-License-Identifier: GPL-2.0-or-later
"""Every command where nothing is served: options, names, files, exit statuses."""
import json
import os
import platform
import subprocess

import pytest

from cluster import move_record
from conftest import BATON, ROOT

STOCK = ROOT / "tests/unit/data/stock.xml"
SERVICE = ["start", "stop", "status", "log", "keep", "check", "giveback"]
MANY = ["evacuate", "return"]
ONE = ["start", "stop", "log", "keep", "check", "move", "giveback"]
ODD = ["../etc", "a b", "Upper", "", "a" * 33, "a\nb", "x%s", "ä", "-a-", ".", "a/b", "--"]
NAME = "must be 1 to 32 lower-case letters, digits and inner hyphens"
ADVICE = "no keeper here; start it with `systemctl start baton@vmstore`"


@pytest.mark.parametrize("command", [*SERVICE, *MANY, "move", "probe", "metrics", "sever"])
def test_help(house, command):
    # glibc's argp leaks a byte for each parser without options (argp-help.c, make_hol).
    house.env["ASAN_OPTIONS"] = "detect_leaks=0"
    said = house.baton(command, "--help")
    assert said.startswith(f"Usage: baton {command} [OPTION...]")


@pytest.mark.parametrize("command", ["help", "--help", "-h"])
def test_list(house, command):
    said = house.baton(command)
    assert all(f"\n  {c} " in said for c in [*SERVICE, *MANY, "move", "probe", "metrics", "sever", "help", "version"])


@pytest.mark.parametrize("argv,line", [
    ([], "baton: a command is missing; `baton help` lists them"),
    (["mvoe"], "baton: unknown command 'mvoe'; `baton help` lists them"),
    ([""], "baton: unknown command ''; `baton help` lists them"),
    (["log", "--last", "0", "vmstore"], "baton log: --last: '0' is not a number above 0"),
    (["log", "--last", "", "vmstore"], "baton log: --last: '' is not a number above 0"),
    (["log", "-l", "4294967297", "vmstore"],
     "baton log: --last: '4294967297' is not a number above 0"),
    (["metrics", "vmstore"], "baton metrics: takes no 'vmstore'"),
    (["status", "--watch=0"], "baton status: --watch: '0' is not a number from 1 to 2592000"),
    (["move", "vmstore"], "baton move: the name of a head is missing"),
    (["move", "vmstore", "a", "b"], "baton move: one head at a time, not also 'b'"),
    (["giveback", "-t", "0", "vmstore"],
     "baton giveback: --timeout: '0' is not a number from 1 to 2592000"),
    (["move", "vmstore", "a", "--timeout=2592001"],
     "baton move: --timeout: '2592001' is not a number from 1 to 2592000"),
    (["evacuate", "--jobs", "0"], "baton evacuate: --jobs: '0' is not a number above 0"),
    (["return", "--jobs=2x"], "baton return: --jobs: '2x' is not a number above 0"),
    (["evacuate", "a", "b"], "baton evacuate: one head at a time, not also 'b'"),
    (["log", "-l", "2x", "vmstore"], "baton log: --last: '2x' is not a number above 0"),
])
def test_wrong_line(house, argv, line):
    assert house.baton(*argv, status=2) == line + "\n"


@pytest.mark.parametrize("command", SERVICE)
def test_wrong_option(house, command):
    house.write()
    said = house.baton(command, "--wrong", "vmstore", status=2).splitlines()
    assert said[0] == f"baton {command}: unrecognized option '--wrong'" and len(said) <= 2
    if command != "check":
        assert house.baton(command, "vmstore", "other", status=2).splitlines()[0] == \
            f"baton {command}: one service at a time, not also 'other'"


@pytest.mark.parametrize("command,option", [
    ("start", "--standby"), ("start", "--last=1"), ("stop", "--last=1"), ("status", "--dry-run"),
    ("log", "--dry-run"), ("keep", "--json"), ("keep", "--dry-run"), ("start", "--timeout=1"),
    ("move", "--standby"), ("log", "--watch"), ("metrics", "--json"), ("log", "--output=x"),
    ("start", "--noheadings"), ("metrics", "--noheadings"), ("return", "--to=head2"), ("move", "--jobs=2"),
])
def test_option_of_another_command(house, command, option):
    assert "unrecognized option" in house.baton(command, option, "vmstore", status=2)


@pytest.mark.parametrize("command", ONE)
def test_no_name(house, command):
    assert house.baton(command, status=2).splitlines()[0] == \
        f"baton {command}: the name of a service is missing"


@pytest.mark.parametrize("command", ["start", "stop", "status", "log", "keep", "move", "giveback"])
@pytest.mark.parametrize("name", ODD)
def test_odd_names(house, command, name):
    shown = "".join(c if c >= " " else " " for c in name)[:40]
    argv = [command, "--", name, *(["head2"] if command == "move" else [])]
    assert house.baton(*argv, status=3) == f"baton: service name '{shown}': {NAME}\n"
    assert not house.run("ls", "/run").split()


@pytest.mark.parametrize("argv", [["start", "vmstore"], ["stop", "vmstore"], ["keep", "vmstore"],
                                  ["log", "vmstore"], ["start", "-n", "vmstore"],
                                  ["move", "vmstore", "head2"], ["giveback", "vmstore"],
                                  ["stop", "--dry-run", "vmstore"]])
@pytest.mark.parametrize("text,mode,why", [
    (None, 0, ": No such file or directory"),
    ("[service]\ndevice = /dev/x\n", 0o644, ": key 'address' is missing"),
    ("", 0o644, ": section [service] is missing"),
    ("", 0o666, ": is writable by everyone, who could make root mount and export anything; "
     "chmod go-w it"),
])
def test_service_file(house, argv, text, mode, why):
    path = house.conf / "vmstore.conf"
    if text is not None:
        path.write_text(text)
        path.chmod(mode)
    assert house.baton(*argv, status=3) == f"baton: {path}{why}\n"
    assert not house.run("ls", "/run").split()


def test_no_configuration_at_all(house):
    house.env["BATON_CONFDIR"] = "/nonexistent"
    nothing = "no services: there is no NAME.conf in /nonexistent\n"
    assert house.baton("status") == nothing
    # Not among rows that a program reads.
    done = subprocess.run([*house.enter, BATON, "status", "--noheadings"], env=house.env, text=True,
                          capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", nothing)
    assert json.loads(house.baton("status", "--json")) == []
    assert house.baton("start", "vmstore", status=3) == \
        "baton: /nonexistent/vmstore.conf: No such file or directory\n"


def test_status_of_what_is_not_there(house):
    house.write()
    house.write("other").write_text("nonsense")
    row, = json.loads(house.baton("status", "vmstore", "--json"))
    assert row["state"] == "absent" and row["keeper"] == "absent" and row["threads"] == 0
    assert row["addresses"] == ["192.0.2.50/24"] and row["device"] == "/dev/null"
    table = house.baton("status", "vmstore").splitlines()
    assert table[1].split()[:5] == ["vmstore", platform.node(), "absent", "absent", "192.0.2.50/24"]
    # The broken service is shown, and determines the status.
    done = subprocess.run([*house.enter, BATON, "status"], env=house.env, text=True,
                          capture_output=True)
    assert done.returncode == 3 and done.stdout.splitlines()[1].split()[:3] == \
        ["other", "-", "unknown"]
    assert done.stdout.splitlines()[3].startswith("error: other: ") and \
        "other.conf:1: " in done.stdout.splitlines()[3]
    done = subprocess.run([*house.enter, BATON, "status", "--json"], env=house.env, text=True,
                          capture_output=True)
    rows = {r["service"]: r for r in json.loads(done.stdout)}
    assert done.returncode == 3
    assert rows["other"]["state"] == "unknown" and "other.conf:1: " in rows["other"]["error"]
    assert rows["vmstore"]["state"] == "absent"


def test_log_of_nothing(house):
    house.write()
    assert json.loads(house.baton("log", "vmstore", "--json")) == []
    assert house.baton("log", "vmstore") == "vmstore: nothing yet on this head\n"


def test_log_of_a_move(house):
    """Steps of both heads; what only the source knows may be missing, and a name may be anything."""
    house.write()
    ledger = os.path.join(f"/proc/{house.holder.pid}/root/run/baton/vmstore")
    os.makedirs(ledger)
    told = move_record(began=86400)
    target = dict(move_record("refused", "head1: it is gone", source="a-long-name", target="b"), pause_ms=None)
    with open(ledger + "/ledger.json", "w") as f:
        json.dump([told, target, {"op": None, "steps": [{"head": None, "step": None}]}], f)
    house.env["TZ"] = "UTC"
    lines = house.baton("log", "vmstore", "--last", "3").splitlines()
    assert lines[0] == "1970-01-02 00:00:00  move head1 → head2 done in 1204 ms, pause 940 ms"
    assert lines[1].startswith("  head1  drain           22.4 ms  █")
    assert lines[3].startswith("  head2  mount          280.5 ms  █") and lines[3].endswith("█  log clean")
    assert lines[5].endswith("  move a-long-name → b refused in 1204 ms: head1: it is gone")
    assert lines[8].startswith("  b            mount          280.5 ms")
    house.env["LC_ALL"] = "C"
    assert " move head1 -> head2 " in house.baton("log", "vmstore", "--last", "3")
    assert json.loads(house.baton("log", "vmstore", "--json", "--last", "3"))[0] == told


def test_start_needs_a_keeper(house):
    house.write()
    assert house.baton("start", "vmstore", status=8) == f"baton: vmstore: {ADVICE}\n"
    done = subprocess.run([*house.enter, BATON, "start", "vmstore", "--json"], env=house.env,
                          text=True, capture_output=True)
    told = json.loads(done.stdout)
    assert done.returncode == 8 and told["result"] == 8 and told["error"] == ADVICE
    assert told["steps"] == [] and told["changed"] is False


def test_stop_needs_none(house):
    house.write()
    assert house.baton("stop", "vmstore") == "vmstore: already stopped, in standby\n"
    assert house.baton("stop", "--standby", "vmstore") == "vmstore: already taken down\n"
    assert json.loads(house.baton("stop", "vmstore", "--json"))["changed"] is False
    # What was not done is not reported.
    assert json.loads(house.baton("log", "vmstore", "--json")) == []


def test_a_stop_without_a_keeper_names_who_asked(house):
    house.write()
    house.keepx("ns-create", "vmstore")
    house.run("sh", "-ec", 'echo 1 > /proc/self/loginuid; exec "$@"', "sh", BATON, "stop", "-s", "vmstore")
    record, = json.loads(house.baton("log", "vmstore", "--json"))
    assert record["op"] == "teardown" and record["by"].pop("pid") > 1
    assert record["by"] == {"kind": "command", "uid": 0, "login": 1, "user": "daemon"}


def test_dry_run(house):
    house.write()
    said = house.baton("start", "-n", "vmstore").splitlines()
    assert said[0] == "vmstore: absent; would do:"
    words = [line.split()[0] for line in said[1:]]
    assert words[:2] == ["software", "namespaces"] and words[-2:] == ["announce", "tickle"]
    # Nothing is mounted before the network has been asked.
    assert words.index("device") < words.index("mount")
    assert house.baton("stop", "-n", "vmstore") == "vmstore: absent; nothing to do\n"
    told = json.loads(house.baton("start", "-n", "--json", "vmstore"))
    assert told["service"] == "vmstore" and told["operation"] == "start" and told["dry_run"] is True
    assert told["state"] == "absent" and [s["step"] for s in told["steps"]] == words
    assert [f"  {s['step']:11} {s['help']}" for s in told["steps"]] == said[1:]
    assert json.loads(house.baton("stop", "-jns", "vmstore")) == {
        "service": "vmstore", "operation": "teardown", "dry_run": True, "state": "absent", "steps": []}
    assert not house.run("ls", "/run").split()


def test_keep_where_there_is_no_nfs(house):
    """On this machine, or any without nfs-utils: named in the message, status 6, nothing left."""
    house.write()
    before = house.mounts()
    if os.path.exists("/usr/sbin/rpc.mountd") and "nfsd" in open("/proc/filesystems").read():
        pytest.skip("this machine can serve NFS")
    said = house.baton("keep", "vmstore", status=6)
    assert said.startswith("baton: vmstore: software: ") and said.count("\n") == 1
    assert house.mounts() == before
    assert sorted(house.run("ls", "/run/baton/vmstore").split()) == ["keeper", "ledger.json",
                                                                    "ledger.lock", "lock"]
    record, = json.loads(house.baton("log", "vmstore", "--json"))
    assert record["op"] == "standby" and record["outcome"] == "failed"
    assert [s["outcome"] for s in record["steps"]][0] == "failed"


def test_full_run(house):
    house.write()
    house.run("mount", "-t", "tmpfs", "-o", "nr_inodes=1", "full", "/run")
    for command in ("keep", "stop"):
        said = house.baton(command, "vmstore", status=10)
        assert said == "baton: vmstore: create /run/baton/vmstore: No space left on device\n"


@pytest.mark.parametrize("argv", [
    ["help"], ["--help"], ["version"], ["--version"], ["start", "--help"], ["check", "--help"],
    ["probe", "--help"], ["status"], ["status", "--json"], ["log", "vmstore"], ["log", "-j", "vmstore"],
    ["start", "-n", "vmstore"], ["stop", "-nj", "vmstore"], ["stop", "vmstore"], ["stop", "-j", "vmstore"],
    ["check", "--shared", "--json"], ["import", "--cib", str(STOCK)], ["metrics"],
    ["sever", "192.0.2.50"], ["sever", "-n", "--json", "192.0.2.50"],
])
@pytest.mark.parametrize("closed", [False, True])
def test_output_is_not_lost(house, argv, closed):
    """`baton import x > vmstore.conf` must not leave half a file and say that all is well."""
    house.env["ASAN_OPTIONS"] = "detect_leaks=0"
    house.write()
    command = ["sh", "-c", '"$@" >&-' if closed else '"$@" > /dev/full', "sh", BATON, *argv]
    done = subprocess.run([*house.enter, *command], env=house.env, text=True, capture_output=True, timeout=60)
    why = "Bad file descriptor" if closed else "No space left on device"
    assert done.stderr.splitlines()[-1:] == [f"baton: write to standard output: {why}"], done
    # What went wrong before is the status: it matters more.
    good = subprocess.run([*house.enter, BATON, *argv], env=house.env, capture_output=True, timeout=60)
    assert done.returncode == (good.returncode or 10) and good.stdout


def test_nothing_to_write_is_no_failure(house):
    house.write()
    house.run("sh", "-c", f"{BATON} status --noheadings -o state nosuch >&-", status=3)
    assert house.run("sh", "-c", f"{BATON} metrics --output /run/m >&- 2>&-") == ""
    assert "baton_build_info" in house.run("cat", "/run/m")


@pytest.mark.parametrize("command", ["start", "stop", "status", "log", "giveback", *MANY])
def test_not_root(house, command):
    """To other users everything would seem absent, which is the worst possible answer."""
    house.write()
    os.chmod(house.conf, 0o755)
    said = house.run("setpriv", "--reuid=65534", "--clear-groups", *baton(house), command,
                     "vmstore", status=6)
    assert said == "baton: not running as root\n"


def baton(house):
    """A copy in a place of its own: /root and the like are closed to others."""
    house.run("cp", BATON, "/run/b")
    return ["/run/b"]
