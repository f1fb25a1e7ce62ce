# SPDX-License-Identifier: GPL-2.0-or-later
"""`baton check --shared` on a head made of namespaces: nfsdfs, etab and nfs.conf are the test's files;
mounts, links, rules and connections are real. (knfsd itself: tests/lab.)"""
import json
import os
import subprocess

import pytest

from conftest import BATON

CIB = """<cib validate-with="pacemaker-3.7" crm_feature_set="3.16.0" epoch="1" num_updates="0" admin_epoch="0">
<configuration><crm_config/><nodes/><resources>{groups}</resources><constraints/></configuration><status/></cib>"""
GROUP = """<group id="{id}">{server}
<primitive id="{id}-fs" class="ocf" provider="heartbeat" type="Filesystem"><instance_attributes id="{id}1">
<nvpair id="{id}2" name="device" value="/dev/x"/><nvpair id="{id}3" name="directory" value="{at}"/>
<nvpair id="{id}4" name="fstype" value="xfs"/></instance_attributes></primitive>
<primitive id="{id}-ip" class="ocf" provider="heartbeat" type="IPaddr2"><instance_attributes id="{id}5">
<nvpair id="{id}6" name="ip" value="192.0.2.5{n}"/></instance_attributes></primitive></group>"""
SERVER = '<primitive id="{id}-nfs" class="ocf" provider="heartbeat" type="nfsserver"/>'
INFO = """clientid: 0x2ed1c8366731e7b1
address: "192.0.2.60:{port}"
status: confirmed
seconds from last renew: 4
name: "{name}"
minor version: 1
"""
STATE = ('- 0x010000008d0c4f60a6b0e8c20{i}000000: {{ type: open, access: rw, deny: --, superblock: '
         '"{major:02x}:{minor:02x}:64", filename: "f", owner: "open id:\\x00" }}\n')
# Both ends of a connection; prints the client's port and stays until its input ends.
CONNECT = """import socket, sys
s = socket.create_server(("192.0.2.50", 2049))
c = socket.create_connection(("192.0.2.50", 2049), source_address=("192.0.2.60", 0))
a = s.accept()
print(c.getsockname()[1], flush=True)
sys.stdin.read()"""


