# SPDX-License-Identifier: GPL-2.0-or-later
"""More NFS clients than the lab has guests: namespaces in the client guest, each a client of its own to
the server, with address, identity and mount. NamespacedClient is one that does as it is told; Clients are
many that only sit there (inside/netclients.py in the guest), which costs far less for each."""

import ipaddress
import json
import subprocess

from inside.netclients import LINK
from labkit.config import LAB, LabError

SCRIPT = LAB / "inside" / "netclients.py"
THERE = "/root/netclients.py"
FIRST = "10.77.0.100"
# How long their unmounts may take.
END_S = 60

HOLDER = """
import fcntl, os, sys
fd = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
print("held")
sys.stdin.readline()
os.write(fd, b"x")
os.fsync(fd)
print("written")
"""


class Clients:
    """with Clients(service, 3) as clients: three that have it mounted and do nothing. hold: each keeps a
    file open."""

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
        # Without its link a client could not unmount.
        for number in sorted(self.down):
            self.revive(number)
        self.process.stdin.close()
        try:
            self.process.wait(END_S)
        except LabError:
            self.process.kill()

    def address(self, number):
        return str(ipaddress.IPv4Address(FIRST) + number)

    def kill(self, number):
        """To everybody else this client has died: its link is down, and it says nothing any more."""
        self._link(number, "down")
        self.down.add(number)

    def revive(self, number):
        self._link(number, "up")
        self.down.discard(number)

    def _link(self, number, state):
        self.guest.run(["nsenter", f"--net=/proc/{self.pids[number]}/ns/net",
                        "ip", "link", "set", LINK, state])


class NamespacedClient:
    """with NamespacedClient(service, 1, "idle") as client: mounted, and gone afterwards."""

    def __init__(self, service, number, name):
        self.service, self.guest = service, service.lab.guest("client")
        self.name, self.address = f"{name}{number}", f"10.77.0.{150 + number}"
        self.mountpoint = f"/mnt/{self.name}"
        self.inside = ["nsenter", f"--net=/run/netns/{self.name}"]

    def __enter__(self):
        # nsenter, because `ip netns exec` would keep the mount to itself.
        self.guest.run(["sh", "-ec", f"""
            ip netns add {self.name}
            ip link add eth0 netns {self.name} link lan0 type macvlan mode bridge
            ip -n {self.name} addr add {self.address}/24 dev eth0
            ip -n {self.name} link set lo up
            ip -n {self.name} link set eth0 up
            mkdir -p {self.mountpoint}
            options=vers=4.1,hard
            # In a namespace, and from Linux 6.15 on, a client whose own link is down gives up for good.
            [ "$(printf '%s\\n' 6.15 "$(uname -r)" | sort -V | head -n 1)" != 6.15 ] ||
                options=$options,fatal_neterrors=none
            export options
            {" ".join(self.inside)} unshare --uts sh -ec '
                hostname {self.name}
                mount -t nfs4 -o $options {self.service.address}:/{self.service.name} \
                    {self.mountpoint}'
            """], timeout=60)
        return self

    def __exit__(self, *_):
        # Processes that use the mount end first, or it would stay. Without a server the kernel keeps the
        # namespace as long as its client waits; with its link it would go on answering for its address.
        self.guest.run(["sh", "-c", f"""
            ip -n {self.name} link set eth0 up
            fuser -k -m {self.mountpoint}
            umount -f -l {self.mountpoint}
            ip -n {self.name} link del eth0
            ip netns del {self.name}"""], check=False, timeout=60)

    def run(self, *argv, **kwargs):
        return self.guest.run([*self.inside, *argv], **kwargs)

    def path(self, leaf):
        return f"{self.mountpoint}/{leaf}"

    def hold(self, leaf):
        """A process that has a file open and locked. A line on its stdin makes it write to the file, which
        fails if the lock was lost, print "written" and end."""
        process = self.guest.start(["python3", "-uc", HOLDER, self.path(leaf)], stdin=-1)
        assert process.stdout.readline() == "held\n"
        return process

    def link(self, up):
        """Cut it off (or connect it again), without a word to the server."""
        self.guest.run(["ip", "-n", self.name, "link", "set", "eth0", "up" if up else "down"])
