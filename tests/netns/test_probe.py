# SPDX-License-Identifier: GPL-2.0-or-later
"""baton probe, the built binary, on good, full, frozen and lying filesystems."""

import json
import os
import pathlib
import signal
import subprocess
import time

import pytest

from conftest import until

HERE = pathlib.Path(__file__).resolve().parent
BATON = os.path.abspath(os.environ.get("BATON", HERE / "../../build/release/src/cmd/baton"))
OK, FAILED, USAGE, RESOURCE, PROBE = 0, 1, 2, 10, 11


def probe(*args, env=None):
    return subprocess.run([BATON, "probe", *map(str, args)], capture_output=True, text=True,
                          timeout=60, env={**os.environ, **(env or {})})


def report(run):
    assert run.stdout, run.stderr
    return json.loads(run.stdout)


class Running:
    """A probe in the background, after its "running" line."""

    def __init__(self, *args, env=None):
        self.process = subprocess.Popen([BATON, "probe", *map(str, args), "--json"], text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        env={**os.environ, **(env or {})})
        self.line = self.process.stderr.readline()

    def end(self, number=None):
        if number:
            self.process.send_signal(number)
        out, err = self.process.communicate(timeout=30)
        return self.process.returncode, json.loads(out), err


def played(tmp_path, env, *args, times=1):
    """Status and report of a probe that ran until its server had misbehaved so often."""
    told = tmp_path / "told"
    run = Running(tmp_path, "--duration", 0, *args, env={**env, "SHIM_TOLD": str(told)})
    until(lambda: told.exists() and told.stat().st_size == times)
    status, got, _ = run.end(signal.SIGINT)
    return status, got


def children(pid):
    text = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return {pathlib.Path(f"/proc/{p}/comm").read_text().strip(): int(p) for p in text.split()}


def alive(pid):
    try:
        # A process that nobody has reaped yet is dead all the same.
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def run_dir(tmp_path):
    (found,) = tmp_path.glob(".baton-probe-*")
    return found


def wait_for_records(tmp_path, count):
    records = run_dir(tmp_path) / "records"
    deadline = time.time() + 60
    while records.stat().st_size < count * 4096:
        assert time.time() < deadline
        time.sleep(0.001)
    return records


def slot(records, n):
    with open(records, "rb") as file:
        return os.pread(file.fileno(), 4096, 4096 * n)


def needs_root():
    if os.geteuid():
        (pytest.fail if os.environ.get("MUST_RUN") == "1" else pytest.skip)("needs root")


@pytest.fixture(scope="session")
def shim(tmp_path_factory):
    lib = tmp_path_factory.mktemp("shim") / "shim.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", lib,
                    HERE / "probe_shim.c", "-ldl"], check=True)

    def env(what):
        # A sanitizer wants to be the first library; here the shim has to be.
        asan = os.environ.get("ASAN_OPTIONS", "")
        return {"LD_PRELOAD": str(lib), "SHIM": what,
                "ASAN_OPTIONS": asan + ":verify_asan_link_order=0"}

    return env


def unshared(tmp_path, script, timeout):
    needs_root()
    # A frozen filesystem outlives even SIGKILL, so it is thawed on the way out, whatever happens.
    return subprocess.run(["timeout", "-k", "20", str(timeout),
                           "unshare", "-m", "--propagation", "private", "bash", "-euc",
                           "trap 'exit 124' TERM; trap 'fsfreeze -u mnt 2>/dev/null || :' EXIT\n" + script],
                          cwd=tmp_path, capture_output=True, text=True, timeout=timeout + 30,
                          env={**os.environ, "BATON": BATON})


def in_mount_namespace(tmp_path, script, timeout=60):
    """Run a shell script in a mount namespace of its own; returns its JSON and status."""
    run = unshared(tmp_path, script, timeout)
    out = (tmp_path / "out").read_text() if (tmp_path / "out").exists() else ""
    assert out, run.stderr
    return json.loads(out), run


WITH_DISK = """
mkdir mnt
truncate -s 64M disk
mkfs.ext4 -q disk
mount -o loop disk mnt
started() { for i in $(seq 200); do grep -q running err && return; sleep 0.05; done; false; }
"""


