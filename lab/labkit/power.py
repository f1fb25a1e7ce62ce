# SPDX-License-Identifier: GPL-2.0-or-later
"""The heads' power controller: what an IPMI board is to a server, on the management network.

One line of request, one line of answer, over TCP:
  list                 ok head1 head2
  status HEAD          ok on | ok off
  off HEAD             ok, once its QEMU is gone
  on HEAD              ok, at once; its firmware takes FIRMWARE_S before it boots
  reboot HEAD          off, then on
For anything else, and for failures, the answer is "error WHY".

It is a process of the lab (lab/powerd) and is started and ended with it."""

import json
import socketserver
import subprocess
import sys
import threading
from pathlib import Path

from .config import FIRMWARE_S, LAB, LabError, MGMT_HOST, POWER_PORT, RUN, SPECS
from .pace import stretch
from .proc import end, recall, remember

RECORD = RUN / "power.json"


def start(lab):
    """Start the controller if it is not running; returns when it listens."""
    if recall(RECORD):
        return
    argv = [sys.executable, LAB / "powerd", lab.accel, json.dumps(
        {name: [str(part or "") for part in system] for name, system in lab.systems.items()})]
    with open(RUN / "power.log", "wb") as log:
        child = subprocess.Popen(lab.net.inside(argv), cwd=RUN, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=log, start_new_session=True,
                                 text=True)
    remember(RECORD, child.pid)
    with child.stdout as out:
        if out.readline() != "listening\n":
            raise LabError("power controller: it did not start (see power.log)")


def stop():
    end(RECORD)


def ask(lab, request, timeout=30):
    """Send the controller a request from the host; returns what follows "ok"."""
    code = ("import socket, sys; s = socket.create_connection((sys.argv[1], int(sys.argv[2])));"
            "s.sendall(sys.argv[3].encode() + b'\\n'); print(s.makefile().readline())")
    argv = [sys.executable, "-c", code, MGMT_HOST, POWER_PORT, request]
    answer = subprocess.run(lab.net.inside(argv), capture_output=True, text=True,
                            timeout=stretch(timeout), check=False).stdout.strip()
    word, _, rest = answer.partition(" ")
    if word != "ok":
        raise LabError(f"power controller: {request}: {rest or answer or 'no answer'}")
    return rest


class Outlet:
    """One head's power. Each has a Lab of its own, so `aborted` ends only this head's boot."""

    def __init__(self, lab, name):
        self.lab, self.guest = lab, lab.guest(name)
        self.lock = threading.Lock()
        self.cancelled = threading.Event()
        self.boot = None

    def status(self):
        on = self.guest.running() or (self.boot is not None and self.boot.is_alive())
        return "on" if on else "off"

    def off(self):
        with self.lock:
            self._off()
        return ""

    def on(self):
        with self.lock:
            self._on()
        return ""

    def reboot(self):
        with self.lock:
            self._off()
            self._on()
        return ""

    def _off(self):
        self.cancelled.set()
        self.lab.aborted = True
        while self.boot is not None and self.boot.is_alive():
            # Repeatedly: the guest may be about to start its QEMU.
            self.guest.abort()
            self.boot.join(0.05)
        self.guest.cut()
        if self.guest.running():
            raise LabError(f"{self.guest.name}: its QEMU does not end")

    def _on(self):
        if self.status() == "on":
            return
        self.cancelled.clear()
        self.lab.aborted = False
        self.boot = threading.Thread(target=self._boot, daemon=True)
        self.boot.start()

    def _boot(self):
        if self.cancelled.wait(FIRMWARE_S):
            return
        try:
            self.guest.boot()
        except LabError as why:
            print(why, file=sys.stderr, flush=True)


class Handler(socketserver.StreamRequestHandler):
    timeout = 10

    def handle(self):
        words = self.rfile.readline(200).decode(errors="replace").split()
        try:
            answer = f"ok {self.obey(words)}"
        except LabError as why:
            answer = f"error {why}"
        print(" ".join(words), "->", answer, file=sys.stderr, flush=True)
        self.wfile.write(f"{answer.strip()}\n".encode())

    def obey(self, words):
        outlets = self.server.outlets
        if words == ["list"]:
            return " ".join(outlets)
        if len(words) != 2 or words[0] not in ("on", "off", "reboot", "status"):
            raise LabError("wanted: list, or one of on, off, reboot, status and a head")
        if words[1] not in outlets:
            raise LabError(f"{words[1]}: no head; there are {', '.join(outlets)}")
        return getattr(outlets[words[1]], words[0])()


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


def serve(make_lab, make_system, accel, systems):
    """Run the controller; make_lab() returns a Lab, make_system(image, snapshot, payload) a System."""
    outlets = {}
    for spec in SPECS:
        if spec.role == "head":
            lab = make_lab()
            lab.accel = accel
            lab.systems = {name: make_system(*(Path(part) if part else None for part in parts))
                           for name, parts in json.loads(systems).items()}
            outlets[spec.name] = Outlet(lab, spec.name)
    with Server((MGMT_HOST, POWER_PORT), Handler) as server:
        server.outlets = outlets
        sys.stdout.write("listening\n")
        sys.stdout.close()
        server.serve_forever()
