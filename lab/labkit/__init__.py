# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab as a machine: four QEMU guests on a network of their own. lab.py is the entry. It knows nothing
of what is tried out in it: that is in trials/."""

from .config import LabError
from .lab import Lab

__all__ = ["Lab", "LabError"]
