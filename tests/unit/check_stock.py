# SPDX-License-Identifier: GPL-2.0-or-later
"""What of the experiments on stock agents needs no lab: configuration as XML, logs, sockets and
packets as they are counted."""

import sys
import unittest
import xml.etree.ElementTree as ET
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "lab"))
sys.dont_write_bytecode = True

from labkit import pcap  # noqa: E402
from trials import caller, experiment, stock  # noqa: E402
from trials.caller import Call  # noqa: E402
from trials.service import Service  # noqa: E402

ADDRESS, CLIENT = "10.77.0.50", "10.77.0.20"
# As Pacemaker 2.1.5 has them.
JOURNAL = """\
1763860001.250000 head1 pacemaker-controld[812]:  notice: Requesting local execution of stop \
operation for vmstore-ip on head1
1763860001.500000 head1 IPaddr2(vmstore-ip)[901]: INFO: IP status = ok, IP_CIP=
1763860001.750000 head1 pacemaker-controld[812]:  notice: Result of stop operation for vmstore-ip \
on head1: ok
1763860001.875000 head1 pacemaker-controld[812]:  notice: Requesting local execution of stop \
operation for vmstore-fs on head1
1763860002.000000 head1 pacemaker-controld[812]:  notice: Requesting local execution of stop \
operation for homes-fs on head1
1763860003.250000 head1 pacemaker-controld[812]:  notice: Result of stop operation for vmstore-fs \
on head1: {}
"""


class Configuration(unittest.TestCase):
    def members(self, agent):
        group = stock.Group(Service(None, "vmstore"), agent)
        tree = ET.fromstring(group.xml())
        self.assertEqual([p.get("id") for p in tree], group.members)
        return tree

    def test_the_group(self):
        kinds = [p.get("type") for p in self.members(False)]
        self.assertEqual(kinds, ["Filesystem", "exportfs", "IPaddr2"])

    def test_with_the_agent(self):
        tree = self.members(True)
        last = tree[-1]
        self.assertEqual((last.get("provider"), last.get("type")), ("baton", "sever"))
        params = {n.get("name"): n.get("value") for n in tree.iter("nvpair")}
        self.assertEqual(params["address"], ADDRESS)
        self.assertTrue(params["state"].startswith(f"{params['directory']}/"))
        self.assertEqual(params["wait_for_leasetime_on_stop"], "false")
        self.assertEqual({o.get("name") for o in last.iter("op")}, {"start", "stop", "monitor"})

    def test_the_server(self):
        tree = ET.fromstring(stock.server())
        self.assertEqual([(p.get("class"), p.get("type")) for p in tree.iter("primitive")],
                         [("ocf", "Filesystem"), ("ocf", "exportfs")])
        identifiers = [e.get("id") for e in tree.iter() if e.get("id")]
        self.assertEqual(len(identifiers), len(set(identifiers)))

    def test_values_are_quoted(self):
        tree = ET.fromstring(stock.primitive("x", "ocf:heartbeat:IPaddr2", ip='<"&\'>'))
        self.assertEqual(tree.find(".//nvpair").get("value"), '<"&\'>')

    def test_constraints(self):
        order, place = map(ET.fromstring, stock.Group(Service(None, "homes")).constraints("head1"))
        self.assertEqual((order.get("first"), order.get("then")), (stock.SERVER, "homes"))
        self.assertEqual((place.get("rsc"), place.get("node")), ("homes", "head1"))


class Pacemaker(unittest.TestCase):
    def test_operations(self):
        ops = stock.operations(JOURNAL.format("ok"))
        self.assertEqual([(o.action, o.resource, o.head, o.ms, o.result) for o in ops],
                         [("stop", "vmstore-ip", "head1", 500, "ok"),
                          ("stop", "vmstore-fs", "head1", 1375, "ok"),
                          ("stop", "homes-fs", "head1", None, None)])

    def test_again(self):
        """A stop that was tried twice: each has its own end."""
        ops = stock.operations(JOURNAL.format("Error") + JOURNAL.replace("176386000", "176386010")
                              .format("ok"))
        stops = [o for o in ops if o.resource == "vmstore-fs"]
        self.assertEqual([(o.ms, o.result) for o in stops], [(1375, "Error"), (1375, "ok")])

    def test_whole(self):
        ops = stock.operations(JOURNAL.format("ok"))
        self.assertEqual(stock.whole(ops, "stop", ["vmstore-ip", "vmstore-fs"]), 2000)
        ops = stock.operations(JOURNAL.replace(": ok", ": OK").format("OK"))
        self.assertEqual(stock.whole(ops, "stop", ["vmstore-ip", "vmstore-fs"]), 2000)
        self.assertIsNone(stock.whole(ops, "stop", ["vmstore-ip", "vmstore-fs", "vmstore-export"]))
        self.assertIsNone(stock.whole(ops, "stop", ["homes-fs"]))
        self.assertIsNone(stock.whole(ops, "start", ["vmstore-fs"]))
        ops = stock.operations(JOURNAL.format("Timed Out (after 1m0s)"))
        self.assertEqual(ops[1].result, "Timed Out")
        self.assertIsNone(stock.whole(ops, "stop", ["vmstore-ip", "vmstore-fs"]))

    def test_fencings(self):
        self.assertEqual(stock.fencings("list -> ok head1,head2\nreboot head1 -> ok \n"
                                       "off head2 -> error why\noff head2 -> ok \n"
                                       "on head2 -> ok \n"), ["head1", "head2"])

    def test_sockets(self):
        said = (f"LISTEN     0 64   {ADDRESS}:2049   0.0.0.0:*\n"
                f"ESTAB      0 0    {ADDRESS}:2049   {CLIENT}:700\n"
                f"ESTAB      0 0    {ADDRESS}:2049   {CLIENT}:701\n"
                f"FIN-WAIT-1 0 125  [{ADDRESS}]:2049 {CLIENT}:702\n"
                f"ESTAB      0 0    {ADDRESS}:41001  {CLIENT}:37001\n"
                f"ESTAB      0 0    10.77.0.51:2049  {CLIENT}:703\n"
                f"ESTAB      0 0    10.77.0.5:2049   {CLIENT}:704\n")
        self.assertEqual(stock.states(said, ADDRESS), {"ESTAB": 2, "FIN-WAIT-1": 1})
        self.assertEqual(stock.states("", ADDRESS), {})


