# SPDX-License-Identifier: GPL-2.0-or-later
"""The keeper, its runner and ledger, with steps that do nothing; the commands are real."""
import contextlib
import json
import os
import pathlib
import re
import signal
import socket
import stat
import subprocess
import threading
import time

import pytest

import fakekeeper
from conftest import BATON, FAKEKEEPER, locked, until
from fakekeeper import RUN, ended, steps

# pytest finds fixtures by their names here.
keeper = fakekeeper.keeper


def test_a_life(keeper):
    keeper.be()
    status = keeper.ask({"do": "status"})
    assert status["result"] == 0 and status["state"] == "standby" and not status["changed"]
    assert status["cluster"] is False and status["peers"] == []
    assert status["head"] == os.uname().nodename and len(status["digest"]) == 36
    assert keeper.baton("start", "vmstore") == "vmstore: serving\n"
    assert keeper.ask({"do": "status"})["state"] == "serving"
    assert keeper.baton("start", "vmstore") == "vmstore: already serving\n"
    told = json.loads(keeper.baton("stop", "vmstore", "--json"))
    assert told["changed"] is True and told["result"] == 0 and told["operation"] == "stop"
    assert [s["step"] for s in told["steps"]] == ["silence", "unmount"]
    assert keeper.baton("stop", "vmstore") == "vmstore: already stopped, in standby\n"
    # If nothing was done, nothing is recorded.
    assert [r["op"] for r in keeper.log()] == ["standby", "start", "stop"]
    record = keeper.log(2)[0]
    assert steps(record) == [("mount", "done"), ("address", "done")]
    assert record["steps"][0]["note"] == "note of mount" and record["outcome"] == "done"
    assert abs(record["began"] - time.time()) < 60
    assert keeper.baton("log", "vmstore").splitlines()[-1].split()[0] == "unmount"
    assert keeper.end() == 0
    assert not os.path.exists(keeper.root + RUN + "/sock")
    assert keeper.standing() == "standby"


def test_a_failed_start_is_undone(keeper):
    keeper.set("address.fail", "no such luck")
    keeper.be()
    assert keeper.baton("start", "vmstore", status=4) == "baton: vmstore: address: no such luck\n"
    record = keeper.log(1)[0]
    assert steps(record) == [("mount", "done"), ("address", "failed"), ("silence", "undone"),
                             ("unmount", "undone")]
    assert record["outcome"] == "failed" and record["error"] == "address: no such luck"
    assert keeper.standing() == "standby"
    assert keeper.ask({"do": "status"})["state"] == "standby"
    keeper.clear("address.fail")
    keeper.baton("start", "vmstore")


def test_words_do_not_stand_twice(keeper):
    keeper.set("mount.fail", "mount /dev/x on /y: why")
    keeper.be()
    assert keeper.baton("start", "vmstore", status=4) == "baton: vmstore: mount /dev/x on /y: why\n"


def test_a_failed_undoing_says_both(keeper):
    keeper.set("address.fail", "no such luck")
    keeper.set("silence.fail", "link stays up")
    keeper.set("unmount.fail", "busy")
    keeper.be()
    assert keeper.baton("start", "vmstore", status=9) == \
        ("baton: vmstore: address: no such luck; and undoing it: silence: link stays up\n")
    # It went on all the same.
    assert keeper.trace()[-2:] == ["silence", "unmount"]
    assert keeper.ask({"do": "status"})["state"] == "partial"
    for step in ("address", "silence", "unmount"):
        keeper.clear(step + ".fail")
    # What is standing is stopped first.
    assert keeper.baton("start", "vmstore") == "vmstore: serving\n"
    assert keeper.trace()[-4:] == ["silence", "unmount", "mount", "address"]


def test_a_failed_stop_says_what_stands(keeper):
    keeper.be()
    keeper.baton("start", "vmstore")
    keeper.set("unmount.fail", "/run/baton/vmstore/fs: busy")
    assert keeper.baton("stop", "vmstore", status=9) == \
        "baton: vmstore: unmount: /run/baton/vmstore/fs: busy\n"
    assert keeper.ask({"do": "status"})["state"] == "partial"
    keeper.clear("unmount.fail")
    assert keeper.baton("stop", "vmstore") == "vmstore: stopped, in standby\n"


