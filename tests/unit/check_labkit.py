# SPDX-License-Identifier: GPL-2.0-or-later
"""What of the lab's programs needs no lab: captures are read byte by byte, figures worked out."""

import ast
import importlib.machinery
import importlib.util
import struct
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

TREE = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TREE / d) for d in ("lab", "tests", "tests/lab")]
sys.dont_write_bytecode = True

from labkit import LabError, busy, net, pace, pcap, wait  # noqa: E402
from trials import agent, cluster, faults, soak  # noqa: E402
import minutes  # noqa: E402
import ran  # noqa: E402
import run  # noqa: E402

CLIENT, SERVICE = bytes.fromhex("525400770014"), bytes.fromhex("06aabbccdd01")
ADDRESS, PORT = "10.77.0.50", 2049
IP = {"10.77.0.20": "0a4d0014", ADDRESS: "0a4d0032"}


def ethernet(mac, kind, data):
    return b"\xff" * 6 + mac + struct.pack(">H", kind) + data


def tcp(src, dst, sport, dport, seq, ack, flags, payload=b"", mac=CLIENT):
    """A frame with 12 bytes of TCP options, as timestamps take them."""
    segment = struct.pack(">HHIIBBHHH", sport, dport, seq % (1 << 32), ack % (1 << 32), 8 << 4,
                          flags, 0, 0, 0) + bytes(12) + payload
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(segment), 0, 0, 64, 6, 0)
    return ethernet(mac, 0x0800, head + bytes.fromhex(IP[src] + IP[dst]) + segment)


def capture(frames, order="<", magic=0xA1B23C4D, link=1):
    data = struct.pack(f"{order}IHHiIII", magic, 2, 4, 0, 0, 65549, link)
    for at, frame in frames:
        parts = 1e9 if magic == 0xA1B23C4D else 1e6
        data += struct.pack(f"{order}IIII", int(at), round(at % 1 * parts), len(frame),
                            len(frame)) + frame
    return data


def record(xid, is_call, length=24):
    return struct.pack(">III", 0x80000000 | length, xid, not is_call) + bytes(length - 8)


class Wire:
    """Packets of one connection; sequence numbers begin just before they wrap."""

    def __init__(self, sport=700, isn=(0xFFFFFFF0, 1000)):
        self.sport, self.isn, self.at, self.packets = sport, isn, 0.0, []

    def client(self, at, flags=pcap.ACK, ack=0, payload=b""):
        return self._add("client", "10.77.0.20", ADDRESS, self.sport, PORT,
                         self.isn[0] + 1 + at, self.isn[1] + 1 + ack, flags, payload)

    def server(self, port, at, flags=pcap.ACK, ack=0, payload=b""):
        return self._add(port, ADDRESS, "10.77.0.20", PORT, self.sport,
                         self.isn[1] + 1 + at, self.isn[0] + 1 + ack, flags, payload)

    def raw(self, port, seq, ack, flags):
        return self._add(port, ADDRESS, "10.77.0.20", PORT, self.sport, seq, ack, flags, b"")

    def _add(self, port, *fields):
        self.at += 1
        self.packets.append(pcap.decode(self.at, port, tcp(*fields)))
        return self

    def connections(self):
        return pcap.connections(self.packets, ADDRESS)

    def handshake(self, head):
        return self.client(-1, pcap.SYN).server(head, -1, pcap.SYN | pcap.ACK)


class Files(unittest.TestCase):
    def test_both_byte_orders_and_resolutions(self):
        for order in "<>":
            for magic in pcap.RESOLUTION:
                found = list(pcap.read(capture([(5.25, b"x" * 60), (6.5, b"y" * 42)], order, magic)))
                self.assertEqual(found, [(5.25, b"x" * 60), (6.5, b"y" * 42)])

    def test_a_last_packet_cut_short(self):
        whole = capture([(1, b"x" * 60), (2, b"y" * 60)])
        for cut in (1, 59, 60, 70):
            self.assertEqual(len(list(pcap.read(whole[:-cut]))), 1)

    def test_what_is_no_capture(self):
        for data in (b"", b"x" * 24, capture([], link=276)):
            with self.assertRaises(LabError):
                list(pcap.read(data))