def test_clean(tmp_path):
    run = probe(tmp_path, "--duration", 3, "--json")
    got = report(run)
    assert run.returncode == OK
    assert run.stderr == f"probe: running in {tmp_path}\n"
    assert got["verdict"] == "clean" and got["lock_kept"] is True and got["ended"] == "duration"
    assert got["records"]["missing"] == got["records"]["wrong"] == got["records"]["unread"] == 0
    assert got["records"]["acknowledged"] == got["classes"]["write"]["ok"]
    for name in ("write", "open", "namespace"):
        one = got["classes"][name]
        assert 20 <= one["ok"] == one["calls"] <= 160
        assert sum(b["count"] for b in one["histogram"]) == one["calls"]
        assert one["p50_ms"] <= one["p95_ms"] <= one["p99_ms"] <= one["longest_pause_ms"] + 0.001
        assert abs(one["longest_pause_at"] - time.time()) < 30
    assert got["classes"]["namespace"]["spurious"] == {}
    assert list(tmp_path.iterdir()) == []


def test_table_fits_80_columns(tmp_path):
    run = probe(tmp_path, "-d", 1, "-p", 1, env={"LC_ALL": "C.UTF-8"})
    assert run.returncode == OK
    assert "clean" in run.stdout and "not NFS" in run.stdout and "█" in run.stdout
    for line in run.stdout.splitlines()[2:]:
        assert len(line) <= 80, line


def test_table_is_ascii_in_an_ascii_locale(tmp_path):
    run = probe(tmp_path, "-d", 1, env={"LC_ALL": "C"})
    assert run.returncode == OK and run.stdout.isascii()
    # Digits would read as counts.
    bars = [line[10:] for line in run.stdout.split("up to ms")[1].splitlines()[1:4]]
    assert all(set(b) <= set(" .:-=+*#@") and b.strip() for b in bars), bars


def test_ring_rereads_before_reuse(tmp_path):
    run = Running(tmp_path, "-d", 0, "-i", 1, "--size", 1)
    records = wait_for_records(tmp_path, 256)
    first = slot(records, 50)
    until(lambda: slot(records, 50) != first, 60)  # it has gone around
    status, got, _ = run.end(signal.SIGINT)
    assert status == OK, got
    assert got["records"]["acknowledged"] > 300
    assert got["classes"]["write"]["upkeep"] == got["records"]["acknowledged"] - 256
    assert got["records"]["unread"] == 0


def test_ring_sees_damage_before_reuse(tmp_path):
    run = Running(tmp_path, "-d", 0, "-i", 1, "--size", 2)
    records = wait_for_records(tmp_path, 6)
    with open(records, "r+b") as file:
        file.seek(3 * 4096)
        file.write(bytes(4096))
    wait_for_records(tmp_path, 512)
    until(lambda: slot(records, 3) != bytes(4096))  # used again
    status, got, _ = run.end(signal.SIGINT)
    assert status == PROBE
    assert got["records"]["missing"] == 1
    (bad,) = got["records"]["bad"]
    assert (bad["seq"], bad["state"]) == (3, "missing")
    assert got["started"] <= bad["at"] < got["started"] + 2, "when it was written"
    assert got["records"]["unread"] == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_it_early_and_verified(tmp_path, number):
    run = Running(tmp_path, "--duration", 0)
    time.sleep(0.5)
    status, got, _ = run.end(number)
    assert status == OK and got["ended"] == "signal" and got["verified"] is True
    assert 0.3 < got["duration_s"] < 5
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_reaches_the_whole_group(tmp_path):
    run = Running(tmp_path, "--duration", 0)
    for pid in children(run.process.pid).values():
        os.kill(pid, signal.SIGINT)
    status, got, _ = run.end(signal.SIGINT)
    assert status == OK and got["verdict"] == "clean"


def test_overwritten_record_is_wrong(tmp_path):
    run = Running(tmp_path, "--duration", 0)
    with open(wait_for_records(tmp_path, 5), "r+b", buffering=0) as file:
        file.seek(2 * 4096 + 1000)
        byte, = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte ^ 1]))  # a fixed letter could be there already
    status, got, _ = run.end(signal.SIGINT)
    assert status == PROBE and got["verdict"] == "dirty"
    assert got["records"]["wrong"] == 1 and got["records"]["missing"] == 0
    (bad,) = got["records"]["bad"]
    assert (bad["seq"], bad["state"]) == (2, "damaged")
    assert 0 <= bad["at"] - got["started"] < 10
    assert pathlib.Path(got["kept_dir"]) == run_dir(tmp_path)


