# SPDX-License-Identifier: GPL-2.0-or-later
"""Under Pacemaker with fencing: whatever dies, the right head serves in the end, never two at once,
and nothing that a client was told is lost. These are the quick ones of trials/faults.py; `make faults` does all."""

from contextlib import contextmanager

import pytest
from labkit.pace import stretch
from labkit.wait import wait_for
from trials.faults import FAULTS, Fault, World, suffer


@pytest.fixture(scope="module")
def world(cluster):
    """vmstore at home on head1, homes on head2, each mounted by the client. vmstore's disk is guarded."""
    world = World(cluster)
    yield world
    world.end()


@pytest.fixture(autouse=True)
def home(world):
    """Each test begins with both heads online, each of them serving."""
    world.calm()
    world.go_home()


@pytest.mark.parametrize("fault", [f for f in FAULTS if f.quick], ids=lambda f: f.name.replace(" ", "-"))
def test_a_fault(world, fault):
    found = suffer(world, fault)
    assert not found.wrong, found
    # Who has lost the other one's sight is fenced; of two that have lost each other's, one.
    fenced = [said.split()[0] for said in found.happens if said.endswith("is fenced")]
    assert len(fenced) == 1 and found.serves not in fenced, found
    if fault.name != "cluster network cut":
        assert fenced == ["head1"] and "head2 start done" in found.happens, found


def test_a_keeper_and_its_daemons_killed(world):
    """systemd starts another keeper, which finds everything in place but the daemons and restarts them
    before Pacemaker would have to. The service is not started again, and no client notices."""
    vmstore, guest = world.vmstore, world.guest("head1")
    names = ("mountd", "nfsdcld", "keeper")

    def pid(of):
        if of == "keeper":
            return vmstore.keeper_pid("head1")
        return guest.run(["cat", f"/run/baton/vmstore/{of}.pid"]).stdout.strip()

    @contextmanager
    def killed(_):
        old = {name: pid(name) for name in names}
        guest.run(["kill", "-KILL", *old.values()])
        yield
        for name in names:
            wait_for(name, lambda n=name: pid(n) not in ("", "0", old[n]))
        wait_for("a new keeper", lambda: vmstore.status("head1")["keeper"] == "serving")

    found = suffer(world, Fault("keeper and daemons killed", killed, lasts=1, harmless=True))
    assert not found.wrong and found.serves == "head1", found
    assert found.pause_s < stretch(5)
