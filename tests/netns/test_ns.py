# SPDX-License-Identifier: GPL-2.0-or-later
"""A service's namespaces: pinned, entered, and left without a trace."""
import socket

LINE = "keepx: "


def test_made_pinned_and_removed(house):
    before = house.mounts()
    house.keepx("ns-create", "vmstore")
    assert house.keepx("ns-exists", "vmstore") == "yes\n"
    assert house.inside("vmstore", "hostname") == "vmstore\n"
    assert house.run("hostname").strip() == socket.gethostname()
    assert house.run("ip", "netns", "exec", "baton-vmstore", "true") == ""
    assert house.run("ip", "netns", "list").split()[0] == "baton-vmstore"
    assert house.inside("vmstore", "ls", "/sys/class/net") is not None
    house.keepx("ns-remove", "vmstore")
    assert house.keepx("ns-exists", "vmstore") == "no\n"
    # /run/netns stays a mount of its own, as ip-netns(8) leaves it.
    assert house.mounts() == before + ["/run/netns"]
    assert house.run("ls", "/run/netns", "/run/baton/vmstore") == \
        "/run/baton/vmstore:\n\n/run/netns:\n"
    house.keepx("ns-remove", "vmstore")


def test_made_again_is_removed_as_well(house):
    """What a crash left must not pile up: one removal takes everything."""
    house.keepx("ns-create", "vmstore")
    pins = [m for m in house.mounts() if "vmstore" in m]
    house.keepx("ns-create", "vmstore")
    assert len([m for m in house.mounts() if "vmstore" in m]) == len(pins)
    house.keepx("ns-remove", "vmstore")
    assert not [m for m in house.mounts() if "vmstore" in m]
    assert house.run("ls", "/run/netns", "/run/baton/vmstore") == \
        "/run/baton/vmstore:\n\n/run/netns:\n"


def test_a_part_is_not_there(house):
    house.keepx("ns-create", "vmstore")
    house.run("umount", "/run/baton/vmstore/ns/uts")
    assert house.keepx("ns-exists", "vmstore") == "no\n"
    assert house.inside("vmstore", "true", status=1) == \
        LINE + "the service's namespaces in /run/baton/vmstore: No such file or directory\n"
    house.keepx("ns-create", "vmstore")
    assert house.inside("vmstore", "hostname") == "vmstore\n"


def test_a_failure_leaves_nothing(house):
    """The pin of the UTS namespace, the last one, cannot be made."""
    house.run("mkdir", "-p", "/run/baton/vmstore", "/run/netns/baton-vmstore/x")
    said = house.keepx("ns-create", "vmstore", status=10)
    assert said == LINE + "create /run/netns/baton-vmstore: Is a directory\n"
    assert not [m for m in house.mounts() if "vmstore" in m]
    assert house.run("ls", "/run/baton/vmstore") == ""


def test_head_can_unmount_what_the_service_saw(house):
    """Mounts of the head, made before and after, are not kept busy from inside."""
    house.run("mount", "-t", "tmpfs", "before", "/srv")
    house.keepx("ns-create", "vmstore")
    assert house.inside("vmstore", "stat", "-f", "-c", "%T", "/srv") == "tmpfs\n"
    house.run("mkdir", "/srv/later")
    house.run("mount", "-t", "tmpfs", "later", "/srv/later")
    assert "/srv/later" in house.mounts("vmstore")
    house.run("umount", "/srv/later")
    house.run("umount", "/srv")
    assert "/srv" not in house.mounts("vmstore")


def test_nothing_gets_out(house):
    house.keepx("ns-create", "vmstore")
    before = house.mounts()
    house.inside("vmstore", "sh", "-c", "mkdir /run/out; mount -t tmpfs o /run/out;"
                 "mount -t tmpfs o /srv; mount -t tmpfs o /proc/fs")
    assert house.mounts() == before


def test_nothing_of_the_heads_nfs_is_seen(house):
    """tmpfs instead of nfsdfs and rpc_pipefs: a stop inside must never reach the head's."""
    house.run("mkdir", "-p", "/run/rpc_pipefs")
    house.run("mount", "-t", "tmpfs", "head", "/run/rpc_pipefs")
    house.run("mount", "-t", "tmpfs", "head", "/run/rpc_pipefs")
    house.run("touch", "/run/rpc_pipefs/heads")
    house.keepx("ns-create", "vmstore")
    assert house.inside("vmstore", "ls", "/run/rpc_pipefs") == ""
    assert house.run("ls", "/run/rpc_pipefs") == "heads\n"
    # Nor what the head mounts later.
    house.run("mount", "-t", "tmpfs", "later", "/run/rpc_pipefs")
    assert "later" not in house.inside("vmstore", "cat", "/proc/self/mountinfo")


def test_two_services_do_not_hold_each_other(house):
    for name in ("vmstore", "other"):
        house.keepx("ns-create", name)
    house.keepx("ns-remove", "vmstore")
    assert "vmstore" not in house.inside("other", "cat", "/proc/self/mountinfo")
    assert house.inside("other", "hostname") == "other\n"


def test_private_root(house, tmp_path):
    """Without systemd / is private; namespaces are made all the same."""
    house.run("mount", "--make-rprivate", "/")
    house.keepx("ns-create", "vmstore")
    assert house.run("ip", "netns", "exec", "baton-vmstore", "true") == ""
    house.keepx("ns-remove", "vmstore")
