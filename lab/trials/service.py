# SPDX-License-Identifier: GPL-2.0-or-later
"""A baton service in the lab: its file, its keepers, its client, the probe on it."""

import json
import signal
import threading

from labkit.config import LabError
from labkit.pace import stretch
from labkit.wait import side_by_side, wait_for, waiting

CONF = """# written by the lab
[service]
device  = {device}
fstype  = xfs
address = {address}/24@lan0
export  = / 10.77.0.0/24(rw,no_root_squash)
lease   = 10
grace   = 20
threads = 8
"""
LUNS = {"vmstore": "/dev/disk/by-id/wwn-0x6001405ba70000100000000000000000",
        "homes": "/dev/disk/by-id/wwn-0x6001405ba70000200000000000000000"}
ADDRESSES = {"vmstore": "10.77.0.50", "homes": "10.77.0.51"}
HEADS = ("head1", "head2")
# A write, an open and a change of names take an emulated head 70 to 100 ms of its processor on the
# reference machine, and the client as long: this leaves half of both free, beside a second probe that
# asks half as often.
ASKS_MS = 200


class Service:
    """One service; every method runs real commands in the guests."""

    def __init__(self, lab, name="vmstore"):
        self.lab, self.name = lab, name
        self.device, self.address = LUNS[name], ADDRESSES[name]
        self.mountpoint = f"/mnt/{name}"
        self.unit = f"baton@{name}.service"
        # Prefix that runs a command in the service's namespaces.
        self.inside = ["nsenter", f"--net=/run/netns/baton-{name}",
                       f"--mount=/run/baton/{name}/ns/mnt"]

    def conf(self, **changes):
        """The text of the service file; changes replace or add keys, None removes one."""
        lines = CONF.format(device=self.device, address=self.address).splitlines()
        for key, value in changes.items():
            lines = [l for l in lines if l.split("=")[0].strip() != key]
            if value is not None:
                lines.append(f"{key} = {value}")
        return "\n".join(lines) + "\n"

    def configure(self, head, text=None):
        """Put the service file on a head, also for its next boots."""
        self.lab.guest(head).install({f"/etc/baton/{self.name}.conf": text or self.conf()})

    def configured(self, head):
        """The text of the service file on a head."""
        return self.lab.guest(head).run(["cat", f"/etc/baton/{self.name}.conf"]).stdout

    def make_filesystem(self, head="head1"):
        # As mkfs.xfs does by itself on disks with 4 KiB sectors: see doc/facts.md, XFS.
        self.lab.guest(head).run(["mkfs.xfs", "-q", "-f", "-K", "-l", "su=4096",
                                  self.device], timeout=120)

    def keep(self, head):
        """Start the keeper; returns when its standby is complete."""
        self.lab.guest(head).run(["systemctl", "start", self.unit], timeout=120)

    def keeper_pid(self, head):
        """The pid of the keeper that systemd has started; "0" = there is none."""
        return self.lab.guest(head).run(["systemctl", "show", "-P", "MainPID",
                                         self.unit]).stdout.strip()

    def shut_down(self, head, timeout=120):
        """Shut a head down in order and wait until it is off; returns its journal from then on, one string
        each. Its unit logs out of iSCSI, as on a real head; in the image it is masked, as the role logs in."""
        guest = self.lab.guest(head)
        guest.run(["sh", "-ec", "rm -f /etc/systemd/system/open-iscsi.service; systemctl daemon-reload; "
                   "systemctl start open-iscsi"], timeout=60)
        journal = guest.start(["journalctl", "-q", "-f", "-n", "1", "-o", "short-monotonic",
                               "--no-hostname"])
        # The last line so far: what comes after it is heard.
        journal.stdout.readline()
        guest.run(["systemctl", "poweroff"])
        wait_for(f"{head}: its end", lambda: not guest.running(), timeout)
        # Also ends what is left of the connection, and so the journal.
        guest.cut()
        return journal.rest(30).splitlines()

    def mount_log(self, head):
        """What the kernel said of the disk since the last time that it was mounted on a head."""
        said = self.lab.guest(head).run(["dmesg"]).stdout.splitlines()
        begins = [n for n, line in enumerate(said) if "Mounting V5 Filesystem" in line]
        return "\n".join(said[begins[-1]:])

    def baton(self, head, *words, check=True, timeout=120):
        if words[0] in ("move", "giveback", "evacuate", "return") and "--timeout" not in words:
            # The command's default of 120 s is for the reference machine.
            words = (*words, "--timeout", f"{stretch(timeout):.0f}")
            timeout *= 2
        return self.lab.guest(head).run(["baton", *words], check=check, timeout=timeout)

    def start(self, head, **kwargs):
        return self.baton(head, "start", self.name, **kwargs)

    def stop(self, head, **kwargs):
        return self.baton(head, "stop", self.name, **kwargs)

    def rows(self, head):
        """What a head says of itself and of the other heads, in this order."""
        done = self.baton(head, "status", self.name, "--json", check=False)
        # 1: without a keeper, the command itself could not look; the row says why.
        told = json.loads(done.stdout or "[]")
        if done.returncode and not (done.returncode == 1 and told and "error" in told[0]):
            raise LabError(f"{head}: baton status: status {done.returncode}: {done.stderr.strip()}")
        return told

    def status(self, head):
        """What a head says of itself. Its keeper gives a look 1.5 s, which may be too short where the
        processor is emulated: then it says that it does not know, and is asked again."""
        told = {}

        def known():
            told.clear()
            told.update(self.rows(head)[0])
            return told["state"] != "unknown"

        wait_for(lambda: f"{head}: {self.name}: {told.get('error')}", known)
        return told

    def ledger(self, head, operation):
        """The newest record of an operation ("start", "stop") on a head."""
        records = json.loads(self.baton(head, "log", self.name, "--json", "--last",
                                        "10").stdout)
        found = [r for r in records if r["op"] == operation]
        if not found:
            raise LabError(f"{head}: its ledger has no {operation} of {self.name}")
        return found[-1]

    def note(self, head, operation, step):
        """The note of a step in the newest record of an operation, or None."""
        return next(s for s in self.ledger(head, operation)["steps"]
                    if s["step"] == step).get("note")

    def mount(self, client="client", options="vers=4.1,hard", address=None):
        guest = self.lab.guest(client)
        guest.run(["mkdir", "-p", self.mountpoint])
        address = address or self.address
        guest.run(["mount", "-t", "nfs4", "-o", options,
                   f"{f'[{address}]' if ':' in address else address}:/{self.name}",
                   self.mountpoint], timeout=60)

    def unmount(self, client="client"):
        self.lab.guest(client).run(["umount", self.mountpoint], timeout=60)

    def prepare(self, heads=HEADS, text=None):
        """A fresh filesystem, the file (with conf()'s text or another) and a keeper on each head."""
        self.make_filesystem(heads[0])

        def stand_by(head):
            self.configure(head, text)
            self.keep(head)

        side_by_side(stand_by, heads)

    def meet(self, heads=HEADS):
        """Wait until each keeper knows the others and that their files are equal: then it can move."""
        def met(head):
            rows = self.rows(head)
            digests = {r.get("digest") for r in rows}
            return len(rows) == len(heads) and len(digests) == 1 and all(digests)

        for head in heads:
            wait_for(f"{head}: {self.name}'s keepers to meet", lambda h=head: met(h))

    def retire(self, heads=HEADS):
        """Stop it, and leave nothing of the standby."""
        side_by_side(lambda head: self.baton(head, "stop", "--standby", self.name), heads)

    def mac(self, head):
        """The MAC address of its first link, which is the same on every head."""
        return self.lab.guest(head).run(["ip", "netns", "exec", f"baton-{self.name}", "cat",
                                         "/sys/class/net/nfs0/address"]).stdout.strip()

    def sockets(self, head):
        """Its sockets on a head in any state: lines of ss, from its own namespace and from the head's."""
        inside, outside = self.lab.guest(head).run(
            ["sh", "-c", 'ip netns exec "$1" ss -Htan && echo -- && ss -Htan', "sh",
             f"baton-{self.name}"]).stdout.split("--\n")
        return inside.splitlines() + [l for l in outside.splitlines() if self.address in l]


