# SPDX-License-Identifier: GPL-2.0-or-later
"""What the lab consists of: guests, addresses, paths, limits; one table for each."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

TREE = Path(__file__).resolve().parents[2]
LAB = TREE / "lab"
BUILD = TREE / "build" / "lab"
# Several labs of one tree at once: LAB_NUMBER=1 is a second one beside the one without a number.
NUMBER = os.environ.get("LAB_NUMBER", "")
RUN = BUILD / (f"run-{NUMBER}" if NUMBER else "run")
KEY = BUILD / "ssh" / "id"
HOST_KEY = BUILD / "ssh" / "host"

MEMORY_MIB = 1024
# What a guest takes of the machine's memory, including the code that QEMU has translated.
GUEST_MIB = 800
PAYLOAD_BYTES = 64 << 20
# Limits, not expectations, in seconds of the reference machine (pace.py).
BOOT_TIMEOUT = 120
READY_TIMEOUT = 60
KVM_PROBE_TIMEOUT = 10
# The port of the heads' power controller on MGMT_HOST, and how long a head needs from power on to its
# boot loader: a real server needs longer, and its boot must not slow down the survivor.
POWER_PORT = 6230
FIRMWARE_S = 8
# A guest's own files (Guest.install): their owners, if not root; the units to start.
OWNERS = {"var/lib/pacemaker": ("hacluster", "haclient")}
WANTS = "/etc/systemd/system/multi-user.target.wants"
ENABLED = "/usr/local/lib/lab/enabled"


class LabError(Exception):
    """Something the user has to know; the message is one specific line."""


@dataclass(frozen=True)
class Spec:
    """One guest: its name is its role unless stated otherwise."""
    name: str
    role: str
    number: int

    @property
    def lan4(self):
        return f"10.77.0.{self.number}"

    @property
    def lan6(self):
        # The decimal digits stay the same: head1 is 10.77.0.11 and fd77::11.
        return f"fd77::{self.number}"

    @property
    def mgmt4(self):
        return f"10.78.0.{self.number}"

    def mac(self, net):
        return f"52:54:00:77:{0 if net == 'lan' else 1:02x}:{self.number:02x}"

    @property
    def tap(self):
        return {net: f"{self.name}.{net}" for net in NETS}


NETS = ("lan", "mgmt")
LAN4_PREFIX, LAN6_PREFIX, MGMT4_PREFIX = 24, 64, 24
MGMT_HOST = "10.78.0.1"

# In the order in which they are started: the heads need the storage.
SPECS = (
    Spec("storage", "storage", 10),
    Spec("head1", "head", 11),
    Spec("head2", "head", 12),
    Spec("client", "client", 20),
)
# The guest that is booted once; all others are copies of it.
GENERIC = Spec("generic", "generic", 99)


def lab_name():
    """Name of the network namespace: LAB_NAME, or a name made for this tree."""
    name = os.environ.get("LAB_NAME")
    if name is None:
        name = "baton-lab-" + hashlib.sha256(os.fsencode(TREE)).hexdigest()[:6]
    if NUMBER:
        name += f"-{NUMBER}"
    if not name or "/" in name or name.startswith(".") or len(name) > 60:
        raise LabError(f"LAB_NAME, LAB_NUMBER: {name!r} is no name for a network namespace")
    return name
