# SPDX-License-Identifier: GPL-2.0-or-later
"""How many of each module's lab tests passed at which commit: build/ran-SUITE.json. lab/run.py writes it, lab/matrix
reads it."""

import json
import os
import subprocess
from pathlib import Path

TREE = Path(__file__).resolve().parents[1]
# What lab/matrix and lab/faults write does not make the tree another one.
WRITTEN = (":!doc/tried.md", ":!doc/faults.md")


def commit():
    """What is tested, with "-dirty" if it is not in git."""
    def git(*argv):
        return subprocess.run(["git", "-C", TREE, *argv], check=False, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL).stdout.strip()

    return git("describe", "--always") + ("-dirty" if git("status", "--porcelain", "--", ".", *WRITTEN) else "")


def _file(suite):
    return TREE / "build" / f"ran-{suite}.json"


def read(suite, at):
    """{module: {"passed", "failed"}} of those that have run at a commit."""
    try:
        found = json.loads(_file(suite).read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    return found["modules"] if found["commit"] == at else {}


def note(suite, at, module, counts):
    modules = read(suite, at) | {module: counts}
    temp = Path(f"{_file(suite)}.{os.getpid()}")
    temp.write_text(json.dumps({"commit": at, "modules": modules}, indent=2) + "\n")
    temp.rename(_file(suite))
