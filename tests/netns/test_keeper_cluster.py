# SPDX-License-Identifier: GPL-2.0-or-later
"""Two keepers whose steps do nothing (fakekeeper.c), on two heads with corosync: what both ledgers say."""
import json
import os
import socket
import subprocess

import pytest

import sever_agent
import test_agent_sever_cluster
from conftest import BATON, FAKEKEEPER, House, until

# pytest finds fixtures by their names here.
agent = sever_agent.agent
cluster = test_agent_sever_cluster.cluster

RUN = "run/baton/vmstore"


class Keepers:
    """One on each head; they know each other when this is made."""

    def __init__(self, cluster, folder):
        self.cluster = cluster
        pids = [p.pid for p in cluster.corosync.values()]
        self.root = {head: f"/proc/{pid}/root" for head, pid in zip(("head1", "head2"), pids)}
        self.enter = dict(zip(self.root, cluster.agent.heads.values()))
        conf = folder / "conf"
        conf.mkdir()
        (conf / "vmstore.conf").write_text(House.CONF.format(device="/dev/null", fstype="xfs",
                                                             exports="export = / *(rw)"))
        for head in self.root:
            fake = folder / head
            fake.mkdir()
            (fake / "standing").write_text("standby")
            subprocess.run([*self.enter[head], "sh", "-ec",
                            "mkdir -p /var/lib/baton; mount -t tmpfs x /var/lib/baton"], check=True)
            cluster.popen(*self.enter[head], FAKEKEEPER, "vmstore", env=dict(
                os.environ, BATON_CONFDIR=str(conf), FAKE_DIR=str(fake)))
        for head in self.root:
            until(lambda head=head: self.ask(head, do="status").get("peers"), 30)

    def ask(self, head, **request):
        """The last answer."""
        here = os.getcwd()
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
            s.settimeout(30)
            try:
                os.chdir(f"{self.root[head]}/{RUN}")
                s.connect("sock")
            except OSError:
                return {}
            finally:
                os.chdir(here)
            s.send(json.dumps(request).encode())
            answer = json.loads(s.recv(65536))
            while "result" not in answer:
                answer = json.loads(s.recv(65536))
            return answer

    def move(self, head):
        """The record of the last move in this head's ledger."""
        done = subprocess.run([*self.enter[head], BATON, "log", "vmstore", "--json", "--last", "50"],
                              check=True, capture_output=True, text=True)
        moves = [r for r in json.loads(done.stdout) if r["op"] == "move"]
        return moves[-1] if moves else None


@pytest.fixture
def keepers(cluster, tmp_path):
    return Keepers(cluster, tmp_path)


@pytest.mark.parametrize("agent_asks,kind", [(True, "pacemaker"), (False, "command")])
def test_both_ledgers_name_who_asked_for_a_move(keepers, agent_asks, kind):
    assert keepers.ask("head1", do="start")["result"] == 0
    more = {"agent": True} if agent_asks else {}
    told = keepers.ask("head1", do="move", target="head2", **more)
    assert told["result"] == 0 and told["record"]["outcome"] == "done", told
    for head in keepers.root:
        record = until(lambda head=head: keepers.move(head))
        assert record["by"] == {"kind": kind, "pid": os.getpid(), "uid": 0, "user": "root", "head": "head1"}
