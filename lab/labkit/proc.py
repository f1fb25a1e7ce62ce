# SPDX-License-Identifier: GPL-2.0-or-later
"""Processes of the lab: run one to its end, remember one, end exactly that one."""

import json
import os
import select
import shutil
import signal
import subprocess
import time
from pathlib import Path

from .config import LabError


def run(argv, *, what=None, timeout=None, **kwargs):
    """Run argv to its end; if it fails, LabError with the last line of its stderr."""
    argv = [str(a) for a in argv]
    if not shutil.which(argv[0]):
        raise LabError(f"{argv[0]}: not installed (make deps)")
    kwargs.setdefault("stdin", subprocess.DEVNULL if "input" not in kwargs else None)
    if kwargs["stdin"] is None:
        del kwargs["stdin"]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=timeout,
                              check=False, **kwargs)
    except subprocess.TimeoutExpired:
        raise LabError(f"{what or argv[0]}: no end after {timeout} s") from None
    if done.returncode:
        lines = [l for l in (done.stderr or done.stdout or "").splitlines() if l.strip()]
        raise LabError(f"{what or ' '.join(argv[:4])}: "
                       f"{lines[-1] if lines else f'status {done.returncode}'}")
    return done.stdout


def interrupt_once():
    """Let SIGINT and SIGTERM raise KeyboardInterrupt, but only the first time. A signal often comes twice
    (to the group, and passed on by make), and the second one must not interrupt the clean-up."""
    numbers = [n for n in (signal.SIGINT, signal.SIGTERM)
               if signal.getsignal(n) is not signal.SIG_IGN]

    def interrupted(_number, _frame):
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in numbers:
        signal.signal(number, interrupted)


def start_time(pid):
    """A process's start in clock ticks since boot; None if it is gone or a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = stat[stat.rindex(")") + 2:].split()
    return None if fields[0] == "Z" else int(fields[19])


def boot_id():
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def remember(path, pid, **more):
    """Write the record by which end() recognises the process."""
    record = {"pid": pid, "start": start_time(pid), "boot": boot_id(), **more}
    temp = path.with_suffix(".tmp")
    temp.write_text(json.dumps(record))
    temp.rename(path)


def recall(path):
    """The record at path if its process still lives, else None."""
    try:
        record = json.loads(path.read_text())
        alive = record["boot"] == boot_id() and record["start"] is not None \
            and start_time(record["pid"]) == record["start"]
    except (OSError, ValueError, KeyError):
        return None
    return record if alive else None


def end(path, *, gently=0.0):
    """End the process recorded at path, and only that one; remove the record."""
    record = recall(path)
    if record:
        kill(record["pid"], record["start"], gently=gently)
    path.unlink(missing_ok=True)


def kill(pid, started, *, gently=0.0):
    try:
        fd = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        # The descriptor pins the process: from here on the pid cannot be reused.
        if start_time(pid) != started:
            return
        if gently:
            signal.pidfd_send_signal(fd, signal.SIGTERM)
            if select.select([fd], [], [], gently)[0]:
                return
        signal.pidfd_send_signal(fd, signal.SIGKILL)
        select.select([fd], [], [], 10)
    except ProcessLookupError:
        pass
    finally:
        os.close(fd)
        try:
            os.waitpid(pid, os.WNOHANG)  # if it was our own child
        except ChildProcessError:
            pass


class Phases:
    """Progress lines for a person: what is being done and how long it took."""

    def __init__(self, say):
        self.say = say or (lambda line: None)

    def __call__(self, what):
        return _Phase(self.say, what)


class _Phase:
    def __init__(self, say, what):
        self.say, self.what = say, what

    def __enter__(self):
        self.begin = time.monotonic()
        self.say(f"{self.what} …")

    def __exit__(self, kind, *_):
        spent = time.monotonic() - self.begin
        self.say(f"{self.what}: {'failed after ' if kind else ''}{spent:.1f} s")