class Packets(unittest.TestCase):
    def test_arp(self):
        packet = pcap.decode(1, "head1", ethernet(SERVICE, 0x0806, bytes.fromhex(
            "0001080006040002" "06aabbccdd01" "0a4d0032" "ffffffffffff" "0a4d0032")))
        self.assertEqual((packet.kind, packet.op, packet.src, packet.dst, packet.mac),
                         ("arp", 2, ADDRESS, ADDRESS, "06:aa:bb:cc:dd:01"))

    def test_own_questions(self):
        packet = pcap.decode(1, "", pcap.arp_request(ADDRESS))
        self.assertEqual((packet.kind, packet.op, packet.src, packet.dst),
                         ("arp", 1, "10.77.0.254", ADDRESS))
        frame = pcap.neighbour_solicitation("fd77::51")
        packet = pcap.decode(1, "", frame)
        self.assertEqual((packet.kind, packet.op, packet.src, packet.dst),
                         ("icmp", 135, "fd77::254", "ff02::1:ff00:51"))
        # With its checksum in place, pseudo-header and message add up to nothing (RFC 1071).
        total = sum(struct.unpack(">34H", frame[22:54] + frame[18:20] + b"\0:" + frame[54:]))
        self.assertEqual(total % 0xFFFF, 0)
        self.assertEqual(frame[:6].hex(), "3333ff000051")

    def test_tcp(self):
        packet = pcap.decode(1, "client", tcp("10.77.0.20", ADDRESS, 700, PORT, 5, 6, pcap.ACK,
                                              b"abc"))
        self.assertEqual((packet.kind, packet.sport, packet.dport, packet.seq, packet.ack,
                          packet.flags, packet.size, packet.payload),
                         ("tcp", 700, PORT, 5, 6, pcap.ACK, 3, b"abc"))
        self.assertFalse(packet.is_tickle)

    def test_padding_is_no_payload_and_cut_frames_are_known(self):
        frame = tcp("10.77.0.20", ADDRESS, 700, PORT, 0, 0, pcap.ACK)
        packet = pcap.decode(1, "client", frame + bytes(6))
        self.assertEqual((packet.size, packet.payload), (0, b""))
        self.assertTrue(packet.is_tickle)
        packet = pcap.decode(1, "client", tcp("10.77.0.20", ADDRESS, 700, PORT, 1, 1, pcap.ACK,
                                              b"x" * 100)[:-60])
        self.assertEqual((packet.size, len(packet.payload)), (100, 40))
        for length in range(14, 60):
            pcap.decode(1, "client", frame[:length])