class Calls(unittest.TestCase):
    calls = [Call(9.5, 100, None), Call(10, 2500, None), Call(13, 100, "EEXIST"),
             Call(14, 20000, "EIO"), Call(34.5, 100, "EIO")]

    def test_pause(self):
        self.assertEqual(caller.pause(self.calls, 11, 13), 2500)
        self.assertEqual(caller.pause(self.calls, 13, 14), 100)
        self.assertEqual(caller.pause(self.calls, 12.6, 33), 20000)

    def test_what_has_no_answer_counts(self):
        self.assertEqual(caller.pause(self.calls[:2], 10, 72.5), 60000)
        self.assertEqual(caller.pause([], 10, 12), 2000)

    def test_failures(self):
        self.assertEqual(caller.failures(self.calls, 0, 99), {"EIO": 2})
        self.assertEqual(caller.failures(self.calls, 0, 34), {"EIO": 1})
        self.assertEqual(caller.failures(self.calls, 15, 34), {})


class Wire(unittest.TestCase):
    def setUp(self):
        self.packets = []

    def say(self, at, port, flags, size=0, address=ADDRESS, seq=5, sport=700):
        packet = pcap.Packet(at, port, "", "tcp", seq=seq, ack=seq, flags=flags, size=size)
        client, server = (CLIENT, sport), (address, 2049)
        (packet.src, packet.sport), (packet.dst, packet.dport) = \
            (client, server) if port == "client" else (server, client)
        self.packets.append(packet)

    def test_story(self):
        self.say(99, "client", pcap.ACK, 100)
        for at in (100, 100.5, 102):
            self.say(at, "client", pcap.ACK, 100)
            self.say(at + 0.125, "head1", pcap.ACK)
            self.say(at + 0.25, "client", pcap.ACK, 10, address="10.77.0.51")
        self.say(103, "head1", pcap.ACK, seq=0)
        self.say(104, "client", pcap.RST | pcap.ACK)
        self.say(105, "client", pcap.SYN)
        self.say(105.5, "head1", pcap.SYN | pcap.ACK)
        self.say(106, "client", pcap.ACK | pcap.FIN, 8)
        self.assertEqual([" ".join(l.split()) for l in
                          caller.story(self.packets, ADDRESS, CLIENT, since=99.5)],
                         ["0.500 … 2.625 client data ×3, head1 ACK ×3", "3.500 head1 tickle",
                          "4.500 client RST", "5.500 client SYN", "6.000 head1 SYN-ACK",
                          "6.500 client FIN"])
        self.assertEqual(caller.story(self.packets, "10.77.0.99", CLIENT), [])
        self.assertEqual(len(caller.story(self.packets, ADDRESS, CLIENT, until=103)), 1)

    def test_times_count_from_the_first_packet(self):
        self.say(50, "client", pcap.SYN)
        self.say(52, "client", pcap.SYN)
        self.assertEqual([l.split()[0] for l in caller.story(self.packets, ADDRESS, CLIENT)],
                         ["0.000", "2.000"])

    def test_sent(self):
        self.say(1, "client", pcap.ACK, 100)
        self.say(1, "head1", pcap.ACK, 1000)
        self.say(1, "client", pcap.ACK, 10, address="10.77.0.51")
        self.say(2, "client", pcap.ACK, 50)
        self.packets[-1].src = "10.77.0.21"
        self.say(2, "client", pcap.ACK, 50)
        self.assertEqual(caller.sent(self.packets, CLIENT), {ADDRESS: 150, "10.77.0.51": 10})


class Table(unittest.TestCase):
    def test_values(self):
        self.assertEqual([" ".join(l.split()) for l in experiment.table({
            "a_pause_ms": 1234, "b_ms": None, "lost": True, "kept": {"ESTAB": 2}, "none_kept": {},
            "ratio": 1.05, "fenced": [], "told": ["x", "y"]})],
            ["a pause 1.23 s", "b -", "lost yes", "kept ESTAB 2", "none kept none", "ratio 1.05",
             "fenced none", "told:", "x", "y"])


if __name__ == "__main__":
    unittest.main()
