# SPDX-License-Identifier: GPL-2.0-or-later
"""A planned move under load, seen on the wire: drain, silence, announcement, tickle. The two heads use the
same MAC address, so each guest's own bridge port is captured (labkit/pcap.py)."""

import time
from dataclasses import dataclass

import pytest
from labkit.pace import stretch
from labkit.pcap import (ACK, FIN, NEIGHBOUR_ADVERTISEMENT, RST, SYN, Asker, Capture,
                         connections)
from trials import agent
from trials.service import HEADS, Probe, Service

SOURCE, TARGET = HEADS
# From the address's first packet to the first answer to a client, on the reference machine.
RECONNECT_S = 0.5
ARP_REQUEST, ARP_REPLY = 1, 2
# Steps of the move during which nothing of the service may be heard, by the keepers' ledger.
SILENT = {"record", "nfsdcld", "sever", "unmount", "clear", "mount", "listen", "recovery",
          "knfsd"}
# Packets before and after it may still be on their way.
EDGE_S = 0.02


@dataclass
class Seen:
    """A move, as seen on the ports of the lan."""
    address: str
    said: dict         # packets with the service's MAC or address, by the head that sent them
    connections: list  # the client's, in the order of their beginning
    asked: list        # when somebody asked who has the address
    silent_ms: float   # how long the move's silent steps took
    report: dict       # the probe's

    @property
    def last_of_source(self):
        return self.said[SOURCE][-1].at

    @property
    def first_of_target(self):
        return self.said[TARGET][0].at

    def of(self, head):
        """The client's connections to a head."""
        return [c for c in self.connections if c.head == head]

    @property
    def held_off(self):
        """When the first call went out that the source no longer answered."""
        return min(call.at for c in self.of(SOURCE) for call in unanswered(c))


def unanswered(connection):
    answered = {r.xid for r in connection.records(True) if not r.is_call}
    return [r for r in connection.records(False) if r.is_call and r.xid not in answered]


def watch(service):
    """Carry out a move and record it."""
    mac, address = service.mac(SOURCE), service.address
    with Capture(service.lab, [*HEADS, "client"], ["ether", "host", mac, "or", "host",
                                                   address]) as capture:
        service.mount()
        probe = Probe(service).start()
        with Asker(service.lab, address) as asker:
            time.sleep(1)
            agent.migrate(service, SOURCE, TARGET)
            # The client is back: this is answered by the target.
            service.lab.guest("client").run(["touch", f"{service.mountpoint}/after"], timeout=60)
            # The target tickles three times.
            time.sleep(2)
    report = probe.finish()
    service.unmount()
    packets = capture.packets()
    return Seen(
        address, {head: [p for p in packets if p.port == head and (
            p.mac == mac or p.src == address)] for head in HEADS},
        connections(packets, address), asker.times,
        sum(s["ms"] for s in service.ledger(TARGET, "move")["steps"] if s["step"] in SILENT),
        report)


@pytest.fixture(scope="module", params=["ipv4", "ipv6"])
def seen(cluster, request):
    if request.param == "ipv4":
        service, text = Service(cluster.lab), None
    else:
        service = Service(cluster.lab, "homes")
        service.address = "fd77::51"
        text = service.conf(address="fd77::51/64@lan0", export="/ fd77::/64(rw,no_root_squash)")
    service.prepare(text=text)
    service.meet()
    service.start(SOURCE)
    yield watch(service)
    service.retire()


def test_the_client_lost_nothing(seen):
    assert seen.report["verdict"] == "clean", seen.report["events"]
    assert seen.of(SOURCE) and seen.of(TARGET)


def test_drain_leaves_no_reply_unacknowledged(seen):
    """The client has everything the source had sent; only segments that were let in count."""
    for connection in seen.of(SOURCE):
        sent = connection.sent(True)
        assert sent > 0
        assert connection.received(False, until=seen.first_of_target) == sent