class Connections(unittest.TestCase):
    def test_records_are_counted_once_however_they_were_sent(self):
        call, reply = record(7, True), record(7, False)
        wire = Wire().handshake("head1")
        wire.client(0, payload=call[:10]).client(5, payload=call[5:] + record(8, True))
        wire.client(0, payload=call)                     # sent again
        wire.client(-1, payload=b"x")                    # is he still there?
        wire.client(56, payload=record(9, True)[:20])    # and never ended
        wire.server("head1", 0, ack=28, payload=reply)
        connection, = wire.connections()
        self.assertEqual(connection.head, "head1")
        self.assertEqual([(r.at, r.xid, r.is_call) for r in connection.records(False)],
                         [(4.0, 7, True), (4.0, 8, True)])
        self.assertEqual([(r.xid, r.is_call) for r in connection.records(True)], [(7, False)])
        self.assertEqual((connection.sent(True), connection.sent(False)), (28, 76))

    def test_a_hole_is_no_silence(self):
        wire = Wire().handshake("head1").client(5, payload=b"x" * 20)
        with self.assertRaises(LabError):
            wire.connections()[0].records(False)
        wire = Wire().handshake("head1").client(0, payload=b"x" * 20)
        wire.packets[-1].payload = b"x" * 10
        with self.assertRaises(LabError):
            wire.connections()[0].records(False)

    def test_only_what_was_heard_acknowledges(self):
        wire = Wire().handshake("head1").client(0, payload=record(7, True))
        wire.raw("head1", 0, 0, pcap.ACK).raw("head2", 0, 9, pcap.ACK | pcap.RST)
        self.assertEqual(wire.connections()[0].received(True), 0)
        wire.packets[-2:] = []
        wire.server("head1", 0, ack=28, payload=record(7, False))
        # Acknowledged by a call that is held off: the source never heard it.
        wire.client(28, ack=28, payload=record(8, True))
        # What the source asks with, and what the target ends it with, acknowledge nothing.
        wire.raw("head1", 0, 0, pcap.ACK)
        connection, = wire.connections()
        self.assertEqual(connection.received(False), 0)
        wire.client(28, ack=28).raw("head2", 0, 0, pcap.ACK).raw("head2", 99, 0, pcap.RST)
        connection, = wire.connections()
        self.assertEqual(connection.received(False), 28)
        self.assertEqual(connection.received(False, until=8), 0)
        self.assertEqual(connection.received(True), 28)
        self.assertEqual([p.port for p in connection.packets if p.is_tickle], ["head1", "head2"])

    def test_the_same_port_again_is_another_connection(self):
        first = Wire().handshake("head1").client(0, payload=record(7, True))
        second = Wire(isn=(5000, 9000))
        second.at = first.at
        second.client(-1, pcap.SYN).client(-1, pcap.SYN).server("head2", -1, pcap.SYN | pcap.ACK)
        second.server("head2", 0, payload=record(7, False))
        found = pcap.connections(first.packets + second.packets, ADDRESS)
        self.assertEqual([c.head for c in found], ["head1", "head2"])
        self.assertEqual([len(c.records(True)) for c in found], [0, 1])


