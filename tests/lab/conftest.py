# SPDX-License-Identifier: GPL-2.0-or-later
"""Fixtures of the tests that run in the lab's guests.

MUST_RUN=1 makes a skip an error; LAB_KEEP=1 leaves the guests running afterwards."""

import os
import shutil
import sys
from pathlib import Path

import pytest

TREE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TREE / "lab"))

from labkit import Lab  # noqa: E402


def pytest_collection_modifyitems(items):
    here = Path(__file__).parent
    for item in (i for i in items if here in i.path.parents):
        item.add_marker(pytest.mark.usefixtures("lab"))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.skipped and os.environ.get("MUST_RUN") == "1":
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid}: skipped, but MUST_RUN=1"


def missing():
    if os.geteuid() != 0:
        return "the lab needs root"
    for tool in ("qemu-system-x86_64", "mmdebstrap", "mkfs.erofs", "tcpdump", "ssh", "nsenter"):
        if not shutil.which(tool):
            return f"the lab needs {tool} (make deps)"
    return None


@pytest.fixture(scope="session")
def lab(pytestconfig):
    """The lab, up. Tests that cut a guest boot it again."""
    why = missing()
    if why:
        pytest.skip(why)
    lab = Lab()
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")

    def progress(line):
        with capture.global_and_fixture_disabled():
            print(f"lab: {line}", flush=True)

    kept = lab.status()["up"]
    lab.up(progress=progress)
    if kept:
        lab.reload()
    try:
        yield lab
    finally:
        if os.environ.get("LAB_KEEP") != "1":
            lab.down()
