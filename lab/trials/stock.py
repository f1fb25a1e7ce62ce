# SPDX-License-Identifier: GPL-2.0-or-later
"""Stock agents in the lab, and their moves: one NFS server per head, and a group of Debian's own agents
for each export, under Pacemaker; with `agent`, ocf:baton:sever is in each group. baton itself serves
nothing here."""

import contextlib
import re
from dataclasses import dataclass, field
from xml.sax.saxutils import quoteattr

from labkit.config import LabError, RUN
from labkit.pace import stretch
from labkit.wait import wait_for
from .service import HEADS, Service

ROOT = "/srv/nfs"
CLIENTS = "10.77.0.0/24"
LEASE_S = GRACE_S = 10
# Only NFSv4: nothing needs rpcbind or statd. 4.0, which nfs-utils 3.1 leaves off, is what reuses a port.
NFS_CONF = """# written by the lab
[nfsd]
vers3=n
vers4.0=y
threads=8
lease-time={lease}
grace-time={grace}
"""
NFS_CONF_FILE = "/etc/nfs.conf.d/lab.conf"
# Masked in the lab's guests, since baton starts its own server. It is started with its head, not by
# Pacemaker, which takes a unit for failed if its dependencies start slowly, as they do under TCG.
DAEMON = "nfs-server.service"
UNITS = (DAEMON, "nfs-mountd.service", "nfs-idmapd.service", "nfsdcld.service")
# The clone of what both heads have for all groups.
SERVER = "nfs"
FSIDS = {"vmstore": 11, "homes": 12}
# What each head has for itself.
LOCAL = f"{ROOT}/local"
IMAGE = "/root/local.img"

# (operation, interval, timeout) by agent, as its meta-data advises; stretched by the pace.
OPERATIONS = {
    "Filesystem": (("start", 0, 60), ("stop", 0, 60), ("monitor", 20, 40)),
    "exportfs": (("start", 0, 40), ("stop", 0, 120), ("monitor", 10, 20)),
    "IPaddr2": (("start", 0, 20), ("stop", 0, 20), ("monitor", 10, 20)),
    "sever": (("start", 0, 30), ("stop", 0, 60), ("monitor", 10, 20)),
}


def primitive(name, agent, **params):
    """The XML of a resource."""
    standard, _, rest = agent.partition(":")
    provider, _, kind = rest.rpartition(":")
    owner = f' provider="{provider}"' if provider else ""
    given = "".join(f'<nvpair id="{name}-{k}" name="{k}" value={quoteattr(str(v))}/>'
                    for k, v in params.items())
    ops = "".join(f'<op id="{name}-{op}" name="{op}" interval="{stretch(i):.0f}s" '
                  f'timeout="{stretch(t):.0f}s"/>' for op, i, t in OPERATIONS[kind])
    return (f'<primitive id="{name}" class="{standard}"{owner} type="{kind}">'
            f'<instance_attributes id="{name}-params">{given}</instance_attributes>'
            f'<operations>{ops}</operations></primitive>')


def server():
    """On both heads, beside the server: the pseudo-root, as the guests' own root cannot be exported."""
    members = (
        primitive("nfs-tmpfs", "ocf:heartbeat:Filesystem", device="none", directory=ROOT,
                  fstype="tmpfs"),
        primitive("nfs-root", "ocf:heartbeat:exportfs", clientspec=CLIENTS, directory=ROOT,
                  fsid=0, options="ro,no_subtree_check"))
    return (f'<clone id="{SERVER}"><meta_attributes id="{SERVER}-meta">'
            f'<nvpair id="{SERVER}-interleave" name="interleave" value="true"/>'
            f'</meta_attributes><group id="{SERVER}-one">{"".join(members)}</group></clone>')


