# SPDX-License-Identifier: GPL-2.0-or-later
"""The tests of links, addresses, frames and connections (tests/netns/test_net.py) on the kernel of a guest: a stock
one, which also has ipvlan. They make their own namespaces there."""

import io
import os
import tarfile
from pathlib import Path

import pytest
from labkit.config import TREE

BUILD = Path(os.environ.get("BATON_BUILD", TREE / "build" / "release"))
THERE = "/run/tests"


@pytest.fixture(scope="module")
def pytest_there(lab):
    """Run pytest on test_net.py in a guest that no service uses: (status, what it says)."""
    guest = lab.guest("client")
    parts = io.BytesIO()
    with tarfile.open(fileobj=parts, mode="w") as tar:
        for part in ("tests/conftest.py", "tests/pytest.ini", "tests/netns", "lab/labkit"):
            tar.add(TREE / part, part)
        tar.add(BUILD / "tests/netns/netx", "build/tests/netns/netx")
    guest.run(["mkdir", THERE])
    guest.run(["tar", "-x", "-C", THERE], input=parts.getvalue(), text=False)

    def run(*options):
        done = guest.run(["env", "MUST_RUN=1", f"BATON_BUILD={THERE}/build", "python3", "-B", "-m", "pytest",
                          f"{THERE}/tests/netns/test_net.py", *options], check=False, timeout=1800)
        return done.returncode, done.stdout + done.stderr

    yield run
    guest.run(["rm", "-r", THERE])


def test_ipvlan(pytest_there):
    status, said = pytest_there("-k", "ipvlan")
    assert status == 0, said
    assert "macvlan only" not in said


@pytest.mark.long
def test_macvlan(pytest_there):
    status, said = pytest_there("-k", "not ipvlan")
    assert status == 0, said
