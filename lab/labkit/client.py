# SPDX-License-Identifier: GPL-2.0-or-later
"""More NFS clients than guests: each in a network namespace of the client guest, with an address, a
host name and so an identity of its own."""

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


class NamespacedClient:
    """with NamespacedClient(service, 1, "idle") as client: mounted, and gone afterwards."""

    def __init__(self, service, number, name):
        self.service, self.guest = service, service.lab.guest("client")
        self.name, self.address = f"{name}{number}", f"10.77.0.{150 + number}"
        self.mountpoint = f"/mnt/{self.name}"
        self.inside = ["nsenter", f"--net=/run/netns/{self.name}"]

    def __enter__(self):
        # nsenter, as `ip netns exec` would keep the mount to itself.
        self.guest.run(["sh", "-ec", f"""
            ip netns add {self.name}
            ip link add eth0 netns {self.name} link lan0 type macvlan mode bridge
            ip -n {self.name} addr add {self.address}/24 dev eth0
            ip -n {self.name} link set lo up
            ip -n {self.name} link set eth0 up
            mkdir -p {self.mountpoint}
            {" ".join(self.inside)} unshare --uts sh -ec '
                hostname {self.name}
                mount -t nfs4 -o vers=4.1,hard {self.service.address}:/{self.service.name} \
                    {self.mountpoint}'
            """], timeout=60)
        return self

    def __exit__(self, *_):
        # What is open on it ends first, or its mount stays.
        self.guest.run(["sh", "-c", f"""
            ip -n {self.name} link set eth0 up
            fuser -k -m {self.mountpoint}
            umount -f -l {self.mountpoint}
            ip netns del {self.name}"""], check=False, timeout=60)

    def run(self, *argv, **kwargs):
        return self.guest.run([*self.inside, *argv], **kwargs)

    def path(self, leaf):
        return f"{self.mountpoint}/{leaf}"

    def hold(self, leaf):
        """A process that has a file open and locked. Told something on its stdin, it writes to the
        file, which fails if the lock was lost, says "written" and ends."""
        process = self.guest.start(["python3", "-uc", HOLDER, self.path(leaf)], stdin=-1)
        assert process.stdout.readline() == "held\n"
        return process

    def link(self, up):
        """Cut it off, without a word to the server."""
        self.guest.run(["ip", "-n", self.name, "link", "set", "eth0", "up" if up else "down"])