@dataclass
class Group:
    """An export, mounted like a baton service and in the place of one."""
    place: Service
    agent: bool = False
    wait: bool = True

    @property
    def name(self):
        return self.place.name

    @property
    def directory(self):
        return f"{ROOT}/{self.name}"

    @property
    def members(self):
        """Its resources, in the order of their start."""
        kinds = ("fs", "export", "ip", "sever") if self.agent else ("fs", "export", "ip")
        return [f"{self.name}-{k}" for k in kinds]

    def xml(self):
        params = {
            "fs": ("ocf:heartbeat:Filesystem", {
                "device": self.place.device, "directory": self.directory, "fstype": "xfs"}),
            "export": ("ocf:heartbeat:exportfs", {
                "clientspec": CLIENTS, "directory": self.directory, "fsid": FSIDS[self.name],
                "options": "rw,no_root_squash,no_subtree_check",
                "wait_for_leasetime_on_stop":
                    "true" if self.wait and not self.agent else "false"}),
            "ip": ("ocf:heartbeat:IPaddr2", {
                "ip": self.place.address, "nic": "lan0", "cidr_netmask": 24}),
            "sever": ("ocf:baton:sever", {
                "address": self.place.address, "state": f"{self.directory}/.baton-sever"})}
        members = (primitive(m, params[m.rpartition("-")[2]][0], **params[m.rpartition("-")[2]][1])
                   for m in self.members)
        return f'<group id="{self.name}">{"".join(members)}</group>'

    def constraints(self, home):
        return (f'<rsc_order id="{self.name}-after-{SERVER}" first="{SERVER}" then="{self.name}"/>',
                f'<rsc_location id="{self.name}-prefers" rsc="{self.name}" node="{home}" '
                'score="100"/>')


# --- what Pacemaker did ----------------------------------------------------------------------

OPERATION = re.compile(r"(\d+\.\d+) .*(Requesting local execution|Result) of (\w+) operation "
                       r"for (\S+) on (\w+)(?:: (.*?)(?: \(.*)?)?$")


class Operation:
    """Start or stop of a resource on a head: seconds of that head's clock, and the result."""

    def __init__(self, action, resource, head, begun):
        self.action, self.resource, self.head, self.begun = action, resource, head, begun
        self.ended = self.result = None

    @property
    def ms(self):
        return None if self.ended is None else round(1000 * (self.ended - self.begun))


def operations(journal):
    """The operations that a head's Pacemaker reports, from `journalctl -o short-unix`."""
    found = []
    for line in journal.splitlines():
        match = OPERATION.match(line)
        if not match:
            continue
        at, what, action, resource, head, result = match.groups()
        if what != "Result":
            found.append(Operation(action, resource, head, float(at)))
            continue
        for op in reversed(found):
            if (op.action, op.resource) == (action, resource):
                op.ended, op.result = float(at), result
                break
    return found


def whole(ops, action, members):
    """How long a group's stop or start took, from the beginning of its first member to the end of its last:
    ms, None if it did not end well."""
    found = {op.resource: op for op in ops if op.action == action and op.resource in members}
    # Pacemaker 2 says ok, 3 says OK.
    if set(found) != set(members) or any((op.result or "").lower() != "ok" for op in found.values()):
        return None
    return round(1000 * (max(op.ended for op in found.values()) -
                         min(op.begun for op in found.values())))


def fencings(log):
    """Which heads the power controller switched off, from its log."""
    words = [l.split() for l in log.splitlines()]
    return [w[1] for w in words if w[:1] in (["off"], ["reboot"]) and "ok" in w]


# --- a move ----------------------------------------------------------------------------------

@dataclass
class Move:
    """A planned move, and what was seen of it; times by the client's clock."""
    source: str
    target: str
    since: float
    until: float = 0
    fenced: list = field(default_factory=list)
    stop_ms: int = None
    start_ms: int = None
    each_ms: dict = field(default_factory=dict)  # {"stop RESOURCE" or "start RESOURCE": ms}
    sockets: dict = field(default_factory=dict)  # {state: number} left on the source