def test_a_stop_that_cannot_look_has_not_stopped(keeper):
    keeper.be()
    keeper.baton("start", "vmstore")
    keeper.set("standing", "unknown")
    assert keeper.baton("stop", "vmstore", status=9) == \
        "baton: vmstore: look: Input/output error\n"


def assert_hung(said, begin):
    """It is counted from the operation's begin, shortly before the step's; a busy machine may notice it late."""
    after = re.fullmatch(r"baton: vmstore: mount: not done after (\d+) s\n", said)
    assert after and 9 <= int(after[1]) <= time.monotonic() - begin, said


@pytest.fixture
def impatient(keeper):
    """It takes a disk that has done nothing for 10 s for dead."""
    keeper.house.write(more="disk-timeout = 10")
    return keeper


def test_hung_start(impatient):
    """The undoing child's socket has the same number as the one before: epoll must not miss it."""
    impatient.set("mount.hang")
    impatient.be()
    begin = time.monotonic()
    assert_hung(impatient.baton("start", "vmstore", status=1), begin)


def test_hung_after_something_stands(impatient):
    keeper = impatient.be()
    keeper.set("mount.hang")
    begin = time.monotonic()
    p = keeper.begin("start", "vmstore")
    keeper.runs("mount")
    keeper.set("standing", "partial")
    code, _, err = ended(p)
    assert code == 1
    assert_hung(err, begin)
    assert keeper.trace()[-2:] == ["silence", "unmount"]
    assert keeper.standing() == "standby"


def slow_steps(s):
    """Each time the keeper says that a step is still going on."""
    while True:
        answer = json.loads(s.recv(4096))
        if "slow" in answer:
            yield answer["slow"], answer["s"]


@contextlib.contextmanager
def written(disk):
    """Something is written to it all the time."""
    end = threading.Event()

    def write():
        fd = os.open(disk, os.O_WRONLY | os.O_SYNC)
        while not end.wait(0.5):
            os.pwrite(fd, b"x" * 4096, 0)
        os.close(fd)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join()


@pytest.mark.parametrize("how", ["disk", "processor"])
def test_slow_is_not_hung(keeper, how):
    """Longer than its deadline and than disk-timeout, but something is done all the time."""
    with contextlib.ExitStack() as stack:
        # In memory: this machine's own disk may take seconds for a write.
        image = os.memfd_create("image")
        stack.callback(os.close, image)
        os.truncate(image, 1 << 20)
        disk = subprocess.run(["losetup", "-f", "--show", f"/proc/{os.getpid()}/fd/{image}"], check=True,
                              text=True, capture_output=True).stdout.strip()
        stack.callback(subprocess.run, ["losetup", "-d", disk], check=True)
        keeper.house.write(device=disk, more="disk-timeout = 10")
        keeper.be()
        keeper.set("mount.wait")
        if how == "processor":
            keeper.set("mount.busy")
        else:
            stack.enter_context(written(disk))
        s = stack.enter_context(keeper.connection())
        s.settimeout(30)
        s.send(b'{"do": "start"}')
        keeper.runs("mount")
        slow, seconds = slow_steps(s), 0
        while seconds < 20:
            step, seconds = next(slow)
            assert step == "mount"
        keeper.clear("mount.wait")
        until(lambda: keeper.ask({"do": "status"})["state"] == "serving")
    (start,) = [r for r in keeper.log() if r["op"] == "start"]
    assert start["outcome"] == "done" and steps(start) == [("mount", "done"), ("address", "done")]
    # The ledger says which of them it was.
    assert start["steps"][0]["cpu_ms" if how == "processor" else "requests"] > 0


# --- more than one at a time ----------------------------------------------------------