def test_truncated_file_lacks_records(tmp_path):
    run = Running(tmp_path, "--duration", 0)
    os.truncate(wait_for_records(tmp_path, 10), 0)
    status, got, _ = run.end(signal.SIGINT)
    assert status == PROBE and got["records"]["missing"] >= 5


def test_acknowledged_but_not_written(tmp_path, shim):
    status, got = played(tmp_path, shim("lose"))
    assert status == PROBE
    assert got["records"]["missing"] == 1 and got["records"]["bad"][0]["seq"] == 9


def test_lock_quietly_lost(tmp_path, shim):
    status, got = played(tmp_path, shim("unlock"))
    assert status == PROBE
    assert got["lock_kept"] is False and "nobody" in got["lock"]
    assert got["classes"]["write"]["errors"] == {}


def test_eio_means_lock_lost(tmp_path, shim):
    status, got = played(tmp_path, shim("eio"))
    assert status == PROBE and got["lock_kept"] is False
    assert got["classes"]["write"]["errors"] == {"EIO": 1}
    (event,) = got["events"]
    assert (event["class"], event["op"], event["errno"]) == ("write", "write", "EIO")
    assert got["records"]["acknowledged"] == got["classes"]["write"]["calls"] - 1


def test_short_write_is_an_error(tmp_path, shim):
    _, got = played(tmp_path, shim("short"))
    assert got["classes"]["write"]["errors"] == {"short": 1}
    assert got["records"]["wrong"] == 0, "it was not acknowledged"
    assert got["verdict"] == "dirty"


@pytest.mark.parametrize("kind,call,errno", [
    ("namespace", "mkdir", "EEXIST"), ("namespace", "rename", "ENOENT"),
    ("open", "create+lock", "EEXIST"), ("open", "remove", "ENOENT")])
def test_replayed_call_is_spurious(tmp_path, shim, kind, call, errno):
    status, got = played(tmp_path, shim(f"replay-{call}"), "-i", 10)
    assert status == PROBE
    assert got["classes"][kind]["spurious"] == {errno: 1}
    assert got["classes"][kind]["errors"] == {}
    (event,) = got["events"]
    assert event["op"] == call and event["spurious"] is True
    assert got["leftovers"] == 0


@pytest.mark.parametrize("call,errno", [("mkdir", "EEXIST"), ("rename", "ENOENT")])
def test_each_worker_sees_what_was_executed_twice(tmp_path, shim, call, errno):
    status, got = played(tmp_path, shim(f"replay-each-{call}"), "-i", 10, "--workers", 5, times=5)
    assert status == PROBE and got["workers"] == 5
    assert got["classes"]["namespace"]["spurious"] == {errno: 5}
    assert got["classes"]["namespace"]["errors"] == {}
    assert {(e["class"], e["op"], e["errno"]) for e in got["events"]} == {("namespace", call, errno)}
    assert got["leftovers"] == 0
    assert len(list((run_dir(tmp_path) / "names").iterdir())) == 5


def test_workers_are_one_class(tmp_path):
    run = probe(tmp_path, "-d", 1, "--workers", 8, "--json")
    got = report(run)
    assert run.returncode == OK, run.stdout
    one = got["classes"]["namespace"]
    assert one["calls"] == one["ok"] > 3 * got["classes"]["write"]["calls"]
    assert sum(b["count"] for b in one["histogram"]) == one["calls"]
    assert list(tmp_path.iterdir()) == []


def test_workers_that_hang_are_unfinished_each(tmp_path):
    got, run = in_mount_namespace(tmp_path, WITH_DISK + """
        "$BATON" probe mnt -d 4 --patience 1 --workers 3 --json > out 2> err & pid=$!
        started; fsfreeze -f mnt
        status=0; wait $pid || status=$?
        fsfreeze -u mnt
        exit $status
    """)
    assert run.returncode == PROBE
    assert [u["class"] for u in got["unfinished"]].count("namespace") == 3
    assert [p["class"] for p in got["pauses"] if p["ms"] > 1900].count("namespace") == 3


