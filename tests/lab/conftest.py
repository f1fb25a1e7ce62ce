# SPDX-License-Identifier: GPL-2.0-or-later
"""Fixtures of the tests that run in the lab's guests. LAB_KEEP=1 leaves them running."""

import os
import shutil

import pytest

from labkit import Lab, LabError
from labkit.cluster import Cluster


def pytest_collection_modifyitems(items):
    """Tests on a cluster after those on heads without one, what takes the lab down last."""
    items.sort(key=lambda item: (item.path.name.startswith("test_zz"),
                                 "cluster" in item.fixturenames))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """To a failure belongs what the heads said meanwhile."""
    report = (yield).get_result()
    lab = item.funcargs.get("lab")
    if not report.failed or lab is None or report.when != "call":
        return
    for name in ("head1", "head2"):
        try:
            said = lab.guest(name).run(["journalctl", "-b", "-n", "30", "-o", "short-monotonic",
                                        "--no-pager", "--no-hostname"], timeout=20).stdout
        except LabError as why:
            said = str(why)
        report.sections.append((f"journal of {name}", said))


def missing():
    if os.geteuid() != 0:
        return "the lab needs root"
    for tool in ("qemu-system-x86_64", "mmdebstrap", "mkfs.erofs", "tcpdump", "ssh", "nsenter"):
        if not shutil.which(tool):
            return f"the lab needs {tool} (make deps)"
    return None


@pytest.fixture(scope="session", autouse=True)
def lab(pytestconfig):
    """The lab, up. Tests that cut a guest boot it again."""
    why = missing()
    if why:
        pytest.skip(why)
    lab = Lab()
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")

    kept = lab.status()["up"]
    # Around all of it: the guests report from threads, and one's capture would swallow another's.
    with capture.global_and_fixture_disabled():
        lab.up(progress=lambda line: print(f"lab: {line}", flush=True))
    if kept:
        lab.reload()
    try:
        yield lab
    finally:
        if os.environ.get("LAB_KEEP") != "1":
            lab.down()


@pytest.fixture(scope="session")
def cluster(lab):
    """The heads as a cluster. A test leaves both online, and none of its resources."""
    cluster = Cluster(lab)
    cluster.start()
    yield cluster
    if os.environ.get("LAB_KEEP") == "1":
        cluster.stop()