def line_with(journal, *words):
    """The number of the first line that has all of these words."""
    found = [n for n, line in enumerate(journal) if all(w in line for w in words)]
    if not found:
        raise LabError(f"no line with {words} in\n" + "\n".join(journal))
    return found[0]


def asks_ms():
    """How often a probe asks: not so often that it measures its own load on the guests."""
    return round(stretch(ASKS_MS))


class Probe:
    """`baton probe` on a client, from start() to its report."""

    def __init__(self, service, client="client", interval_ms=None, pause_ms=None, size_mib=None,
                 more=()):
        self.guest = service.lab.guest(client)
        self.argv = ["baton", "probe", service.mountpoint, "--duration", "0", "--json",
                     "--interval", str(interval_ms or asks_ms()),
                     *(["--pause", str(pause_ms)] if pause_ms else []),
                     *(["--size", str(size_mib)] if size_mib else []), *more]
        self.process = None
        self.pid = None

    def start(self, timeout=60):
        """Returns when every class has made its first call."""
        # exec: the shell's process id becomes the probe's.
        self.process = self.guest.start(["sh", "-c", 'echo $$ >&2; exec "$@"', "sh",
                                         *self.argv])
        line = self.pid = self.process.stderr.readline().strip()
        # Its end also ends the reading.
        watchdog = threading.Timer(stretch(timeout), self.process.kill)
        watchdog.start()
        try:
            with waiting(f"{self.guest.name}: the probe's first calls"):
                for line in self.process.stderr:
                    if line.startswith("probe: running"):
                        return self
        finally:
            watchdog.cancel()
        raise LabError(f"baton probe did not get going: {line.strip() or 'it ended'}")

    def now(self):
        """The client's clock, which the report uses."""
        return float(self.guest.run(["date", "+%s.%N"]).stdout)

    def finish(self, timeout=180):
        """End it; returns its report."""
        self.guest.run(["kill", f"-{signal.SIGINT.value}", self.pid])
        out, err = self.process.communicate(timeout=timeout)
        if not out.strip():
            raise LabError(f"baton probe left no report: {err.strip()}")
        report = json.loads(out)
        report["status"] = self.process.returncode
        return report


CLASSES = ("write", "open", "namespace")


def pauses(report, kind, since, until):
    """The pauses of a class that overlap a period. The call may have begun before: it waits for an
    answer that never comes."""
    return [p for p in report["pauses"] if p["class"] == kind and
            p["at"] < until and p["at"] + p["ms"] / 1000 > since]


def longest(report, kind, since, until):
    """The longest pause of a class between two moments, in ms."""
    return max((p["ms"] for p in pauses(report, kind, since, until)), default=0)


def errors(report, since, until):
    """(I/O errors, spurious errors) between two moments."""
    events = [e for e in report["events"] if since <= e["at"] < until]
    spurious = sum(1 for e in events if e.get("spurious"))
    return len(events) - spurious, spurious
