# SPDX-License-Identifier: GPL-2.0-or-later
"""`baton import`: from a CIB as Pacemaker's own tools print it, and from a head's exports and mounts; it
prints a service file."""
import contextlib
import os
import re
import shutil
import subprocess

import pytest

from conftest import BATON, ROOT

STOCK = ROOT / "tests/unit/data/stock.xml"


class Head:
    """A net and a mount namespace with two links, the second address of eth0 floating."""

    def __init__(self, folder):
        self.folder = folder
        self.holder = subprocess.Popen(["unshare", "-n", "-m", "sh", "-c", "echo; exec cat"],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.holder.stdout.readline()
        for line in ("link add eth0 type veth peer name eth1",
                     "address add 192.0.2.11/24 dev eth0", "address add 192.0.2.50/24 dev eth0",
                     "address add 198.51.100.11/25 dev eth1", "link set eth0 up",
                     "link set eth1 up"):
            self.run("ip", *line.split())

    def run(self, *argv, check=True, **kw):
        return subprocess.run(["nsenter", "-t", str(self.holder.pid), "-n", "-m", *map(str, argv)],
                              check=check, capture_output=True, text=True, timeout=60, **kw)

    def done(self, *argv, status=0, **kw):
        """What is printed; for another status, the one line that gives the reason."""
        r = self.run(BATON, "import", *argv, check=False, **kw)
        assert r.returncode == status, r
        if status == 0:
            assert r.stderr == ""
            return r.stdout
        assert r.stdout == "" and r.stderr.count("\n") == 1, r
        return r.stderr.strip()

    def check(self, text, name):
        """It is a valid service file: `baton check` says so."""
        (self.folder / f"{name}.conf").write_text(text)
        env = dict(os.environ, BATON_CONFDIR=str(self.folder))
        r = self.run(BATON, "check", name, check=False, env=env)
        assert r.stdout.splitlines()[1].split()[:2] == ["configuration", "ok"], r.stdout

    def end(self):
        self.holder.stdin.close()
        self.holder.wait()


@pytest.fixture
def head(tmp_path):
    head = Head(tmp_path)
    yield head
    head.end()


def keys(text):
    return [line for line in text.splitlines() if " = " in line and line[0] != "#"]


def test_from_the_cluster(head):
    """cibadmin is asked; links and prefixes that the group does not name are those of this head."""
    env = dict(os.environ, BATON_CIB=str(STOCK))
    before = STOCK.read_bytes()
    text = head.done("vmstore", env=env)
    assert "address = 192.0.2.50/24@eth0" in text
    assert "address = 198.51.100.50/25@eth1" in text
    assert "LINK" not in text
    # The disk is not here.
    assert "only fencing keeps a second head from writing" in text and "guard =" not in text.partition("[service]")[2]
    head.check(text, "vmstore")
    both = head.done(env=env)
    assert both.startswith(text) and "# /etc/baton/web-files.conf" in both
    assert STOCK.read_bytes() == before


def test_from_a_file_and_from_standard_input(head):
    from_file = head.done("--cib", STOCK, "Web.Files")
    (head.folder / "link.xml").symlink_to(STOCK)
    assert head.done("--cib", head.folder / "link.xml", "Web.Files") == from_file
    assert head.done("--cib", "-", "Web.Files", input=STOCK.read_text()) == from_file
    head.check(from_file, "web-files")


def test_what_pacemaker_itself_wrote(head):
    """The same CIB through cibadmin, and one that Pacemaker's own tools have changed."""
    copy = head.folder / "cib.xml"
    shutil.copy(STOCK, copy)
    env = dict(os.environ, CIB_file=str(copy))
    subprocess.run(["crm_resource", "--resource", "vmstore-fs", "--set-parameter", "options",
                    "--parameter-value", "nodiratime"], env=env, check=True, capture_output=True)
    cib = subprocess.run(["cibadmin", "--query"], env=env, check=True, capture_output=True, text=True)
    assert "options = nodiratime" in head.done("--cib", "-", "vmstore", input=cib.stdout)


@pytest.mark.parametrize("cib,group,status,why", [
    ("<cib", None, 13, "this is not a CIB as cibadmin --query prints it"),
    ("", None, 13, "this is not a CIB as cibadmin --query prints it"),
    ("<cib><configuration><resources/></configuration></cib>", None, 13,
     "the cluster has no group of Filesystem, exportfs and IPaddr2"),
    ("<cib><configuration><resources/></configuration></cib>", "g", 13,
     "the cluster has no group g"),
    ("stock", "mail", 13, "group mail has no Filesystem"),
    ("stock xfs ocfs2", "vmstore", 3, "vmstore cannot become a service: vmstore:3: fstype: 'ocfs2' "
     "is not allowed; allowed: xfs ext4 btrfs"),
])
def test_bad_cib(head, cib, group, status, why):
    if cib.startswith("stock"):
        _, old, new = (cib + "  ").split(" ")[:3]
        cib = STOCK.read_text().replace(f'"{old}"', f'"{new}"')
    assert head.done("--cib", "-", *([group] if group else []), status=status,
                     input=cib) == f"baton: {why}"


def test_one_of_two(head):
    """If one cannot become a service, the other still can."""
    r = head.run(BATON, "import", "--cib", "-", check=False,
                 input=STOCK.read_text().replace('"xfs"', '"ocfs2"'))
    assert r.returncode == 3 and r.stdout.startswith("# /etc/baton/web-files.conf")
    assert r.stderr.count("\n") == 1


def test_a_group_that_is_damaged(head):
    """The same if one is incomplete."""
    r = head.run(BATON, "import", "--cib", "-", check=False,
                 input=STOCK.read_text().replace('value="192.0.2.50"', 'value="here"'))
    assert r.returncode == 13 and r.stdout.startswith("# /etc/baton/web-files.conf")
    assert r.stderr == "baton: group vmstore: vmstore-ip: ip=here is not an address\n"


def test_order_of_commands(head):
    """If they are pasted and one fails, the rest is not run; the service is started last of all."""
    for group, n in (("vmstore", 2), ("Web.Files", 2)):
        text = head.done("--cib", STOCK, group)
        steps = [s.split("#    by ")[1:] for s in re.split(r"\n# (?=[1-4]\. |To go back)", text)]
        steps = [s for s in steps if s]
        assert len(steps) == 3 and all(len(s) == n for s in steps)
        for step in steps:
            for tool in step:
                commands = "".join(line[6:] for line in tool.splitlines(True)[1:]
                                   ).replace("\\\n", "").splitlines()
                assert [c.endswith(" &&") for c in commands] == [True] * (len(commands) - 1) + [False]
                # bash finds no mistake in it.
                subprocess.run(["bash", "-n"], input="\n".join(commands), text=True, check=True)
        for tool in steps[1]:
            last = [line for line in tool.splitlines() if line.startswith("#     ")][-1]
            assert last.split()[1:] in (["pcs", "resource", "enable", last.split()[-1]],
                                        ["crm", "resource", "start", last.split()[-1]])
            assert "--disabled" in tool or "target-role=Stopped" in tool


def test_terminal(head):
    """Nothing in the CIB controls a terminal, or makes a line of its own."""
    for control in ("\u009b", "&#10;", "&#9;"):
        cib = STOCK.read_text().replace('value="safe"', f'value="a{control}31mb"')
        text = head.done("--cib", "-", "vmstore", input=cib)
        line = next(line for line in text.splitlines() if "force_unmount" in line)
        assert "force_unmount=a?" in line and "31mb" in line
        assert all(line.isprintable() for line in text.split("\n"))
        cib = STOCK.read_text().replace('value="192.0.2.50"', f'value="a{control}31mb"')
        why = head.done("--cib", "-", "vmstore", status=13, input=cib)
        assert "ip=a" in why and why.isprintable()


def test_bad_words(head):
    assert head.done("a", "b", status=2) == "baton import: one group at a time, not also 'b'"
    assert head.done("--cib", "a", "--exports", "b", status=2) == \
        "baton import: either --cib or --exports, not both"
    assert head.done("--cib", "/nonexistent", status=3) == \
        "baton: read /nonexistent: No such file or directory"
    assert head.done("--exports", "/", status=3) == "baton: read /: Is a directory"
    env = {k: v for k, v in os.environ.items() if k != "BATON_CIB"}
    why = head.done(status=13, env=env)
    assert why.startswith("baton: no cluster here: ") and why.endswith("; --cib and --exports read files")


@pytest.fixture
def disk(head):
    with contextlib.ExitStack() as stack:
        image = head.folder / "disk"
        with open(image, "wb") as f:
            f.truncate(64 << 20)
        subprocess.run(["mkfs.ext4", "-qF", image], check=True)
        loop = subprocess.run(["losetup", "-f", "--show", image], check=True, capture_output=True,
                              text=True).stdout.strip()
        stack.callback(subprocess.run, ["losetup", "-d", loop], check=True)
        place = head.folder / "with blank"
        place.mkdir()
        head.run("mount", "-o", "noatime,nosuid", loop, place)
        stack.callback(head.run, "umount", place)
        yield loop, place


def test_from_exports_and_mounts(head, disk):
    loop, place = disk
    escaped = str(place).replace(" ", "\\040")
    (head.folder / "etab").write_text(
        f"{escaped}/images\t192.0.2.0/24(rw,sync,wdelay,hide,no_subtree_check,fsid=1,sec=sys,rw,"
        f"secure,root_squash,no_all_squash)\n/\t*(ro)\n")
    text = head.done("--exports", head.folder / "etab")
    assert keys(text)[0] == f"device = {loop}"
    assert keys(text)[1] == "fstype = ext4"
    assert keys(text)[2].startswith("options = nosuid,noatime")
    # The second address of its network: the other two are the head's own.
    assert keys(text)[3:] == ["address = 192.0.2.50/24@eth0", "export = /images 192.0.2.0/24(rw)"]
    assert "# - export / for * is not carried over: it is in the filesystem / (" in text
    assert "option 'fsid' is refused" in text
    head.check(text, "with-blank")
    assert head.done("--exports", head.folder / "etab", "with blank") == text
    assert head.done("--exports", head.folder / "etab", "other", status=3) == \
        f"baton: {head.folder}/etab exports nothing of a filesystem mounted on other"


def test_from_a_bind_mount(head, disk):
    """As NFSv4's tree is often made: only a part of the disk is exported, but it is the same disk."""
    loop, place = disk
    head.run("mkdir", "-p", place / "vm/images")
    tree = head.folder / "nfs4"
    head.run("mkdir", "-p", tree / "images")
    head.run("mount", "--bind", place / "vm/images", tree / "images")
    escaped = str(place).replace(" ", "\\040")
    (head.folder / "etab").write_text(f"{tree}\t*(ro,fsid=0)\n{tree}/images\t*(rw)\n"
                                      f"{escaped}/iso\t*(ro)\n")
    text = head.done("--exports", head.folder / "etab")
    assert text.count("[service]") == 1
    assert [k for k in keys(text) if k.startswith("export")] == \
        ["export = /vm/images *(rw)", "export = /iso *(ro)"]
    assert "# - ADDRESS:/with-blank/vm/images, until now :/images\n" in text
    assert head.done("--exports", head.folder / "etab", tree / "images") == text
    head.run("umount", tree / "images")


def test_damaged_exports(head):
    (head.folder / "exports").write_text("# ours\n/srv *(rw, sync)\n")
    assert head.done("--exports", head.folder / "exports", status=3) == \
        f"baton: {head.folder}/exports:2: options are not in one pair of parentheses, without blanks"
