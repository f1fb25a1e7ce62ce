# SPDX-License-Identifier: GPL-2.0-or-later
"""The network modules on this machine's own kernel, between namespaces."""
import contextlib
import re
import select
import socket
import struct
import subprocess
import time

import pytest

from bench_tcp import measure
from conftest import CLIENT, FLOAT, KINDS, MAC1, MAC2, NETX, PORT, both_kinds, retransmissions, until

FIN, SYN, RST, ACK = 1, 2, 4, 16
ETH_ARP, ETH_IP, ETH_IP6 = 0x0806, 0x0800, 0x86DD

# Of a link with the hardware address MAC1.
ARP_REQUEST = ("ffffffffffff02005e1000010806000108000604000102005e100001"
               "c0000232000000000000c0000232")
ARP_REPLY = ("ffffffffffff02005e1000010806000108000604000202005e100001"
             "c000023202005e100001c0000232")
NA = ("33330000000102005e10000186dd6000000000203aff20010db80000000000000000000000"
      "50ff02000000000000000000000000000188009a7c2000000020010db80000000000000000"
      "00000050020102005e100001")


def tcp_of(frame):
    """(source MAC, sport, dport, flags, payload bytes) of a TCP frame, else None."""
    kind = struct.unpack_from(">H", frame, 12)[0]
    if kind == ETH_IP and frame[23] == 6:
        ihl = (frame[14] & 15) * 4
        at, total = 14 + ihl, struct.unpack_from(">H", frame, 16)[0] - ihl
    elif kind == ETH_IP6 and frame[20] == 6:
        at, total = 54, struct.unpack_from(">H", frame, 18)[0]
    else:
        return None
    sport, dport = struct.unpack_from(">HH", frame, at)
    return (frame[6:12].hex(":"), sport, dport, frame[at + 13],
            total - (frame[at + 12] >> 4) * 4)


def frames(capture, seconds=0.0):
    """What was captured so far, and what arrives within `seconds`."""
    out, end = [], time.monotonic() + seconds
    while select.select([capture], [], [], max(0, end - time.monotonic()))[0]:
        out.append(capture.recv(65536))
    return out


def from_service(captured, mac=MAC1):
    return [f for f in captured if f[6:12].hex(":") == mac]


def table(*conns):
    return "baton-connections 1\n" + "".join(f"{a} {b} {c} {d}\n" for a, b, c, d in conns)


# --- rtnl -----------------------------------------------------------------------------

@both_kinds
def test_a_link_is_made_across_namespaces_and_only_once(net):
    other = "ipvlan" if net.kind == "macvlan" else "macvlan"
    again = net.child(1, "service1", MAC1, status=42)
    assert f"{net.kind} {net.macs[0]}" in again
    assert "svc0" not in net.run("head1", "ip", "link").stdout
    mode = "macvlan mode bridge" if net.kind == "macvlan" else "ipvlan  mode l2 bridge"
    assert mode in net.run("service1", "ip", "-d", "link", "show", "svc0").stdout
    net.ip("head1", "link add other0 type veth peer name other1")
    assert "File exists" in net.netx("head1", net.kind, "other0", net.path("service1"), "svc0", status=5)
    if other in KINDS:
        said = net.netx("head1", other, "other0", net.path("service1"), "svc0", status=5)
        assert said.strip() == (f"netx: make {other} svc0: another link ({net.kind}, {net.macs[0]}) has that "
                                "name: File exists")
        said = net.netx("head1", other, "eth0", net.path("service1"), "new0", status=5)
        assert said.startswith(f"netx: make {other} new0: its parent has links of another kind")
    net.netx("head1", net.kind, "eth0", net.path("service1"), "new0")
    link = net.netx("service1", "link", "new0")
    assert " down " in link
    net.ip("service1", "link del new0")
    assert "No such device" in net.netx("service1", "link", "new0", status=5)


