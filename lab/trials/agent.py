# SPDX-License-Identifier: GPL-2.0-or-later
"""Calls ocf:baton:service as Pacemaker does, but without Pacemaker: a move needs no scheduler."""

import re

from labkit.config import LabError
from .cluster import OPERATIONS

AGENT = "/usr/lib/ocf/resource.d/baton/service"
TIMEOUTS = {name: 1000 * int(timeout.rstrip("s")) for name, _, timeout in OPERATIONS}


def call(service, head, action, instance=None, level=None, **meta):
    """Run an action on a head, with only what Pacemaker puts into its environment; returns the
    CompletedProcess. instance: another service; meta: OCF_RESKEY_CRM_meta_…"""
    env = {"OCF_ROOT": "/usr/lib/ocf", "OCF_RA_VERSION_MAJOR": 1, "OCF_RA_VERSION_MINOR": 1,
           "OCF_RESOURCE_CLASS": "ocf", "OCF_RESOURCE_PROVIDER": "baton",
           "OCF_RESOURCE_TYPE": "service", "OCF_RESOURCE_INSTANCE": instance or service.name,
           "OCF_RESKEY_service": instance or service.name, "OCF_RESKEY_crm_feature_set": "3.16.2"}
    if level is not None:
        env["OCF_CHECK_LEVEL"] = level
    env |= {f"OCF_RESKEY_CRM_meta_{key}": value for key, value in meta.items()}
    return service.lab.guest(head).run(
        ["env", "-i", *(f"{k}={v}" for k, v in env.items()), AGENT, action],
        check=False, timeout=300)


def _act(service, head, action, **meta):
    done = call(service, head, action, name=action, on_node=head,
                timeout=TIMEOUTS[action], **meta)
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise LabError(f"{head}: {action}: status {done.returncode}: {said[-1] if said else ''}")
    return done.stderr


def migrate(service, source, target, stopped=lambda: None):
    """A planned move as Pacemaker has the agents do it; stopped() is called when the source has let go.
    Returns the clients' pause in ms, as counted by the keepers."""
    ends = {"migrate_source": source, "migrate_target": target}
    said = _act(service, source, "migrate_to", **ends)
    stopped()
    _act(service, target, "migrate_from", **ends)
    pause = re.search(r"clients waited (\d+)", said)
    return int(pause.group(1)) if pause else None
