# SPDX-License-Identifier: GPL-2.0-or-later
"""The README's commands for pcs and for crmsh make a service a resource, exactly as written there."""

import re
import xml.etree.ElementTree as ET

import pytest
from labkit.config import TREE
from labkit.wait import wait_for
from trials.service import Service


def commands(tool):
    text = (TREE / "README.md").read_text()
    return re.search(rf"<!-- {tool} -->\n```\n(.*?)```\n<!-- /{tool} -->", text, re.S).group(1)


@pytest.fixture(scope="module")
def vmstore(cluster):
    service = Service(cluster.lab)
    service.prepare()
    yield service
    service.retire()


def operations(guest):
    """{(name, interval in s, depth)} of the resource, as Pacemaker has them."""
    cib = ET.fromstring(guest.run(["cibadmin", "--query", "--xpath",
                                   "//primitive[@id='vmstore']"]).stdout)
    found = set()
    for op in cib.iter("op"):
        depth = [n.get("value") for n in op.iter("nvpair") if n.get("name") == "OCF_CHECK_LEVEL"]
        found.add((op.get("name"), int(op.get("interval").removesuffix("s")),
                   int((depth + [op.get("OCF_CHECK_LEVEL") or 0])[0])))
    return found


def monitored(cluster, head):
    """{interval in ms: status} of the monitors that have run on a head."""
    return {int(o.get("interval").removesuffix("ms")): int(o.get("rc"))
            for node in cluster.crm_mon().findall(f"./node_history/node[@name='{head}']")
            for o in node.findall("./resource_history[@id='vmstore']/operation_history")
            if o.get("task") == "monitor" and o.get("interval")}


@pytest.mark.parametrize("tool", ["pcs", "crmsh"])
def test_commands(cluster, vmstore, tool):
    head1 = cluster.lab.guest("head1")
    head1.run(["sh", "-eu", "-c", commands(tool)], timeout=150)
    try:
        cluster.wait_where("vmstore", "head1")
        cluster.wait_idle()
        assert vmstore.status("head1")["state"] == "serving"
        ops = operations(head1)
        assert {o for o in ops if o[0] == "monitor"} == \
            {("monitor", 10, 0), ("monitor", 30, 10), ("monitor", 60, 20)}
        assert {"start", "stop", "migrate_to", "migrate_from"} <= {o[0] for o in ops}
        # Pacemaker runs every depth, successfully.
        wait_for("monitors of all depths",
                 lambda: set(monitored(cluster, "head1")) >= {10000, 30000, 60000}, every=0.5)
        assert set(monitored(cluster, "head1").values()) == {0}
        # A planned move is one action, and no preference undoes it.
        head1.run(["crm_resource", "--move", "-r", "vmstore", "-N", "head2"])
        cluster.wait_where("vmstore", "head2")
        cluster.wait_idle()
        head1.run(["crm_resource", "--clear", "-r", "vmstore"])
        cluster.wait_idle()
        assert cluster.where("vmstore") == ["head2"]
        assert vmstore.ledger("head1", "move")["outcome"] == "done"
    finally:
        cluster.remove("vmstore")
