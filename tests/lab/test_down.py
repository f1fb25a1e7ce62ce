# SPDX-License-Identifier: GPL-2.0-or-later
"""A lab of its own, taken down and interrupted: nothing may stay."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from labkit.config import RUN
from labkit.pace import stretch
from labkit.wait import wait_for

pytestmark = pytest.mark.last

TREE = Path(__file__).resolve().parents[2]
TOOL = [sys.executable, str(TREE / "lab" / "lab")]


def remains(name):
    """What is left of the lab: processes, namespaces, mounts, sockets."""
    left = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if Path(os.readlink(entry / "cwd")) == RUN:
                    left.append((entry / "cmdline").read_bytes())
            except OSError:
                pass
    left += [p.name for p in Path("/run/netns").iterdir() if p.name.startswith(name)]
    build = str(TREE / "build")
    left += [l for l in Path("/proc/self/mountinfo").read_text().splitlines()
             if l.split()[4].startswith(build + "/")]
    left += [p.name for p in RUN.iterdir() if p.is_socket() or p.suffix == ".json"]
    return left


@pytest.fixture(scope="module")
def own(lab):
    """The session's lab, down; afterwards it comes up again only if it has to stay."""
    lab.down()
    yield lab
    if os.environ.get("LAB_KEEP") == "1":
        lab.up()


def test_down_leaves_nothing(own):
    assert remains(own.name) == []
    assert subprocess.run([*TOOL, "down"], check=False).returncode == 0


def catches(pid, number):
    """Has a process set a handler for a signal?"""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"^SigCgt:\s*(\w+)$", status, re.M).group(1), 16) >> (number - 1) & 1


@pytest.mark.parametrize("seconds", [0.3, 1.5, 4.0])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_up_leaves_nothing(own, seconds, number):
    child = subprocess.Popen([*TOOL, "up"], stderr=subprocess.PIPE, text=True)
    # Before that it is not the lab that is interrupted, but Python's own start.
    wait_for("its handlers", lambda: catches(child.pid, signal.SIGTERM), every=0.01)
    time.sleep(seconds)  # any moment will do
    child.send_signal(number)
    err = child.communicate(timeout=stretch(60))[1]
    assert child.returncode == 130, err
    assert remains(own.name) == []


def test_killed_up_is_cleaned_by_down(own):
    child = subprocess.Popen([*TOOL, "up"], stderr=subprocess.DEVNULL)
    time.sleep(2.0)
    child.kill()
    child.wait()
    assert subprocess.run([*TOOL, "down"], check=False).returncode == 0
    assert remains(own.name) == []
