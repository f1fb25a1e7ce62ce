# SPDX-License-Identifier: GPL-2.0-or-later
"""`make demo` under Ctrl-C, which every process of the terminal's group gets."""

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
from labkit import image, suite
from labkit.config import BUILD, TREE

pytestmark = pytest.mark.last

# What the demo prints at the moment it is interrupted, and which parts of the lab exist already.
MOMENTS = (
    ("installing essential packages", ["ssh"]),
    ("guest snapshot: first boot", ["ssh", "image"]),
    ("storage …", ["ssh", "image", "snapshot"]),
    ("move: head1 -> head2", ["ssh", "image", "snapshot"]),
)


@pytest.fixture(scope="module")
def tree(lab):
    """A copy of this tree whose lab can start from nothing; ours is down meanwhile. It is inside build/
    because hard links go into it."""
    lab.down()
    path = TREE / "build" / "interrupt"
    shutil.rmtree(path, ignore_errors=True)
    shutil.copytree(TREE, path, symlinks=True, ignore=lambda at, names: [
        n for n in names if n.startswith(".") or n == "build"])
    yield path
    subprocess.run([path / "lab" / "lab", "down"], check=True)  # a failed test left it up
    shutil.rmtree(path)
    if os.environ.get("LAB_KEEP") == "1":
        lab.up()


def give(tree, what):
    """Hard-link the wanted parts of our own build."""
    there, ours = tree / "build" / "lab", image.path(suite.each()[0])
    shutil.rmtree(there, ignore_errors=True)
    if "ssh" in what:
        shutil.copytree(BUILD / "ssh", there / "ssh")
    if "image" in what:
        shutil.copytree(ours, there / ours.name, copy_function=os.link, ignore=None
                        if "snapshot" in what else shutil.ignore_patterns("snapshot-*"))


def remains(tree):
    """What is left of the tree's build: processes, namespaces, mounts, an unfinished image."""
    build, left = str(tree / "build"), []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes()
                if os.fsencode(build) in command or any(
                        os.readlink(entry / link).startswith(build) for link in ("cwd", "root")):
                    left.append(command)
            except OSError:
                pass
    name = json.loads(subprocess.run([tree / "lab" / "lab", "status", "--json"], check=True,
                                     capture_output=True).stdout)["lab"]
    left += [p.name for p in Path("/run/netns").iterdir() if p.name.startswith(name)]
    left += [l for l in Path("/proc/self/mountinfo").read_text().splitlines()
             if l.split()[4].startswith(build + "/")]
    left += [p.name for p in (tree / "build" / "lab").iterdir()
             if p.name.endswith(".tmp") or p.name.startswith("snap-")]
    return left


@pytest.mark.parametrize("line,built", MOMENTS, ids=[line.split(":")[0] for line, _ in MOMENTS])
def test_interrupted_demo_leaves_nothing(tree, line, built):
    give(tree, built)
    # The other make must not get the flags of the make that runs this test.
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    child = subprocess.Popen(["make", "demo"], cwd=tree, env=env, start_new_session=True,
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True)
    said = []
    for text in child.stdout:
        said.append(text)
        if line in text:
            os.killpg(child.pid, signal.SIGINT)
            break
    said += child.stdout
    # make ends by the signal itself; a shell turns that into 130.
    assert child.wait() == -signal.SIGINT, "".join(said)
    assert any(line in text for text in said), "".join(said)
    assert remains(tree) == []
