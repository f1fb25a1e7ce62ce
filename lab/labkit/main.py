# SPDX-License-Identifier: GPL-2.0-or-later
"""What the lab's programs (lab, demo, soak) share: progress lines, and a run in a lab that is taken
down afterwards."""

import sys
import time

from . import busy
from .config import LabError
from .lab import Lab
from .proc import interrupt_once
from .wait import waited_for


def progress(line, _begin=time.monotonic()):
    print(f"{time.monotonic() - _begin:6.1f}  {line}", file=sys.stderr, flush=True)


def run_in_lab(name, work, keep=False):
    """The exit status of work(lab), run in a lab of its own; a failure is one line on stderr."""
    interrupt_once()
    lab = Lab(progress=progress)
    try:
        lab.up()
        return work(lab)
    except LabError as why:
        print(f"{name}: {why}{circumstances(lab, why)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt as why:
        print(f"{name}: interrupted{circumstances(lab, why)}", file=sys.stderr)
        return 130
    finally:
        if not keep:
            lab.down()


def circumstances(lab, why):
    """What was being waited for and what the guests are doing, to be appended to a message; "" if no
    guest runs."""
    waited = waited_for(why)
    # A LabError already names what it waited for.
    named = f", waiting for {waited}" if waited and not isinstance(why, LabError) else ""
    doing = busy.describe(lab) if any(g.running() for g in lab.guests.values()) else ""
    return named + (f" ({doing})" if doing else "")
