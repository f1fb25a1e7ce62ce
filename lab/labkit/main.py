# SPDX-License-Identifier: GPL-2.0-or-later
"""What the lab's programs (lab, demo, soak) have in common: progress, and a run in a lab that is
taken down again."""

import sys
import time

from .config import LabError
from .lab import Lab
from .proc import interrupt_once


def progress(line, _begin=time.monotonic()):
    print(f"{time.monotonic() - _begin:6.1f}  {line}", file=sys.stderr, flush=True)


def run_in_lab(name, work, keep=False):
    """The exit status of work(lab), run in a lab of its own; of a failure one line on stderr."""
    interrupt_once()
    lab = Lab(progress=progress)
    try:
        lab.up()
        return work(lab)
    except LabError as why:
        print(f"{name}: {why}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"{name}: interrupted", file=sys.stderr)
        return 130
    finally:
        if not keep:
            lab.down()
