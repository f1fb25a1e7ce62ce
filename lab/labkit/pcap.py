# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets on the lab's lan, each with the guest that sent it.

Both heads give a service the same MAC address, so only the bridge port tells them apart. So each
guest's tap is captured separately, and only what comes from the guest."""

import ctypes
import ipaddress
import socket
import struct
import threading
import time
from bisect import bisect_left
from dataclasses import dataclass
from typing import NamedTuple

from .config import LabError, RUN

NFS_PORT = 2049
FIN, SYN, RST, ACK = 0x01, 0x02, 0x04, 0x10
NEIGHBOUR_SOLICITATION, NEIGHBOUR_ADVERTISEMENT = 135, 136
# Magic number, read in the file's own byte order: unit of the time's fraction (pcap-savefile(5)).
RESOLUTION = {0xA1B2C3D4: 1e-6, 0xA1B23C4D: 1e-9}
ETHERNET = 1
CLONE_NEWNET = 0x40000000
# If segmentation is left to the card, a guest's frame is as long as IP allows.
LONGEST = 14 + 65535
# Each captured frame takes as much of the buffer as the longest possible one.
BUFFER_KIB = 64 << 10


def read(data):
    """(time, frame) of each packet in a pcap file's bytes. The last one may be cut short if its writer
    was killed; then it is left out."""
    for order in "<>":
        head = struct.unpack_from(f"{order}IHHiIII", data) if len(data) >= 24 else (0,)
        if head[0] in RESOLUTION:
            break
    else:
        raise LabError("pcap: not a capture")
    if head[6] & 0xFFFF != ETHERNET:
        raise LabError(f"pcap: link type {head[6]}, not Ethernet")
    at = 24
    while at + 16 <= len(data):
        seconds, parts, length, _ = struct.unpack_from(f"{order}IIII", data, at)
        at += 16
        if at + length > len(data):
            return
        yield seconds + parts * RESOLUTION[head[0]], data[at:at + length]
        at += length


@dataclass(slots=True)
class Packet:
    """The interesting fields; addresses are text. size is the payload size by the headers, payload what
    was captured of it."""
    at: float
    port: str
    mac: str
    kind: str = "other"  # or arp, icmp (of both families), tcp
    src: str = ""
    dst: str = ""
    op: int = 0  # ARP operation, ICMP type
    sport: int = 0
    dport: int = 0
    seq: int = 0
    ack: int = 0
    flags: int = 0
    size: int = 0
    payload: bytes = b""

    @property
    def is_tickle(self):
        """A bare ACK or a SYN-ACK with zero numbers: it acknowledges and accepts nothing."""
        return self.kind == "tcp" and self.flags in (ACK, SYN | ACK) and \
            not (self.seq or self.ack or self.size)


def decode(at, port, frame):
    """The Packet of an Ethernet frame; if cut short or unknown, its kind is "other"."""
    packet = Packet(at, port, frame[6:12].hex(":"))
    try:
        _decode_network(packet, struct.unpack_from(">H", frame, 12)[0], frame[14:])
    except struct.error:
        packet.kind = "other"
    return packet


def _decode_network(packet, kind, data):
    if kind == 0x0806:
        op, _, sender, _, target = struct.unpack_from(">6xH6s4s6s4s", data)
        packet.kind, packet.op = "arp", op
        packet.src, packet.dst = socket.inet_ntoa(sender), socket.inet_ntoa(target)
    elif kind == 0x0800:
        first, length, protocol, src, dst = struct.unpack_from(">BxH5xB2x4s4s", data)
        packet.src, packet.dst = socket.inet_ntoa(src), socket.inet_ntoa(dst)
        header = 4 * (first & 15)
        _decode_transport(packet, protocol, data[header:], length - header)
    elif kind == 0x86DD:
        length, following, src, dst = struct.unpack_from(">4xHBx16s16s", data)
        packet.src = socket.inet_ntop(socket.AF_INET6, src)
        packet.dst = socket.inet_ntop(socket.AF_INET6, dst)
        _decode_transport(packet, following, data[40:], length)


