# SPDX-License-Identifier: GPL-2.0-or-later
"""The service vmstore for a whole module, with keepers in standby; and where each test begins."""

import contextlib

import pytest
from trials.service import HEADS, Service


@contextlib.contextmanager
def in_standby(lab, device=None, **conf):
    """The service on both heads, torn down afterwards. device: another than usual. conf: additional keys of
    its service file."""
    service = Service(lab)
    service.device = device or service.device
    service.usual = service.conf(**conf)
    service.prepare(text=service.usual)
    yield service
    for head in HEADS:
        service.baton(head, "stop", "--standby", service.name)


def stop(vmstore):
    """Nobody serves, and both keepers are there."""
    for head in HEADS:
        vmstore.keep(head)
        vmstore.stop(head)


@pytest.fixture(autouse=True)
def home(vmstore):
    """Each test begins on head1, and ends with nobody serving."""
    vmstore.start("head1")
    yield
    stop(vmstore)