def test_a_stop_waits_for_the_start_before_it(keeper):
    keeper.be()
    keeper.set("address.wait")
    start = keeper.begin("start", "vmstore")
    keeper.runs("address")
    stop = keeper.begin("stop", "vmstore")
    until(lambda: keeper.ask({"do": "status"})["state"] == "start")
    keeper.clear("address.wait")
    assert ended(start)[:2] == (0, "vmstore: serving\n")
    assert ended(stop)[:2] == (0, "vmstore: stopped, in standby\n")
    assert keeper.standing() == "standby"


def test_a_stop_ends_a_start(keeper):
    """Clients need not be served for a moment in between."""
    keeper.be()
    keeper.set("mount.wait")
    start = keeper.begin("start", "vmstore")
    keeper.runs("mount")
    with keeper.connection() as stop:
        stop.send(b'{"do": "stop"}')
        assert json.loads(stop.recv(4096)) == {"waiting": "start"}
        keeper.clear("mount.wait")
        code, _, err = ended(start)
        assert (code, err) == (1, "baton: vmstore: given up before the step address: a stop came\n")
        until(lambda: json.loads(stop.recv(4096)).get("result") == 0)
    assert "address" not in keeper.trace()
    assert keeper.standing() == "standby"


def runners(keeper):
    """The processes of its operations."""
    children = pathlib.Path(f"/proc/{keeper.process.pid}/task/{keeper.process.pid}/children").read_text()
    return [int(p) for p in children.split()
            if pathlib.Path(f"/proc/{p}/comm").read_text() == "baton-runner\n"]


def somebody_at_work(keeper):
    """Holds the service's lock, as a step does that hangs in the kernel."""
    return locked(keeper.root + RUN + "/lock")


def test_a_stop_waits_for_a_step_that_hangs(keeper):
    keeper.be()
    keeper.baton("start", "vmstore")
    with contextlib.ExitStack() as stack:
        s = stack.enter_context(keeper.connection())
        with somebody_at_work(keeper):
            s.send(b'{"do": "stop", "budget_ms": 60000}')
            until(lambda: keeper.ask({"do": "status"})["state"] == "stop")
        until(lambda: json.loads(s.recv(4096)).get("result") == 0)
    assert keeper.standing() == "standby"


def test_a_stop_waits_no_longer_than_its_asker(keeper):
    keeper.be()
    keeper.baton("start", "vmstore")
    with somebody_at_work(keeper):
        answer = keeper.ask({"do": "stop", "budget_ms": 300})
        assert (answer["result"], answer["error"]) == (8, "another operation on this service is going on")
        # It is what it was: served.
        assert answer["state"] == "serving"
    assert keeper.standing() == "serving"


def test_what_was_not_begun_ends_with_its_keeper(keeper):
    """Or a start could come after the stop that followed it."""
    keeper.be()
    with keeper.connection() as s, locked(keeper.root + RUN + "/lock"):
        s.send(b'{"do": "start", "budget_ms": 60000}')
        until(lambda: keeper.ask({"do": "status"})["state"] == "start")
        (runner,) = until(lambda: runners(keeper))
        keeper.end(signal.SIGKILL)
        until(lambda: not os.path.exists(f"/proc/{runner}"), 30)
    assert keeper.standing() == "standby" and "mount" not in keeper.trace()


def test_a_stop_whose_process_dies(keeper):
    """Nobody knows how far it got: the state is partial, and there is a record."""
    keeper.be()
    keeper.baton("start", "vmstore")
    keeper.set("silence.hang")
    stop = keeper.begin("stop", "vmstore")
    keeper.runs("silence")
    (runner,) = until(lambda: runners(keeper))
    os.kill(runner, signal.SIGKILL)
    code, _, err = ended(stop)
    assert (code, err) == (9, "baton: vmstore: silence: the process doing it died\n")
    assert keeper.ask({"do": "status"})["state"] == "partial"
    assert keeper.log()[-1]["op"] == "stop" and keeper.log()[-1]["outcome"] == "failed"
    keeper.clear("silence.hang")
    assert keeper.baton("stop", "vmstore") == "vmstore: stopped, in standby\n"


