# SPDX-License-Identifier: GPL-2.0-or-later
"""A service file that was edited while it is served: applied under the probe, on both heads; and what a
restarted keeper does with it."""

import copy

import pytest
from labkit.pace import stretch
from labkit.wait import wait_for
from trials.clients import NamespacedClient
from trials.service import CLASSES, HEADS, Probe, Service, errors, longest

# The client guest is in the lower half, its namespaces are in the upper one.
LOWER, UPPER = "10.77.0.0/25(rw,no_root_squash)", "10.77.0.128/25(rw,no_root_squash)"
CONF = "/etc/baton/vmstore.conf"
CONFIG, PEER = 3, 12
# Less than a client would notice; a call alone takes a tenth of it under TCG.
PAUSE_MS = 1000


def exports(*lines):
    return {"export": "\nexport = ".join(lines)}


@pytest.fixture(scope="module")
def vmstore(cluster):
    service = Service(cluster.lab)
    service.prepare(text=service.conf(**exports(f"/images {LOWER} {UPPER}")))
    cluster.lab.guest("head1").run(
        ["sh", "-ec", f"mkdir -p /m; mount {service.device} /m; mkdir /m/images /m/new; "
         "echo x | tee /m/images/f /m/new/f > /m/new/g; umount /m"], timeout=60)
    service.meet()
    service.start("head1")
    service.mount()
    yield service
    service.unmount()
    service.retire()


def edit(service, heads=HEADS, **changes):
    for head in heads:
        service.configure(head, service.conf(**changes))


def inside(service, *argv, head="head1"):
    return service.lab.guest(head).run([*service.inside, *argv]).stdout.strip()


def nfsd(service, leaf, head="head1"):
    return inside(service, "cat", f"/proc/fs/nfsd/{leaf}", head=head)


def in_use(service, head):
    return service.lab.guest(head).run(["cat", "/run/baton/vmstore/served.conf"]).stdout


def is_edited(service, head):
    return service.status(head)["file_edited"]


def test_under_the_probe(vmstore):
    """A client that is taken out loses its access at once, and the others notice nothing. (One that is in no
    export any more is not even told so: all its calls are refused, and Linux asks again for ever.)"""
    client = vmstore.lab.guest("client")
    images = copy.copy(vmstore)
    images.mountpoint += "/images"
    with NamespacedClient(vmstore, 1, "other") as other:
        other.run("cat", other.path("images/f"))
        probe = Probe(images).start()
        begun = probe.now()
        # Its clients change, one comes, and the rest of what can be changed.
        edit(vmstore, threads=4, lease=20, courtesy=60,
             **exports(f"/images {LOWER}", "/new 10.77.0.0/24(ro)"))
        said = vmstore.baton("head2", "reload", "vmstore").stdout
        assert "threads: 8 -> 4\n" in said and "lease: 10 -> 20, at the next start\n" in said
        assert "  export added: /new 10.77.0.0/24(ro,sync,no_subtree_check)\n" in said
        assert said.endswith("  head1: reloaded\n")
        denied = other.run("cat", other.path("images/f"), check=False)
        # Linux looks the name up again where its handle is stale, and the pseudo-filesystem hides it.
        assert denied.returncode == 1 and denied.stderr.rpartition(": ")[2].strip() in (
            "Permission denied", "Stale file handle", "No such file or directory"), denied
        assert client.run(["cat", "/mnt/vmstore/new/f"]).stdout == "x\n"
        assert nfsd(vmstore, "threads") == "4" and nfsd(vmstore, "nfsv4leasetime") == "10"
        assert nfsd(vmstore, "nfsv4leasetime", "head2") == "20"
        assert in_use(vmstore, "head1") == in_use(vmstore, "head2") == vmstore.configured("head1")
        # The other way round, while a client has a file open in what goes.
        holder = client.start(["sh", "-c", "exec 3< /mnt/vmstore/new/f; echo; read x"], stdin=-1)
        holder.stdout.readline()
        edit(vmstore, threads=8, lease=20, **exports(f"/images {LOWER} {UPPER}"))
        vmstore.lab.guest("head1").run(["systemctl", "reload", vmstore.unit], timeout=60)
        wait_for("the other client's access", lambda: other.run(
            "cat", other.path("images/f"), check=False).returncode == 0)
        # The client does not have to ask for the file that it has open.
        assert client.run(["cat", "/mnt/vmstore/new/g"], check=False).returncode != 0
        assert not is_edited(vmstore, "head1") and not is_edited(vmstore, "head2")
        assert vmstore.baton("head1", "reload", "vmstore").stdout.startswith("vmstore: already so\n")
        ended = probe.now()
        report = probe.finish()
        assert report["verdict"] == "clean", report
        assert errors(report, begun, ended) == (0, 0)
        for kind in CLASSES:
            assert longest(report, kind, begun, ended) < stretch(PAUSE_MS), (kind, report["pauses"])
        holder.communicate("")
    assert [s["step"] for s in vmstore.ledger("head1", "reload")["steps"]] == \
        ["hosts", "directories", "exports", "threads", "remember"]
    # It holds nothing back that was exported once; and the new lease is that of the next start.
    vmstore.stop("head1")
    vmstore.start("head1")
    assert nfsd(vmstore, "nfsv4leasetime") == "20"


