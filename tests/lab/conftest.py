# SPDX-License-Identifier: GPL-2.0-or-later
"""Fixtures of the tests that run in the lab's guests. LAB_KEEP=1 leaves them running; with LAB_RUNNER
the lab belongs to run.py, which starts it and takes it down."""

import os
import shutil
import sys
import time
from pathlib import Path

import pytest

from labkit import Lab, LabError, suite
from labkit.main import circumstances
from trials.cluster import Cluster
from trials.restore import restore

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import minutes  # noqa: E402

FAILED = pytest.StashKey()
# How often a module's fixtures are tried before its remaining tests are given up.
TRIES = 2


def is_clustered(item):
    return "cluster" in item.fixturenames


def is_last(node):
    return node.get_closest_marker("last") is not None


def pytest_collection_modifyitems(config, items):
    """Modules on a cluster come after those on heads without one; what takes the lab down comes last. Where
    head2 is the older one, it cannot come back to a cluster that it has left (doc/cluster.md)."""
    if len(suite.each()) > 1:
        config.hook.pytest_deselected(items=[i for i in items if i.get_closest_marker("rejoins")])
        items[:] = [i for i in items if not i.get_closest_marker("rejoins")]
    on_cluster = {item.path for item in items if is_clustered(item)}
    items.sort(key=lambda item: (is_last(item), item.path in on_cluster))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Add to a failure what was being waited for, what the guests were doing, what the heads said."""
    report = (yield).get_result()
    if not report.failed:
        return
    item.stash[FAILED] = report.when
    lab = item.funcargs.get("lab")
    if lab is None:
        return
    doing = circumstances(lab, call.excinfo.value)
    report.sections.append(("meanwhile", f"{item.name}{doing}"))
    print(f"\n{item.name}: failed{doing}", flush=True)
    for name in ("head1", "head2"):
        try:
            said = lab.guest(name).run(["journalctl", "-b", "-n", "30", "-o", "short-monotonic",
                                        "--no-pager", "--no-hostname"], timeout=20).stdout
        except LabError as why:
            said = str(why)
        report.sections.append((f"journal of {name}", said))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item):
    """Nobody uses what a failed test leaves: the fixtures that it shares with others are torn down, and the
    next test begins from the known state. A module whose fixtures fail again is given up."""
    session = item.session
    when = item.stash.get(FAILED, None)
    if when is None:
        return
    tries = item.parent.stash.get(FAILED, 0) + (when == "setup")
    item.parent.stash[FAILED] = tries
    if tries < TRIES:
        session._setupstate.teardown_exact(OnlySession(session))


class OnlySession:
    """A next test that shares nothing with this one but the session."""

    def __init__(self, session):
        self.session = session

    def listchain(self):
        return [self.session]


def pytest_keyboard_interrupt(excinfo):
    """One line, for somebody who looks into a run that was stopped from outside."""
    print(f"\ninterrupted{circumstances(Lab(), excinfo.value)}", flush=True)


def missing():
    if os.geteuid() != 0:
        return "the lab needs root"
    for tool in ("qemu-system-x86_64", "mmdebstrap", "mkfs.erofs", "tcpdump", "ssh", "nsenter"):
        if not shutil.which(tool):
            return f"the lab needs {tool} (make deps)"
    return None


@pytest.fixture(scope="session", autouse=True)
def lab(pytestconfig):
    """The lab, up. Tests that cut a guest's power boot it again."""
    why = missing()
    if why:
        pytest.skip(why)
    lab = Lab()
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")

    kept = lab.status()["up"]
    # Around all of it: the guests report from threads, and one capture would swallow another's output.
    with capture.global_and_fixture_disabled():
        lab.up(progress=lambda line: print(f"lab: {line}", flush=True))
    theirs = "LAB_RUNNER" in os.environ
    if kept and not theirs:
        lab.reload()
    try:
        yield lab
    finally:
        if not theirs and os.environ.get("LAB_KEEP") != "1":
            lab.down()


@pytest.fixture(scope="module", autouse=True)
def known_state(request, lab, pytestconfig):
    """The state in which each module begins, and each test after a failed one (trials/restore.py)."""
    if is_last(request.node):
        return
    clustered = any(is_clustered(item) for item in request.session.items
                    if item.module is request.module)
    begun = time.monotonic()
    left = restore(lab, clustered)
    minutes.add("lab: known state", time.monotonic() - begun)
    if left:
        capture = pytestconfig.pluginmanager.getplugin("capturemanager")
        with capture.global_and_fixture_disabled():
            print(f"\nlab: left by the one before: {', '.join(left)}", flush=True)


@pytest.fixture(scope="session")
def cluster(lab):
    """The heads as a cluster, which is up (known_state). A test leaves both online."""
    return Cluster(lab)