def test_undoing_a_start_that_hung_is_not_cancelled(impatient):
    keeper = impatient
    keeper.set("mount.hang")
    keeper.set("silence.wait")
    keeper.be()
    begin = time.monotonic()
    start = keeper.begin("start", "vmstore")
    keeper.runs("mount")
    keeper.set("standing", "partial")
    until(lambda: "silence" in keeper.trace())
    with keeper.connection() as stop:
        stop.send(b'{"do": "stop"}')
        until(lambda: json.loads(stop.recv(4096)).get("waiting") == "start")
    keeper.clear("silence.wait")
    code, _, err = ended(start)
    assert code == 1
    assert_hung(err, begin)
    assert keeper.standing() == "standby"


def test_who_has_hung_up_takes_no_place_in_the_queue(keeper):
    keeper.be()
    keeper.set("address.wait")
    start = keeper.begin("start", "vmstore")
    keeper.runs("address")
    for _ in range(8):
        with keeper.connection() as s:
            s.send(b'{"do": "stop"}')
            assert json.loads(s.recv(4096)) == {"waiting": "start"}
    with keeper.connection() as stop:
        stop.send(b'{"do": "stop"}')
        assert json.loads(stop.recv(4096)) == {"waiting": "start"}
        keeper.clear("address.wait")
        until(lambda: json.loads(stop.recv(4096)).get("result") == 0)
    ended(start)


def test_a_stop_after_a_start_that_was_given_up(keeper):
    """As Pacemaker does when the start takes too long."""
    keeper.be()
    keeper.set("address.wait")
    start = keeper.begin("start", "vmstore")
    keeper.runs("address")
    start.kill()
    start.wait()
    with keeper.connection() as stop:
        stop.send(b'{"do": "stop"}')
        assert json.loads(stop.recv(4096)) == {"waiting": "start"}
        with keeper.connection() as s:
            s.send(b'{"do": "start"}')
            assert json.loads(s.recv(4096)) == {"waiting": "start"}
        keeper.clear("address.wait")
        until(lambda: json.loads(stop.recv(4096)).get("result") == 0)
    # The start that nobody waited for any more was never begun.
    assert keeper.ask({"do": "status"})["state"] == "standby"
    assert [r["op"] for r in keeper.log()] == ["standby", "start", "stop"]


def test_the_queue_has_an_end(keeper):
    keeper.be()
    keeper.set("address.wait")
    start = keeper.begin("start", "vmstore")
    keeper.runs("address")
    with contextlib.ExitStack() as stack:
        for _ in range(8):
            s = stack.enter_context(keeper.connection())
            s.send(b'{"do": "stop"}')
            assert json.loads(s.recv(4096)) == {"waiting": "start"}
        answer = keeper.ask({"do": "stop"})
        assert answer["result"] == 8
        assert answer["error"] == "start is going on, and 8 requests wait for its end"
    keeper.clear("address.wait")
    assert ended(start)[0] == 0


def test_one_keeper(keeper):
    keeper.be()
    assert keeper.house.run(FAKEKEEPER, "vmstore", status=8) == \
        "fakekeeper: another keeper is running\n"
    assert keeper.ask({"do": "status"})["state"] == "standby"


# --- the daemons it looks after -------------------------------------------------------

@pytest.mark.parametrize("name", ["mountd", "nfsdcld"])
def test_who_has_died_is_mended_within_a_second(keeper, name):
    keeper.be()
    keeper.baton("start", "vmstore")
    begin = time.monotonic()
    # Nobody holds a lock on it any more.
    os.unlink(f"{keeper.root}{RUN}/{name}.pid")
    keeper.runs("mend")
    # In standby it would be ten.
    assert time.monotonic() - begin < 7


def test_in_standby_that_has_time(keeper):
    keeper.be()
    os.unlink(f"{keeper.root}{RUN}/mountd.pid")
    until(lambda: keeper.trace() == ["prepare", "prepare"], 20)


# --- files ----------------------------------------------------------------------------

