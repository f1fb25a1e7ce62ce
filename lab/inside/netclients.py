# SPDX-License-Identifier: GPL-2.0-or-later
"""NFS clients on one machine, each in a network namespace of its own. This file runs in the client guest
(clients.py copies it there). It uses only Python's own library, and starts no process per client, which
would cost 100 ms under TCG.

  netclients.py SETTINGS    count, parent, first and bits (their addresses), source, options,
                            address (the server's), mountpoint, hold (each keeps a file open)

Prints one line, ["PID", …] or the text of the failure; the clients end when stdin does."""

import ctypes
import fcntl
import ipaddress
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import time

CLONE_NEWNS, CLONE_NEWNET = 0x00020000, 0x40000000
MS_REC, MS_PRIVATE, MNT_DETACH, PR_SET_PDEATHSIG = 0x4000, 1 << 18, 2, 1
SIOCSIFFLAGS, SIOCSIFADDR, SIOCSIFNETMASK, IFF_UP = 0x8914, 0x8916, 0x891C, 1
# Tells clients of one host name apart (Documentation/filesystems/nfs/client-identifier.rst).
IDENTIFIER = "/sys/fs/nfs/net/nfs_client/identifier"
LINK = "lan1"
# In a namespace, and from Linux 6.15 on, a client whose own link is down gives up for good.
RELEASE = tuple(int(number) for number in os.uname().release.split("-")[0].split(".")[:2])
HOSTLIKE = ",fatal_neterrors=none" if RELEASE >= (6, 15) else ""
# How long all their unmounts may take together.
END_S = 20

libc = ctypes.CDLL(None, use_errno=True)


def check(rc, what):
    if rc:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


def mount(source, target, kind, options=None):
    check(libc.mount(source.encode(), target.encode(), kind.encode(), 0,
                     options and options.encode()), f"mount {source}")


def configure(link, address, bits):
    """Set an address and bring the link up, by ioctls (netdevice(7))."""
    name = link.encode()
    mask = ipaddress.IPv4Network(f"{address}/{bits}", strict=False).netmask.packed
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        for request, value in ((SIOCSIFADDR, socket.inet_aton(address)), (SIOCSIFNETMASK, mask)):
            fcntl.ioctl(s, request, struct.pack("16sHH4s16x", name, socket.AF_INET, 0, value))
        fcntl.ioctl(s, SIOCSIFFLAGS, struct.pack("16sH22x", name, IFF_UP))


def live(number, settings):
    """Set up one client in namespaces of its own, with its link in there: an identity, a mount."""
    address = str(ipaddress.IPv4Address(settings["first"]) + number)
    configure(LINK, address, settings["bits"])
    check(libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None), "mount --make-rprivate")
    # A copy of another client's mount would keep that client alive.
    with open("/proc/self/mounts", encoding="utf-8") as mounts:
        for line in mounts:
            if line.split()[2] == "nfs4":
                libc.umount2(line.split()[1].encode(), MNT_DETACH)
    mount("sysfs", "/sys", "sysfs")
    with open(IDENTIFIER, "w", encoding="ascii") as file:
        file.write(f"netclient-{number}")
    mount(settings["source"], settings["mountpoint"], "nfs4",
          f"{settings['options']}{HOSTLIKE},addr={settings['address']},clientaddr={address}")
    if settings["hold"]:
        os.open(f"{settings['mountpoint']}/netclient-{number}", os.O_RDWR | os.O_CREAT, 0o600)


def child(number, settings, go, told):
    """A client's whole life; it reports by lines on told."""
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    try:
        check(libc.unshare(CLONE_NEWNET | CLONE_NEWNS), "unshare")
        os.write(told, b"here\n")
        os.read(go, 1)
        live(number, settings)
        os.write(told, b"mounted\n")
    except Exception as why:  # the parent has to be told, whatever it is
        os.write(told, f"client {number}: {why}\n".encode())
    # A client that hangs in the kernel must not keep the others' streams open.
    for fd in (0, 1, 2, told):
        os.close(fd)
    while True:
        signal.pause()


def start(settings):
    """The clients' pids, once all have mounted."""
    pids, lines = [], []
    os.makedirs(settings["mountpoint"], exist_ok=True)
    go, begin = os.pipe()
    for number in range(settings["count"]):
        heard, told = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(begin)
            child(number, settings, go, told)
        os.close(told)
        pids.append(pid)
        lines.append(os.fdopen(heard))
    try:
        expect(lines, "here")
        done = subprocess.run(["ip", "-batch", "-"], check=False, capture_output=True, text=True,
                              input="".join(f"link add link {settings['parent']} name {LINK} netns "
                                            f"{pid} type macvlan mode bridge\n" for pid in pids))
        if done.returncode:
            raise RuntimeError(done.stderr.strip())
        os.close(begin)
        expect(lines, "mounted")
    except BaseException:
        end(pids)
        raise
    return pids


def expect(lines, word):
    for line in lines:
        said = line.readline().strip()
        if said != word:
            raise RuntimeError(said or "a client died")


def end(pids):
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    until = time.monotonic() + END_S
    left = set(pids)
    while left and time.monotonic() < until:
        left -= {pid for pid in left if os.waitpid(pid, os.WNOHANG)[0]}
        time.sleep(0.1)


def main():
    try:
        pids = start(json.loads(sys.argv[1]))
    except (OSError, RuntimeError) as why:
        print(json.dumps(str(why)), flush=True)
        return 1
    print(json.dumps(pids), flush=True)
    sys.stdin.read()
    end(pids)
    return 0


if __name__ == "__main__":
    sys.exit(main())
