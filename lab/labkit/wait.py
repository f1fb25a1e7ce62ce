# SPDX-License-Identifier: GPL-2.0-or-later
"""Waiting for what tells nobody when it comes about."""

import time

from .config import LabError


def wait_for(what, condition, seconds=60, every=0.2):
    """Look until the condition holds; LabError with `what` (a text, or what makes one) if it
    does not in time."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise LabError(what() if callable(what) else f"not within {seconds} s: {what}")
        time.sleep(every)
