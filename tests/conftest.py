# SPDX-License-Identifier: GPL-2.0-or-later
"""Applies to all tests: MUST_RUN=1 makes a skip an error; a signal cleans up once."""
import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lab"))

from labkit.proc import interrupt_once  # noqa: E402


def pytest_configure():
    interrupt_once()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.skipped and os.environ.get("MUST_RUN") == "1":
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid}: skipped, but MUST_RUN=1"