def test_a_stop_needs_no_service_file(keeper):
    keeper.be()
    keeper.baton("start", "vmstore")
    path = keeper.house.write()
    path.write_text("[service]\nhalf a lin")
    assert keeper.baton("start", "vmstore", status=3) == \
        f"baton: {path}:2: is neither 'key = value' nor '[service]'\n"
    assert keeper.baton("stop", "vmstore") == "vmstore: stopped, in standby\n"
    path.unlink()
    assert keeper.baton("stop", "vmstore") == "vmstore: already stopped, in standby\n"


@pytest.mark.parametrize("text", ["{", "", "7", '{"a": 1}', "[1, 2, null]",
                                  '[{"steps": 5, "op": []}, {"steps": [3, "x", {}]}]'])
def test_damaged_ledger(keeper, text):
    keeper.be()
    ledger = keeper.root + RUN + "/ledger.json"
    with open(ledger, "w") as f:
        f.write(text)
    if text.startswith("["):
        keeper.baton("log", "vmstore", "--last", "9")
        keeper.baton("log", "vmstore", "--json")
    else:
        assert keeper.baton("log", "vmstore", status=1) == \
            f"baton: {RUN}/ledger.json is damaged; remove it\n"
    keeper.baton("start", "vmstore")
    assert keeper.log(1)[0]["op"] == "start"


LIB = "/var/lib/baton/vmstore"


def kept(keeper):
    """The operations in the copy that outlives a boot."""
    try:
        with open(f"{keeper.root}{LIB}/ledger.json") as f:
            return [r["op"] for r in json.load(f)]
    except (FileNotFoundError, json.JSONDecodeError):
        return None


def reboot(keeper):
    """/run is empty after it, and nothing is set up."""
    keeper.end(signal.SIGKILL)
    until(lambda: not os.path.exists(f"{keeper.root}{LIB}/ledger.json.new"))
    keeper.house.run("sh", "-c", "rm -r /run/baton")
    keeper.clear("standing")


def test_the_ledger_outlives_a_boot(keeper):
    """The head that was fenced has to have a history."""
    keeper.be()
    keeper.baton("start", "vmstore")
    until(lambda: kept(keeper) == ["standby", "start"])
    for path, mode in ((LIB, 0o700), (os.path.dirname(LIB), 0o700), (LIB + "/ledger.json", 0o600)):
        if path != os.path.dirname(LIB):  # this one is a mount of the house
            assert stat.S_IMODE(os.stat(keeper.root + path).st_mode) == mode
    assert os.listdir(keeper.root + LIB) == ["ledger.json"]
    reboot(keeper)
    assert [r["op"] for r in keeper.log()] == ["standby", "start"]
    keeper.be()
    keeper.baton("start", "vmstore")
    assert [r["op"] for r in keeper.log()] == ["standby", "start"] * 2
    until(lambda: kept(keeper) == ["standby", "start"] * 2)


@pytest.mark.parametrize("spoil", [
    "umount /var/lib/baton; mount -t tmpfs -o nr_inodes=1 full /var/lib/baton",
    f"umount /var/lib/baton; mount -t tmpfs -o nr_blocks=1 full /var/lib/baton; echo x > {LIB}-x",
    f"touch {LIB}", f"mkdir -p {LIB}/ledger.json", "mount -o remount,ro /var/lib/baton",
    f"mkdir -p {LIB}/ledger.json.new", f"ln -s /nowhere {LIB}",
])
def test_a_copy_that_cannot_be_written_stops_nothing(keeper, spoil):
    keeper.house.run("sh", "-ec", spoil)
    keeper.be()
    assert keeper.baton("start", "vmstore") == "vmstore: serving\n"
    assert keeper.baton("stop", "vmstore") == "vmstore: stopped, in standby\n"
    assert [r["op"] for r in keeper.log()] == ["standby", "start", "stop"]