class Head:
    def __init__(self, folder):
        self.folder, self.children = folder, []
        self.holder = self.spawn("unshare", "-n", "-m", "-u", "sh", "-c", "echo; exec cat",
                                 inside=False)
        self.holder.stdout.readline()
        self.nfsd, self.var, self.etc = (folder / n for n in ("fs", "nfs", "etc"))
        for place in (self.nfsd, self.var, self.etc, folder / "a", folder / "b"):
            place.mkdir()
        (self.nfsd / "nfsd/clients").mkdir(parents=True)
        (self.etc / "nfs.conf.d").mkdir()
        self.sh(f"""
            hostname head1
            mount --bind {self.nfsd} /proc/fs
            mkdir -p /var/lib/nfs
            mount --bind {self.var} /var/lib/nfs
            mount --bind {self.etc} /etc
            mount -t tmpfs a {folder}/a
            mount -t tmpfs b {folder}/b
            ip link set lo up
            ip link add eth0 type veth peer name eth1
            ip link set eth0 up
            ip link set eth1 up
            ip address add 192.0.2.50/24 dev eth0
            ip address add 192.0.2.60/24 dev eth0
            mkdir {folder}/a/nfsdcld {folder}/sbin {folder}/sbin.real
            mount --bind /usr/sbin {folder}/sbin.real
            for p in /usr/sbin/*; do ln -s {folder}/sbin.real/${{p##*/}} {folder}/sbin/${{p##*/}}; done
            rm -f {folder}/sbin/rpc.nfsd
            mount --bind {folder}/sbin /usr/sbin""")
        self.program(b"ELF...\0host\0scope\0")
        self.serve()
        self.exports(f"{folder}/a *(rw,fsid=1)")
        self.conf("nfs.conf", "[nfsd]\nscope = nfs\n[nfsdcld]\nstoragedir = %s/a/nfsdcld\n" % folder)
        self.groups(a=True)

    def spawn(self, *argv, inside=True):
        enter = ["nsenter", "-t", str(self.holder.pid), "-n", "-m", "-u"] if inside else []
        p = subprocess.Popen([*enter, *argv], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.children.append(p)
        return p

    def sh(self, script):
        r = subprocess.run(["nsenter", "-t", str(self.holder.pid), "-n", "-m", "-u", "sh", "-ec",
                            script], capture_output=True, text=True, timeout=60)
        assert r.returncode == 0, r
        return r.stdout

    def serve(self, threads=8, lease=10, grace=10):
        for name, value in (("threads", threads), ("nfsv4leasetime", lease),
                            ("nfsv4gracetime", grace)):
            (self.nfsd / "nfsd" / name).write_text(f"{value}\n")

    def program(self, text):
        """rpc.nfsd: it is read, but never run."""
        path = self.folder / "sbin/rpc.nfsd"
        path.write_bytes(text)
        path.chmod(0o755)

    def exports(self, *lines):
        (self.var / "etab").write_text("\n".join(lines) + "\n")

    def conf(self, name, text):
        (self.etc / name).write_text(text)

    def groups(self, **servers):
        """Groups by name, with an NFS server inside or not; each on the folder of its name."""
        (self.folder / "cib.xml").write_text(CIB.format(groups="".join(
            GROUP.format(id=g, at=self.folder / g, n=i, server=SERVER.format(id=g) if inside else "")
            for i, (g, inside) in enumerate(servers.items()))))

    def client(self, number, port, *folders, name="Linux NFSv4.1 one"):
        place = self.nfsd / f"nfsd/clients/{number}"
        place.mkdir(exist_ok=True)
        (place / "info").write_text(INFO.format(port=port, name=name))
        states = ""
        for i, folder in enumerate(folders):
            dev = int(self.sh(f"stat -c %d {self.folder}/{folder}"))
            states += STATE.format(i=i, major=os.major(dev), minor=os.minor(dev))
        (place / "states").write_text(states)

    def below(self):
        """Where the filesystem of the test's folder is mounted first."""
        dev = os.stat(self.var).st_dev
        for line in self.sh("cat /proc/self/mountinfo").splitlines():
            if line.split()[2] == f"{os.major(dev)}:{os.minor(dev)}":
                return line.split()[4]
        raise AssertionError

    def connect(self):
        return int(self.spawn("/usr/bin/python3", "-c", CONNECT).stdout.readline())

    def run(self, *args, cluster=True):
        env = dict(os.environ, LC_ALL="C.UTF-8")
        env.pop("BATON_CIB", None)
        if cluster:
            env["BATON_CIB"] = str(self.folder / "cib.xml")
        return subprocess.run(["nsenter", "-t", str(self.holder.pid), "-n", "-m", "-u", BATON, "check",
                               *args], capture_output=True, text=True, timeout=60, env=env)

    def check(self, **kw):
        """The findings that are not ok, by item, and the exit status."""
        r = self.run("--shared", "--json", **kw)
        assert r.stderr == "", r
        tree = json.loads(r.stdout)
        assert tree["head"] == "head1" and tree["status"] == r.returncode
        for f in tree["findings"]:
            assert (f["advice"] is None) == (f["verdict"] == "ok")
        return {f["item"]: (f["verdict"], f["detail"]) for f in tree["findings"]
                if f["verdict"] != "ok"}, r.returncode

    def only(self, item, verdict, part, **kw):
        found, status = self.check(**kw)
        assert list(found) == [item] and found[item][0] == verdict and part in found[item][1], found
        assert bool(status) == (verdict == "wrong")

    def end(self):
        for p in reversed(self.children):
            p.stdin.close()
            p.wait()


@pytest.fixture
def head(tmp_path):
    head = Head(tmp_path)
    yield head
    head.end()


def test_a_good_one(head):
    head.client(3, head.connect(), "a", "a")
    assert head.check() == ({}, 0)


def test_server_in_the_group(head):
    """As with the agent nfsserver: its directory is bound over /var/lib/nfs, the scope is its own."""
    head.sh(f"mkdir {head.folder}/a/info {head.folder}/a/info/nfsdcld")
    (head.folder / "a.etab").write_text(f"{head.folder}/a *(rw,fsid=1)\n")
    head.sh(f"cp {head.folder}/a.etab {head.folder}/a/info/etab; "
            f"mount --bind {head.folder}/a/info /var/lib/nfs")
    head.conf("nfs.conf", "")
    head.only("scope", "wrong", "'head1', the name of this head")
    cib = head.folder / "cib.xml"
    cib.write_text(cib.read_text().replace('type="nfsserver"/>', 'type="nfsserver">'
                   '<instance_attributes id="s"><nvpair id="s1" name="nfs_server_scope" '
                   'value="both"/></instance_attributes></primitive>'))
    assert head.check() == ({}, 0)


def test_a_group_without_exports(head):
    """The disk and address of a database."""
    head.groups(a=True, b=False)
    assert head.check() == ({}, 0)
    head.exports(f"{head.folder}/a *(rw,fsid=1)", f"{head.folder}/b/x *(rw,fsid=2)")
    found, status = head.check()
    assert found["group b"][0] == "wrong" and status == 7


def test_a_group_that_is_damaged(head):
    """A group that cannot become a service is judged all the same; its clients' files are looked for."""
    head.client(3, head.connect(), "a")
    cib = head.folder / "cib.xml"
    good = cib.read_text()
    cib.write_text(good.replace('name="device"', 'name="other"'))
    assert head.check() == ({}, 0)
    cib.write_text(good.replace('name="directory"', 'name="other"'))
    assert head.check() == ({}, 0)
    cib.write_text(good.replace(' id="a-fs"', ''))
    # cibadmin refuses it already, by the schema.
    head.only("group", "unsure", "cannot tell which addresses float: cibadmin: ")


def test_as_it_comes(head):
    """What distributions and their guides set up: nearly everything is wrong, each with its advice."""
    head.serve(lease=90, grace=90)
    head.exports(f"{head.folder}/a *(rw)", f"{head.folder}/b *(rw,fsid=2)")
    head.conf("nfs.conf", "")
    head.groups(a=False, b=False)
    head.client(3, head.connect(), "a", "b")
    found, status = head.check()
    assert list(found) == ["lease", "scope", "records", f"fsid {head.folder}/a", "group a", "group b",
                           "client Linux NFSv4.1 one"]
    assert {v for v, _ in found.values()} == {"wrong"} and status == 3
    assert found["records"][1] == "/var/lib/nfs/nfsdcld is not there: after a move nobody knows who " \
        "may reclaim"
    assert found["group b"][1].startswith("192.0.2.51 moves to an NFS server that keeps running there")
    assert found["client Linux NFSv4.1 one"][1].startswith(
        "has files open in a, b, all through 192.0.2.50: ")
    table = head.run("--shared").stdout.splitlines()
    assert table[0].split() == ["CHECK", "VERDICT", "DETAIL", "ADVICE"]
    assert sum("baton import" in line for line in table) == 5


def test_grace_below_lease(head):
    head.serve(lease=15, grace=10)
    head.only("grace", "wrong", "10 s, shorter than the lease of 15 s")


def test_scope(head):
    head.conf("nfs.conf.d/local.conf", "[NFSD]\nScope = head1\n")
    head.only("scope", "wrong", "'head1', the name of this head")
    head.conf("nfs.conf.d/local.conf.old", "")
    head.conf("nfs.conf.d/zz.conf", "[nfsd]\nscope = both\n")
    assert head.check() == ({}, 0)
    # Like that of Debian 12, which ignores the setting.
    head.program(b"ELF...\0host\0scoped\0")
    head.only("scope", "wrong", "'head1', the name of this head, as rpc.nfsd(8) here does not know")


def test_records_on_the_head(head):
    head.conf("nfs.conf", "[nfsd]\nscope = nfs\n")
    (head.var / "nfsdcld").mkdir()
    head.only("records", "wrong", f"/var/lib/nfs/nfsdcld is in {head.below()}, which stays on this head")


def test_same_fsid(head):
    head.exports(f"{head.folder}/a h(rw,fsid=0)", f"{head.folder}/a i(rw,fsid=0)",
                 f"{head.folder}/a/c h(fsid=7,rw,fsid=0)")
    head.only(f"fsid {head.folder}/a/c", "wrong", f"fsid=0 is also that of {head.folder}/a:")
    head.exports(f"{head.folder}/a h(rw,fsid=0)", f"{head.folder}/a/c h(rw,fsid=root)")
    head.only(f"fsid {head.folder}/a/c", "wrong", f"fsid=0 is also that of {head.folder}/a:")


def test_conntrack(head):
    head.sh("nft 'table ip t { chain c { type filter hook input priority 0; tcp dport 1 accept; }; }'")
    assert head.check() == ({}, 0)
    head.sh("nft add rule ip t c ct state invalid drop")
    head.only("conntrack", "unsure", "nf_conntrack_tcp_be_liberal is 0")
    head.sh("sysctl -qw net.netfilter.nf_conntrack_tcp_loose=0")
    head.only("conntrack", "wrong", "nf_conntrack_tcp_loose is 0")
    head.sh("sysctl -qw net.netfilter.nf_conntrack_tcp_loose=1 "
            "net.netfilter.nf_conntrack_tcp_be_liberal=1")
    assert head.check() == ({}, 0)


def test_rp_filter(head):
    head.sh("sysctl -qw net.ipv4.conf.all.rp_filter=1")
    assert head.check() == ({}, 0)
    head.sh("ip address add 198.51.100.1/24 dev eth1; sysctl -qw net.ipv4.conf.eth1.rp_filter=2")
    head.only("rp_filter", "unsure", "1 on eth0, with 2 links")
    head.sh("sysctl -qw net.ipv4.conf.eth0.rp_filter=2")
    assert head.check() == ({}, 0)
    # The larger value counts.
    head.sh("sysctl -qw net.ipv4.conf.eth0.rp_filter=1 net.ipv4.conf.all.rp_filter=2")
    assert head.check() == ({}, 0)


def test_a_client_of_two(head):
    """If no group says what belongs together, it is not certain."""
    head.client(3, 1023, "a")
    head.client(4, 1022, "b", name="another")
    assert head.check() == ({}, 0)
    head.client(5, 1021, "b")
    head.only("client Linux NFSv4.1 one", "unsure", f"has files open in a, {head.folder}/b, all "
              "through one address")


def test_no_cluster(head):
    head.only("group", "unsure", "cannot tell which addresses float: no cluster here", cluster=False)
    (head.folder / "cib.xml").write_text("<cib")
    found, status = head.check()
    assert found["group"][0] == "unsure" and status == 0


@pytest.mark.parametrize("damage,item,part", [
    ("rm $V/etab", "fsid", "read /var/lib/nfs/etab: No such file or directory"),
    ("echo nonsense > $V/etab", "fsid", "/var/lib/nfs/etab:1: a path that begins with '/' is missing"),
    ("rm -r $N/nfsv4leasetime", "lease", "cannot be read"),
    ("rm -r $N/clients", "client", "read /proc/fs/nfsd/clients: No such file or directory"),
    ("mkdir $N/clients/9; echo nonsense > $N/clients/9/info", "client", "read /proc/fs/nfsd/clients"),
])
def test_what_cannot_be_read(head, damage, item, part):
    subprocess.run(["sh", "-ec", damage], check=True,
                   env=dict(os.environ, V=str(head.var), N=str(head.nfsd / "nfsd")))
    found, status = head.check()
    assert found[item][0] == "unsure" and part in found[item][1] and status == 0


def test_no_server(head):
    head.serve(threads=0)
    head.only("knfsd", "wrong", "no NFS server runs in the head's own network namespace")
    assert head.check()[1] == 6


def test_nothing_is_changed(head):
    head.client(3, head.connect(), "a")
    before = {p: p.read_bytes() for p in head.folder.rglob("*") if p.is_file()}
    head.check()
    assert before == {p: p.read_bytes() for p in head.folder.rglob("*") if p.is_file()}


def test_words(head):
    for words, why in ((("--shared", "vmstore"), "--shared is about the head, not 'vmstore'"),
                       ((), "the name of a service is missing")):
        r = head.run(*words)
        assert r.returncode == 2 and r.stderr.startswith(f"baton check: {why}\n")


def test_not_root(head):
    r = subprocess.run(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", BATON,
                        "check", "--shared", "--json"], capture_output=True, text=True)
    assert r.returncode == 6 and json.loads(r.stdout)["findings"][0]["item"] == "privilege"
