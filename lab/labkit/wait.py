# SPDX-License-Identifier: GPL-2.0-or-later
"""Waits with timeouts of the reference machine (pace.py). If one is interrupted or fails, a log can tell
what was being waited for."""

import signal
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from .config import LabError
from .pace import stretch


@contextmanager
def waiting(what):
    """Mark any exception that ends the wait with what was being waited for."""
    try:
        yield
    except BaseException as why:
        if waited_for(why) is None:
            why.waited_for = what() if callable(what) else what
        raise


def waited_for(why):
    """What was being waited for when this was raised; None if nothing."""
    return getattr(why, "waited_for", None)


def wait_for(what, condition, seconds=60, every=0.2):
    """Look until the condition holds; otherwise LabError with `what` (a text, or a function that makes
    one)."""
    seconds = stretch(seconds)
    until = time.monotonic() + seconds
    with waiting(what):
        while not condition():
            if time.monotonic() > until:
                raise LabError(what() if callable(what) else
                               f"not within {seconds:.0f} s: {what}")
            time.sleep(every)


def side_by_side(work, items):
    """work(item) for all items at once, as guests are different machines; when all have ended, the first
    failure is raised."""
    with ThreadPoolExecutor(len(items)) as pool:
        return list(pool.map(work, items))


class Process(subprocess.Popen):
    """A Popen that knows what it is for; its timeouts are LabErrors."""

    def __init__(self, what, argv, **kwargs):
        self.what, self.communicating = what, False
        super().__init__(argv, **kwargs)

    def communicate(self, input=None, timeout=None):
        with self._bounded(timeout) as seconds:
            self.communicating = True
            return super().communicate(input, seconds)

    def rest(self, timeout):
        """The rest of its output, to its end, after some lines of it were read: communicate() would not
        return what was read ahead with them."""
        with self._bounded(timeout) as seconds:
            watchdog = threading.Timer(seconds, self.kill)
            watchdog.start()
            try:
                told = self.stdout.read()
            finally:
                watchdog.cancel()
            if super().wait(seconds) == -signal.SIGKILL:
                raise subprocess.TimeoutExpired(self.args, seconds)
            return told

    def wait(self, timeout=None):
        if self.communicating:  # it is communicate() that waits
            return super().wait(timeout)
        with self._bounded(timeout) as seconds:
            return super().wait(seconds)

    @contextmanager
    def _bounded(self, timeout):
        seconds = stretch(timeout)
        try:
            with waiting(self.what):
                yield seconds
        except subprocess.TimeoutExpired:
            raise LabError(f"{self.what}: no end after {seconds:.0f} s") from None
        finally:
            self.communicating = False