def test_an_edited_file_is_not_in_use(vmstore):
    head1 = vmstore.lab.guest("head1")
    before = in_use(vmstore, "head1")
    etab = inside(vmstore, "cat", "/var/lib/nfs/etab")
    # On one head only: nothing is applied, and the restart of a keeper changes nothing either.
    edit(vmstore, ["head1"], threads=5, lease=20, **exports(f"/images {LOWER}"))
    done = vmstore.baton("head1", "reload", "vmstore", check=False)
    assert (done.returncode, done.stderr) == \
        (PEER, f"baton: vmstore: head2: its {CONF} differs from that of head1; make them equal\n")
    head1.run(["systemctl", "restart", vmstore.unit], timeout=60)
    vmstore.meet()
    assert in_use(vmstore, "head1") == before and nfsd(vmstore, "threads") == "8"
    assert inside(vmstore, "cat", "/var/lib/nfs/etab") == etab
    assert is_edited(vmstore, "head1") and not is_edited(vmstore, "head2")
    said = "the service file on head1 was edited and is not in use; `baton reload vmstore` applies it"
    assert said in " ".join(vmstore.baton("head1", "status", "vmstore").stdout.split())
    assert 'baton_file_edited{service="vmstore"} 1\n' in vmstore.baton("head1", "metrics").stdout
    assert "was edited while it was served, and is not in use" in head1.run(
        ["journalctl", "-u", vmstore.unit, "-n", "20", "--no-pager"]).stdout
    # Nonsense, or what cannot be changed: one line, and nothing else.
    for text, line in (
            (vmstore.conf(threads="many"), f"{CONF}:9: threads: 'many' is not between 1 and 1024"),
            (vmstore.conf(versions="4.2"), "versions cannot be changed while the service is served: "
             "stop it, then `baton reload vmstore`, then start it")):
        vmstore.configure("head1", text)
        done = vmstore.baton("head1", "reload", "vmstore", check=False)
        assert (done.returncode, done.stderr) == (CONFIG, f"baton: vmstore: {line}\n")
    # Served and stopped all the same, also without the keeper.
    vmstore.configure("head1", vmstore.conf(threads="many"))
    head1.run(["systemctl", "restart", vmstore.unit], timeout=60)
    assert vmstore.status("head1")["state"] == "serving"
    head1.run(["systemctl", "stop", vmstore.unit])
    vmstore.stop("head1")
    assert vmstore.status("head1")["state"] == "standby"
    # In standby a keeper takes the file as it is, with what could not be changed before.
    edit(vmstore, versions="4.1", lease=20, **exports(f"/images {LOWER} {UPPER}"))
    vmstore.keep("head1")
    assert vmstore.baton("head2", "reload", "vmstore").stdout.endswith("  head1: has it already\n")
    vmstore.start("head1")
    assert nfsd(vmstore, "versions") == nfsd(vmstore, "versions", "head2") == "-3 +4 -4.0 +4.1 -4.2"
    assert vmstore.lab.guest("client").run(["cat", "/mnt/vmstore/images/f"], timeout=60).stdout == "x\n"