def test_a_macvlan_has_the_address_that_it_was_given(net):
    other = net.child(1, "service1", MAC2, status=5)
    assert other.strip() == f"netx: make macvlan svc0: another link (macvlan, {MAC1}) has that name: File exists"


@both_kinds
def test_links_tell_their_state(net):
    index = net.netx("head1", "link", "eth0").split()[1]
    link = net.netx("service1", "link", "svc0")
    assert re.match(rf"svc0 \d+ {net.kind} {net.macs[0]} mtu 1500 parent {index} up carrier 1 ", link)
    net.netx("service1", "up", "svc0", status=42)
    net.netx("service1", "down", "svc0")
    net.netx("service1", "down", "svc0", status=42)
    assert " down " in net.netx("service1", "link", "svc0")
    assert net.netx("service1", "down", "none0", status=5) == \
        "netx: link none0: No such device\n"


@both_kinds
def test_addresses_come_and_go_without_delay(net):
    assert net.netx("service1", "addr-list", "svc0").splitlines()[0] == "192.0.2.50/24 0x80"
    shown = net.run("service1", "ip", "addr", "show", "svc0").stdout
    assert "192.0.2.50/24 brd 192.0.2.255 scope global svc0" in shown
    assert "2001:db8::50/64 scope global nodad" in shown and "tentative" not in shown
    for a in ("192.0.2.50/24", "2001:db8::50/64"):
        net.netx("service1", "addr-add", "svc0", a, status=42)
    assert "File exists" in net.netx("service1", "addr-add", "svc0", "2001:db8::50/48",
                                     status=5)
    for a in ("192.0.2.50/24", "2001:db8::50/64"):
        net.netx("service1", "addr-del", "svc0", a)
        net.netx("service1", "addr-del", "svc0", a, status=42)
    assert "192.0.2" not in net.netx("service1", "addr-list", "svc0")


def test_default_route(net):
    for gw in ("192.0.2.1", "2001:db8::1", "192.0.2.2"):
        net.netx("service1", "route", "svc0", gw)
    assert net.run("service1", "ip", "route", "show", "default").stdout.split()[2] == \
        "192.0.2.2"
    assert "2001:db8::1" in net.run("service1", "ip", "-6", "route", "show",
                                    "default").stdout
    assert net.netx("service1", "route", "svc0", "198.51.100.1", status=5) == \
        "netx: default route by 198.51.100.1: Network is unreachable\n"


# --- announce, probe ------------------------------------------------------------------

def golden(net):
    """An NA's checksum covers the hardware address in it: that one is not compared where it differs."""
    own = [f.replace(MAC1.replace(":", ""), net.macs[0].replace(":", "")) for f in (ARP_REQUEST, ARP_REPLY, NA)]
    return [f if net.macs[0] == MAC1 else f[:112] + f[116:] if f[24:28] == "86dd" else f for f in own]


def announced(net, captured):
    """What golden() can be compared with."""
    got = [f.hex() for f in from_service(captured, net.macs[0])]
    return [f if net.macs[0] == MAC1 else f[:112] + f[116:] if f[24:28] == "86dd" else f for f in got]


@both_kinds
def test_announcements_have_the_golden_bytes(net):
    seen = net.capture("client")
    net.netx("service1", "announce", "svc0", "192.0.2.50", "2001:db8::50")
    assert [f for f in announced(net, frames(seen, 0.2)) if f in golden(net)] == golden(net)


@both_kinds
def test_announcements_pass_silence(net):
    """AF_PACKET bypasses the hooks: a silenced head must not announce."""
    net.netx("service1", "silence")
    seen = net.capture("client")
    net.netx("service1", "announce", "svc0", "192.0.2.50", "2001:db8::50")
    assert announced(net, frames(seen, 0.2)) == golden(net)


