# SPDX-License-Identifier: GPL-2.0-or-later
"""Programs that baton runs, and daemons that outlive it."""
import os
import re
import signal
import subprocess
import tempfile
import time

import pytest

from conftest import KEEPX, until


def keepx(*argv, status=0):
    # Not a pipe: a daemon inherits our standard error, so the pipe would never end.
    with tempfile.TemporaryFile("w+") as err:
        done = subprocess.run([KEEPX, *map(str, argv)], stdout=subprocess.PIPE, stderr=err,
                              text=True, timeout=30)
        err.seek(0)
        said = err.read()
    assert done.returncode == status, (done, said)
    return said if status else done.stdout


@pytest.mark.parametrize("script,said", [
    ("echo out; echo first >&2; echo last >&2; exit 3", "sh: last"),
    ("printf 'no newline' >&2; exit 1", "sh: no newline"),
    ("printf 'line\\n\\n  \\n' >&2; exit 1", "sh: line"),
    ("exit 1", "sh: failed without a message"),
    ("kill -9 $$", "sh: failed without a message"),
    ("yes 0123456789 | head -c 100000 >&2; printf '\\nlast\\a\\033[m\\n' >&2; exit 1",
     "sh: last  [m"),
])
def test_last_line_is_the_reason(script, said):
    assert keepx("run", 25000, "sh", "-c", script, status=1) == f"keepx: {said}\n"


def test_runs_in_peace():
    keepx("run", 5000, "sh", "-c", "echo warning >&2")
    keepx("run", 5000, "sh", "-c", '[ "$(env | grep -v ^_= | sort)" = "LC_ALL=C.UTF-8\n'
          'PATH=/usr/sbin:/usr/bin:/sbin:/bin\nPWD=/" ]')
    keepx("run", 5000, "sh", "-c", '[ "$(ls /proc/self/fd | wc -l)" = 4 ]')


def test_missing_program():
    assert keepx("run", 5000, "no-such-program", status=6) == \
        "keepx: no-such-program: No such file or directory\n"
    assert keepx("run", 5000, "/etc/passwd", status=10) == "keepx: /etc/passwd: Permission denied\n"


def test_deadline():
    begin = time.monotonic()
    assert keepx("run", 300, "sleep", 60, status=1) == "keepx: sleep: Connection timed out\n"
    assert 0.3 <= time.monotonic() - begin < 10


@pytest.mark.parametrize("script,limit,text,rc,said", [
    ("echo out; echo err >&2", 100, "out\n", 0, ""),
    ("echo out; echo first >&2; echo last >&2; exit 102", 100, "out\n", 102, "sh: last"),
    ("printf $KEEPX$(env | wc -l)", 100, "here4", 0, ""),
    ("", 100, "", 0, ""),
    ("head -c 100 /dev/zero | tr '\\0' x", 100, 100 * "x", 0, ""),
    ("head -c 101 /dev/zero | tr '\\0' x; sleep 60", 100, "nothing", -27, "sh: File too large"),
    ("echo out; kill -9 $$", 100, "out\n", -125, "sh: failed without a message"),
    ("sleep 60", 100, "nothing", -110, "sh: Connection timed out"),
    # In a group of its own.
    ("[ $(ps -o pgid= $$) = $$ ] && echo own", 100, "own\n", 0, ""),
])
def test_capture(script, limit, text, rc, said):
    # All but one that hangs end by themselves, however slow the machine is.
    patience = 1000 if script == "sleep 60" else 25000
    assert keepx("capture", patience, limit, "sh", "-c", script) == f"{text}\n{rc}\n{said}\n"


def test_capture_of_much():
    """Both streams may be longer than a pipe holds: neither may wait for the other."""
    said = keepx("capture", 20000, 400000, "sh", "-c",
                 "head -c 300000 /dev/zero | tr '\\0' e >&2; head -c 300000 /dev/zero | tr '\\0' o")
    assert len(said) == 300004 and said.endswith("oo\n0\n\n")


def test_capture_of_nothing():
    assert keepx("capture", 25000, 100, "no-such-program") == \
        "nothing\n-2\nno-such-program: No such file or directory\n"