def test_a_disk_that_hangs_stops_nothing(keeper, tmp_path):
    """One process waits for it, not one for each operation; then all is there."""
    with open(tmp_path / "disk", "wb") as f:
        f.truncate(64 << 20)
    keeper.house.run("sh", "-ec", f"umount /var/lib/baton; mkfs.ext4 -qF {tmp_path}/disk;"
                     f"mount -o loop {tmp_path}/disk /var/lib/baton; mkdir {LIB}; fsfreeze -f /var/lib/baton")
    try:
        keeper.be()
        for _ in range(3):
            keeper.baton("start", "vmstore")
            keeper.baton("stop", "vmstore")
        assert [r["op"] for r in keeper.log()] == ["standby"] + ["start", "stop"] * 3
        assert kept(keeper) is None
        assert keeper.house.run("pgrep", "-xc", "--nslist", "mnt", "--ns", str(keeper.house.holder.pid),
                                "baton-ledger") == "1\n"
    finally:
        keeper.house.run("fsfreeze", "-u", "/var/lib/baton")
    until(lambda: kept(keeper) == ["standby"] + ["start", "stop"] * 3)


def test_a_writer_that_is_killed_leaves_the_old_one(keeper):
    """What a power cut leaves beside it is no ledger."""
    keeper.be()
    until(lambda: kept(keeper) == ["standby"])
    reboot(keeper)
    with open(f"{keeper.root}{LIB}/ledger.json.new", "w") as f:
        f.write('[{"op": "sta')
    assert [r["op"] for r in keeper.log()] == ["standby"]
    keeper.be()
    until(lambda: kept(keeper) == ["standby"] * 2)


def test_a_damaged_copy(keeper):
    os.makedirs(keeper.root + LIB)
    with open(f"{keeper.root}{LIB}/ledger.json", "w") as f:
        f.write("{")
    assert keeper.baton("log", "vmstore", status=1) == f"baton: {LIB}/ledger.json is damaged; remove it\n"
    keeper.be()
    assert [r["op"] for r in keeper.log()] == ["standby"]
    # One that is damaged in /run is replaced by the other.
    until(lambda: kept(keeper) == ["standby"])
    with open(f"{keeper.root}{RUN}/ledger.json", "w") as f:
        f.write("{")
    keeper.baton("start", "vmstore")
    assert [r["op"] for r in keeper.log()] == ["standby", "start"]


def test_a_failure_that_repeats_counts_up(keeper):
    """It must not push out the moves."""
    keeper.set("address.fail", "no such luck")
    keeper.be()
    for _ in range(3):
        keeper.baton("start", "vmstore", status=4)
    standby, start = keeper.log()
    assert (standby["op"], start["op"], start["count"]) == ("standby", "start", 3)
    assert start["since"] < start["began"]
    line = keeper.baton("log", "vmstore", "--last", "1").splitlines()[0]
    assert re.fullmatch(r"\S+ \S+  start failed in \d+ ms, 3 times since \S+ \S+, by root \(process \d+\): "
                        "address: no such luck", line), line
    keeper.clear("address.fail")
    keeper.baton("start", "vmstore")
    assert [(r["op"], r.get("count")) for r in keeper.log()] == [
        ("standby", None), ("start", 3), ("start", None)]


def test_a_mend_that_keeps_failing_is_one_record(keeper):
    keeper.be()
    keeper.baton("start", "vmstore")
    keeper.set("mend.fail", "no such luck")
    os.unlink(f"{keeper.root}{RUN}/mountd.pid")
    until(lambda: keeper.log(1)[0].get("count") == 2, 30)
    assert [r["op"] for r in keeper.log()] == ["standby", "start", "mend"]


# --- who asked ------------------------------------------------------------------------

AS_DAEMON = 'echo 1 > /proc/self/loginuid; exec "$@"'