class Soak(unittest.TestCase):
    def test_summary(self):
        self.assertIsNone(soak.summary([]))
        self.assertEqual(soak.summary([3]), {"median": 3, "p95": 3, "max": 3})
        self.assertEqual(soak.summary(range(100, 0, -1)), {"median": 50, "p95": 95, "max": 100})

    def packets(self, *spoken):
        found = []
        for at, port, size in spoken:
            packet = pcap.Packet(at, port, "", "tcp")
            packet.size = size
            found.append(packet)
        return found

    def test_takeovers(self):
        packets = self.packets((1, "head1", 9), (2, "head2", 0), (2.25, "head2", 0),
                               (2.5, "head2", 9), (3, "head2", 9), (4, "head1", 0),
                               (4.125, "head1", 8))
        self.assertEqual(soak.takeovers(packets), [500, 125])
        self.assertEqual(soak.takeovers(self.packets((1, "head1", 9), (2, "head2", 0))), [None])
        self.assertEqual(soak.takeovers([]), [])

    def report(self, **changes):
        return {"pauses": [{"class": c, "at": at + shift, "ms": ms}
                           for at in (10, 20) for c, shift, ms in (
                               ("write", 0, 1000), ("open", 0.1, 1200), ("namespace", 0, 900))],
                "pauses_omitted": 0, "events": [], "events_omitted": 0, "unfinished": [],
                "lock_kept": True,
                "records": {"acknowledged": 5, "missing": 0, "wrong": 0, "unread": 0, "bad": []},
                "classes": {"namespace": {"ok": 7}}, "duration_s": 30.4} | changes

    def judge(self, **changes):
        moves = [soak.Move("head1", "head2", 9, 19, 950),
                 soak.Move("head2", "head1", 19, 29, 970, "struck 3 idle clients")]
        packets = self.packets((8, "head1", 9), (10.5, "head2", 0), (10.75, "head2", 9),
                               (20.5, "head1", 0), (20.625, "head1", 9))
        return soak.judge(moves, self.report(**changes), packets)

    def test_clean(self):
        result = self.judge()
        self.assertTrue(soak.clean(result), result)
        self.assertEqual(result["pause_ms"]["write"], {"median": 1000, "p95": 1000, "max": 1000})
        self.assertEqual(result["pause_ms"]["names"]["max"], 900)
        self.assertEqual((result["open_minus_write_ms"], result["moves"]), (200, 2))
        self.assertEqual(result["reconnect_ms"]["max"], 250)

    def test_who_waits_long_is_told(self):
        pauses = [p | {"ms": 1600} if p["class"] == "open" and p["at"] > 20 else p
                  for p in self.report()["pauses"]]
        result = self.judge(pauses=pauses)
        self.assertEqual(result["long_opens"], [{"move": 2, "write_ms": 1000, "open_ms": 1600,
                                                 "note": "struck 3 idle clients"}])
        self.assertTrue(soak.clean(result), result)

    def test_each_fault_counts(self):
        event = {"class": "write", "at": 11, "errno": "EIO"}
        for changes, name in (
                ({"events": [event]}, "lost_locks"), ({"events": [event]}, "io_errors"),
                ({"events": [event | {"class": "namespace", "spurious": True}]},
                 "spurious_errors"),
                ({"lock_kept": False}, "lost_locks"), ({"unfinished": [{}]}, "unfinished"),
                ({"events_omitted": 1}, "io_errors"), ({"pauses_omitted": 1}, "pauses_omitted"),
                ({"records": {"acknowledged": 5, "missing": 0, "wrong": 1, "unread": 0,
                              "bad": [{"seq": 1, "at": 11}]}}, "lost_writes")):
            result = self.judge(**changes)
            self.assertEqual((result[name], soak.clean(result)), (1, False), changes)

    def test_each_move_is_told(self):
        read = {"class": "read", "at": 20.5, "ms": 1500}
        twice = {"class": "namespace", "errno": "EEXIST", "spurious": True}
        report = self.report()
        result = self.judge(
            depth=8, pauses=[*report["pauses"], read],
            classes=report["classes"] | {"read": {"mb_per_s": 3.5}},
            events=[twice | {"at": 10}, twice | {"at": 19.5}, twice | {"at": 28}],
            records=report["records"] | {"missing": 1, "bad": [{"seq": 1, "at": 28.5}]})
        first, second = result["each"]
        self.assertEqual((first["from"], first["to"], first["spurious_errors"],
                          first["lost_writes"]), ("head1", "head2", 1, 0))
        self.assertEqual((second["move"], second["spurious_errors"], second["lost_writes"]),
                         (2, 2, 1))
        self.assertEqual(first["pause_ms"], {"write": 1000, "open": 1200, "names": 900, "read": 0})
        self.assertEqual((second["pause_ms"]["read"], result["read_mb_per_s"]), (1500, 3.5))
        self.assertEqual(result["pause_ms"]["read"]["max"], 1500)

    def test_what_the_ledger_says_of_a_move(self):
        move = soak.Move("head1", "head2", 9)
        move.see({"steps": [
            {"step": "settle", "head": "head1", "unsettled": 2, "note": "x"},
            {"step": "nfsdcld", "head": "head1", "note": "struck 3 idle clients"},
            {"step": "nfsdcld", "head": "head2"}]})
        self.assertEqual((move.unacknowledged, move.struck), (2, "struck 3 idle clients"))
        move.see({"steps": [{"step": "settle", "head": "head1"}]})
        self.assertEqual((move.unacknowledged, move.struck), (0, ""))

    def test_load(self):
        self.assertEqual((soak.Load().is_hard(), soak.Load().options(), soak.Load().pause_ms()),
                         (False, ["--workers", "1"], soak.PAUSE_MS))
        hard = soak.Load(30, 2, 16)
        self.assertEqual(hard.options(), ["--workers", "16", "--read", "--depth", "16",
                                          "--read-size", "32", "--patience", "300"])
        self.assertTrue(hard.is_hard() and soak.Load(link=5).is_hard())
        self.assertGreater(hard.pause_ms(), soak.PAUSE_MS)
        self.assertEqual(net.token_bucket(30), ["rate", "30mbit", "burst", "37500", "latency", "100ms"])

    def test_nothing_done_is_told(self):
        result = soak.judge([], self.report(pauses=[]), [])
        self.assertEqual((result["moves"], result["pause_ms"]["open"]), (0, None))