@both_kinds
def test_nobody_answers_for_an_address_that_has_gone(net, family):
    """With ipvlan the head's own stack gets what is sent to it."""
    c, _ = net.connect(net.listen("service1", family))
    net.netx("service1", "silence")
    net.netx("service1", "down", "svc0")
    seen = net.capture("client")
    c.send(b"call")
    # A retransmission: nobody has answered the first.
    captured = frames(seen, 0.7)
    assert len([f for f in captured if b"call" in f]) > 1
    assert from_service(captured, net.macs[0]) == []
    assert net.netx("service1", "sever", PORT).startswith("1 destroyed 0 remaining")


@both_kinds
def test_announcements_move_the_clients_caches(net, family):
    flag = "-4" if family == socket.AF_INET else "-6"
    net.connect(net.listen("service1", family))

    def neighbour():
        return net.run("client", "ip", flag, "neigh", "show", FLOAT[family]).stdout

    assert net.macs[0] in neighbour()
    net.netx("service1", "down", "svc0")
    net.serve("service2")
    net.netx("service2", "announce", "svc0", FLOAT[family])
    until(lambda: net.macs[1] in neighbour(), 2)


# Who asks on the second head. An ARP probe is answered to 0.0.0.0, which no ipvlan has: the answer goes
# to the head's link (ipvlan_core.c, ipvlan_addr_lookup()). So it is the head that asks.
ASKER = {"macvlan": ("service2", "svc0"), "ipvlan": ("head2", "eth0")}


@both_kinds
def test_probe_finds_who_has_an_address(net, family):
    who, link = ASKER[net.kind]
    free = {socket.AF_INET: "192.0.2.77", socket.AF_INET6: "2001:db8::77"}[family]
    net.netx("service2", "up", "svc0")

    def probe(address, ms):
        start = time.monotonic()
        done = net.run(who, NETX, "probe-address", link, address, str(ms))
        return done.stdout.strip(), time.monotonic() - start

    assert probe(FLOAT[family], 3000)[0] == net.macs[0]
    seen = net.capture("client")
    said, took = probe(free, 450)
    assert said == "free" and 0.44 < took < 7
    probes = [f for f in from_service(frames(seen), net.macs[1])
              if (f[12:14] == b"\x08\x06" and f[28:32] == bytes(4)) or
              (f[12:14] == b"\x86\xdd" and f[54:55] == b"\x87" and
               f[62:78] == socket.inet_pton(socket.AF_INET6, "2001:db8::77"))]
    assert len(probes) == 3


@both_kinds
def test_a_head_does_not_hear_its_own_services(net):
    """Nor does the kernel refuse a second macvlan the address: os/rival.c compares the service files."""
    net.add("service3")
    net.child(1, "service3")
    net.netx("service3", "up", "svc0")

    def probe(name, link):
        return net.run(name, NETX, "probe-address", link, "192.0.2.50", "300").stdout.strip()

    assert (probe("head1", "eth0"), probe("head2", "eth0")) == ("free", net.macs[0])
    if net.kind == "macvlan":
        assert probe("service3", "svc0") == MAC1
        net.netx("service3", "addr-add", "svc0", "192.0.2.50/24")
        return
    assert probe("service3", "svc0") == "free"
    for address in ("192.0.2.50/24", "2001:db8::50/64"):
        assert "Address already in use" in net.netx("service3", "addr-add", "svc0", address, status=5)


@both_kinds
def test_probe_sees_another_prober(net):
    """Two heads that ask at the same moment must not both take the address."""
    net.netx("service2", "up", "svc0")
    net.netx("service1", "addr-del", "svc0", "192.0.2.50/24")
    with net.inside("client"):
        s = net.keep(socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0))
        s.bind(("eth0", 0))
    watch = net.capture("client", ETH_ARP)
    who, link = ASKER[net.kind]
    p = subprocess.Popen(["ip", "netns", "exec", net.ns(who), NETX,
                          "probe-address", link, "192.0.2.50", "5000"],
                         stdout=subprocess.PIPE, text=True)
    try:
        assert select.select([watch], [], [], 30)[0]
        s.send(bytes.fromhex("ffffffffffff02005e0000990806000108000604000102005e000099"
                             "00000000000000000000c0000232"))
        assert p.communicate(timeout=30)[0].strip() == "02:00:5e:00:00:99"
    finally:
        p.kill()
        p.wait()