def _decode_transport(packet, protocol, data, length):
    if protocol in (socket.IPPROTO_ICMP, socket.IPPROTO_ICMPV6):
        packet.kind, packet.op = "icmp", data[0] if data else 0
    elif protocol == socket.IPPROTO_TCP:
        (packet.sport, packet.dport, packet.seq, packet.ack, offset,
         packet.flags) = struct.unpack_from(">HHIIBB", data)
        packet.kind = "tcp"
        header = 4 * (offset >> 4)
        packet.size = length - header
        # A short frame is padded.
        packet.payload = data[header:length]


class Record(NamedTuple):
    """An RPC message, and when its last byte was first sent (RFC 5531 section 9)."""
    at: float
    xid: int
    is_call: bool


class Connection:
    """One TCP connection to the service, from the client's SYN on."""

    def __init__(self, syn):
        self.client, self.syn, self.answer = (syn.src, syn.sport), syn, None
        self.packets = [syn]

    @property
    def head(self):
        """The head that accepted it; None if none did."""
        return self.answer.port if self.answer else None

    def side(self, is_server):
        return [p for p in self.packets if ((p.src, p.sport) != self.client) == is_server]

    def offset(self, is_server, seq):
        """The position of a sequence number in a side's stream; negative before its beginning."""
        begin = (self.answer if is_server else self.syn).seq + 1
        return (seq - begin + (1 << 31)) % (1 << 32) - (1 << 31)

    def records(self, is_server):
        """The RPC messages that a side sent; retransmissions count once."""
        stream, ends, times = bytearray(), [], []
        for p in self.side(is_server):
            known = len(stream) - self.offset(is_server, p.seq) if p.payload else 0
            if known < 0 or (p.payload and len(p.payload) < p.size):
                raise LabError(f"pcap: bytes of {p.src} are missing in the capture")
            if p.payload and known < p.size:
                stream += p.payload[known:]
                ends.append(len(stream))
                times.append(p.at)
        found, at = [], 0
        while at + 12 <= len(stream):
            mark, xid, kind = struct.unpack_from(">III", stream, at)
            at += 4 + (mark & 0x7FFFFFFF)
            if at > len(stream):
                break
            # Linux sends a message as one fragment, both as client and as server.
            found.append(Record(times[bisect_left(ends, at)], xid, kind == 0))
        return found

    def sent(self, is_server):
        """How many bytes a side has sent."""
        return max((self.offset(is_server, p.seq) + p.size for p in self.side(is_server)
                    if p.size > 0), default=0)

    def received(self, is_server, until=float("inf")):
        """How many of its peer's bytes a side has acknowledged, counting only segments that were let in:
        calls that are held off do not count, whatever they acknowledge."""
        heard = float("inf") if is_server else self.received(True)
        return max((self.offset(not is_server, p.ack) for p in self.side(is_server)
                    if p.flags & (ACK | RST) == ACK and not p.is_tickle and p.at < until and
                    (not p.size or self.offset(is_server, p.seq) + p.size <= heard)), default=0)


def connections(packets, address):
    """The connections to a service whose beginning was captured, in that order. What a head sends to a
    connection that it does not know (tickle, RST) is added to the client's last one."""
    found, current = [], {}
    for p in packets:
        if p.kind != "tcp":
            continue
        if (p.dst, p.dport) == (address, NFS_PORT):
            key = (p.src, p.sport)
            if p.flags & (SYN | ACK) == SYN and (key not in current or
                                                 current[key].syn.seq != p.seq):
                current[key] = Connection(p)
                found.append(current[key])
                continue
        elif (p.src, p.sport) == (address, NFS_PORT):
            key = (p.dst, p.dport)
            if key in current and p.flags & (SYN | ACK) == SYN | ACK and not p.is_tickle:
                current[key].answer = p
        else:
            continue
        if key in current:
            current[key].packets.append(p)
    return found