def test_a_window_of_writes_is_booked_one_by_one(tmp_path, shim):
    run = Running(tmp_path, "-d", 0, "-i", 10, "--window", 7, env=shim("lose"))
    wait_for_records(tmp_path, 120)
    status, got, _ = run.end(signal.SIGINT)
    records = got["records"]
    assert status == PROBE and got["window"] == 7
    assert (records["missing"], records["wrong"], records["unread"]) == (1, 0, 0)
    assert records["acknowledged"] == got["classes"]["write"]["ok"] > 100
    assert got["lock_kept"] is True


def test_a_window_goes_around_the_ring(tmp_path):
    run = Running(tmp_path, "-d", 0, "-i", 1, "--size", 1, "--window", 24)
    records = wait_for_records(tmp_path, 240)
    # Each of the 24 is as far as it is: all slots have to be there, and then the first half of them again.
    until(lambda: all(slot(records, n) != bytes(4096) for n in range(240)))
    first = [slot(records, n) for n in range(120)]
    until(lambda: all(slot(records, n) != text for n, text in enumerate(first)))
    status, got, _ = run.end(signal.SIGINT)
    assert status == OK, got
    # 256 slots, rounded down to a multiple of the window.
    assert got["classes"]["write"]["upkeep"] == got["records"]["acknowledged"] - 240 > 100
    assert got["records"]["unread"] == 0


def test_a_window_that_hangs_is_all_unfinished(tmp_path):
    got, run = in_mount_namespace(tmp_path, WITH_DISK + """
        "$BATON" probe mnt -d 4 --patience 1 --window 5 --json > out 2> err & pid=$!
        started; fsfreeze -f mnt
        status=0; wait $pid || status=$?
        fsfreeze -u mnt
        exit $status
    """)
    assert run.returncode == PROBE
    assert [u["class"] for u in got["unfinished"]].count("write") == 5


def test_reads(tmp_path):
    run = probe(tmp_path, "-d", 1, "--read", "--read-size", 3, "--depth", 5, "--json")
    got = report(run)
    assert run.returncode == OK, run.stdout
    one = got["classes"]["read"]
    assert got["depth"] == 5 and one["calls"] == one["ok"] > 48, "more than once around"
    assert one["bytes"] == one["ok"] * 131072 and one["corrupt"] == 0
    assert one["mb_per_s"] == pytest.approx(one["bytes"] / 1e6 / got["duration_s"], rel=0.01)
    assert "spurious" not in one and one["errors"] == {}
    assert list(tmp_path.iterdir()) == []


def test_reads_are_told_to_people(tmp_path):
    run = probe(tmp_path, "-d", 1, "--read", "--read-size", 1, env={"LC_ALL": "C.UTF-8"})
    assert run.returncode == OK
    assert " MB/s, 8 of 128 KiB out at once\n" in run.stdout and "\nread " in run.stdout
    assert max(len(line) for line in run.stdout.splitlines()[1:]) <= 80


def test_wrong_data_is_corruption(tmp_path):
    run = Running(tmp_path, "--duration", 0, "--read", "--read-size", 1)
    with open(run_dir(tmp_path) / "blocks", "r+b", buffering=0) as file:
        file.seek(3 * 131072 + 70000)
        byte, = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte ^ 1]))
        os.fsync(file.fileno())
    time.sleep(0.5)  # several times around
    status, got, _ = run.end(signal.SIGINT)
    one = got["classes"]["read"]
    assert status == PROBE and one["corrupt"] == one["errors"]["corrupt"] > 0
    assert one["corrupt_at"] == 3 * 131072 and set(one["errors"]) == {"corrupt"}
    assert {(e["class"], e["op"], e["errno"]) for e in got["events"]} == {("read", "read", "corrupt")}


def test_reads_pause_as_one(tmp_path, shim):
    run = probe(tmp_path, "-d", 3, "--read", "--read-size", 4, "--depth", 3, "--json",
                env=shim("stall-reads"))
    got = report(run)
    assert run.returncode == OK, got
    (pause,) = [p for p in got["pauses"] if p["ms"] >= 900 and p["class"] == "read"]
    assert pause["ms"] == got["classes"]["read"]["longest_pause_ms"] < 2500