def test_waiting():
    """It is reported once; and Ctrl-C is heard and ends everything that was started."""
    begin = time.monotonic()
    with subprocess.Popen([KEEPX, "wait", "30000", "100", "sh", "-c", "sleep 61 & wait"], text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as p:
        left = re.fullmatch(r"waiting for sh (\d+) s\n", p.stdout.readline())[1]
        # What is left of 30 s, however late it is told.
        assert 30 - (time.monotonic() - begin) - 1 <= int(left) <= 29
        shell = int(open(f"/proc/{p.pid}/task/{p.pid}/children").read())
        sleep = int(until(lambda: open(f"/proc/{shell}/task/{shell}/children").read()))
        assert p.communicate("x", timeout=30)[0] == "-4\n"
    until(lambda: not os.path.exists(f"/proc/{sleep}/exe"), 30)


# The first leaves a slow machine some time between the two.
@pytest.mark.parametrize("patience,tell,said", [(4000, 100, r"waiting for sleep [0-3] s\n-110\n"),
                                                (300, 1000, r"-110\n")])
def test_waiting_ends(patience, tell, said):
    with subprocess.Popen([KEEPX, "wait", str(patience), str(tell), "sleep", "60"], text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as p:
        assert re.fullmatch(said, p.stdout.read())


@pytest.fixture
def pidfile(tmp_path):
    path = tmp_path / "pid"
    yield path
    pid = int(keepx("pid", path))
    if pid > 0:
        os.kill(pid, signal.SIGKILL)


def test_daemon(pidfile):
    assert keepx("pid", pidfile) == "0\n"
    keepx("spawn", pidfile, "sleep", 60)
    pid = int(keepx("pid", pidfile))
    assert pid == int(pidfile.read_text()) and pid > 1
    assert os.readlink(f"/proc/{pid}/cwd") == "/" and os.getsid(pid) == pid
    # Only once: it is running already.
    keepx("spawn", pidfile, "sleep", 61)
    assert int(keepx("pid", pidfile)) == pid
    os.kill(pid, signal.SIGKILL)
    until(lambda: keepx("pid", pidfile) == "0\n")
    keepx("spawn", pidfile, "sleep", 60)
    assert int(keepx("pid", pidfile)) not in (0, pid)


def test_a_file_never_tells_a_stranger(pidfile):
    """The file was left by an earlier daemon, and its number is another process's now."""
    pidfile.write_text(f"{os.getpid():<10}\n")
    assert keepx("pid", pidfile) == "0\n"
    keepx("spawn", pidfile, "sleep", 60)
    assert os.readlink(f"/proc/{keepx('pid', pidfile).strip()}/exe").endswith(
        ("sleep", "coreutils"))
    assert int(pidfile.read_text()) == int(keepx("pid", pidfile))


def test_the_number_is_written_before_the_program_runs(pidfile):
    """Even if the process that starts it is killed meanwhile."""
    keepx("spawn", pidfile, "sh", "-c", f'[ $(cat {pidfile}) = $$ ] && exec sleep 60')
    assert int(keepx("pid", pidfile)) > 0


def test_to_ask_is_not_to_hold(pidfile):
    """A status must never make a start believe that the daemon is running."""
    pidfile.touch()
    done = subprocess.run(["strace", "-f", "-e", "trace=fcntl,flock", KEEPX, "pid", pidfile],
                          capture_output=True, text=True) if \
        subprocess.run(["sh", "-c", "command -v strace"], capture_output=True).returncode == 0 \
        else None
    if done:
        assert "SETLK" not in done.stderr and "LOCK_EX" not in done.stderr
        assert "F_OFD_GETLK" in done.stderr


def test_daemon_that_cannot_be_started(pidfile, tmp_path):
    assert keepx("spawn", pidfile, "no-such-daemon", status=6) == \
        "keepx: no-such-daemon: No such file or directory\n"
    assert keepx("pid", pidfile) == "0\n"
    assert keepx("spawn", tmp_path / "none/pid", "sleep", 1, status=10) == \
        f"keepx: create {tmp_path}/none/pid: No such file or directory\n"
    link = tmp_path / "link"
    link.symlink_to("/dev/null")
    assert "Too many levels" in keepx("spawn", link, "sleep", 1, status=10)


def test_end(pidfile):
    keepx("spawn", pidfile, "sleep", 60)
    pid = int(keepx("pid", pidfile))
    keepx("end", pid, 2000)
    assert not os.path.exists(f"/proc/{pid}/exe")
    keepx("end", pid, 2000)
    # A daemon that ignores SIGTERM is killed after half of the patience.
    keepx("spawn", pidfile, "sh", "-c", "trap '' TERM; while :; do sleep 60; done")
    pid = int(keepx("pid", pidfile))
    until(lambda: "sleep" in open(f"/proc/{pid}/task/{pid}/children").read() or
          open(f"/proc/{pid}/task/{pid}/children").read())
    begin = time.monotonic()
    keepx("end", pid, 1000)
    assert 0.4 < time.monotonic() - begin < 10


@pytest.mark.parametrize("a,b,left", [
    (-1, -1, "0 1 2"), (5, -1, "0 1 2 5"), (-1, 3, "0 1 2 3"), (4, 8, "0 1 2 4 8"),
    (8, 4, "0 1 2 4 8"), (1, 9, "0 1 2 9"), (6, 6, "0 1 2 6"), (3, 4, "0 1 2 3 4"),
])
def test_what_a_fork_keeps(a, b, left):
    assert keepx("close-others", a, b).split() == left.split()


def test_only_a_single_process_is_ended():
    for number in ("0", "1", "-1"):
        assert "Invalid argument" in keepx("end", number, 1000, status=9)


# --- what may hang, in a child ------------------------------------------------------------

@pytest.mark.parametrize("how,status,said", [
    ("work", 0, ""), ("count", 0, ""),
    ("fail", 4, "keepx: the work: Input/output error\n"),
    ("die", 1, "keepx: the work: No child processes\n"),
])
def test_aside(how, status, said):
    assert keepx("aside", how, 10000, status=status) == said


def test_aside_is_given_up():
    begin = time.monotonic()
    assert keepx("aside", "hang", 300, status=1) == "keepx: the work: Connection timed out\n"
    assert 0.3 <= time.monotonic() - begin < 10
