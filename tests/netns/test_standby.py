# SPDX-License-Identifier: GPL-2.0-or-later
"""What standby sets up follows the service file, also when an earlier one has set up something else."""
import json

import pytest

from conftest import KINDS, STEPX
from fakekeeper import RUN
from test_mount import ROOT


def step(house, name, status=0):
    return house.run(STEPX, "vmstore", name, status=status).strip()


@pytest.fixture
def etab(house):
    """The table of exports in the service's namespace, where it stays."""
    house.keepx("ns-create", "vmstore")
    house.inside("vmstore", "sh", "-ec", "mkdir -p /var/lib; mount -t tmpfs x /var/lib; mkdir /var/lib/nfs")

    def read():
        lines = house.inside("vmstore", "cat", "/var/lib/nfs/etab").splitlines()
        return sorted(line.split("\t")[1].split("(")[0] for line in lines if ROOT + "\t" in line)
    return read


def test_who_was_taken_out_is_taken_out(house, etab):
    """It kept its access until the standby was taken down."""
    house.write(exports="export = / 192.0.2.0/24(rw) 198.51.100.7")
    step(house, "exports")
    assert etab() == ["192.0.2.0/24", "198.51.100.7"]
    house.write(exports="export = / 192.0.2.0/25(rw)")
    step(house, "exports")
    assert etab() == ["192.0.2.0/25"]
    # If nothing changes, rpc.mountd does not have to read it again.
    inode = house.inside("vmstore", "stat", "-c", "%i", "/var/lib/nfs/etab")
    step(house, "exports")
    assert house.inside("vmstore", "stat", "-c", "%i", "/var/lib/nfs/etab") == inode


def test_a_kernel_that_leaves_orphans_is_refused(house, kernel_without):
    house.write()
    house.keepx("ns-create", "vmstore")
    step(house, "network")
    house.env |= kernel_without("orphans")
    assert "this kernel does not destroy connections that no process holds" in step(house, "network", 6)


@pytest.mark.parametrize("kind", KINDS)
def test_links_follow_the_file(house, kind):
    """Links of an earlier file went only with the standby, and were in the way of others."""
    house.keepx("ns-create", "vmstore")
    for link in ("eth0", "eth1"):
        house.run("ip", "link", "add", link, "type", "veth", "peer", "name", f"{link}p")

    def links(*addresses):
        path = house.write(more=f"link = {kind}")
        text = [l for l in path.read_text().splitlines() if not l.startswith("address")]
        path.write_text("\n".join([*text, *(f"address = {a}" for a in addresses)]) + "\n")
        step(house, "network")
        step(house, "links")
        shown = json.loads(house.inside("vmstore", "ip", "-j", "link"))
        return {l["ifname"]: l["address"] for l in shown if l["ifname"] != "lo"}

    both = links("192.0.2.50/24@eth0", "198.51.100.50/24@eth1")
    assert sorted(both) == ["nfs0", "nfs1"]
    assert links("192.0.2.50/24@eth0") == {"nfs0": both["nfs0"]}
    assert links("198.51.100.50/24@eth1") == {"nfs0": both["nfs1"]}
    # One that is up may be serving.
    house.inside("vmstore", "ip", "link", "set", "nfs0", "up")
    with pytest.raises(AssertionError, match="another link .* has that name"):
        links("192.0.2.50/24@eth0")


def test_host_names_are_resolved_in_advance(house, tmp_path):
    """Of the head's names only their addresses are left for rpc.mountd."""
    hosts = tmp_path / "hosts"
    hosts.write_text("192.0.2.7 one\n2001:db8::7 one\n")
    for file, source in (("hosts", hosts), ("resolv.conf", "/dev/null")):
        house.run("mount", "--bind", source, f"/etc/{file}")
    house.write(exports="export = / one(rw) *(ro)")
    house.run("mkdir", "-p", RUN)
    known = f"{RUN}/hosts"
    assert step(house, "hosts") == ""
    assert sorted(house.run("cat", known).split()) == ["192.0.2.7", "2001:db8::7", "one"]
    # A name server that is gone takes nobody's access away.
    hosts.write_text("")
    path = house.conf / "vmstore.conf"
    note = step(house, "hosts")
    assert note.startswith(f"{path}:5: host 'one': ")
    assert note.endswith("; its last known addresses are used")
    assert sorted(house.run("cat", known).split()) == ["192.0.2.7", "2001:db8::7", "one"]
    # Nor is it forgotten while another file is tried.
    house.write(exports="export = / *(ro)")
    step(house, "hosts")
    house.write(exports="export = / one(rw)")
    assert step(house, "hosts").endswith("; its last known addresses are used")
    # One that was never known: no reason not to stand by.
    house.run("rm", known)
    assert step(house, "hosts").startswith(f"{path}:5: host 'one': ")
