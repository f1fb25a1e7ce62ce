# SPDX-License-Identifier: GPL-2.0-or-later
"""More NFS clients than the lab has guests: namespaces in the client guest, each a client of its own
to the server, with address, identity and mount (netclients.py there)."""

import ipaddress
import json
import subprocess
from pathlib import Path

from .config import LabError
from .netclients import LINK

SCRIPT = Path(__file__).with_name("netclients.py")
THERE = "/root/netclients.py"
FIRST = "10.77.0.100"
# How long their unmounts may take.
END_S = 60


class Clients:
    """with Clients(service, 3) as clients: three that have it mounted, and do nothing. hold: each
    has a file open."""

    def __init__(self, service, count, hold=False, client="client"):
        self.guest, self.down = service.lab.guest(client), set()
        self.settings = {
            "count": count, "parent": "lan0", "first": FIRST, "bits": 24, "hold": hold,
            "source": f"{service.address}:/{service.name}", "address": service.address,
            "mountpoint": service.mountpoint, "options": "vers=4.1,hard"}
        self.process, self.pids = None, []

    def __enter__(self):
        self.guest.push(SCRIPT, THERE)
        self.process = self.guest.start(
            ["python3", THERE, json.dumps(self.settings)], stdin=subprocess.PIPE)
        try:
            said = json.loads(self.process.stdout.readline() or '""')
            if not isinstance(said, list):
                raise LabError(f"{self.guest.name}: clients: {said or 'they ended'}")
            self.pids = said
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        # Without its link a client would unmount in vain.
        for number in sorted(self.down):
            self.revive(number)
        self.process.stdin.close()
        try:
            self.process.wait(END_S)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def address(self, number):
        return str(ipaddress.IPv4Address(FIRST) + number)

    def kill(self, number):
        """For the rest of the world it has died: its link is down, and nothing is said any more."""
        self._link(number, "down")
        self.down.add(number)

    def revive(self, number):
        self._link(number, "up")
        self.down.discard(number)

    def _link(self, number, state):
        self.guest.run(["nsenter", f"--net=/proc/{self.pids[number]}/ns/net",
                        "ip", "link", "set", LINK, state])
