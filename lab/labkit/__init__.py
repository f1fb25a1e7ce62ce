# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab: four QEMU guests on a network of their own. See lab.py for the entry."""

from .config import LabError
from .lab import Lab

__all__ = ["Lab", "LabError"]
