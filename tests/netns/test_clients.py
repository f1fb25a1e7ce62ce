# SPDX-License-Identifier: GPL-2.0-or-later
"""With something between a service and its clients: does a client still come back at once?
There is no NFS here: a client is a TCP connection from a fixed port, as with NFS clients."""
import select
import socket
import time

import pytest

from conftest import CLIENT, FLOAT, MAC1, MAC2, PORT, retransmissions
from test_net import ACK, RST, SYN, frames, tcp_of

CPORTS = range(968, 984)
FAR = {socket.AF_INET: "198.51.100.20", socket.AF_INET6: "2001:db8:1::20"}

# As in distributions (firewalld's rules begin with these two), with counters.
STRICT = """table inet firewall {
	chain filter {
		type filter hook %s priority 0; policy drop;
		ct state invalid counter drop
		ct state established,related accept
		%s
	}
}
"""


@pytest.fixture
def routed(net):
    """A second client, far away, beyond a router on the heads' network."""
    net.add("router", "far")
    net.ip("switch", f"link add router type veth peer name lan netns {net.ns('router')}",
           "link set router master br0 up")
    net.ip("router", "link set lo up", "link set lan up", "addr add 192.0.2.1/24 dev lan",
           "addr add 2001:db8::1/64 dev lan nodad",
           f"link add out type veth peer name eth0 netns {net.ns('far')}", "link set out up",
           "addr add 198.51.100.1/24 dev out", "addr add 2001:db8:1::1/64 dev out nodad")
    net.ip("far", "link set lo up", "link set eth0 up", "addr add 198.51.100.20/24 dev eth0",
           "addr add 2001:db8:1::20/64 dev eth0 nodad", "route add default via 198.51.100.1",
           "route add default via 2001:db8:1::1")
    net.run("router", "sysctl", "-qw", "net.ipv4.ip_forward=1",
            "net.ipv6.conf.all.forwarding=1")
    add_routes(net, "service1")
    return net


def add_routes(net, name):
    for gateway in ("192.0.2.1", "2001:db8::1"):
        net.netx(name, "route", "svc0", gateway)


def dial(net, name, family, port):
    with net.inside(name):
        s = net.keep(socket.socket(family, socket.SOCK_STREAM))
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("", port))
    s.connect((FLOAT[family], PORT))
    return s


def talk(client, server):
    """Exchange data, so that both sides' sequence numbers are far from their initial values."""
    for _ in range(20):
        client.sendall(b"c" * 3000)
        server.recv(3000, socket.MSG_WAITALL)
        server.sendall(b"r" * 2000)
        client.recv(2000, socket.MSG_WAITALL)


def leave(net):
    """What a stop does to the network; returns the connections that the start has to tickle."""
    conns = net.netx("service1", "conns", PORT)
    net.netx("service1", "silence")
    assert " 0 remaining 0 time-wait" in net.netx("service1", "sever", PORT)
    net.netx("service1", "down", "svc0")
    return conns


def arrive(net, family, mac=MAC1):
    """What a start does, without the tickle; every head gives the service's link the same address."""
    net.ip("service2", "link del svc0")
    net.netx("head2", "macvlan", "eth0", net.path("service2"), "svc0", mac)
    net.serve("service2")
    listener = net.listen("service2", family)
    net.netx("service2", "announce", "svc0", FLOAT[family])
    return listener


def tickle(net, clients, conns):
    """Clients are reset, and at once: idle ones have no timer of their own that could do it."""
    assert net.netx("service2", "tickle", text=conns).startswith(f"{len(clients)} sent")
    start = time.monotonic()
    for c in clients:
        with pytest.raises(ConnectionResetError):
            c.recv(1)
        c.close()
    assert time.monotonic() - start < 2


def connect(net, name, family, listener, ports):
    clients = []
    for port in ports:
        clients.append(dial(net, name, family, port))
        assert retransmissions(clients[-1]) == 0, "not by the SYN's repetition"
        talk(clients[-1], net.keep(listener.accept()[0]))
    return clients


# --- a firewall that tracks connections -----------------------------------------------

