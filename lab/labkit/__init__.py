# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab as a machine: four QEMU guests on a network of their own. See lab.py for the entry. What is
tried out in it is none of its business: that is trials/."""

from .config import LabError
from .lab import Lab

__all__ = ["Lab", "LabError"]