# --- an NFS call to the service's own address -----------------------------------------

ACCEPTED = bytes.fromhex("0000000100000000000000000000000000000000")


def ping(net, family, ms=5000, name="service1"):
    """It ends by itself after this many milliseconds."""
    return subprocess.Popen(["ip", "netns", "exec", net.ns(name), NETX, "nfsping",
                             FLOAT[family], str(ms)], text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE)


def test_nfsping_and_nothing_left(net, family):
    listener = net.listen("service1", family)
    p = ping(net, family)
    s = net.keep(listener.accept()[0])
    xid = s.recv(100)[4:8]
    # It comes from the address itself, and from none of the clients'.
    assert s.getpeername()[0] == s.getsockname()[0] == FLOAT[family]
    assert [r[4] for r in net.diag()] == ["ESTAB"]
    assert net.netx("service1", "conns", PORT) == table()
    s.sendall(b"\x80\0\0\x18" + xid + ACCEPTED)
    assert p.communicate(timeout=30) == ("", "") and p.returncode == 0
    s.close()
    # Nothing of either end: it is reset, not closed.
    assert [r for r in net.diag(port=0) if r[4] != "LISTEN"] == []


def test_nfsping_takes_a_reply_in_pieces(net, family):
    listener = net.listen("service1", family)
    p = ping(net, family)
    s = net.keep(listener.accept()[0])
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for byte in b"\x80\0\0\x18" + s.recv(100)[4:8] + ACCEPTED:
        s.sendall(bytes([byte]))
    assert p.communicate(timeout=30) == ("", "") and p.returncode == 0


@pytest.mark.parametrize("reply,said", [
    (b"\x80\0\0\x18XID." + ACCEPTED[:-1] + b"\x02", "the version is not served"),
    (b"\x80\0\0\x18xid." + ACCEPTED, "is not to our call"),
    (b"HTTP/1.1 400 Bad Request\r\n", "record mark 0x48545450"),
    (b"\x80\0\0\x18XID.", "Connection reset by peer"),
    (b"", "Connection reset by peer"),
])
def test_nfsping_of_something_else(net, reply, said):
    listener = net.listen("service1", socket.AF_INET)
    p = ping(net, socket.AF_INET)
    s = net.keep(listener.accept()[0])
    xid = s.recv(100)[4:8]
    s.sendall(reply.replace(b"XID.", xid))
    s.close()
    err = p.communicate(timeout=30)[1]
    assert p.returncode == 1 and err.startswith("netx: NFS call to 192.0.2.50: ") and said in err


def test_nfsping_without_an_answer(net, family):
    refused = ping(net, family)
    assert "Connection refused" in refused.communicate(timeout=30)[1]
    # A listener whose threads are gone: the kernel still accepts connections.
    net.listen("service1", family)
    begin = time.monotonic()
    p = ping(net, family, 300)
    assert "Connection timed out" in p.communicate(timeout=30)[1]
    assert 0.3 <= time.monotonic() - begin < 5


def test_nfsping_where_the_address_is_not(net):
    p = ping(net, socket.AF_INET, 300, "service2")
    assert "Cannot assign requested address" in p.communicate(timeout=30)[1]


# --- sock_diag ------------------------------------------------------------------------

def test_diag_sees_queues_and_mapped_addresses(net):
    c, s = net.connect(net.listen("service1", socket.AF_INET))
    c.send(b"x" * 100)
    row = until(lambda: [r for r in net.diag() if r[5]["r"] == 100])[0]
    assert row[:5] == ("192.0.2.50", PORT, "192.0.2.20", c.getsockname()[1], "ESTAB")
    assert row[5]["inode"] > 0 and row[5]["w"] == 0
    net.run("client", "nft", "add table inet t; add chain inet t i "
            "{ type filter hook input priority 0; policy drop; }")
    s.send(b"y" * 300)
    row = until(lambda: [r for r in net.diag() if r[5]["w"] == 300])[0]
    assert row[5]["timer"] == 1


