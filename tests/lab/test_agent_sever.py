# SPDX-License-Identifier: GPL-2.0-or-later
"""ocf:baton:sever beside a real knfsd for all of head1, without Pacemaker: what needs more kernel than
the tests in namespaces have. test_stock.py tests it in a group under Pacemaker."""

import time

import pytest
from labkit.pace import stretch
from labkit.wait import wait_for
from trials.clients import NamespacedClient
from trials.service import Service

AGENT = "/usr/lib/ocf/resource.d/baton/sever"
SCHEMAS = "/usr/share/resource-agents"
FS = "/srv/homes"
STATE = FS + "/.baton-sever"
LEASE = 10

# One NFS server for the head, started as nfs-server.service does.
BEGIN = f"""
    mkdir -p {FS} && mount {{device}} {FS} && mkdir -p {FS}/homes
    modprobe nfsd
    mountpoint -q /proc/fs/nfsd || mount -t nfsd nfsd /proc/fs/nfsd
    mountpoint -q /run/rpc_pipefs || {{{{ mkdir -p /run/rpc_pipefs; mount -t rpc_pipefs x /run/rpc_pipefs; }}}}
    mkdir -p /var/lib/nfs/nfsdcld && rm -f /var/lib/nfs/nfsdcld/*
    nfsdcld && rpc.mountd
    echo {LEASE} > /proc/fs/nfsd/nfsv4leasetime; echo {LEASE} > /proc/fs/nfsd/nfsv4gracetime
    exportfs -o rw,no_root_squash,fsid=0 10.77.0.0/24:{FS}
    exportfs -o rw,no_root_squash,fsid=7 10.77.0.0/24:{FS}/homes
    ip addr add {{address}}/24 dev lan0
    rpc.nfsd -N 3 8"""
END = f"""
    rpc.nfsd 0; exportfs -au; ip addr del {{address}}/24 dev lan0
    kill $(pidof rpc.mountd nfsdcld); nft flush ruleset; umount {FS}"""


class Head:
    def __init__(self, lab):
        self.service = Service(lab, "homes")
        self.guest = lab.guest("head1")

    def sh(self, script, **kw):
        text = script.format(device=self.service.device, address=self.service.address)
        return self.guest.run(["sh", "-c", text], timeout=120, **kw).stdout

    def act(self, action):
        """Run an action; returns its output, and how long it took."""
        began = time.monotonic()
        done = self.guest.run(
            ["env", "-i", "OCF_ROOT=/usr/lib/ocf", f"OCF_RESKEY_address={self.service.address}",
             f"OCF_RESKEY_state={STATE}", "OCF_RESKEY_CRM_meta_interval=10000", AGENT, action])
        return done.stderr, time.monotonic() - began

    def unmount(self):
        """Unmount as the rest of the group does. Each flush of the export caches moves their time on by a
        second at least, and while that time is in the future entries stay for up to 30 s (write_flush()
        and cache_clean() in net/sunrpc/cache.c): so not until the times of the flushes at start are past.
        Newer kernels drop what an entry holds only after an RCU grace period, which no event tells of
        (svc_export_put_work() in fs/nfsd/export.c): so once more, as ocf:heartbeat:Filesystem does."""
        self.sh(f"until [ $(cat /proc/net/rpc/nfsd.fh/flush) -lt $(date +%s) ]; do sleep 0.1; done; "
                f"exportfs -u 10.77.0.0/24:{FS}/homes && exportfs -u 10.77.0.0/24:{FS} && "
                f"{{{{ umount {FS} || {{{{ sleep 1; umount {FS}; }}}}; }}}}")

    def mount(self):
        self.sh(f"mount {{device}} {FS} && exportfs -o rw,no_root_squash,fsid=0 10.77.0.0/24:{FS} && "
                f"exportfs -o rw,no_root_squash,fsid=7 10.77.0.0/24:{FS}/homes")


@pytest.fixture
def head(lab):
    head = Head(lab)
    head.service.make_filesystem()
    head.sh("set -e" + BEGIN)
    head.act("start")
    yield head
    head.sh(END, check=False)


@pytest.fixture
def client(head):
    with NamespacedClient(head.service, 1, "sever") as client:
        yield client


def test_ocf_tester(head):
    done = head.guest.run(["ocf-tester", "-v", "-n", "sever", "-o", f"address={head.service.address}",
                           "-o", f"state={STATE}", AGENT], check=False, timeout=300)
    assert done.returncode == 0, (done.stdout, done.stderr)
    assert f"{AGENT} passed all tests" in done.stdout
    assert "validity error" not in done.stdout + done.stderr


@pytest.mark.parametrize("how", ["--valid", "--relaxng metadata.rng"], ids=["DTD", "RNG"])
def test_metadata_by_the_schemas(lab, how):
    lab.guest("head1").run(["sh", "-c", f"cd {SCHEMAS} && {AGENT} meta-data | "
                            f"xmllint --noout --nonet {how} -"])


def test_pacemaker_understands_the_metadata(lab):
    said = lab.guest("head1").run(["crm_resource", "--show-metadata", "ocf:baton:sever"]).stdout
    assert 'action name="stop" timeout="60s"' in said


@pytest.mark.suites
def test_a_locked_file_does_not_pin_the_filesystem(head, client):
    holder = client.hold("file")
    head.act("monitor")
    assert head.sh(f"cat {STATE}/*").endswith("\nlocks 1\n")
    said, seconds = head.act("stop")
    assert "WARNING" not in said and seconds < stretch(2), (said, seconds)
    head.unmount()
    head.mount()
    said, _ = head.act("start")
    assert "1 client held locks or delegations to write" in said
    client.run("touch", client.path("another"), timeout=30)
    # It says honestly what it cannot do: the lock, and what is written under it, is lost.
    said, _ = holder.communicate("write\n", timeout=60)
    assert "written" not in said


def test_a_courtesy_client_does_not_pin_it_either(head, client):
    holder = client.hold("file")
    client.link(False)
    # A client that was never confirmed may go while it is being read.
    wait_for("a courtesy client", lambda: "courtesy" in head.sh(
        "cat /proc/fs/nfsd/clients/*/info", check=False), 4 * LEASE, every=1)
    said, seconds = head.act("stop")
    assert "WARNING" not in said and seconds < stretch(2), (said, seconds)
    head.unmount()
    head.mount()
    holder.kill()
