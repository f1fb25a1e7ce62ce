# SPDX-License-Identifier: GPL-2.0-or-later
"""`baton sever` on real connections between namespaces."""
import json
import os
import socket
import subprocess

import pytest

from conftest import BATON, CLIENT, FLOAT, PORT, until
from test_net import RST, frames, from_service, tcp_of


def baton(*argv, status=0, prefix=(), **env):
    """stdout if the status is 0 or for JSON, else stderr."""
    done = subprocess.run([*prefix, BATON, "sever", *map(str, argv)], capture_output=True,
                          text=True, timeout=60, env=dict(os.environ, **env))
    assert done.returncode == status, done
    return done.stderr if status and "--json" not in argv else done.stdout


def sever(net, *argv, name="service1", **kw):
    return baton("--netns", net.ns(name), *argv, **kw)


def endpoint(address, port):
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def test_every_state_goes_and_the_listener_stays(net, family):
    listener = net.every_state(family)
    here = endpoint(FLOAT[family], PORT)
    shown = sever(net, "--dry-run", FLOAT[family]).splitlines()
    assert shown[0].split() == ["STATE", "RECV-Q", "SEND-Q", "LOCAL", "PEER"]
    assert sorted(line.split()[0] for line in shown[1:]) == net.EVERY_STATE
    assert all(line.split()[3] == here for line in shown[1:])
    assert all(line.split()[4].startswith(endpoint(CLIENT[family], "")) for line in shown[1:])
    assert net.states() == net.EVERY_STATE, "a dry run changes nothing"
    assert sever(net, FLOAT[family]) == f"{here}: 11 sockets destroyed\n"
    assert net.diag() == []
    assert sever(net, here) == f"{here}: 0 sockets destroyed\n"
    assert sever(net, "-n", here) == f"{here}: 0 sockets\n"
    net.forget_filter()
    listener.accept()[0].close()
    net.connect(listener)


def test_columns(net, family):
    here = endpoint(FLOAT[family], PORT)
    assert sever(net, "-n", "--noheadings", here) == ""
    c, _ = net.connect(net.listen("service1", family))
    peer = endpoint(*c.getsockname()[:2])
    assert sever(net, "-n", "--noheadings", "-o", "peer,state", here) == f"{peer}  ESTAB\n"


def test_json(net, family):
    c, _ = net.connect(net.listen("service1", family))
    c.send(b"x" * 100)
    until(lambda: [row[5]["r"] for row in net.diag()] == [100])
    here = endpoint(FLOAT[family], PORT)
    head = {"address": FLOAT[family], "port": PORT, "netns": net.ns("service1")}
    said = json.loads(sever(net, "--json", "--dry-run", here))
    assert said == {**head, "dry_run": True, "result": 0, "sockets": [
        {"state": "ESTAB", "recv_q": 100, "send_q": 0, "local": here,
         "peer": endpoint(*c.getsockname()[:2])}]}
    assert json.loads(sever(net, "--json", here)) == {
        **head, "dry_run": False, "destroyed": 1, "remaining": 0, "time_wait": 0, "result": 0}


def test_ipv4_on_an_ipv6_socket(net):
    listener = net.listen_mapped()
    for address in ("192.0.2.50", "::ffff:192.0.2.50", "[::ffff:192.0.2.50]:2049"):
        with net.inside("client"):
            c = net.keep(socket.socket())
        c.connect(("192.0.2.50", PORT))
        net.keep(listener.accept()[0])
        assert sever(net, address) == "192.0.2.50:2049: 1 sockets destroyed\n"
    assert net.diag() == []


def test_other_addresses_ports_and_namespaces_are_spared(net):
    net.connect(net.listen("service1", socket.AF_INET))
    net.connect(net.listen("service1", socket.AF_INET6))
    with net.inside("service1"):
        other = net.keep(socket.create_server(("192.0.2.50", PORT + 1)))
    with net.inside("client"):
        c = net.keep(socket.create_connection(("192.0.2.50", PORT + 1)))
    net.keep(other.accept()[0])
    for argv, kw in ((["192.0.2.51"], {}), (["2001:db8::51"], {}), ([f"192.0.2.50:{PORT + 2}"], {}),
                     (["192.0.2.50"], {"name": "service2"}),
                     # The address that the client calls its peer is not local there.
                     (["192.0.2.50"], {"name": "client"})):
        assert sever(net, "-n", *argv, **kw).endswith(": 0 sockets\n")
        assert sever(net, *argv, **kw).endswith(": 0 sockets destroyed\n")
    assert len(net.diag()) == 2
    assert sever(net, f"192.0.2.50:{PORT + 1}") == "192.0.2.50:2050: 1 sockets destroyed\n"
    assert [r[0] for r in net.diag(port=0) if r[4] == "ESTAB"] == ["192.0.2.50", "2001:db8::50"]
    with pytest.raises(ConnectionResetError):
        c.recv(1)


