# SPDX-License-Identifier: GPL-2.0-or-later
"""The whole lab: up, down, status, payload.

Theory of operation: all state is in build/lab/run (records of processes: pid and start time)
and in one network namespace. A record is written right after its process was started. So whenever
`up` is interrupted, `down` finds everything; it needs nothing else."""

import contextlib
import fcntl
import io
import json
import os
import queue
import re
import tarfile
import threading
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from . import compiled, image, pace, power, qemu, snapshot, suite
from .config import BUILD, GUEST_MIB, LAB, LabError, PAYLOAD_BYTES, RUN, SPECS, lab_name
from .guest import Guest, add_disk
from .net import Net, PCAP
from .proc import Phases, end, recall


# Of the guests that run (image.versions).
VERSIONS = RUN / "versions.json"


@contextlib.contextmanager
def locked(directory, wait):
    directory.mkdir(parents=True, exist_ok=True)
    with open(directory / "lock", "w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            raise LabError(f"{directory}: another lab command is at work here") from None
        yield


class System(NamedTuple):
    """What a guest boots: directory of its image, snapshot if there is one, directory of baton for it."""
    image: Path
    snapshot: Path
    payload: Path


class Lab:
    """with Lab() as lab: … brings the lab up and takes it down; or call up() and down()."""

    def __init__(self, progress=None):
        self.name = lab_name()
        self.net = Net(self.name)
        self.progress = progress
        self.guests = {spec.name: Guest(self, spec) for spec in SPECS}
        self.children = {}
        self.systems, self.accel = {}, None
        self.aborted = False

    def __enter__(self):
        self.up()
        return self

    def __exit__(self, *_):
        self.down()

    def guest(self, name):
        if name not in self.guests:
            raise LabError(f"{name}: no such guest; there are {', '.join(self.guests)}")
        return self.guests[name]

    @contextlib.contextmanager
    def _locked(self, wait=False):
        """Only one command at a time may work on these guests."""
        with locked(RUN, wait):
            yield

    def make_image(self):
        """Make only the images: needs time and packages, but no guest."""
        with locked(BUILD, wait=True):
            for name in suite.each():
                image.ensure(Phases(self.progress), name)

    def build(self):
        """Make the payload for LAB_SUITE, unless that is the machine's own suite (make payload)."""
        with locked(BUILD, wait=True):
            for name in suite.each():
                compiled.ensure(Phases(self.progress), name)

    def prepare(self, progress=None):
        """Make images, accelerator and snapshots, if missing. All labs of a tree share them."""
        phase, made = Phases(progress or self.progress), {}
        with locked(BUILD, wait=True):
            for name in suite.each():
                directory = image.ensure(phase, name)
                self.accel = self.accel or qemu.accelerator(directory)
                made[name] = System(
                    directory, snapshot.ensure(phase, directory, self.accel, self.name)
                    if os.environ.get("LAB_SNAPSHOT", "1") != "0" else None, compiled.payload(name))
        self.systems = {guest: made[name] for guest, name in suite.chosen().items()}

    def up(self, progress=None, fresh=False):
        """Start every guest that is not running; on any failure take all down again."""
        progress = progress or self.progress
        with self._locked():
            if fresh:
                self._down()
            missing = [g for g in self.guests.values() if not g.running()]
            if len(missing) < len(self.guests):
                self.check_suite()
            if not missing:
                self.prepare(progress)
                return
            try:
                if len(missing) == len(self.guests):
                    self._down()  # remains of an earlier lab
                check_memory(len(missing))
                self.prepare(progress)
                RUN.mkdir(parents=True, exist_ok=True)
                VERSIONS.write_text(json.dumps(self._versions()))
                with Phases(progress)(f"guests: {', '.join(g.name for g in missing)} "
                                      f"({self.accel})"):
                    if not self.net.exists():
                        self.net.create(SPECS)
                    power.start(self)
                    self._boot_all(missing, progress)
                if pace.kept() is None:
                    self.measure(progress)
            except BaseException:
                self._down()
                raise

    def _versions(self):
        found = {guest: image.versions(system.image) for guest, system in self.systems.items()}
        return {key: in_short({guest: one[key] for guest, one in found.items()})
                for key in next(iter(found.values()))}

    def check_suite(self):
        """Guests that run already stay what they are."""
        wanted = in_short(suite.chosen())
        runs = self.versions().get("suite", wanted)
        if runs != wanted:
            raise LabError(f"this lab's guests run {runs}; take them down before you start "
                           f"{wanted} (lab down)")

    @staticmethod
    def versions():
        """Suite, kernel, nfs-utils and Pacemaker of the guests that run; {} if none has been started."""
        return json.loads(VERSIONS.read_text()) if VERSIONS.exists() else {}

    def measure(self, progress=None):
        """Measure how fast the machine is now (pace.py)."""
        found = pace.measure([g for g in self.guests.values() if g.reachable()])
        if progress or self.progress:
            (progress or self.progress)(f"pace {found}: what takes the reference machine a second "
                                        f"takes this one {found} s")

    def _boot_all(self, guests, progress):
        """Boot guests in parallel; the heads log in once the storage is ready."""
        self.aborted = False
        ready, done = threading.Event(), queue.SimpleQueue()
        if self.guests["storage"].running():
            ready.set()
        phase = Phases(progress)

        def work(guest):
            try:
                with phase(guest.name):
                    guest.boot(ready)
                if guest.spec.role == "storage":
                    ready.set()
                done.put(None)
            except BaseException as why:  # passed to the waiting thread
                self.aborted = True
                ready.set()
                done.put(why)

        threads = [threading.Thread(target=work, args=(g,), daemon=True) for g in guests]
        for thread in threads:
            thread.start()
        try:
            for _ in threads:
                why = done.get()
                if why is not None:
                    raise why
        except BaseException:
            self.aborted = True
            ready.set()
            while alive := [t for t in threads if t.is_alive()]:
                # Repeatedly: a thread may be about to start its QEMU.
                for guest in guests:
                    guest.abort()
                alive[0].join(0.1)
            raise

    def boot(self, name):
        """Power a guest on again (after cut), with the present payload."""
        guest = self.guest(name)
        with self._locked():
            if guest.running():
                return
            if not self.net.exists():
                raise LabError("the lab is not up (lab up)")
            self.check_suite()
            self.prepare()
            guest.boot()

    def down(self):
        """Leave no process, namespace or socket behind. If another command is bringing something up,
        wait for its end first."""
        with self._locked(wait=True):
            self._down()

    def _down(self):
        end(PCAP, gently=5)
        power.stop()  # before the guests: it may be booting one
        for guest in self.guests.values():
            guest.cut()
            guest.forget()
        pace.forget()
        VERSIONS.unlink(missing_ok=True)
        self.net.destroy()

    def status(self):
        up = self.net.exists()
        record = recall(PCAP)
        return {"lab": self.name, "up": up, "pcap": record["file"] if record else None,
                **self.machine(), "guests": [g.status() for g in self.guests.values()]}

    def machine(self):
        """What every figure is reported with: accelerator, pace and versions, as far as known."""
        return {"accel": self.accel or qemu.known_accelerator(), **(pace.kept() or {"pace": None}),
                **self.versions()}

    def payload_image(self, guest):
        """The payload directory and the guest's own files as a tar on a raw disk. It is renamed into
        place, so that a running guest keeps its old one."""
        path = RUN / f"{guest.name}.payload"
        temp = RUN / f"{guest.name}.payload.{threading.get_native_id()}"
        with open(temp, "wb") as out:
            payload = self.systems[guest.name].payload
            out.write(payload_tar(payload, guest.disk))
            if out.tell() > PAYLOAD_BYTES:
                raise LabError(f"{payload}: more than {PAYLOAD_BYTES >> 20} MiB")
            out.truncate(PAYLOAD_BYTES)
        temp.rename(path)
        return path

    def reload(self, names=None):
        """Copy the present payload into running guests; units are reloaded."""
        self.check_suite()
        for guest in [self.guest(n) for n in names or self.guests]:
            if guest.running():
                data = payload_tar(compiled.payload(suite.chosen()[guest.name]))
                guest.run(["sh", "-c", "tar -x -C / --no-overwrite-dir "
                           "--keep-directory-symlink && systemctl daemon-reload"],
                          input=data, text=False)

    def pcap_start(self, file=None, words=()):
        if not self.net.exists():
            raise LabError("the lab is not up (lab up)")
        path = Path(file).absolute() if file else RUN / "lan.pcap"
        self.net.pcap_start(path, words)
        return path

    def pcap_stop(self):
        return self.net.pcap_stop()


def in_short(values):
    """{guest: value} as text: what most have, then the guests that differ (bookworm, head2 trixie)."""
    usual = Counter(values.values()).most_common(1)[0][0]
    return ", ".join([usual, *(f"{guest} {value}" for guest, value in values.items() if value != usual)])


def check_memory(guests):
    """LabError if the guests need more memory than the machine has: it would kill them, or others."""
    found = re.search(r"^MemAvailable:\s+(\d+) kB", Path("/proc/meminfo").read_text(), re.M)
    free, need = int(found.group(1)) // 1024, guests * GUEST_MIB
    if free < need:
        raise LabError(f"{guests} guests need {need} MiB of free memory, this machine has {free}")


def payload_tar(directory, disk=None):
    """A tar of all below directory (as root's files), of the roles' scripts (so that a change of one
    needs no new image), and of what a guest has on its disk. An absent directory counts as empty."""
    def root_owned(info):
        info.uid = info.gid = 0
        info.uname = info.gname = "root"
        return info

    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        if directory.is_dir():
            for entry in sorted(directory.iterdir()):
                tar.add(entry, arcname=entry.name, filter=root_owned)
        for role in sorted({s.role for s in SPECS}):
            tar.add(LAB / "roles" / role, arcname=f"usr/local/lib/lab/role-{role}",
                    filter=root_owned)
        if disk is not None and disk.is_dir():
            add_disk(tar, disk)
    return out.getvalue()
