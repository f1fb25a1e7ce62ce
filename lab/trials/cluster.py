# SPDX-License-Identifier: GPL-2.0-or-later
"""Corosync and Pacemaker on the heads, fencing by the power controller, faults injected into them.

A head's configuration and units outlive its power (Guest.install, Guest.enable), so it comes back into
the cluster by itself. doc/cluster.md explains the figures."""

import os
import xml.etree.ElementTree as ET

from labkit.config import LabError
from labkit.pace import stretch
from labkit.wait import wait_for

HEADS = ("head1", "head2")
COROSYNC = """totem {{
	version: 2
	cluster_name: lab
	transport: knet
	crypto_cipher: aes256
	crypto_hash: sha256
	token: {token}
	consensus: {consensus}
	seqno_unchanged_const: 3
}}
nodelist {{
{nodes}}}
quorum {{
	provider: corosync_votequorum
	two_node: 1
}}
logging {{
	to_syslog: yes
}}
"""
NODE = """	node {{
		name: {name}
		nodeid: {number}
		ring0_addr: {address}
	}}
"""
# A look costs the head 0.3 s of its only CPU.
LOOK_S = 1
UNITS = ("corosync.service", "pacemaker.service")
# Corosync's own, as doc/cluster.md advises for heads that are virtual machines: if they share two
# processors with others, they are late by a second now and then.
TIMES = {"token": 3000, "consensus": 3600}

# The initial configuration. No head fences itself, so that no fencing device has to move when a head
# is gone. The stickiness is above the preference of 100, so that a move is not undone.
CIB = """<cib admin_epoch="0" epoch="1" num_updates="0" validate-with="pacemaker-3.9">
  <configuration>
    <crm_config><cluster_property_set id="cib-bootstrap-options">{properties}
    </cluster_property_set></crm_config>
    <nodes/>
    <resources>{devices}
    </resources>
    <constraints>{places}
    </constraints>
    <rsc_defaults><meta_attributes id="rsc-options">
      <nvpair id="rsc-options-stickiness" name="resource-stickiness" value="1000"/>
    </meta_attributes></rsc_defaults>
  </configuration>
  <status/>
</cib>
"""
CIB_FILE = "/var/lib/pacemaker/cib/cib.xml"
CONF_FILE = "/etc/corosync/corosync.conf"
PROPERTIES = {"cluster-name": "lab", "stonith-enabled": "true", "stonith-timeout": "{timeout}s",
              "dc-deadtime": "2s", "load-threshold": "1000%", "node-action-limit": "8"}
TIMEOUT_S = 30
PROPERTY = """
      <nvpair id="cib-bootstrap-options-{name}" name="{name}" value="{value}"/>"""
# If both heads fence each other, head1 is fenced later and so wins. Under TCG their reactions are up to
# 3 s apart, on the reference machine.
DELAY_S = 4
DEVICE = """
      <primitive id="fence-{head}" class="stonith" type="fence_lab">
        <instance_attributes id="fence-{head}-params">
          <nvpair id="fence-{head}-host" name="pcmk_host_list" value="{head}"/>
          <nvpair id="fence-{head}-delay" name="pcmk_delay_base" value="{delay}"/>
        </instance_attributes>
        <operations>
          <op id="fence-{head}-monitor" name="monitor" interval="60s" timeout="{timeout}s"/>
        </operations>
      </primitive>"""
PLACE = """
      <rsc_location id="fence-{head}-place" rsc="fence-{head}" node="{head}" score="-INFINITY"/>"""

# As advised by the meta-data of ocf:baton:service.
OPERATIONS = (("start", "0s", "600s"), ("stop", "0s", "600s"), ("monitor", "10s", "60s"),
              ("migrate_to", "0s", "900s"), ("migrate_from", "0s", "60s"))
# As README advises: when failures are forgotten, and (level, interval, timeout) of the thorough monitors, which cost an
# emulated head much.
FORGETS = "120s"
LEVELS = ((10, "30s", "180s"), (20, "60s", "180s"))
LEVEL = """<op id="{name}-monitor-{level}" name="monitor" interval="{interval}" timeout="{timeout}">
  <instance_attributes id="{name}-level-{level}">
    <nvpair id="{name}-check-{level}" name="OCF_CHECK_LEVEL" value="{level}"/>
  </instance_attributes></op>"""

