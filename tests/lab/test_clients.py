# SPDX-License-Identifier: GPL-2.0-or-later
"""Planned moves with clients of other kinds than one simple mount: many connections, many idle mounts, a
dead client, two addresses. The results are in doc/clients.md."""

import time

import pytest
from labkit.pace import stretch
from labkit.pcap import NFS_PORT
from labkit.wait import wait_for
from trials import agent
from trials.clients import Clients
from trials.service import CLASSES, HEADS, Probe, Service, longest

CONNECTIONS = 8
IDLE = 50
# Times of the reference machine.
# The shortest that knfsd accepts: a test has to wait for all of it.
GRACE_S = 10
# New opens may wait this much longer than writes when all clients that held something are back (issue 4).
OPEN_MS = 500
# knfsd ends its grace period by a timer of a second, and to ask a head takes a moment.
END_S = 4
CUT_S = 4
SECOND = "10.78.0.51"


def grace_s():
    return round(stretch(GRACE_S))


@pytest.fixture(scope="module")
def vmstore(cluster):
    """Served by head1; each test brings it back."""
    service = Service(cluster.lab)
    service.prepare(text=service.conf(grace=grace_s()))
    service.meet()
    service.start("head1")
    yield service
    service.retire()


class Busy:
    """with Busy(service) as busy: mounted, with the probe running; then busy.report."""

    def __init__(self, service, options="vers=4.1,hard"):
        self.service, self.options, self.report = service, options, None

    def __enter__(self):
        self.service.mount(options=self.options)
        self.probe = Probe(self.service, pause_ms=50).start()
        return self

    def __exit__(self, *_):
        self.report = self.probe.finish()
        self.service.unmount()

    def move(self, source, target):
        """(begin, end): the end is when the probe's opens go on."""
        since = self.probe.now()
        agent.migrate(self.service, source, target)
        return since, self.settle()

    def settle(self):
        """A client that was told to wait asks again less and less often, so another client's answer would
        say nothing about the probe's opens."""
        before = self._opened()
        wait_for("the probe's opens to go on", lambda: self._opened() != before, 90)
        return self.probe.now()

    def _opened(self):
        """When the probe last made or removed a file by an open."""
        return self.probe.guest.run(
            ["sh", "-c", f"stat -c %z {self.service.mountpoint}/.baton-probe-*/opens"]).stdout

    def pauses(self, span):
        return {kind: longest(self.report, kind, *span) for kind in CLASSES}

    def assert_clean(self):
        assert self.report["verdict"] == "clean", (self.report["events"], self.report["lock"])


def connected(service, head):
    """The service's own addresses that a head's connections use."""
    lines = [l.split() for l in service.sockets(head)]
    return [words[3].rpartition(":")[0] for words in lines
            if words[0] == "ESTAB" and words[3].endswith(f":{NFS_PORT}")]


@pytest.mark.long
def test_many_connections(vmstore):
    with Busy(vmstore, f"vers=4.1,hard,nconnect={CONNECTIONS}") as busy:
        for source, target in (HEADS, HEADS[::-1]):
            wait_for(f"{CONNECTIONS} connections to {source}",
                     lambda h=source: len(connected(vmstore, h)) == CONNECTIONS)
            busy.move(source, target)
        wait_for(f"{CONNECTIONS} connections to head1",
                 lambda: len(connected(vmstore, "head1")) == CONNECTIONS)
        assert vmstore.status("head1")["clients"]["total"] == 1
    busy.assert_clean()


@pytest.mark.long
def test_many_idle_mounts(vmstore):
    """Clients that hold nothing delay nobody."""
    with Clients(vmstore, IDLE):
        with Busy(vmstore) as busy:
            assert vmstore.status("head1")["clients"]["total"] == IDLE + 1
            spans = [busy.move(source, target) for source, target in (HEADS, HEADS[::-1])]
    busy.assert_clean()
    for span in spans:
        pauses = busy.pauses(span)
        print(f"{IDLE} idle mounts, pauses in ms: {pauses}")
        assert pauses["open"] - pauses["write"] <= stretch(OPEN_MS), pauses


def waited_for(service, head):
    """Names of the clients that the current grace period waits for."""
    status = service.status(head)
    return status["waiting"] if status["grace"] else []


@pytest.mark.long
def test_a_client_that_dies(vmstore):
    """It held a file open. One grace period waits for it, at most its whole length, and says so; the next
    move has forgotten it."""
    with Clients(vmstore, 1, hold=True) as dying:
        with Busy(vmstore) as busy:
            dying.kill(0)
            since = busy.probe.now()
            agent.migrate(vmstore, *HEADS)
            begun = time.monotonic()
            wait_for("who is here to be back", lambda: len(waited_for(vmstore, "head2")) == 1)
            named = waited_for(vmstore, "head2")
            wait_for("the end of the grace period", lambda: not waited_for(vmstore, "head2"))
            waited = time.monotonic() - begun
            first = (since, busy.settle())
            second = busy.move(*HEADS[::-1])
    assert len(named) == 1 and "netclient-0" in named[0], named
    assert grace_s() / 2 < waited <= grace_s() + stretch(END_S)
    busy.assert_clean()
    pauses = [busy.pauses(span) for span in (first, second)]
    print(f"a client that died, pauses in ms: {pauses}")
    # Writers that go on do not notice.
    assert pauses[0]["write"] < 1000 * grace_s() / 2 < pauses[0]["open"], pauses
    assert pauses[1]["open"] - pauses[1]["write"] <= stretch(OPEN_MS), pauses


# --- two addresses ------------------------------------------------------------------------


@pytest.fixture
def homes(cluster):
    """A service with an address on each of the guests' two networks."""
    service = Service(cluster.lab, "homes")
    service.prepare(text=service.conf(
        export="/ 10.77.0.0/24(rw,no_root_squash) 10.78.0.0/24(rw,no_root_squash)") +
        f"address = {SECOND}/24@mgmt0\n")
    service.meet()
    service.start("head1")
    yield service
    service.retire()


def wait_for_both(service, head):
    wait_for(f"both connections to {head}", lambda: sorted(connected(service, head)) ==
             sorted([service.address, SECOND]))


def test_two_addresses(homes, cluster):
    """One session on two links: both move, and the loss of one is survived."""
    client = cluster.lab.guest("client")
    second = f"{homes.mountpoint}.second"
    with Busy(homes, "vers=4.1,hard,max_connect=2") as busy:
        client.run(["mkdir", "-p", second])
        client.run(["mount", "-t", "nfs4", "-o", "vers=4.1,hard,max_connect=2",
                    f"{SECOND}:/homes", second], timeout=60)
        wait_for_both(homes, "head1")
        assert homes.status("head1")["clients"]["total"] == 1
        for source, target in (HEADS, HEADS[::-1]):
            busy.move(source, target)
            wait_for_both(homes, target)
        since = busy.probe.now()
        client.link(False)
        try:
            time.sleep(stretch(CUT_S))
            cut = (since, busy.probe.now())
        finally:
            client.link(True)
        # Calls under way on the lost link waited for its return.
        busy.settle()
        wait_for_both(homes, "head1")
        client.run(["umount", second], timeout=60)
    busy.assert_clean()
    # Meanwhile other calls went by the second link.
    pauses = busy.pauses(cut)
    print(f"pauses in a cut of {stretch(CUT_S):.1f} s: {pauses}")
    assert min(pauses.values()) < 1000 * stretch(CUT_S) / 2, pauses