class Capture:
    """with Capture(lab, guests, words) as capture: …; then capture.packets(). words: a tcpdump filter;
    length: how many bytes of a frame are kept."""

    def __init__(self, lab, guests, words=(), length=LONGEST):
        self.lab, self.guests, self.words, self.length = lab, guests, list(words), length
        self.running, self.said = [], []

    def __enter__(self):
        try:
            for name in self.guests:
                port = self.lab.guest(name).spec.tap["lan"]
                file = RUN / f"{port}.pcap"
                self.running.append((name, file, self.lab.net.tcpdump(
                    port, file, ["-Q", "in", "-B", str(BUFFER_KIB), "-s", self.length, *self.words])))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for _, _, child in self.running:
            child.terminate()
        self.said = [child.communicate(timeout=30)[1] for _, _, child in self.running]

    def packets(self):
        """All packets in the order in which the guests sent them: one kernel took all the times."""
        for said in self.said:
            if "\n0 packets dropped by kernel" not in said:
                raise LabError(f"pcap: {said.strip().splitlines()[-1]}")
        found = [decode(at, name, frame) for name, file, _ in self.running
                 for at, frame in read(file.read_bytes())]
        return sorted(found, key=lambda p: p.at)


# --- a machine that asks for the address ----------------------------------------------------

ASKER_MAC = bytes.fromhex("5254007700fe")
ASKER = {4: "10.77.0.254", 6: "fd77::254"}


def arp_request(address):
    return b"\xff" * 6 + ASKER_MAC + bytes.fromhex("08060001080006040001") + ASKER_MAC + \
        socket.inet_aton(ASKER[4]) + bytes(6) + socket.inet_aton(address)


def neighbour_solicitation(address):
    """RFC 4861 section 4.3, sent to the solicited-node group, with our link-layer address."""
    target = ipaddress.IPv6Address(address).packed
    source = ipaddress.IPv6Address(ASKER[6]).packed
    group = ipaddress.IPv6Address("ff02::1:ff00:0").packed[:13] + target[13:]
    body = struct.pack(">BBHI", NEIGHBOUR_SOLICITATION, 0, 0, 0) + target + b"\1\1" + ASKER_MAC
    total = sum(struct.unpack(f">{(len(body) + 36) // 2}H", source + group +
                              struct.pack(">HH", len(body), socket.IPPROTO_ICMPV6) + body))
    total = (total & 0xFFFF) + (total >> 16)
    body = body[:2] + struct.pack(">H", ~(total + (total >> 16)) & 0xFFFF) + body[4:]
    return b"\x33\x33" + group[12:] + ASKER_MAC + b"\x86\xdd" + struct.pack(
        ">IHBB", 6 << 28, len(body), socket.IPPROTO_ICMPV6, 255) + source + group + body


def open_inside(net, *arguments):
    """A socket in the lab's network namespace; a thread of its own enters it to create the socket."""
    made = []

    def make():
        try:
            with open(net.path, "rb") as namespace:
                if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), CLONE_NEWNET):
                    raise OSError(ctypes.get_errno(), "setns")
            made.append(socket.socket(*arguments))
        except OSError as why:
            made.append(LabError(f"{net.name}: {why.strerror}"))

    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    if isinstance(made[0], LabError):
        raise made[0]
    return made[0]


class Asker:
    """with Asker(lab, address) as asker: a machine on the lan that asks without end who has the
    address; asker.times: when it asked."""

    def __init__(self, lab, address, every=0.05):
        self.frame = (neighbour_solicitation if ":" in address else arp_request)(address)
        self.every, self.times, self.over = every, [], threading.Event()
        self.socket = open_inside(lab.net, socket.AF_PACKET, socket.SOCK_RAW)
        self.thread = threading.Thread(target=self._ask, daemon=True)

    def __enter__(self):
        self.socket.bind(("lan", 0))
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()
        self.socket.close()

    def _ask(self):
        while not self.over.wait(self.every):
            self.times.append(time.time())
            self.socket.send(self.frame)