# Drops only corosync's own packets: ssh and fencing go on.
PARTITION = """table inet partition {
	chain input { type filter hook input priority -200; udp dport 5405 drop; }
	chain output { type filter hook output priority -200; udp dport 5405 drop; }
}
"""


def operations():
    """OPERATIONS, with the timeouts that this machine needs."""
    return [(op, interval, f"{stretch(int(timeout.rstrip('s'))):.0f}s")
            for op, interval, timeout in OPERATIONS]


def first_cib(heads):
    """The configuration without services: fencing, and what applies to everything."""
    timeout, delay = round(stretch(TIMEOUT_S)), f"head1:{stretch(DELAY_S):.0f}s"
    return CIB.format(
        properties="".join(PROPERTY.format(name=n, value=v.format(timeout=timeout))
                           for n, v in PROPERTIES.items()),
        devices="".join(DEVICE.format(head=h, delay=delay, timeout=timeout) for h in heads),
        places="".join(PLACE.format(head=h) for h in heads))


def settings(text):
    """{id: value} of a configuration's resources, constraints and attributes, without what Pacemaker
    itself records there and what was switched off again."""
    own = ("cib-bootstrap-options-have-watchdog", "cib-bootstrap-options-dc-version",
           "cib-bootstrap-options-cluster-infrastructure", "cib-bootstrap-options-last-lrm-refresh")
    off = (("standby", "off"), ("maintenance-mode", "false"))
    return {e.get("id"): e.get("value") for kind in ("primitive", "rsc_location", "nvpair")
            for e in ET.fromstring(text).iter(kind)
            if e.get("id") not in own and (e.get("name"), e.get("value")) not in off}


