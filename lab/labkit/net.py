# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab's network: a namespace of its own with two bridges; nothing outside is touched."""

import contextlib
import os
import subprocess
from pathlib import Path

from .config import LabError, MGMT4_PREFIX, MGMT_HOST, NETS, RUN
from .proc import end, kill, recall, remember, run, start_time

PCAP = RUN / "pcap.json"


def token_bucket(mbit):
    """Settings for tc-tbf(8): the bucket holds what is sent between two ticks of a kernel with 100 ticks
    a second, and is never smaller than a large frame; frames wait 100 ms before they are dropped."""
    return ["rate", f"{mbit}mbit", "burst", str(max(32768, mbit * 1250)), "latency", "100ms"]


class Net:
    """One network namespace, by its name."""

    def __init__(self, name):
        self.name = name
        self.path = Path("/run/netns") / name

    def exists(self):
        return self.path.exists()

    def inside(self, argv):
        """argv that runs argv in the namespace; nsenter only execs, so the pid stays the same."""
        return ["nsenter", f"--net={self.path}", "--", *map(str, argv)]

    def batch(self, lines):
        run(["ip", "-n", self.name, "-batch", "-"], what="ip", input="\n".join(lines) + "\n")

    def create(self, specs):
        """Create namespace, bridges, and one tap for each guest and bridge."""
        run(["ip", "netns", "add", self.name], what="network namespace")
        lines = ["link set lo up"]
        for net in NETS:
            # Snooping needs a querier to pass multicast; IPv6 neighbour discovery needs multicast.
            lines += [f"link add {net} type bridge stp_state 0 forward_delay 0 "
                      "mcast_snooping 0", f"link set {net} addrgenmode none",
                      f"link set {net} up"]
        lines.append(f"address add {MGMT_HOST}/{MGMT4_PREFIX} dev mgmt")
        for spec in specs:
            for net, tap in spec.tap.items():
                lines += [f"tuntap add {tap} mode tap vnet_hdr",
                          f"link set {tap} addrgenmode none master {net} up"]
        self.batch(lines)

    @contextlib.contextmanager
    def slow(self, port, mbit):
        """with net.slow(port, 30): the guest behind a bridge's port is sent at most that many Mbit/s;
        what it sends is not held up. 0 = no limit."""
        qdisc = ["tc", "-n", self.name, "qdisc"]
        if mbit:
            run([*qdisc, "replace", "dev", port, "root", "tbf", *token_bucket(mbit)])
        try:
            yield
        finally:
            if mbit:
                run([*qdisc, "delete", "dev", port, "root"])

    @contextlib.contextmanager
    def apart(self, source, target):
        """with net.apart("head1.lan", "storage.lan"): the bridge passes nothing on from the one port to the other. The
        other way is another apart()."""
        table = f"{source}_{target}"
        self.filter(f"table bridge {table} {{ chain forward {{\ntype filter hook forward priority 0\n"
                    f'iifname "{source}" oifname "{target}" drop\n}}\n}}\n')
        try:
            yield
        finally:
            self.filter(f"delete table bridge {table}")

    def filter(self, rules):
        """Carry out rules for nft(8)."""
        run(self.inside(["nft", "-f", "-"]), what="nft", input=rules)

    def destroy(self):
        """Remove the namespace, after everything of the lab that still runs in it."""
        if not self.exists():
            return
        for pid in self.pids():
            started = start_time(pid)
            if started is not None and self._ours(pid):
                kill(pid, started)
        run(["ip", "netns", "delete", self.name], what="network namespace")

    def pids(self):
        return [int(p) for p in run(["ip", "netns", "pids", self.name]).split()]

    @staticmethod
    def _ours(pid):
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            names = {w.rpartition(b"/")[2] for w in words[:2]}  # for a script it is the second
            return Path(os.readlink(f"/proc/{pid}/cwd")) == RUN and not names.isdisjoint(
                (b"qemu-system-x86_64", b"ssh", b"ssh:", b"tcpdump", b"powerd"))
        except OSError:
            return False

    def tcpdump(self, port, file, words=()):
        """A tcpdump on a bridge or one of its ports; on return it is capturing."""
        # Without immediate mode the last packets would be lost at the end.
        argv = self.inside(["tcpdump", "-i", port, "--immediate-mode", "-U", "-n",
                            "-Z", "root", "-w", file, *words])
        child = subprocess.Popen(argv, cwd=RUN, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                 start_new_session=True, text=True)
        last = ""
        for line in child.stderr:
            if "listening on" in line:
                return child
            last = line.strip()
        child.wait()
        raise LabError(f"pcap: {last or 'tcpdump ended'}")

    def pcap_start(self, file, words=()):
        """Start tcpdump on the lan bridge: promiscuous, so it sees what the bridge forwards."""
        if recall(PCAP):
            raise LabError("pcap: already running (lab pcap stop)")
        remember(PCAP, self.tcpdump("lan", file, words).pid, file=str(file))

    @staticmethod
    def pcap_stop():
        """End the capture and return its file."""
        record = recall(PCAP)
        if not record:
            PCAP.unlink(missing_ok=True)
            raise LabError("pcap: not running")
        end(PCAP, gently=5)
        return Path(record["file"])