def test_who_asked(keeper):
    """sudo and su do not change the login; what a process says of itself is not believed."""
    keeper.be()
    assert keeper.log(1)[0]["by"] == {"kind": "keeper"}
    keeper.house.env["SUDO_USER"] = "mallory"
    keeper.house.run("sh", "-ec", AS_DAEMON, "sh", BATON, "start", "vmstore")
    by = keeper.log(1)[0]["by"]
    assert by.pop("pid") > 1 and by == {"kind": "command", "uid": 0, "login": 1, "user": "daemon"}
    assert re.search(r" done in \d+ ms, by daemon \(process \d+\)\n",
                     keeper.baton("log", "vmstore", "--last", "1"))
    # From no login: a cron job, a unit.
    keeper.baton("stop", "vmstore")
    by = keeper.log(1)[0]["by"]
    assert by.pop("pid") > 1 and by == {"kind": "command", "uid": 0, "user": "root"}
    # The agent says so.
    assert keeper.converse({"do": "start", "agent": True})[-1]["result"] == 0
    by = keeper.log(1)[0]["by"]
    assert by == {"kind": "pacemaker", "uid": 0, "user": "root", "pid": os.getpid()}
    assert ", by Pacemaker\n" in keeper.baton("log", "vmstore", "--last", "1")
    # What the keeper does of itself.
    keeper.set("mend.fail", "no such luck")
    os.unlink(f"{keeper.root}{RUN}/mountd.pid")
    until(lambda: keeper.log(1)[0]["op"] == "mend")
    assert keeper.log(1)[0]["by"] == {"kind": "keeper"}
    assert ", by the keeper: mend: no such luck\n" in keeper.baton("log", "vmstore", "--last", "1")


def test_the_journal_names_who_asked(keeper):
    """Its own socket: the house has no journald."""
    keeper.house.run("mkdir", "-p", "/run/systemd/journal")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as journal:
        here = os.getcwd()
        os.chdir(keeper.root + "/run/systemd/journal")
        try:
            journal.bind("socket")
        finally:
            os.chdir(here)
        journal.settimeout(10)
        keeper.be()
        keeper.house.run("sh", "-ec", AS_DAEMON, "sh", BATON, "start", "vmstore")
        said = {}
        while said.get("BATON_OPERATION") != "start":
            said = dict(line.split("=", 1) for line in journal.recv(65536).decode().splitlines() if "=" in line)
    assert said["BATON_BY"] == "daemon"
    assert re.fullmatch(r"vmstore: start done in \d+ ms, by daemon \(mount \d+, address \d+\)", said["MESSAGE"])


def test_who_asked_without_a_name(keeper):
    """A user of a directory that is not asked, as it may hang."""
    keeper.be()
    keeper.house.run("sh", "-ec", "echo 4000000 > /proc/self/loginuid; " + 'exec "$@"', "sh", BATON, "start",
                     "vmstore")
    by = keeper.log(1)[0]["by"]
    assert (by["login"], by.get("user")) == (4000000, None)
    assert ", by user 4000000 (process " in keeper.baton("log", "vmstore", "--last", "1")


def test_odd_askers(keeper):
    keeper.be()
    record = keeper.log()[0]
    with open(keeper.root + RUN + "/ledger.json", "w") as f:
        json.dump([dict(record, by=by) for by in (7, None, {}, {"kind": "x"}, {"kind": "head", "head": "\x1b[2J"})],
                  f)
    said = keeper.baton("log", "vmstore", "--last", "9")
    assert said.count(", by ") == 1 and ", by ?[2J\n" in said


def test_the_ledger_is_bounded(keeper):
    keeper.be()
    record = keeper.log()[0]
    with open(keeper.root + RUN + "/ledger.json", "w") as f:
        json.dump([dict(record, op=str(i)) for i in range(60)], f)
    keeper.baton("start", "vmstore")
    ops = [r["op"] for r in keeper.log(100)]
    assert ops == [str(i) for i in range(11, 60)] + ["start"]


def test_full_run(keeper):
    """Operations go on; only the ledger in /run is not written."""
    keeper.be()
    with contextlib.suppress(OSError), open(keeper.root + "/run/fill", "wb", buffering=0) as f:
        while True:
            f.write(b"x" * 65536)
    assert keeper.baton("start", "vmstore") == "vmstore: serving\n"
    assert keeper.baton("stop", "vmstore") == "vmstore: stopped, in standby\n"