class Cluster:
    """The two heads as one cluster; every method runs real commands in the guests."""

    def __init__(self, lab, heads=HEADS):
        self.lab, self.heads = lab, heads

    # --- up

    def configure(self, **times):
        """Write corosync's and Pacemaker's files on both heads; times: to override TIMES."""
        nodes = [NODE.format(name=h, number=n, address=self.lab.guest(h).spec.mgmt4)
                 for n, h in enumerate(self.heads, 1)]
        # A token that is late because the machine is slow is not lost.
        totem = {name: round(stretch(ms)) for name, ms in (TIMES | times).items()}
        conf = COROSYNC.format(nodes="".join(nodes), **totem)
        key, cib = os.urandom(256), first_cib(self.heads)
        for guest in map(self.lab.guest, self.heads):
            guest.keep({CONF_FILE: conf})
            guest.keep({"/etc/corosync/authkey": key}, mode=0o400)
            guest.keep({CIB_FILE: cib}, mode=0o600)
            guest.bring([CONF_FILE, "/etc/corosync/authkey", CIB_FILE])

    def start(self, timeout=90, **times):
        """Start from nothing, until both heads are online."""
        self.configure(**times)
        for head in self.heads:
            self.lab.guest(head).enable(*UNITS)
        self.on_all("systemctl daemon-reload && systemctl start pacemaker", timeout)
        self.wait_online(timeout=timeout)

    def stop(self, timeout=90):
        """End the cluster; the resources are stopped with it."""
        self.on_all("systemctl stop pacemaker corosync; rm -rf /var/lib/pacemaker/cib/* "
                    f"{CONF_FILE}", timeout)
        for guest in map(self.lab.guest, self.heads):
            guest.disable(*UNITS)
            # With this file a head belongs to a cluster: nothing starts there without the other one.
            guest.drop(CONF_FILE)

    # --- what it says

    def crm_mon(self, head=None):
        """crm_mon's XML as a tree; None if Pacemaker does not answer on that head."""
        done = self._at(head).run(["crm_mon", "-1", "--output-as=xml", "--inactive"],
                                  check=False, timeout=30)
        return ET.fromstring(done.stdout) if done.returncode == 0 else None

    def states(self, head=None):
        """{node: "online" | "pending" | "standby" | "unclean" | "offline"} as one head sees it."""
        tree = self.crm_mon(head)
        if tree is None:
            return {}
        found = {}
        for node in tree.findall("./nodes/node"):
            on = [k for k in ("unclean", "pending", "standby", "online")
                  if node.get(k) == "true"]
            found[node.get("name")] = on[0] if on else "offline"
        return found

    def wait_online(self, heads=None, timeout=90, at=None):
        """Wait until the heads (all) are online as seen by `at`, and there is a DC."""
        wanted = dict.fromkeys(heads or self.heads, "online")
        wait_for(lambda: f"cluster: {self.states(at)} instead of {wanted}",
                 lambda: wanted.items() <= self.states(at).items(), timeout, every=LOOK_S)

    def wait_idle(self, timeout=120, at=None):
        """Wait until Pacemaker has nothing left to do."""
        self._at(at).run(["crm_resource", "--wait", f"--timeout={stretch(timeout):.0f}"],
                         timeout=timeout + 10)

    def where(self, resource, at=None):
        """The heads on which a resource is active, according to Pacemaker."""
        tree = self.crm_mon(at)
        if tree is None:
            return []
        return sorted(node.get("name")
                      for r in tree.iter("resource")
                      if r.get("id") == resource and r.get("role") == "Started"
                      and not r.get("pending")
                      for node in r.findall("node"))

    def wait_where(self, resource, head, timeout=60, at=None):
        wait_for(lambda: f"cluster: {resource} on {self.where(resource, at)}, not {head}",
                 lambda: self.where(resource, at) == [head], timeout, every=LOOK_S)

    def is_up(self):
        """Does corosync run on a head?"""
        return any(guest.run(["systemctl", "-q", "is-active", "corosync"],
                             check=False).returncode == 0
                   for guest in map(self.lab.guest, self.heads) if guest.reachable())

    def is_bare(self):
        """Is it as start() left it: both heads online, nothing but fencing configured?"""
        online = dict.fromkeys(self.heads, "online")
        if any(self.states(head) != online for head in self.heads):
            return False
        cib = self.run(["cibadmin", "--query", "--scope", "configuration"]).stdout
        return settings(cib) == settings(first_cib(self.heads))

    # --- services

    def add(self, name, agent="ocf:pacemaker:Dummy", prefer=None, params=None, tool="cib"):
        """Add a resource. tool: "cib" writes it straight into the CIB; "pcs" or "crm" (crmsh) do as
        administrators do, which takes ten seconds or more under TCG."""
        getattr(self, f"_add_by_{tool}")(name, agent, prefer, params or {})
        self.keep()

    def add_service(self, service, prefer="head1", tool="cib"):
        """Add a baton service as a resource of the same name; its keepers come with the heads."""
        for guest in map(self.lab.guest, self.heads):
            guest.enable(service.unit)
        self.add(service.name, "ocf:baton:service", prefer, {"service": service.name}, tool)

    def _add_by_cib(self, name, agent, prefer, params):
        standard, provider, kind = agent.split(":")
        given = "".join(f'<nvpair id="{name}-{k}" name="{k}" value="{v}"/>'
                        for k, v in params.items())
        ops = "".join(f'<op id="{name}-{op}" name="{op}" interval="{i}" timeout="{t}"/>'
                      for op, i, t in operations())
        self.create("resources", f"""<primitive id="{name}" class="{standard}"
            provider="{provider}" type="{kind}">
            <instance_attributes id="{name}-params">{given}</instance_attributes>
            <meta_attributes id="{name}-meta">
              <nvpair id="{name}-migrate" name="allow-migrate" value="true"/>
            </meta_attributes>
            <operations>{ops}</operations></primitive>""")
        if prefer:
            self.create("constraints", f"""<rsc_location id="{name}-prefers" rsc="{name}"
                node="{prefer}" score="100"/>""")

    def _add_by_pcs(self, name, agent, prefer, params):
        ops = [w for op, interval, timeout in operations()
               for w in (op, f"interval={interval}", f"timeout={timeout}")]
        self._at(None).run(["pcs", "resource", "create", name, agent,
                            *(f"{k}={v}" for k, v in params.items()), "op", *ops,
                            "meta", "allow-migrate=true"], timeout=90)
        if prefer:
            self._at(None).run(["pcs", "constraint", "location", name, "prefers",
                                f"{prefer}=100"], timeout=90)

    def _add_by_crm(self, name, agent, prefer, params):
        ops = [w for op, interval, timeout in operations()
               for w in ("op", op, f"interval={interval}", f"timeout={timeout}")]
        given = ["params", *(f"{k}={v}" for k, v in params.items())] if params else []
        lines = [" ".join(["primitive", name, agent, *given, *ops,
                           "meta", "allow-migrate=true"])]
        if prefer:
            lines.append(f"location {name}-prefers {name} 100: {prefer}")
        self._at(None).run(["crm", "configure"], input="\n".join([*lines, "commit", ""]),
                           timeout=90)

    def watch_closely(self, name):
        """Also the thorough monitors of a service, and the time after which failures are forgotten."""
        ops = "".join(LEVEL.format(name=name, level=level, interval=interval,
                                   timeout=f"{stretch(int(timeout.rstrip('s'))):.0f}s")
                      for level, interval, timeout in LEVELS)
        self.run(["cibadmin", "--modify", "--scope", "resources", "--xml-pipe"],
                 input=f'<primitive id="{name}"><operations>{ops}</operations><meta_attributes id="{name}-meta">'
                 f'<nvpair id="{name}-forgets" name="failure-timeout" value="{FORGETS}"/></meta_attributes></primitive>')
        self.keep()

    def remove(self, *names):
        """Stop resources, and remove them and their constraints."""
        guest = self._at(None)
        for name in names:
            guest.run(["crm_resource", "-r", name, "--set-parameter=target-role", "--meta",
                       "--parameter-value=Stopped"])
        self.wait_idle()
        guest.run(["cibadmin", "--delete-all", "--force", "--xpath", "|".join(
            f"//constraints/rsc_location[@rsc='{n}']|//primitive[@id='{n}']" for n in names)])
        for guest in map(self.lab.guest, self.heads):
            guest.disable(*(f"baton@{n}.service" for n in names))
        self.keep()

    def run(self, argv, **kwargs):
        """Run one of Pacemaker's tools on a head that is running."""
        return self._at(None).run(argv, **kwargs)

    def create(self, section, xml):
        """Add an element to the CIB as it is."""
        self.run(["cibadmin", "--create", "--scope", section, "--xml-pipe"], input=xml)

    def keep(self):
        """Store the present configuration; heads start with it after both lost their power."""
        text = self._at(None).run(["cibadmin", "--query"]).stdout
        for guest in map(self.lab.guest, self.heads):
            guest.keep({CIB_FILE: text}, mode=0o600)

    def standby(self, head, on=True):
        self._at(None).run(["crm_attribute", "-N", head, "-n", "standby",
                            "-v", "on" if on else "off"])

    def maintenance(self, on=True):
        self._at(None).run(["crm_attribute", "-t", "crm_config", "-n", "maintenance-mode",
                            "-v", "true" if on else "false"])

    # --- faults

    def panic(self, head):
        """A kernel panic that does not reboot: only fencing ends it."""
        self.lab.guest(head).start(["sh", "-c", "echo 0 > /proc/sys/kernel/panic; "
                                    "echo 1 > /proc/sys/kernel/sysrq; "
                                    "echo c > /proc/sysrq-trigger"])

    def kill9(self, head, name):
        """SIGKILL to all processes of a name on a head."""
        self.lab.guest(head).run(["killall", "-9", name])

    def partition(self):
        """Let the heads lose sight of each other, on both sides; on a head, a reboot ends it."""
        self.on_all(f"nft -f - <<'END'\n{PARTITION}END\n", 20)

    def heal(self):
        for guest in map(self.lab.guest, self.heads):
            if guest.reachable():
                guest.run(["nft", "delete table inet partition"], check=False)

    # --- below

    def _at(self, head):
        """The guest to ask: the named one, or else the first that runs."""
        if head:
            return self.lab.guest(head)
        for guest in map(self.lab.guest, self.heads):
            if guest.reachable():
                return guest
        raise LabError("cluster: no head runs")

    def on_all(self, script, timeout, **kwargs):
        """Run a shell script on both heads at once."""
        guests = [self.lab.guest(h) for h in self.heads]
        children = [g.start(["sh", "-c", script], **kwargs) for g in guests]
        for guest, child in zip(guests, children):
            err = child.communicate(timeout=timeout)[1]
            if child.returncode:
                raise LabError(f"{guest.name}: {script}: {err.strip()}")