class StockAgents:
    """with StockAgents(cluster) as stock: a server on both heads, and groups, all on head1. wait: their
    stop waits for the lease's end; with the agent there is nothing to wait for."""

    def __init__(self, cluster, names=("vmstore",), agent=False, lease=LEASE_S, wait=True):
        self.cluster, self.lab, self.lease = cluster, cluster.lab, lease
        self.groups = [Group(Service(cluster.lab, name), agent, wait) for name in names]

    @property
    def group(self):
        return self.groups[0]

    def __enter__(self):
        try:
            self._put_up()
        except BaseException:
            self._take_down(check=False)
            raise
        return self

    def __exit__(self, kind, *_):
        # After a failure that failure counts, not what could not be cleaned up.
        self._take_down(check=kind is None)

    def _put_up(self):
        for head in HEADS:
            guest = self.lab.guest(head)
            units = {f"/etc/systemd/system/{u}": guest.run(["cat", f"/lib/systemd/system/{u}"]).stdout
                     for u in UNITS}
            guest.run(["rm", "-f", *units])
            guest.install(units | {
                NFS_CONF_FILE: NFS_CONF.format(lease=self.lease, grace=GRACE_S)})
            guest.enable(DAEMON)
        self.cluster.on_all(f"systemctl daemon-reload && systemctl start {DAEMON}", 90)
        self.cluster.create("resources", server())
        for group in self.groups:
            group.place.make_filesystem(HEADS[0])
            self.cluster.create("resources", group.xml())
            for xml in group.constraints(HEADS[0]):
                self.cluster.create("constraints", xml)
        for group in self.groups:
            self.wait_where(group, HEADS[0], timeout=120)
        self.cluster.wait_idle()
        self.cluster.keep()

    def _take_down(self, check=True):
        client = self.lab.guest("client")
        for group in self.groups:
            # A client that is left without an answer may hang in it.
            with contextlib.suppress(LabError):
                client.run(["umount", "-f", "-l", group.place.mountpoint], check=False, timeout=20)
        names = [*(g.name for g in self.groups), SERVER]
        for name in names:
            self.cluster.run(["crm_resource", "-r", name, "--meta", "--set-parameter=target-role",
                              "--parameter-value=Stopped"], check=check)
        if check:
            self.cluster.wait_idle()
        self.cluster.run(["cibadmin", "--delete-all", "--force", "--xpath", "|".join(
            f"//constraints/*[@rsc='{n}' or @then='{n}']|//resources/*[@id='{n}']"
            for n in names)], check=check)
        self.cluster.keep()
        # The agent keeps the address silent until its next start, which will not come.
        silence = [f"baton_{g.place.address.replace('.', '_')}_2049" for g in self.groups if g.agent]
        for head in HEADS:
            guest = self.lab.guest(head)
            files = [f"/etc/systemd/system/{u}" for u in UNITS]
            guest.disable(DAEMON)
            guest.drop(NFS_CONF_FILE, *files)
            if guest.reachable():
                for name in silence:
                    guest.run(["nft", "delete", "table", "inet", name], check=False)
                guest.run(["sh", "-c", 'systemctl stop "$@"; rm -f ' f"{NFS_CONF_FILE}; "
                           f"for f in {' '.join(files)}; do ln -sf /dev/null $f; done; "
                           "systemctl daemon-reload", "sh", *UNITS], check=check, timeout=60)

    def wait_where(self, group, head, **kwargs):
        """Wait until the last of its members to start is there."""
        self.cluster.wait_where(group.members[-1], head, **kwargs)

    def now(self):
        """The client's clock."""
        return float(self.lab.guest("client").run(["date", "+%s.%N"]).stdout)

    def move(self, group, target, timeout=240, meanwhile=lambda: None):
        """Move it as an administrator does, to the end, even if the source is fenced for it. meanwhile()
        is called again and again until then."""
        source = next(h for h in HEADS if h != target)
        clock = {h: float(self.lab.guest(h).run(["date", "+%s.%N"]).stdout) for h in HEADS}
        fenced = fencings((RUN / "power.log").read_text())
        done = Move(source, target, self.now())
        self.lab.guest(target).run(["crm_resource", "--move", "--resource", group.name, "--node",
                                    target])

        def there():
            if self.cluster.where(group.members[-1], at=target) == [target]:
                return True
            meanwhile()
            return False

        wait_for(f"{group.name} on {target}", there, timeout, every=1)
        done.until = self.now()
        done.fenced = fencings((RUN / "power.log").read_text())[len(fenced):]
        self.lab.guest(target).run(["crm_resource", "--clear", "--resource", group.name])
        for head in (source, target):
            if head in done.fenced:
                continue
            ops = [op for op in operations(self._journal(head, clock[head]))
                   if op.resource in group.members and op.action in ("stop", "start")]
            action = "stop" if head == source else "start"
            done.each_ms |= {f"{action} {op.resource}": op.ms for op in ops if op.action == action}
            setattr(done, f"{action}_ms", whole(ops, action, group.members))
        if source not in done.fenced:
            done.sockets = self.sockets(source, group)
        return done

    def _journal(self, head, since):
        return self.lab.guest(head).run(["journalctl", "-b", "-o", "short-unix", "--no-pager",
                                         f"--since=@{since:.0f}", "-u", "pacemaker.service"]).stdout

    def sockets(self, head, group):
        """{state: number} of a head's connections to the server by the group's address."""
        return states(self.lab.guest(head).run(["ss", "-Htan"]).stdout, group.place.address)

    def courtesy(self, head):
        """Clients whose lease has expired, but which the server keeps (courtesy clients)."""
        said = self.lab.guest(head).run(["sh", "-c", "cat /proc/fs/nfsd/clients/*/info"],
                                        check=False, timeout=30).stdout
        return len(re.findall(r"^status: courtesy$", said, re.M))

    def warnings(self, head):
        """ocf:baton:sever's warnings on a head: Pacemaker keeps agents' output in a log of its own."""
        said = self.lab.guest(head).run(["grep", "-h", "_output.*-sever_.*WARNING",
                                         "/var/log/pacemaker/pacemaker.log"], check=False).stdout
        return [l.partition("error output ")[2].strip("[ ]") for l in said.splitlines()]

    def checked(self, head):
        """The findings of `baton check --shared` there."""
        done = self.lab.guest(head).run(["baton", "check", "--shared"], check=False, timeout=60)
        return (done.stdout + done.stderr).splitlines()

    @contextlib.contextmanager
    def hanging(self, head, options):
        """While this lasts, a call of the client's hangs in a thread of the head's server: it came by the
        group's address, but waits for a disk of the head's own, as both heads have one and export it."""
        client, guest, place = self.lab.guest("client"), self.lab.guest(head), self.group.place
        with contextlib.ExitStack() as stack:
            for each in map(self.lab.guest, HEADS):
                each.run(["sh", "-ec", f"truncate -s 32M {IMAGE}; mkfs.ext4 -qF {IMAGE}; "
                          f"mkdir -p {LOCAL}; mount -o loop {IMAGE} {LOCAL}; "
                          f"exportfs -o rw,no_root_squash,fsid=20 {CLIENTS}:{LOCAL}"])
                stack.callback(each.run, ["sh", "-c", f"exportfs -u {CLIENTS}:{LOCAL}; "
                                          f"umount -l {LOCAL}"], check=False)
            client.run(["mkdir", "-p", LOCAL])
            client.run(["mount", "-t", "nfs4", "-o", options, f"{place.address}:/local", LOCAL],
                       timeout=60)
            stack.callback(client.run, ["umount", "-f", "-l", LOCAL], check=False, timeout=30)
            guest.run(["fsfreeze", "--freeze", LOCAL])
            stack.callback(guest.run, ["fsfreeze", "--unfreeze", LOCAL], check=False)
            stack.callback(client.start(["mkdir", f"{LOCAL}/x"]).kill)
            wait_for(f"{head}: a call that hangs", lambda: guest.run(
                ["sh", "-c", "cat /proc/[0-9]*/stack | grep -A2 mnt_want_write | grep nfsd_"],
                check=False).stdout, 30)
            yield

    def back_online(self):
        """Wait until a head that was fenced is a member again."""
        for head in HEADS:
            wait_for(head, lambda h=head: self.lab.guest(h).reachable(), 120)
        self.cluster.wait_online(timeout=120)
        self.cluster.wait_idle()


def states(said, address):
    """{state: number}, from `ss -Htan`."""
    found = {}
    for line in said.splitlines():
        words = line.split()
        host, _, port = words[3].rpartition(":") if len(words) >= 5 else ("", "", "")
        # From another port the server itself calls back an NFSv4.0 client.
        if (host.strip("[]"), port) == (address, "2049") and words[0] != "LISTEN":
            found[words[0]] = found.get(words[0], 0) + 1
    return found