def test_no_call_is_executed_twice(seen):
    """What the source has answered is not asked again; what it has not answered is."""
    left = {call.xid for c in seen.of(SOURCE) for call in unanswered(c)}
    assert left, "no call was held off: this proves nothing"
    answered = {r.xid for c in seen.of(SOURCE) for r in c.records(True) if not r.is_call}
    again = {r.xid for c in seen.of(TARGET) for r in c.records(False) if r.is_call}
    assert not again & answered
    assert again & left


def test_nothing_is_closed_or_refused_while_calls_are_held_off(seen):
    """No FIN, no RST, no ICMP from the source."""
    late = [p for p in seen.said[SOURCE] if p.at >= seen.held_off]
    assert not [p for p in late if p.kind == "tcp" and p.flags & (FIN | RST)]
    # IPv6 needs neighbour discovery while the client still has to acknowledge.
    assert not [p for p in late if p.kind == "icmp" and p.op not in (135, 136)]


def test_silence(seen):
    """From the source's last packet to the target's first nothing is heard, though a machine asks for the
    address and the client calls; and the source never sends again."""
    assert seen.last_of_source < seen.first_of_target
    silence = seen.first_of_target - seen.last_of_source
    edge = stretch(EDGE_S)
    assert 1000 * silence >= seen.silent_ms - 1000 * edge
    asked = [t for t in seen.asked
             if seen.last_of_source + edge < t < seen.first_of_target - edge]
    assert len(asked) >= 3, "nobody asked: this proves nothing"
    calls = [p for c in seen.connections for p in c.side(False)
             if p.size and seen.last_of_source < p.at < seen.first_of_target]
    assert calls, "the client was silent too: this proves nothing"
    # Both have answered the machine, one before and one after.
    for head in HEADS:
        assert [p for p in seen.said[head] if is_answer(p, seen.address)], head


def is_answer(packet, address):
    """It goes to the asking machine, hence to one address and not to all."""
    return packet.src == address and packet.dst != address and (
        packet.kind == "arp" and packet.op == ARP_REPLY or
        packet.kind == "icmp" and packet.op == NEIGHBOUR_ADVERTISEMENT and
        packet.dst != "ff02::1")


def announcements(seen):
    """{kind: when it was first heard} of the target's announcements to all."""
    if ":" in seen.address:
        found = [("NA", p.at) for p in seen.said[TARGET] if p.kind == "icmp" and
                 (p.op, p.src, p.dst) == (NEIGHBOUR_ADVERTISEMENT, seen.address, "ff02::1")]
    else:
        found = [(p.op, p.at) for p in seen.said[TARGET]
                 if p.kind == "arp" and p.src == p.dst == seen.address]
    return dict(reversed(found))


def test_announcement_and_tickle(seen):
    announced = announcements(seen)
    assert set(announced) == ({"NA"} if ":" in seen.address else {ARP_REQUEST, ARP_REPLY})
    for connection in seen.of(SOURCE):
        tickles = [p.at for p in connection.packets if p.is_tickle and p.port == TARGET]
        assert tickles, "a connection that the target has not tickled"
        assert max(announced.values()) < tickles[0]


def test_the_old_connection_is_ended_by_the_target(seen):
    """By a RST to the client's port; then the client comes with a SYN."""
    for connection in seen.of(SOURCE):
        resets = [p for p in connection.packets if p.flags & RST and p.src == seen.address]
        assert resets and {p.port for p in resets} == {TARGET}
        assert connection.client[0] in {c.client[0] for c in seen.of(TARGET)
                                        if c.syn.at > resets[0].at}
    for connection in seen.of(TARGET):
        assert connection.answer.flags & (SYN | ACK) == SYN | ACK


def test_the_client_is_back_soon(seen):
    answers = [r.at for c in seen.of(TARGET) for r in c.records(True) if not r.is_call]
    assert min(answers) - seen.first_of_target <= stretch(RECONNECT_S)
