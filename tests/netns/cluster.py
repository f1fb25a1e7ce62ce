# SPDX-License-Identifier: GPL-2.0-or-later
"""A cluster made of files: Pacemaker's own tools on a CIB, and keepers that say what they are told to say.

The tools are the real ones (pacemaker-cli-utils). A scheduler thread does what Pacemaker would do, by
crm_simulate, its own scheduler, whenever the CIB asks for something.
"""
import json
import os
import re
import socket
import subprocess
import threading
import time

HEAD1, HEAD2 = "head1", "head2"

PRIMITIVE = """<primitive id="{id}" class="ocf" provider="baton" type="service">
 <meta_attributes id="{id}-meta">{meta}</meta_attributes>
 <instance_attributes id="{id}-ia"><nvpair id="{id}-s" name="service" value="{service}"/></instance_attributes>
 <operations><op id="{id}-m" name="monitor" interval="10s" timeout="20s"/></operations>
</primitive>"""
MIGRATE = '<nvpair id="{id}-am" name="allow-migrate" value="true"/>'
CIB = """<cib validate-with="pacemaker-3.7" crm_feature_set="3.16.0" epoch="10" num_updates="0" admin_epoch="0" have-quorum="1" dc-uuid="1">
<configuration>
<crm_config><cluster_property_set id="o"><nvpair id="o-s" name="stonith-enabled" value="false"/>{options}</cluster_property_set></crm_config>
<nodes><node id="1" uname="head1"/><node id="2" uname="head2"/></nodes>
<resources>{resources}</resources>
<constraints>{constraints}</constraints>
<rsc_defaults><meta_attributes id="rd"><nvpair id="rd-s" name="resource-stickiness" value="{stickiness}"/></meta_attributes></rsc_defaults>
</configuration>
<status/>
</cib>"""


def primitive(name="vmstore", service=None, migrate=True):
    meta = MIGRATE.format(id=name) if migrate else ""
    return PRIMITIVE.format(id=name, service=service or name, meta=meta)


def location(rsc="vmstore", node=HEAD1, score="50", name=None):
    return f'<rsc_location id="{name or "l-" + rsc + node}" rsc="{rsc}" node="{node}" score="{score}"/>'


def tool(*argv, file=None, check=True):
    env = dict(os.environ, **({"CIB_file": str(file)} if file else {}))
    return subprocess.run(argv, env=env, check=check, capture_output=True, text=True, timeout=60)


class SimulatedCluster:
    def __init__(self, folder):
        self.cib = folder / "cib.xml"
        self.stop = threading.Event()
        self.thread = None

    def make(self, resources=None, constraints=location(), stickiness=100, options="",
             heads=(HEAD1, HEAD2)):
        """The services run where Pacemaker puts them."""
        self.cib.write_text(CIB.format(resources=resources or primitive(), options=options,
                                       constraints=constraints, stickiness=stickiness))
        for head in heads:
            self.simulate("--node-up", head)
        self.simulate("--simulate")
        return self

    def simulate(self, *argv):
        tool("crm_simulate", "--xml-file", self.cib, "--save-output", f"{self.cib}.new", *argv)
        os.rename(f"{self.cib}.new", self.cib)

    def change(self, *argv):
        tool(*argv, file=self.cib)

    def edit(self, old, new):
        text = self.cib.read_text()
        assert re.search(old, text)
        # As the tools do: who reads it meanwhile finds all of it.
        with open(f"{self.cib}.edit", "w") as f:
            f.write(re.sub(old, new, text, count=1))
        os.rename(f"{self.cib}.edit", self.cib)

    def constraints(self):
        """The constraints that crm_resource has made."""
        return re.findall(r'<rsc_location id="(cli-[^"]*)"', self.cib.read_text())

    def where(self, resource="vmstore"):
        mon = tool("crm_mon", "--one-shot", "--output-as=xml", file=self.cib).stdout
        return re.findall(r'<node name="([^"]*)"', mon.split(f'<resource id="{resource}"')[1]
                          .split("<resource id")[0].split("</resource>")[0])

    def run(self, before=lambda: None, after=lambda: None):
        """Act as Pacemaker: do what a move asks for; call @before and @after around it."""
        def loop():
            while not self.stop.is_set():
                if self.constraints():
                    before()
                    self.simulate("--simulate")
                    after()
                    while self.constraints() and not self.stop.is_set():
                        time.sleep(0.02)
                time.sleep(0.02)
        self.thread = threading.Thread(target=loop, daemon=True)
        self.thread.start()

    def end(self):
        self.stop.set()
        if self.thread:
            self.thread.join(30)


class ScriptedKeeper:
    """Answers on the keeper's socket; @answers: request's word -> list of objects, or a function of the
    request that returns it. Connections that follow stay open for tell()."""

    def __init__(self, root, service="vmstore"):
        self.folder = f"{root}/run/baton/{service}"
        os.makedirs(self.folder, exist_ok=True)
        self.answers = {"inquire": [{"result": 0}]}
        self.asked = []
        self.followers = []
        self.followed = threading.Event()
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        here = os.getcwd()
        os.chdir(self.folder)
        try:
            self.listener.bind("sock")
        finally:
            os.chdir(here)
        self.listener.listen(16)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                s, _ = self.listener.accept()
                request = json.loads(s.recv(65536))
            except OSError:
                return
            except ValueError:
                s.close()
                continue
            self.asked.append(request)
            if request["do"] == "follow":
                s.send(b'{"following": true}')
                self.followers.append(s)
                self.followed.set()
                continue
            answers = self.answers.get(request["do"], [{"result": 2, "error": "the keeper does not know this request"}])
            for answer in answers(request) if callable(answers) else answers:
                s.send(answer if isinstance(answer, bytes) else json.dumps(answer).encode())
            s.close()

    def tell(self, *objects):
        assert self.followed.wait(30)
        for o in objects:
            for s in self.followers:
                s.send(o if isinstance(o, bytes) else json.dumps(o).encode())

    def drop(self):
        """Go away as if killed."""
        assert self.followed.wait(30)
        for s in self.followers:
            s.close()
        self.followers.clear()

    def end(self):
        if self.listener.fileno() >= 0:
            self.listener.shutdown(socket.SHUT_RDWR)
            self.listener.close()
        for s in self.followers:
            s.close()


def step(head, word, ms, outcome="done", note=""):
    return {"head": head, "step": word, "ms": ms, "outcome": outcome, "note": note}


def move_record(outcome="done", error=None, source=HEAD1, target=HEAD2, pause=940.4, began=None):
    o = {"op": "move", "from": source, "to": target, "generation": 7,
         "began": time.time() if began is None else began, "ms": 1204.5, "pause_ms": pause,
         "outcome": outcome, "steps": [step(source, "drain", 22.4), step(source, "unmount", 50.0),
                                       step(target, "mount", 280.5, note="log clean"),
                                       step(target, "tickle", 11.3)]}
    if error:
        o["error"] = error
    return o