def firewall(net, where):
    """On the way, or on the client itself; nf_conntrack with the kernel's defaults."""
    for key, value in (("tcp_be_liberal", 0), ("tcp_loose", 1)):
        said = net.run(where, "sysctl", "-n", f"net.netfilter.nf_conntrack_{key}").stdout
        assert said == f"{value}\n"
    hook, more = {"router": ("forward", 'iifname "out" ct state new accept'),
                  "far": ("input", "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept")
                  }[where]
    net.run(where, "nft", "-f", "-", text=STRICT % (hook, more))


def dropped(net, where):
    rules = net.run(where, "nft", "list", "ruleset").stdout
    return int(rules.split("invalid counter packets ")[1].split()[0])


@pytest.mark.parametrize("where", ["router", "far"])
def test_behind_a_stateful_firewall(routed, family, where):
    net = routed
    firewall(net, where)
    clients = connect(net, "far", family, net.listen("service1", family), CPORTS)
    conns = leave(net)
    listener = arrive(net, family)
    add_routes(net, "service2")
    seen = net.capture("router", dev="out")
    tickle(net, clients, conns)
    # Most bare ACKs are considered invalid; nothing else is.
    held_off = dropped(net, where)
    print(f"{held_off} of {len(clients)} bare ACKs dropped")
    assert 0 < held_off <= len(clients)
    flags = [(t[1] == PORT, t[3]) for t in map(tcp_of, frames(seen)) if t]
    assert flags.count((True, SYN | ACK)) == len(clients)
    assert flags.count((True, ACK)) == len(clients) - (held_off if where == "router" else 0)
    assert flags.count((False, ACK)) == flags.count((True, RST)) == len(clients)
    connect(net, "far", family, listener, CPORTS)
    assert dropped(net, where) == held_off


def test_behind_a_firewall_and_not_tickled(routed, family):
    """It says nothing until it has something to send itself."""
    net = routed
    firewall(net, "router")
    client, = connect(net, "far", family, net.listen("service1", family), CPORTS[:1])
    leave(net)
    listener = arrive(net, family)
    add_routes(net, "service2")
    assert not select.select([client], [], [], 0.5)[0]
    client.send(b"call")
    with pytest.raises(ConnectionResetError):
        client.recv(1)
    client.close()
    connect(net, "far", family, listener, CPORTS[:1])
    assert dropped(net, "router") == 0


# --- a neighbour cache that refuses updates -------------------------------------------

REFUSES = {socket.AF_INET: ("net.ipv4.conf.eth0.drop_gratuitous_arp=1",
                            "net.ipv4.conf.eth0.arp_accept=0"),
           socket.AF_INET6: ("net.ipv6.conf.eth0.drop_unsolicited_na=1",)}


def neighbour(net, family):
    flag = "-4" if family == socket.AF_INET else "-6"
    return net.run("client", "ip", flag, "neigh", "show", FLOAT[family]).stdout


def before_the_tickle(net, family, mac):
    """The client's cache refuses updates, and the head knows the client's address: it does not ask for it,
    because the client would learn from the request."""
    net.run("client", "sysctl", "-qw", *REFUSES[family])
    clients = connect(net, "client", family, net.listen("service1", family), CPORTS[:1])
    conns = leave(net)
    listener = arrive(net, family, mac)
    lladdr = net.run("client", "cat", "/sys/class/net/eth0/address").stdout.strip()
    net.ip("service2", f"neigh replace {CLIENT[family]} lladdr {lladdr} dev svc0 nud permanent")
    assert MAC1 in neighbour(net, family), "the announcement is heeded"
    return clients, listener, conns


def test_a_neighbour_cache_that_refuses_updates(net, family):
    """The service has one MAC on every head: the switch learns its new place from the announcement, and the
    client need not learn anything."""
    clients, listener, conns = before_the_tickle(net, family, MAC1)
    tickle(net, clients, conns)
    connect(net, "client", family, listener, CPORTS[:1])


def test_with_another_mac_such_a_client_would_be_lost(net, family):
    clients, _, conns = before_the_tickle(net, family, MAC2)
    net.netx("service2", "tickle", text=conns)
    assert not select.select(clients, [], [], 1)[0]
