# SPDX-License-Identifier: GPL-2.0-or-later
"""A stage for baton move and giveback: Pacemaker's real tools on a CIB in a file, and a scripted keeper."""
import os
import shutil
import subprocess
import time

import pytest

from cluster import ScriptedKeeper, SimulatedCluster, move_record
from conftest import BATON

needs_tools = pytest.mark.skipif(not shutil.which("crm_simulate"),
                                 reason="pacemaker-cli-utils is not installed")

STEPS = move_record()["steps"]
# What is run before anything is changed, and for each look; words() makes such lists.
BEFORE = ["cibadmin --query", "crm_mon --one-shot", "crm_simulate --simulate", "crm_simulate --run"]
LOOK = ["cibadmin --query", "crm_simulate --run"]
# As Pacemaker records a migrate_to that it has sent.
SENT = ('<lrm_rsc_op id="vmstore_migrate_to_0" operation_key="vmstore_migrate_to_0" operation="migrate_to"'
        ' crm-debug-origin="x" crm_feature_set="3.16.0" transition-key="4:9:0:11111111-1111-1111-1111-'
        '111111111111" transition-magic="-1:193;4:9:0:11111111-1111-1111-1111-111111111111" exit-reason=""'
        ' on_node="head1" call-id="-1" rc-code="193" op-status="-1" interval="0" last-rc-change="1795372729"'
        ' exec-time="0" queue-time="0" migrate_source="head1" migrate_target="head2" op-digest="x"/>')


class Stage:
    def __init__(self, house, cluster):
        self.house, self.cluster = house, cluster
        self.root = f"/proc/{house.holder.pid}/root"
        house.write()
        house.env["BATON_CIB"] = str(cluster.cib)
        self.keeper = None

    def be(self, **kw):
        self.cluster.make(**kw)
        self.keeper = ScriptedKeeper(self.root)
        return self

    def run(self, *argv):
        done = subprocess.run([*self.house.enter, BATON, *argv], env=self.house.env, text=True,
                              capture_output=True, timeout=120)
        return done.returncode, done.stdout, done.stderr

    def begin(self, *argv):
        return self.house.start(BATON, *argv)

    def refuses(self, status, line, *argv):
        """It prints one line, and nothing has been changed."""
        before = self.cluster.cib.read_text()
        code, out, err = self.run(*argv)
        assert (code, out, err) == (status, "", f"baton: vmstore: {line}\n")
        assert self.cluster.cib.read_text() == before
        self.nothing_left()

    def nothing_left(self):
        assert self.cluster.constraints() == []
        # No rehearsal is left either.
        assert [f for f in os.listdir(self.root + "/run/baton") if f.startswith(".")] == []

    def tools(self, **scripts):
        """From now on the tools that baton runs go through these shell scripts, which find the tool in
        $REAL. Returns a file that lists what has been run. baton's programs come from /usr/sbin."""
        house, log = self.house, self.cluster.cib.parent / "tools"
        house.run("mkdir", "/run/real")
        house.run("mount", "--bind", "/usr/sbin", "/run/real")
        house.run("mount", "--make-private", "/run/real")
        house.run("mount", "-t", "tmpfs", "none", "/usr/sbin")
        for name in ["cibadmin", *(n for n in os.listdir("/usr/sbin") if n.startswith("crm_"))]:
            with open(f"{self.root}/usr/sbin/{name}", "w") as f:
                f.write(f'#!/bin/sh\necho "{name} $*" >>{log}\nREAL=/run/real/{name}\n'
                        f'{scripts.get(name, "")}\nexec $REAL "$@"\n')
                os.fchmod(f.fileno(), 0o755)
        return log

    def acts(self, *objects, delay=0):
        """Pacemaker moves it, and the keepers report it."""
        def tell():
            time.sleep(delay)
            self.keeper.tell(*objects)
        self.cluster.run(tell)


@pytest.fixture
def stage(house, tmp_path):
    s = Stage(house, SimulatedCluster(tmp_path))
    try:
        yield s
    finally:
        s.cluster.end()
        if s.keeper:
            s.keeper.end()


def send_migrate_to(cluster):
    cluster.edit('(<lrm_resource id="vmstore"[^>]*>)', r"\1" + SENT)


def words(log):
    """What has been run: each tool and its first option."""
    return [" ".join(line.split()[:2]) for line in log.read_text().splitlines()]