def test_the_namespace_by_name_by_path_and_none(net):
    listener = net.listen("service1", socket.AF_INET)
    inside = ["ip", "netns", "exec", net.ns("service1")]
    for argv, prefix in (["-N", net.ns("service1")], []), (["-N", net.path("service1")], []), \
            ([], inside):
        net.connect(listener)
        assert baton(*argv, "192.0.2.50", prefix=prefix) == \
            "192.0.2.50:2049: 1 sockets destroyed\n"


def test_what_an_address_left_behind(net, family):
    """The purpose of sever. If the kernel has a route to the client, what does it still send? By IPv4
    nothing, as it has no source address of its own; by IPv6 a RST all the same."""
    c, _ = net.connect(net.listen("service1", family))
    other, gone, resets = {
        socket.AF_INET: ("192.0.2.99/24", "192.0.2.50/24", 0),
        socket.AF_INET6: ("2001:db8::99/64", "2001:db8::50/64", 1)}[family]
    net.netx("service1", "addr-add", "svc0", other)
    net.netx("service1", "addr-del", "svc0", gone)
    seen = net.capture("client")
    here = endpoint(FLOAT[family], PORT)
    assert sever(net, "-n", here).count("ESTAB") == 1
    assert sever(net, here) == f"{here}: 1 sockets destroyed\n"
    segments = [tcp_of(f) for f in from_service(frames(seen, 0.3)) if tcp_of(f)]
    assert [flags & RST for _, _, _, flags, _ in segments] == [RST] * resets


def test_a_client_is_told(net, family):
    c, _ = net.connect(net.listen("service1", family))
    sever(net, FLOAT[family])
    with pytest.raises(ConnectionResetError):
        c.recv(1)


# --- what is refused ------------------------------------------------------------------

FORMS = "is neither ADDRESS nor ADDRESS:PORT nor [IPV6-ADDRESS]:PORT"


@pytest.mark.parametrize("argv,line", [
    ([], "baton sever: the address is missing"),
    (["192.0.2.50", "192.0.2.51"],
     "baton sever: one address at a time, not also '192.0.2.51'"),
    (["nfs.example.org"], f"baton: 'nfs.example.org' {FORMS}"),
    (["0.0.0.0"], f"baton: '0.0.0.0' {FORMS}"),
    (["192.0.2.50:0"], "baton: '192.0.2.50:0': the port is not 1 to 65535"),
    (["192.0.2.50:*"], "baton: '192.0.2.50:*': the port is not 1 to 65535"),
    (["[2001:db8::1]:x"], "baton: '[2001:db8::1]:x': the port is not 1 to 65535"),
])
def test_wrong_line(argv, line):
    assert baton(*argv, status=2) == line + "\n"


def test_no_such_namespace(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    for name, why in (("nobody", "No such file or directory"), ("", "Invalid argument"),
                      ("/proc/self/ns/uts", "Invalid argument"),
                      (tmp_path / "fifo", "Invalid argument"),
                      ("x" * 5000, "File name too long")):
        assert baton("-N", name, "192.0.2.50", status=5) == \
            f"baton: network namespace '{str(name)[:80]}': {why}\n"


def test_not_root():
    nobody = ["setpriv", "--reuid=65534", "--clear-groups"]
    assert baton("192.0.2.50", status=6, prefix=nobody) == "baton: not running as root\n"


def test_root_who_may_not(net):
    net.connect(net.listen("service1", socket.AF_INET))
    inside = ["ip", "netns", "exec", net.ns("service1"), "setpriv", "--bounding-set=-net_admin",
              "--inh-caps=-net_admin"]
    said = baton("192.0.2.50", status=9, prefix=inside)
    assert said == "baton: sever: 1 connections are left: Operation not permitted\n"
    assert net.states() == ["ESTAB"]


def test_a_kernel_that_cannot(net, cannot_destroy):
    net.connect(net.listen("service1", socket.AF_INET))
    line = "sever: this kernel cannot destroy sockets (CONFIG_INET_DIAG_DESTROY): " \
        "Operation not supported"
    assert sever(net, "192.0.2.50", status=6, **cannot_destroy) == f"baton: {line}\n"
    said = json.loads(sever(net, "--json", "192.0.2.50", status=6, **cannot_destroy))
    assert (said["result"], said["error"], said["destroyed"], said["remaining"]) == (6, line, 0, 1)