def test_mapped_connections_are_ipv4_and_severed(net):
    listener = net.listen_mapped()
    with net.inside("client"):
        c = net.keep(socket.socket())
    c.connect((FLOAT[socket.AF_INET], PORT))
    net.keep(listener.accept()[0])
    assert [r[:3] for r in net.diag()] == [("192.0.2.50", PORT, "192.0.2.20")]
    assert net.netx("service1", "conns", PORT) == \
        table(("192.0.2.50", PORT, "192.0.2.20", c.getsockname()[1]))
    assert net.netx("service1", "sever", PORT, "192.0.2.50").startswith("1 destroyed 0 ")
    assert net.diag() == []


def sent(net):
    """{the client's port: (bytes sent, bytes unsent)}"""
    found = {}
    for line in net.netx("service1", "sent", PORT).splitlines():
        _, port, known, _, written, _, unsent = line.split()
        assert known == "known", line
        found[int(port)] = (int(written), int(unsent))
    return found


def test_what_was_sent_is_told_to_the_end(net, family):
    """A reply shows, however late it leaves; the FIN of an orphan is not a reply."""
    listener = net.listen("service1", family)
    idle, server_of_idle = net.connect(listener)
    busy, server_of_busy = net.connect(listener)
    ports = [c.getsockname()[1] for c in (idle, busy)]
    server_of_idle.sendall(b"i" * 40)
    server_of_busy.sendall(b"b" * 50)
    assert idle.recv(100) and busy.recv(100)
    assert sent(net) == {ports[0]: (40, 0), ports[1]: (50, 0)}
    net.netx("service1", "drain", PORT)
    # As at the end of knfsd's threads: a last reply, the sockets closed; their FIN cannot leave.
    server_of_busy.sendall(b"r" * 60)
    for s in (server_of_idle, server_of_busy):
        s.close()
    assert {s[4] for s in map(str.split, net.netx("service1", "diag", PORT).splitlines())} == \
        {"FIN-WAIT-1"}
    now = sent(net)
    assert now[ports[0]][0] == 40 and now[ports[0]][1] <= 1
    assert now[ports[1]][0] >= 110 and now[ports[1]][1] <= 1


