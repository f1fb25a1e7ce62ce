# SPDX-License-Identifier: GPL-2.0-or-later
"""ocf:baton:sever on two heads, which are namespaces: service1 has the address, service2 gets it.
The NFS server is any listener; what knfsd reports is played by files."""
import os
import socket
import subprocess

import pytest

from conftest import AGENT_SEVER, CLIENT, FLOAT, PORT
from test_net import FIN, RST, frames, from_service, tcp_of

SUCCESS, GENERIC, ARGS, UNIMPLEMENTED, PERM, INSTALLED, CONFIGURED, NOT_RUNNING = range(8)
PREFIX = {socket.AF_INET: 24, socket.AF_INET6: 64}
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
IPV4 = FLOAT[socket.AF_INET]
# A record of one connection.
GOOD = f"baton-connections 1\n{IPV4} {PORT} {CLIENT[socket.AF_INET]} 900\nlocks 0\n"


class Agent:
    """The agent on both heads; `state` is on the shared `disk`."""

    def __init__(self, net, folder):
        self.net, self.folder = net, folder
        self.disk = folder / "disk"
        self.state = self.disk / "state"
        self.nfsd = None
        self.heads = {}  # how to enter it, where not as usual

    def run(self, action, expect=SUCCESS, *, name="service1", address=IPV4, state=None,
            interval=10000, level=None, prefix=(), env=None, **parameters):
        """Run an action with only Pacemaker's environment; returns its stderr."""
        given = {"PATH": "", "OCF_ROOT": "/usr/lib/ocf", "OCF_RESKEY_address": address,
                 "OCF_RESKEY_state": state or self.state, "OCF_CHECK_LEVEL": level,
                 "OCF_RESKEY_CRM_meta_interval": interval, **(env or {}),
                 **{f"OCF_RESKEY_{k}": v for k, v in parameters.items()}}
        argv = [*self.heads.get(name, ["ip", "netns", "exec", self.net.ns(name)]),
                *self.enter(), *prefix, "env", "-i",
                *[f"{k}={v}" for k, v in given.items() if v is not None], AGENT_SEVER, action]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=60,
                              stdin=subprocess.DEVNULL)
        assert done.returncode == expect, done
        if expect not in (SUCCESS, NOT_RUNNING):
            assert done.stderr.splitlines()[-1].startswith("ocf-exit-reason:"), done
        self.stdout = done.stdout
        return done.stderr

    def reason(self, action, expect, **kw):
        return self.run(action, expect, **kw).splitlines()[-1].removeprefix("ocf-exit-reason:")

    def warnings(self, action, **kw):
        said = self.run(action, **kw).splitlines()
        return [line.removeprefix("WARNING: ") for line in said if line.startswith("WARNING: ")]

    def enter(self):
        """With a knfsd to look at, if there is one."""
        if not self.nfsd:
            return []
        script = ("mount -t tmpfs x /proc/fs && mkdir /proc/fs/nfsd && "
                  f"mount --bind {self.nfsd} /proc/fs/nfsd && exec \"$@\"")
        return ["unshare", "-m", "sh", "-c", script, "sh"]

    def record(self, address=IPV4, port=PORT):
        return self.state / f"{address}-{port}"

    def move(self, family, source="service1", target="service2"):
        """Move the address as the group does."""
        address = FLOAT[family]
        self.run("stop", name=source, address=address)
        self.net.netx(source, "addr-del", "svc0", f"{address}/{PREFIX[family]}")
        self.net.netx(source, "down", "svc0")
        self.net.netx(target, "up", "svc0")
        self.net.netx(target, "addr-add", "svc0", f"{address}/{PREFIX[family]}")
        return self.run("start", name=target, address=address)


@pytest.fixture
def agent(net, tmp_path):
    agent = Agent(net, tmp_path)
    agent.disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "x", agent.disk], check=True)
    try:
        agent.state.mkdir(mode=0o700)
        yield agent
    finally:
        subprocess.run(["umount", "-lq", agent.disk], check=False)


def rules(net, name="service1"):
    return net.run(name, "nft", "list", "ruleset").stdout


def ends(seen):
    """(client's port, RST and FIN) of the segments with which the service ended a connection."""
    segments = [tcp_of(f) for f in from_service(frames(seen, 0.3)) if tcp_of(f)]
    return [(port, flags & (RST | FIN)) for _, _, port, flags, _ in segments if flags & (RST | FIN)]


# --- a state directory that is not as it should be -----------------------------------------


def a_link(agent):
    agent.state.rmdir()
    agent.state.symlink_to("/tmp")
    return "Not a directory", True


def unmounted_since(agent):
    """Something has been created there since."""
    subprocess.run(["umount", agent.disk], check=True)
    agent.state.mkdir(mode=0o700)
    return "on this head's root filesystem: is the disk mounted?", True


# --- NFSv4 state --------------------------------------------------------------------------


class Knfsd:
    """What knfsd reports about its clients. Clients that it was told to end have "expire" in their ctl."""

    def __init__(self, agent):
        self.folder = agent.folder / "nfsd"
        (self.folder / "clients").mkdir(parents=True)
        self.unlock = self.folder / "unlock_filesystem"
        self.unlock.write_text("")
        device = os.stat(agent.state).st_dev
        self.here = f"{os.major(device):02x}:{os.minor(device):02x}:7"
        self.names = []
        agent.nfsd = self.folder

    def add(self, name, peer, *held, status="confirmed", where=None):
        """held: "open", "lock" …, with "!" if an administrator has revoked it."""
        folder = self.folder / "clients" / str(len(self.names) + 3)
        folder.mkdir()
        address = f"[{peer[0]}]:{peer[1]}" if ":" in peer[0] else f"{peer[0]}:{peer[1]}"
        (folder / "info").write_text(f'clientid: 0x1\naddress: "{address}"\nstatus: {status}\n'
                                     f'seconds from last renew: 3\nname: "{name}"\n')
        (folder / "states").write_text("".join(
            f'- 0x01: {{ type: {h.rstrip("!")}, superblock: "{where or self.here}", filename: "f", '
            f'owner: "x"{", admin-revoked" if h.endswith("!") else ""} }}\n' for h in held))
        (folder / "ctl").write_text("")
        self.names.append(name)

    def ended(self):
        return [name for n, name in enumerate(self.names)
                if (self.folder / "clients" / str(n + 3) / "ctl").read_text() == "expire\n"]


@pytest.fixture
def knfsd(agent):
    return Knfsd(agent)
