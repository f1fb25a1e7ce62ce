# SPDX-License-Identifier: GPL-2.0-or-later
"""What a client of the stock agents sees: one kind of call again and again (inside/calls.py in its
guest), how long each call took, and what was on the wire meanwhile."""

import json
import threading
from typing import NamedTuple

from labkit.config import LAB, LabError
from labkit.pcap import ACK, FIN, NFS_PORT, RST, SYN
from labkit.wait import wait_for

SCRIPT = LAB / "inside" / "calls.py"
THERE = "/root/calls.py"
# A directory made or removed on one head, and asked for again on the other: the reply was lost.
SPURIOUS = ("EEXIST", "ENOENT")


class Call(NamedTuple):
    """at: when it began, by the client's clock; error: None or a name, such as EIO."""
    at: float
    ms: float
    error: str

    @property
    def end(self):
        return self.at + self.ms / 1000


def pause(calls, since, until):
    """The longest call that was pending between two moments, in ms. A call without an answer by then
    counts until then."""
    longest = max((c.ms for c in calls if c.at < until and c.end > since), default=0)
    last = max((c.end for c in calls), default=since)
    return round(max(longest, 1000 * (until - last) if until > last else 0))


def failures(calls, since, until):
    """{error: number} of the calls that began between two moments, without spurious errors."""
    found = {}
    for c in calls:
        if since <= c.at < until and c.error and c.error not in SPURIOUS:
            found[c.error] = found.get(c.error, 0) + 1
    return found


class Caller:
    """with Caller(place, "names", "x") as caller: …; caller.calls has those that were answered."""

    def __init__(self, place, kind, leaf, client="client"):
        self.guest, self.what = place.lab.guest(client), f"{kind} on {place.name}"
        self.argv = ["python3", "-u", THERE, kind, f"{place.mountpoint}/{leaf}"]
        self.calls, self.process, self.pid, self.thread = [], None, None, None

    def __enter__(self):
        self.guest.push(SCRIPT, THERE)
        # exec: the shell's process id becomes the program's.
        self.process = self.guest.start(["sh", "-c", 'echo $$ >&2; exec "$@"', "sh", *self.argv])
        self.pid = self.process.stderr.readline().strip()
        self.thread = threading.Thread(target=self._take, daemon=True)
        self.thread.start()
        try:
            wait_for(f"{self.what}: a first call",
                     lambda: self.calls or self.process.poll() is not None, 60)
            if not self.calls:
                raise LabError(f"{self.what}: {self.process.stderr.read().strip()}")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.guest.run(["kill", "-KILL", self.pid], check=False)
        self.process.kill()
        self.process.wait(30)
        self.thread.join(30)

    def _take(self):
        for line in self.process.stdout:
            try:
                self.calls.append(Call(**json.loads(line)))
            except (ValueError, TypeError):
                return  # cut short, at its end

    def answered(self, since, seconds, good=False):
        """Wait until a call that ended after `since` was answered (`good`: without an error). False if
        there was none in time."""
        try:
            wait_for(f"{self.what}: no answer", lambda: any(
                c.end > since and not (good and c.error) for c in list(self.calls)), seconds)
        except LabError:
            return False
        return True


# --- on the wire -----------------------------------------------------------------------------

def kind(packet):
    if packet.is_tickle:
        return "tickle"
    for flags, name in ((RST, "RST"), (SYN | ACK, "SYN-ACK"), (SYN, "SYN"), (FIN, "FIN")):
        if packet.flags & flags == flags:
            return name
    return "data" if packet.size > 0 else "ACK"


def story(packets, address, client, since=0.0, until=float("inf")):
    """What a client and the heads sent by an address, as lines: what opens or ends a connection is listed
    one by one, data and acknowledgements between are added up. Times from `since`, or from the first."""
    lines, counts, first, last = [], {}, None, None

    def add_up():
        if counts:
            said = ", ".join(f"{who} {what} ×{n}" for (who, what), n in counts.items())
            lines.append(f"{begun:8.3f} … {last:.3f}  {said}")
            counts.clear()

    begun = 0.0
    for p in packets:
        ends = {(p.src, p.sport), (p.dst, p.dport)}
        if p.kind != "tcp" or (address, NFS_PORT) not in ends or not since <= p.at < until or \
                client not in (p.src, p.dst):
            continue
        first = first if first is not None else since or p.at
        what, at = kind(p), p.at - first
        if what in ("data", "ACK"):
            begun = begun if counts else at
            counts[p.port, what] = counts.get((p.port, what), 0) + 1
        else:
            add_up()
            lines.append(f"{at:8.3f}  {p.port} {what}")
        last = at
    add_up()
    return lines


def sent(packets, client):
    """{address: bytes} that a client sent by each address."""
    found = {}
    for p in packets:
        if p.kind == "tcp" and p.src == client and p.dport == NFS_PORT:
            found[p.dst] = found.get(p.dst, 0) + p.size
    return found