def test_what_cannot_leave_is_told_as_unsent(net):
    listener = net.listen("service1", socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    client, server = net.connect(listener)
    server.setblocking(False)
    written = 0
    with contextlib.suppress(BlockingIOError):
        while True:
            written += server.send(b"x" * 65536)
    until(lambda: sent(net)[client.getsockname()[1]][1] > 0)
    total, unsent = sent(net)[client.getsockname()[1]]
    assert total >= written - unsent


def test_every_state_is_severed_in_silence(net, family):
    listener = net.every_state(family)
    net.netx("service1", "silence")
    seen = net.capture("client")
    said = net.netx("service1", "sever", PORT, FLOAT[family])
    assert said.startswith("11 destroyed 0 remaining 0 time-wait 2 rounds"), said
    assert net.diag() == []
    assert [f for f in from_service(frames(seen, 0.3)) if tcp_of(f)] == []
    assert net.netx("service1", "sever", PORT).startswith("0 destroyed 0 remaining")
    # The listener lives: LISTEN is never severed.
    net.netx("service1", "clear")
    net.forget_filter()
    # The connection that waited is accepted, and gone.
    listener.accept()[0].close()
    net.connect(listener)


def test_severing_spares_other_addresses_and_ports(net):
    net.netx("service1", "addr-add", "svc0", "192.0.2.51/24")
    a = net.listen("service1", socket.AF_INET)
    b = net.listen("service1", socket.AF_INET6)
    net.connect(a)
    net.connect(b)
    assert net.netx("service1", "sever", PORT, "192.0.2.51").startswith("0 destroyed")
    assert net.netx("service1", "sever", PORT + 1).startswith("0 destroyed")
    assert net.netx("service1", "sever", 0, "192.0.2.50").startswith("1 destroyed")
    assert [r[0] for r in net.diag()] == ["2001:db8::50"]


def test_severing_without_silence_resets_the_client(net, family):
    """Why silence comes first: otherwise the kernel tells the peer."""
    c, _ = net.connect(net.listen("service1", family))
    net.netx("service1", "sever", PORT)
    with pytest.raises(ConnectionResetError):
        c.recv(1)


def reset(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def counts(net, name="service1"):
    """(opened from here, accepted, established)"""
    return tuple(map(int, net.netx(name, "counts").split()))


def test_each_change_of_the_table_is_counted(net, family):
    """The keeper relies on it: it does not list while these stand still."""
    listener = net.listen("service1", family)
    first, _ = net.connect(listener)
    accepted = 1
    assert counts(net) == (0, accepted, 1) and counts(net, "service2") == (0, 0, 0)

    def fin(c, s):
        c.close()
        assert s.recv(1) == b""
        s.close()

    def served_fin(c, s):
        s.close()
        assert c.recv(1) == b""

    for end in (fin, served_fin, lambda c, s: reset(c), lambda c, s: reset(s),
                lambda c, s: net.netx("service1", "sever", PORT, FLOAT[family])):
        c, s = net.connect(listener)
        accepted += 1
        until(lambda: counts(net) == (0, accepted, 2))
        c.send(b"call")
        assert s.recv(4) == b"call"
        assert counts(net) == (0, accepted, 2)
        end(c, s)
        # sever takes the first as well.
        until(lambda: counts(net)[:2] == (0, accepted) and counts(net)[2] < 2)
    assert counts(net) == (0, accepted, 0)
    # Opened from this side, as NFSv4.0's callbacks are.
    with net.inside("client"):
        callback = net.keep(socket.create_server((CLIENT[family], PORT), family=family))
    with net.inside("service1"):
        s = net.keep(socket.socket(family))
    s.connect((CLIENT[family], PORT))
    net.keep(callback.accept()[0])
    assert counts(net) == (1, accepted, 1)


def test_who_comes_back_from_the_same_port_is_counted(net, family):
    """Nothing else shows it: the table is the same, and so is their number."""
    listener = net.listen("service1", family)

    def come(port):
        with net.inside("client"):
            c = net.keep(socket.socket(family))
        c.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        c.bind((CLIENT[family], port))
        c.connect((FLOAT[family], PORT))
        net.keep(listener.accept()[0])
        return c

    c = come(700)
    seen, shown = counts(net), net.netx("service1", "conns", PORT)
    reset(c)
    come(700)
    assert net.netx("service1", "conns", PORT) == shown
    assert counts(net) == (seen[0], seen[1] + 1, seen[2])


def test_mapped_connections_are_counted(net):
    listener = net.listen_mapped()
    with net.inside("client"):
        c = net.keep(socket.socket())
    c.connect((FLOAT[socket.AF_INET], PORT))
    net.keep(listener.accept()[0])
    assert counts(net) == (0, 1, 1)
    reset(c)
    until(lambda: counts(net) == (0, 1, 0))


# --- drain, silence -------------------------------------------------------------------

@both_kinds
def test_drain_delivers_replies_and_admits_no_call(net, family):
    listener = net.listen("service1", family)
    c, s = net.connect(listener)
    c.send(b"call 1")
    assert s.recv(100) == b"call 1"
    net.netx("service1", "drain", PORT)
    seen = net.capture("client")
    c.send(b"call 2")
    reply = b"r" * 1000000
    s.setblocking(False)
    todo, got = memoryview(reply), b""
    end = time.monotonic() + 10
    while len(got) < len(reply):
        assert time.monotonic() < end
        readable, writable, _ = select.select([c], [s] if todo else [], [], 10)
        if writable:
            todo = todo[s.send(todo):]
        if readable:
            got += c.recv(1 << 20)
    assert got == reply
    until(lambda: [r[5]["w"] for r in net.diag()] == [0])
    assert [r[5]["r"] for r in net.diag()] == [0]
    with pytest.raises(BlockingIOError):
        s.recv(1)
    # Neither a FIN nor a RST leaves, for this connection or for new ones.
    s.close()
    with net.inside("client"):
        new = net.keep(socket.socket(family, socket.SOCK_STREAM))
    new.setblocking(False)
    new.connect_ex((FLOAT[family], PORT))
    until(lambda: "FIN-WAIT-1" in net.states())
    net.netx("service1", "sever", PORT)
    segments = [tcp_of(f) for f in from_service(frames(seen, 0.3), net.macs[0]) if tcp_of(f)]
    assert segments and all(not flags & (FIN | RST | SYN)
                            for _, _, _, flags, _ in segments)


@pytest.mark.alone
def test_drain_ends_although_the_client_acknowledges_only_with_data(net, family):
    """A busy client's ACKs ride on its calls, which are held off; the reply's retransmission makes it send
    a bare one."""
    c, s = net.connect(net.listen("service1", family))
    net.netx("service1", "drain", PORT)
    c.send(b"call")
    s.send(b"reply")
    assert c.recv(100) == b"reply"
    c.send(b"call and acknowledgement")
    until(lambda: [r[5]["w"] for r in net.diag()] == [0])
    # The first comes after 0.2 s, the second after 0.6 s.
    assert retransmissions(s) <= 2


def test_drain_admits_an_end_by_the_client(net):
    c, s = net.connect(net.listen("service1", socket.AF_INET))
    net.netx("service1", "drain", PORT)
    c.shutdown(socket.SHUT_WR)
    assert s.recv(1) == b""


def test_drain_may_be_replaced_and_cleared(net, family):
    listener = net.listen("service1", family)
    c, s = net.connect(listener)
    for what in (("drain", PORT), ("drain", PORT), ("silence",), ("silence",),
                 ("drain", PORT), ("clear",), ("clear",)):
        net.netx("service1", *what)
    assert net.run("service1", "nft", "list", "ruleset").stdout == ""
    c.send(b"call")
    assert s.recv(100) == b"call"


def test_a_drain_asleep_wakes_and_sleeps(net, family):
    listener = net.listen("service1", family)
    c, s = net.connect(listener)
    s.setblocking(False)
    net.netx("service1", "drain-asleep", PORT)
    c.send(b"one")
    assert select.select([s], [], [], 30)[0] and s.recv(100) == b"one"
    assert net.run("service1", NETX, "awake").stdout == "no\n"
    net.run("service1", NETX, "dormant", "no")
    assert net.run("service1", NETX, "awake").stdout == "yes\n"
    seen = net.capture("client")
    c.send(b"two")
    # A retransmission was seen: the first was held off, not merely late.
    assert len([f for f in frames(seen, 1.5) if b"two" in f]) > 1
    with pytest.raises(BlockingIOError):
        s.recv(100)
    net.run("service1", NETX, "dormant", "yes")
    assert select.select([s], [], [], 30)[0] and s.recv(100) == b"two"


def test_waking_a_filter_that_is_not_there_is_an_error(net):
    assert net.run("service1", NETX, "awake").stdout == "no\n"
    said = net.run("service1", NETX, "dormant", "no", check=False)
    assert said.returncode == 6
    assert "wake table inet baton: No such file or directory" in said.stderr


@pytest.mark.alone
@both_kinds
def test_silence_is_silence(net, family):
    listener = net.listen("service1", family)
    c, s = net.connect(listener)
    gone, gone_server = net.connect(listener)
    for side in ("client", "service1"):
        net.run(side, "ip", "neigh", "flush", "all")
    net.netx("service1", "silence")
    seen = net.capture("client")
    c.send(b"call")
    s.send(b"reply")
    gone_server.close()
    with net.inside("client"):
        new = net.keep(socket.socket(family, socket.SOCK_STREAM))
        ping = net.keep(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    new.setblocking(False)
    new.connect_ex((FLOAT[family], PORT + 1))
    ping.sendto(b"x", ("192.0.2.50", 9))
    captured = frames(seen, 1.2)
    assert captured, "the client did ask"
    assert from_service(captured, net.macs[0]) == []
    assert sorted(net.states()) == ["ESTAB", "FIN-WAIT-1"]


def test_a_wrong_ruleset_is_refused_and_changes_nothing(net):
    net.netx("service1", "drain", PORT)
    before = net.run("service1", "nft", "list", "ruleset").stdout
    said = net.netx("service1", "nft", "table inet baton {}\ndelete table inet baton\n"
                    "table inet baton { chain x { nonsense } }", status=5)
    assert said == "netx: nftables: Error: syntax error, unexpected '}'\n"
    assert net.run("service1", "nft", "list", "ruleset").stdout == before


# --- tickle ---------------------------------------------------------------------------

@pytest.mark.alone
@both_kinds
def test_a_tickled_client_is_reset_by_the_new_head(net, family):
    c, _ = net.connect(net.listen("service1", family))
    conns = net.netx("service1", "conns", PORT)
    assert conns == table((FLOAT[family], PORT, CLIENT[family], c.getsockname()[1]))
    net.netx("service1", "down", "svc0")  # like a power cut: the client gets no packet
    net.serve("service2")
    net.netx("service2", "announce", "svc0", FLOAT[family])
    c.setblocking(False)
    with pytest.raises(BlockingIOError):
        c.recv(1)
    seen = net.capture("client")
    said = net.netx("service2", "tickle", text=conns)
    start = time.monotonic()
    assert said.startswith("1 sent") and said.split()[3] == "us"
    assert select.select([c], [], [], 30)[0]
    # From the first packet on: a program under a sanitizer starts slowly.
    took = time.monotonic() - start + int(said.split()[2]) / 1e6
    with pytest.raises(ConnectionResetError):
        c.recv(1)
    segments = [(t[0] == net.macs[1], t[3]) for t in map(tcp_of, frames(seen, 0.1)) if t]
    # The client answers the first, and only one of the two. If the other arrives when the connection is
    # gone, it is answered by a RST that nobody heeds.
    assert [s for s in segments if s in ((True, ACK), (False, ACK), (True, RST))] == \
        [(True, ACK), (False, ACK), (True, RST)]
    assert [s for s in segments if s[0] and s[1] & SYN] == [(True, SYN | ACK)]
    assert len(segments) <= 5
    assert took < 0.5


def test_a_client_out_of_reach_costs_only_its_own_tickle(net):
    c, _ = net.connect(net.listen("service1", socket.AF_INET))
    text = table((FLOAT[socket.AF_INET], PORT, "203.0.113.9", 700),
                 (FLOAT[socket.AF_INET], PORT, CLIENT[socket.AF_INET],
                  c.getsockname()[1]))
    net.netx("service1", "down", "svc0")
    net.serve("service2")
    said = net.netx("service2", "tickle", text=text, status=5)
    assert said == "netx: tickle: 1 of 2 not sent: Network is unreachable\n"
    with pytest.raises(ConnectionResetError):
        c.recv(1)


# --- many -----------------------------------------------------------------------------

@pytest.mark.alone
def test_ten_thousand_connections(net, family):
    measured = measure(net, family)
    print(measured)
    assert measured["sever_s"] < 1 and measured["tickle_round_s"] < 1


def test_somebody_answers_for_rpcbind(tmp_path):
    """At the kernel's path, as the process sees it, and only for a limited time."""
    done = subprocess.run([NETX, "rpcbind", tmp_path], capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines() == ["0 0 aside", "here"] * 2, done
    # Without a directory for it, or a child to do it, it goes on without.
    done = subprocess.run([NETX, "rpcbind", tmp_path / "none" / "here"], capture_output=True, text=True,
                          timeout=60)
    assert done.returncode == 0 and "0 0" not in done.stdout, done