class Agent(unittest.TestCase):
    def test_a_move_as_pacemaker_does_it(self):
        said = []

        class Guest:
            def run(self, argv, **_):
                said.append(argv)

                class Done:
                    returncode, stderr = 0, "INFO: x: moved to head2 in 2100 ms, of which " \
                        "clients waited 1042\n"
                return Done

        class Fake:
            name = "vmstore"
            lab = type("", (), {"guest": lambda self, name: Guest()})()

        self.assertEqual(agent.migrate(Fake(), "head1", "head2", lambda: said.append("stopped")),
                         1042)
        self.assertEqual([s if s == "stopped" else s[-1] for s in said],
                         ["migrate_to", "stopped", "migrate_from"])
        self.assertLessEqual({"OCF_RESKEY_CRM_meta_migrate_target=head2",
                              f"OCF_RESKEY_CRM_meta_timeout={agent.TIMEOUTS['migrate_to']}",
                              "OCF_RESKEY_CRM_meta_name=migrate_to"}, set(said[0]))


class Pace(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        patch = mock.patch.object(pace, "FILE", Path(self.folder.name) / "pace.json")
        patch.start()
        self.addCleanup(patch.stop)

    def guest(self, name, *took):
        class Process:
            returncode = 0

            def communicate(self, timeout):
                return "".join(f"{ms}\n" for ms in took), ""

        return type("", (), {"name": name, "start": lambda self, argv: Process()})()

    def test_the_slowest_counts_and_a_disturbance_does_not(self):
        quick = round(1000 * pace.REFERENCE_S)
        guests = [self.guest("a", quick, 9 * quick, quick), self.guest("b", 2 * quick, 2 * quick, 0)]
        self.assertEqual(pace.measure(guests), 2)
        self.assertEqual(pace.kept(), {"pace": 2, "work_ms": {"a": quick, "b": 2 * quick}})
        self.assertEqual((pace.stretch(10), pace.stretch(None)), (20, None))

    def test_a_fast_machine_is_not_hurried_and_an_unknown_one_given_time(self):
        self.assertEqual(pace.stretch(10), 10 * pace.UNKNOWN)
        pace.measure([self.guest("a", *[round(100 * pace.REFERENCE_S)] * 3)])
        self.assertEqual((pace.kept()["pace"], pace.stretch(10)), (0.1, 10))
        pace.forget()
        self.assertIsNone(pace.kept())
        pace.FILE.write_text("{")
        self.assertIsNone(pace.kept())


class Waiting(unittest.TestCase):
    def test_who_interrupts_is_told_the_innermost(self):
        with self.assertRaises(KeyboardInterrupt) as seen:
            with wait.waiting("outer"), wait.waiting(lambda: "inner"):
                raise KeyboardInterrupt
        self.assertEqual(wait.waited_for(seen.exception), "inner")
        self.assertIsNone(wait.waited_for(KeyboardInterrupt()))

    def test_time_outs_are_stretched_and_named(self):
        with mock.patch.object(wait, "stretch", lambda s: s and s / 100):
            with self.assertRaisesRegex(LabError, "not within 0 s: rain"):
                wait.wait_for("rain", lambda: False, 1, every=0)
            process = wait.Process("sleeper", ["sleep", "60"])
            with self.assertRaisesRegex(LabError, "sleeper: no end after 0 s"):
                process.communicate(timeout=1)
            with self.assertRaisesRegex(LabError, "sleeper: no end after 0 s"):
                process.wait(1)
            process.kill()
            process.wait()


class Busy(unittest.TestCase):
    def stat(self, pid, name, ticks):
        return f"{pid} ({name}) S 1 1 1 0 -1 0 0 0 0 0 {ticks} {ticks} 0 0 20 0 1 0 5 1 1"

    def test_two_looks(self):
        half = busy.TICKS // 4  # user and system
        text = "\n".join(["6.40 3.1 1.2 3/140 533", "100.00 50.00", self.stat(7, "nfsd", 50),
                          self.stat(8, "nfsd", 50), self.stat(9, "a) (b", 1),
                          self.stat(11, "kworker/0:1-xfs", 500), "102.00 50.00", self.stat(7, "nfsd", 50 + half),
                          self.stat(8, "nfsd", 50 + half), self.stat(9, "a) (b", 1),
                          self.stat(11, "kworker/0:1-events", 500),
                          self.stat(10, "kworker/0:1-xfs", half)])
        load, shares = busy.parse_look(text)
        self.assertEqual((load, shares), ("6.40", {"nfsd": 0.5, "a) (b": 0, "kworker": 0.25}))
        self.assertEqual(busy.phrase(load, shares), "load 6.40: nfsd 50 %, kworker 25 %")

    def test_what_was_cut_short(self):
        for text in ("", "6.40 3.1 1.2 3/140 533", "6.4 1 1 1/1 1\n100.0 50.0\n"):
            with self.assertRaises(ValueError):
                busy.parse_look(text)

    def test_a_meter_tells_how_often_nothing_was_left(self):
        meter = busy.Meter(None)
        meter.samples = [(1, {"a": 0.2, "b": 0.99}), (2, {"a": 0.4, "b": 0.1}), (9, {"a": 1})]
        self.assertEqual((meter.full(0, 5), meter.full(9, 10), meter.full(20, 30)), (0.5, 1, 0))
        meter.lab = type("", (), {"guests": {"a": 1, "b": 1}})
        self.assertEqual(meter.mean(0, 5), {"a": 0.3, "b": 0.55})
        self.assertEqual(meter.mean(20, 30), {})


class KnownState(unittest.TestCase):
    def test_what_a_cluster_has_beside_its_fencing(self):
        bare = cluster.first_cib(cluster.HEADS)
        noted = bare.replace("</cluster_property_set>", '<nvpair id="cib-bootstrap-options-dc-version" '
                             'name="dc-version" value="2"/></cluster_property_set>')
        self.assertEqual(cluster.settings(noted), cluster.settings(bare))
        off = bare.replace("<nodes/>", '<nodes><node id="1"><nvpair id="nodes-1-standby" name="standby" '
                           'value="off"/></node></nodes>')
        self.assertEqual(cluster.settings(off), cluster.settings(bare))
        for change in (("<resources>", '<resources><primitive id="vmstore"/>'),
                       ("<constraints>", '<constraints><rsc_location id="cli-prefer-x"/>'),
                       ("<nodes/>", '<nodes><node id="1"><nvpair id="nodes-1-standby" name="standby" value="on"/></node>'
                        '</nodes>'), ('value="1000%"', 'value="7"')):
            self.assertIn(change[0], bare)
            self.assertNotEqual(cluster.settings(bare.replace(*change)), cluster.settings(bare))


class Runner(unittest.TestCase):
    def test_every_long_module_is_there(self):
        there = {p.stem for p in run.HERE.glob("test_*.py")}
        self.assertLessEqual(set(run.LONG), there)
        self.assertTrue(run.on_cluster(run.HERE / "test_move.py"))
        self.assertFalse(run.on_cluster(run.HERE / "test_lab.py"))

    def test_what_takes_the_lab_down_comes_last(self):
        every = sorted(run.HERE.glob("test_*.py"))
        self.assertEqual([p.stem for p in every if run.is_last(p)], ["test_down", "test_interrupt"])
        self.assertEqual(run.order(every)[-1].stem, "test_down")

    def test_workers_stay_with_their_kind_and_take_all(self):
        queue = run.Queue(sorted(run.HERE.glob("test_*.py")))
        taken, kind = [], True
        while got := queue.take(kind):
            taken.append(got)
            kind = got[1]
        self.assertEqual([k for _, k in taken], sorted((k for _, k in taken), reverse=True))
        self.assertEqual(len({p for p, _ in taken}), len(list(run.HERE.glob("test_*.py"))))

    def test_as_many_labs_as_the_memory_holds(self):
        for memory, modules, labs in ((500, 9, 1), (5000, 9, 1), (9000, 9, 2), (90000, 9, 2),
                                      (90000, 1, 1)):
            self.assertEqual(run.how_many(memory, modules), labs)

    def test_closing_lines_add_up(self):
        runner = run.Run([], [])
        for out in ("", "x\n3 passed, 2 deselected in 5.1s", "1 failed, 4 passed, 2 errors in 9s", "x"):
            runner.count("move", run.counted(out), run.PASSED)
        self.assertEqual(runner.counts, {"passed": 7, "failed": 3})

    def test_a_module_that_was_interrupted_is_not_noted(self):
        """The matrix would take its few tests for all of them."""
        runner, counts = run.Run([], run.USUAL), {"passed": 3, "failed": 0}
        with mock.patch.object(ran, "note") as note:
            for status in (2, 130, -9):
                runner.count("move", counts, status)
            self.assertFalse(note.called)
            runner.count("move", counts, run.PASSED)
            runner.count("wire", counts, run.FAILED)
        self.assertEqual([c.args[2] for c in note.call_args_list], ["move", "wire"])

    def test_what_has_run_is_noted_for_its_commit_alone(self):
        with tempfile.TemporaryDirectory() as folder, mock.patch.object(ran, "TREE", Path(folder)):
            (Path(folder) / "build").mkdir()
            counts = {"passed": 7, "failed": 1}
            ran.note("trixie", "abc", "move", counts)
            ran.note("trixie", "abc", "agent", counts)
            self.assertEqual(ran.read("trixie", "abc"), {"move": counts, "agent": counts})
            self.assertEqual([ran.read("trixie", "abd"), ran.read("forky", "abc")], [{}, {}])
            ran.note("trixie", "abd", "wire", counts)
            self.assertEqual([ran.read("trixie", "abd"), ran.read("trixie", "abc")], [{"wire": counts}, {}])


def program(name):
    """One of the lab's programs as a module."""
    loader = importlib.machinery.SourceFileLoader(name, str(TREE / "lab" / name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


class Matrix(unittest.TestCase):
    def test_columns_of_other_suites_stay(self):
        """Each may have been tried on another machine, whose build/ is gone."""
        matrix = program("matrix")
        one = {"commit": "abc", "versions": {"kernel": "6.1", "pace": 0.5},
               "demo": {"clean": True, "text": "move 0.99"}, "wire": {"clean": False, "text": "15 of 16"}}
        text = matrix.table({"trixie": one}, {})
        both = matrix.table({"bookworm": one | {"commit": "abd"}}, matrix.columns(text))
        self.assertEqual(matrix.columns(both), {"bookworm": matrix.columns(text)["trixie"] | {"commit": "abd"},
                                                "trixie": matrix.columns(text)["trixie"]})
        self.assertEqual(matrix.columns(both)["trixie"]["wire"], "**15 of 16**")
        self.assertEqual(matrix.table({}, matrix.columns(both)), both)


class Faults(unittest.TestCase):
    def outcome(self, fault=faults.FAULTS[0], **seen):
        found = faults.Outcome(serves="head2", **seen)
        found.judge(fault)
        return found

    def test_what_must_never_be_is_said(self):
        self.assertEqual(self.outcome().wrong, "")
        for seen, said in (({"two_writers": True}, "two writers"), ({"both_s": 0.4}, "two heads at once"),
                           ({"lost_writes": 3}, "3 writes lost"), ({"locks_lost": 1}, "a lock lost"),
                           ({"unfinished": 2}, "2 calls without an answer"),
                           ({"errors": {"EIO": 1}}, "errors at the client")):
            self.assertEqual(self.outcome(**seen).wrong, said)

    def test_a_fault_may_have_errors_of_its_own(self):
        (full,) = [f for f in faults.FAULTS if f.name == "disk full"]
        self.assertEqual(self.outcome(full, errors={"ENOSPC": 9}).wrong, "")
        self.assertEqual(self.outcome(full, errors={"ENOSPC": 9, "EIO": 1}).wrong, "errors at the client")

    def test_nothing_may_come_of_what_is_harmless(self):
        harmless = faults.Fault("x", None, harmless=True)
        self.assertEqual(self.outcome(harmless).wrong, "")
        self.assertEqual(self.outcome(harmless, happens=["head1 is fenced"]).wrong, "something came of it")

    def test_names_are_unique(self):
        names = [f.name for f in faults.FAULTS]
        self.assertEqual(len(set(names)), len(names))

    def test_operations_since(self):
        old, new = {"op": "start", "outcome": "done", "began": 1}, {"op": "lose", "outcome": "done", "began": 2}
        self.assertEqual(faults.operations({"head1": [old], "head2": []}, {"head1": [old, new], "head2": [old]}),
                         ["head1 lose done", "head2 start done"])
        # A head that lost its power has no ledger any more, or begins it anew.
        self.assertEqual(faults.operations({"head1": [old]}, {"head1": []}), [])

    def test_the_table_shows_what_is_wrong(self):
        made = program("faults")
        found = {"kernel": "6.1", "pacemaker": "2.1", "pace": 1, "rows": {
            "power cut": self.outcome(happens=["head1 is fenced"], pause_s=9.34).as_json() | {"commit": "abc"},
            "kernel panic": self.outcome(lost_writes=3).as_json() | {"commit": "abd"}}}
        text = made.table(found)
        self.assertIn("| power cut | head1 is fenced | 9.3 | head2 |", text)
        self.assertIn("**3 writes lost**", text)
        del found["rows"]["kernel panic"]
        self.assertNotIn("wrong", made.table(found))


class Packages(unittest.TestCase):
    """Which of the lab's packages may know which. What runs inside a guest is there alone."""

    MAY = {"labkit": {"labkit"}, "trials": {"labkit", "inside", "trials"}, "inside": set()}

    def imported(self, package):
        """{file: the packages that it imports}"""
        found = {}
        for path in sorted((TREE / "lab" / package).glob("*.py")):
            names = found[path.name] = set()
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    names |= {alias.name.partition(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom):
                    names.add(package if node.level else node.module.partition(".")[0])
        return found

    def test_trials_know_the_machine_and_not_the_other_way_round(self):
        for package, may in self.MAY.items():
            found = self.imported(package)
            self.assertGreater(len(found), 2)
            for name, names in found.items():
                self.assertEqual(names - may - sys.stdlib_module_names, set(), f"{package}/{name}")


class Minutes(unittest.TestCase):
    def test_parts_add_up_and_a_cut_line_does_no_harm(self):
        parts = minutes.read(["unit\t61.0", "lab: a b\t5", "unit\t2.5", "namesp"])
        self.assertEqual(parts, [("unit", 63.5), ("lab: a b", 5)])
        self.assertEqual(minutes.table([*parts, ("none", 0.2)]),
                         ["  unit        1:03", "  lab: a b    0:05"])


if __name__ == "__main__":
    unittest.main()