def test_reads_that_hang_are_unfinished_each(tmp_path, shim):
    run = probe(tmp_path, "-d", 2, "--patience", 1, "--read", "--depth", 3, "--json",
                env=shim("hang-reads"))
    got = report(run)
    assert run.returncode == PROBE
    assert [u["op"] for u in got["unfinished"]] == ["read"] * 3
    assert got["classes"]["read"]["longest_pause_ms"] >= 1900


def test_no_room_for_the_file_to_read(tmp_path):
    run = unshared(tmp_path, """
        mkdir mnt; mount -t tmpfs -o size=2M none mnt
        status=0; "$BATON" probe mnt --read --read-size 4 || status=$?
        ls -A mnt; exit $status
    """, timeout=20)
    assert run.returncode == FAILED and run.stdout == ""
    assert run.stderr == "probe: mnt: write the file to read: No space left on device\n"


def test_name_that_came_back(tmp_path, shim):
    status, got = played(tmp_path, shim("undead"), "-i", 5)
    assert status == PROBE and got["leftovers"] == 1 and got["events"] == []


def test_child_killed(tmp_path):
    run = Running(tmp_path, "--duration", 30)
    os.kill(children(run.process.pid)["probe-write"], signal.SIGKILL)
    status, got, _ = run.end()
    assert status == PROBE and got["ended"] == "child" and got["lock_kept"] is False
    assert got["classes"]["write"]["errors"] == {"SIGKILL": 1}


def test_no_child_outlives_a_killed_probe(tmp_path):
    run = Running(tmp_path, "--duration", 30)
    pids = children(run.process.pid).values()
    assert len(pids) == 3
    run.process.kill()
    run.process.communicate(timeout=30)
    until(lambda: not any(alive(pid) for pid in pids), 20)


def test_full_filesystem(tmp_path):
    got, run = in_mount_namespace(tmp_path, """
        mkdir mnt; mount -t tmpfs -o size=256k none mnt
        "$BATON" probe mnt -d 3 -i 5 --json > out
    """)
    assert run.returncode == PROBE
    assert got["classes"]["write"]["errors"]["ENOSPC"] > 5
    assert got["records"]["missing"] == got["records"]["wrong"] == 0
    assert got["records"]["acknowledged"] == got["classes"]["write"]["ok"] <= 64
    assert got["lock_kept"] is True, "a full disk takes no lock away"
    assert got["classes"]["write"]["longest_pause_ms"] > 500, "quick errors are a pause"


def test_frozen_filesystem_is_a_pause(tmp_path):
    got, run = in_mount_namespace(tmp_path, WITH_DISK + """
        "$BATON" probe mnt -d 4 --json > out 2> err & pid=$!
        started; sleep 0.5
        date +%s.%N > times
        fsfreeze -f mnt; date +%s.%N >> times; sleep 2.2; fsfreeze -u mnt; date +%s.%N >> times
        wait $pid
    """)
    freezing, frozen, thawed = map(float, (tmp_path / "times").read_text().split())
    assert run.returncode == OK, "a pause alone is no error"
    for name in ("write", "open", "namespace"):
        one = got["classes"][name]
        assert 2000 <= one["longest_pause_ms"] <= (thawed - freezing) * 1000 + 1300
        assert freezing - 0.6 < one["longest_pause_at"] < frozen + 0.6
        (pause,) = [p for p in got["pauses"] if p["class"] == name and p["ms"] >= 2000]
        assert pause["ms"] == one["longest_pause_ms"] and pause["at"] == one["longest_pause_at"]
    assert got["unfinished"] == []


def test_frozen_until_the_end_is_unfinished(tmp_path):
    began = time.time()
    got, run = in_mount_namespace(tmp_path, WITH_DISK + """
        "$BATON" probe mnt -d 4 --patience 1 --json > out 2> err & pid=$!
        started; fsfreeze -f mnt
        status=0; wait $pid || status=$?
        fsfreeze -u mnt
        exit $status
    """)
    assert run.returncode == PROBE and time.time() - began < 20
    assert {u["class"] for u in got["unfinished"]} == {"write", "open", "namespace"}
    for name in ("write", "open", "namespace"):
        assert got["classes"][name]["longest_pause_ms"] >= 2000
        one = got["classes"][name]
        assert sum(b["count"] for b in one["histogram"]) == one["calls"] == one["ok"] + 1
    assert got["lock_kept"] is False, "not proven"
    assert got["verdict"] == "dirty"


