# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab's cluster itself: what every test on a cluster relies on."""

import xml.etree.ElementTree as ET

import pytest
from labkit.config import RUN
from labkit.power import ask


@pytest.fixture(scope="module")
def dummies(cluster):
    """A resource on each head."""
    cluster.add("d1", prefer="head1")
    cluster.add("d2", prefer="head2")
    cluster.wait_idle()
    yield
    cluster.remove("d1", "d2")


def fence(lab, head, *words):
    """Run fence_lab on a head, as an administrator does."""
    return lab.guest(head).run(["fence_lab", *words], check=False)


def switched():
    """What the power controller has switched so far."""
    lines = (RUN / "power.log").read_text().splitlines()
    return [l for l in lines if l.split()[0] in ("on", "off", "reboot")]


def test_both_are_online_and_fencing_is_on(cluster):
    for head in cluster.heads:
        # start() has asked only one of them.
        cluster.wait_online(at=head)
        assert set(cluster.states(head)) == {"head1", "head2"}
    cluster.wait_idle()
    seen = cluster.crm_mon()
    assert seen.find("./summary/cluster_options").get("stonith-enabled") == "true"
    assert cluster.where("fence-head1") == ["head2"]
    assert cluster.where("fence-head2") == ["head1"]


def test_corosync_encrypts(cluster, lab):
    said = lab.guest("head1").run(["corosync-cmapctl", "totem."]).stdout
    assert "totem.crypto_cipher (str) = aes256" in said
    assert "totem.crypto_hash (str) = sha256" in said


def test_fence_agent_metadata(cluster, lab):
    """Pacemaker itself understands it, and finds the actions and the plug."""
    text = lab.guest("head1").run(["stonith_admin", "--metadata", "-a", "fence_lab"]).stdout
    agent = ET.fromstring(text)
    assert agent.tag == "resource-agent" and agent.get("name") == "fence_lab"
    actions = {a.get("name") for a in agent.iter("action")}
    assert actions >= {"on", "off", "reboot", "status", "list", "monitor", "metadata"}
    assert {p.get("name") for p in agent.iter("parameter")} >= {"action", "plug"}


@pytest.mark.parametrize("words,why", [
    (("-o", "off", "-n", "client"), "client: no head"),
    (("-o", "off", "-n", "storage"), "storage: no head"),
    (("-o", "reboot", "-n", "head9"), "head9: no head"),
    (("-o", "off"), "no plug given"),
    (("-o", "blink", "-n", "head1"), "no such action"),
])
def test_fence_agent_refuses(cluster, lab, words, why):
    before = switched()
    done = fence(lab, "head1", *words)
    assert done.returncode == 1 and why in done.stderr
    assert [l for l in switched() if l not in before and " -> ok" in l] == []


def test_fence_agent_takes_its_arguments_on_stdin(cluster, lab):
    head = lab.guest("head1")
    done = head.run(["fence_lab"], input="action=list\nnodename=head2\n")
    assert done.stdout == "head1,\nhead2,\n"
    head.run(["fence_lab"], input="action=monitor\n")
    head.run(["fence_lab"], input="action=status\nplug=head2\n")
    gone = head.run(["fence_lab"], input="action=monitor\nipport=1\n", check=False)
    assert gone.returncode == 1 and "no connection" in gone.stderr


@pytest.mark.long
def test_a_cut_head_is_fenced_and_comes_back(cluster, lab, dummies):
    head1, head2 = lab.guest("head1"), lab.guest("head2")
    head2.run(["crm_attribute", "-n", "stonith-action", "-v", "off"])
    assert fence(lab, "head2", "-o", "off", "-n", "head1").returncode == 0
    assert not head1.running(), "off is said only when the power is off"
    assert fence(lab, "head2", "-o", "status", "-n", "head1").returncode == 2
    cluster.wait_where("d1", "head2", at="head2")
    # One is ours, the other is Pacemaker's.
    assert switched()[-2:] == ["off head1 -> ok "] * 2
    assert not head1.running()
    head2.run(["crm_attribute", "-n", "stonith-action", "-D"])
    assert fence(lab, "head2", "-o", "on", "-n", "head1").returncode == 0
    assert ask(lab, "status head1") == "on"
    cluster.wait_online(at="head2")
    cluster.wait_idle(at="head2")
    assert cluster.where("d1", at="head1") == ["head2"], "a preference undoes no move"