def test_second_signal_aborts_at_once(tmp_path):
    got, run = in_mount_namespace(tmp_path, WITH_DISK + """
        "$BATON" probe mnt -d 0 --json > out 2> err & pid=$!
        started; fsfreeze -f mnt; sleep 0.5
        kill -INT $pid
        until grep -q '^ShdPnd:.0*$' /proc/$pid/status; do :; done
        kill -INT $pid
        status=0; wait $pid || status=$?
        fsfreeze -u mnt
        exit $status
    """, timeout=20)
    assert run.returncode == PROBE and got["ended"] == "abort" and got["verified"] is False
    assert got["unfinished"] and got["records"]["unread"] == got["records"]["acknowledged"] > 0


def test_dead_filesystem_does_not_hang_the_start(tmp_path):
    run = unshared(tmp_path, WITH_DISK + """
        fsfreeze -f mnt
        status=0; "$BATON" probe mnt --patience 1 || status=$?
        fsfreeze -u mnt
        exit $status
    """, timeout=20)
    assert run.returncode == FAILED
    assert run.stderr == "probe: mnt: no answer within 1 s; is its server reachable?\n"


def test_directory_that_cannot_be_used(tmp_path, shim):
    (tmp_path / "file").touch()
    for args, text, env in (
        ([tmp_path / "absent"], f"{tmp_path}/absent: No such file or directory", None),
        ([tmp_path / "file"], f"{tmp_path}/file: Not a directory", None),
        (["/proc"], "/proc: cannot make a directory in it: No such file or directory", None),
        ([tmp_path], f"{tmp_path}: prepare write calls: No locks available", shim("nolock")),
        ([tmp_path, "-i", 1, "--workers", 9, "--read", "--read-size", 1],
         f"{tmp_path}: prepare write calls: No locks available", shim("nolock")),
    ):
        run = probe(*args, env=env)
        assert run.returncode == FAILED and run.stdout == ""
        assert run.stderr == f"probe: {text}\n"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("args,text", [
    ([], "which directory?"),
    (["a", "b"], "one directory only, not 'b' too"),
    (["--duration", "x", "a"], "--duration: 'x' is not a number from 0 to 31536000"),
    (["--interval", "0", "a"], "--interval: '0' is not a number from 1 to 60000"),
    (["--interval=-5", "a"], "--interval: '-5' is not a number from 1 to 60000"),
    (["--pause", "1e3", "a"], "--pause: '1e3' is not a number from 1 to 3600000"),
    (["--size", "99999999999999999999", "a"],
     "--size: '99999999999999999999' is not a number from 1 to 65536"),
    (["--workers", "65", "a"], "--workers: '65' is not a number from 1 to 64"),
    (["--window", "0", "a"], "--window: '0' is not a number from 1 to 64"),
    (["--depth", "2", "a"], "--depth: only with --read"),
    (["--read-size", "2", "a"], "--read-size: only with --read"),
    (["--read", "--depth", "65", "a"], "--depth: '65' is not a number from 1 to 64"),
    (["--frobnicate", "a"], "'--frobnicate': not an option, or its value is missing or too much"),
    (["a", "--duration"], "'--duration': not an option, or its value is missing or too much"),
])
def test_bad_options(args, text):
    run = probe(*args)
    assert run.returncode == USAGE and run.stdout == ""
    assert run.stderr == f"probe: {text}\n"


def test_help_and_man_name_every_option():
    run = probe("--help")
    assert run.returncode == OK and run.stderr == ""
    man = (HERE / "../../man/baton-probe.8").read_text()
    for option in ("duration", "interval", "pause", "size", "patience", "workers", "window", "read", "depth",
                   "read-size", "json"):
        assert f"--{option}" in run.stdout
        assert "\\-\\-" + option.replace("-", "\\-") in man


def test_report_that_cannot_be_written(tmp_path):
    with open("/dev/full", "w") as full:
        run = subprocess.run([BATON, "probe", tmp_path, "-d", "1", "--json"], stdout=full,
                             stderr=subprocess.PIPE, text=True)
    assert run.returncode == RESOURCE
    assert run.stderr.splitlines()[-1] == "baton: write to standard output: No space left on device"
