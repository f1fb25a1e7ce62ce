# SPDX-License-Identifier: GPL-2.0-or-later
"""A head that goes on although another one has taken over: what the disk does about it. Without a cluster, so
nothing else keeps the two apart, as with a fence agent that lies."""

import re
import time

from labkit.wait import wait_for
from .service import HEADS

ADDRESS_IN_USE = 5
# Makes and removes files, as fast as it can; ends at the first error.
CHURN = r"""cd /run/baton/{name}/fs; n=0
while mkdir d$n-$0 && head -c 20000 /dev/urandom > d$n-$0/f && sync -f .; do
	n=$((n + 1)); [ $n -lt 40 ] || rm -rf d$((n - 40))-$0
done; echo ended"""


def persist(service, head, *words):
    """What sg_persist(8) says of the service's disk."""
    return service.lab.guest(head).run(["sg_persist", "-n", *words, service.device], check=False).stdout


def keys(service, head="head2"):
    """The keys that are registered."""
    return re.findall(r"^\s+(0x[0-9a-f]+)$", persist(service, head, "-i", "-k"), re.M)


def clear(service, head="head2"):
    """Remove whoever is registered."""
    if keys(service, head):
        persist(service, head, "-o", "-I", "-S", "0xbad")
        persist(service, head, "-o", "-C", "-K", "0xbad")
    assert keys(service, head) == []


def hide(service, head):
    """Nobody is told who has the address, so that another head may believe that nobody has."""
    service.lab.guest(head).run([*service.inside, "sh", "-c",
                                 "echo 8 > /proc/sys/net/ipv4/conf/all/arp_ignore"])


def start_unheard(service, head, *words):
    """Start there although head1 serves, as far as the disk lets it. While head1 announces itself to its
    clients, its address is seen to be in use."""
    hide(service, "head1")
    tried = []

    def heard_nobody():
        tried[:] = [service.baton(head, "start", *words, service.name, check=False)]
        return tried[0].returncode != ADDRESS_IN_USE

    wait_for("head1 not to be heard", heard_nobody, every=1)
    return tried[0]


def clock(guest):
    return float(guest.run(["date", "+%s.%N"]).stdout)


def said_at(guest, words, since=0):
    """When a keeper's unit said something the last time since then, by that guest's clock; None = never."""
    lines = guest.run(["journalctl", "-b", "-u", "baton@*", "-o", "short-unix", "--no-pager"]).stdout.splitlines()
    found = [float(l.split()[0]) for l in lines if words in l]
    return found[-1] if found and found[-1] >= since else None


def churn(service, head):
    """Writes to the service's filesystem on a head, as its clients would."""
    return service.lab.guest(head).start(
        ["nsenter", f"--mount=/run/baton/{service.name}/ns/mnt", "sh", "-c",
         CHURN.format(name=service.name), head], stderr=-3)


def is_clean(service, head="head2"):
    """Is the filesystem without a fault? Nobody may have it mounted."""
    return service.lab.guest(head).run(["xfs_repair", "-n", service.device], check=False,
                                       timeout=120).returncode == 0


def silent_after(service, since):
    """How many seconds after it was preempted head1 said that it is silent; None = it did not. The guests'
    clocks are the machine's."""
    head1, head2 = (service.lab.guest(h) for h in HEADS)
    start = service.ledger("head2", "start")
    preempted = start["began"]
    for step in start["steps"]:
        preempted += step["ms"] / 1000
        if step["step"] == "guard":
            break
    said = said_at(head1, "another head has taken the disk", since)
    ahead = [clock(head) - time.time() for head in (head1, head2)]
    return said and round(said - ahead[0] - preempted + ahead[1], 2)


def seize(service, seconds):
    """head1 writes, head2 takes over by force and writes as well, for some seconds. What came of it: is the
    filesystem clean once both have stopped, did head1 have it to the end, after how long was it silent? Without
    a guard head1 writes only after that: else head2 finds a log that changes under it, and cannot mount."""
    guarded = "reservation" in service.configured("head1")
    head1 = service.lab.guest("head1")
    begun = clock(head1)
    service.start("head1")
    if guarded:
        churn(service, "head1")
    taken = start_unheard(service, "head2", "--takeover")
    assert taken.returncode == 0, taken.stderr
    if not guarded:
        churn(service, "head1")
    churn(service, "head2")
    time.sleep(seconds)
    both = f" /run/baton/{service.name}/fs " in head1.run(
        ["nsenter", f"--mount=/run/baton/{service.name}/ns/mnt", "cat", "/proc/self/mountinfo"]).stdout
    silent = silent_after(service, begun) if guarded else None
    for head in HEADS:
        service.lab.guest(head).run(["pkill", "-f", "/dev/urandom"], check=False)
        service.stop(head, check=False)
    found = {"clean": is_clean(service), "both": both, "silent_s": silent}
    clear(service)
    return found


def steps(service, rounds):
    """[{operation or step: ms}] of starts and stops on both heads in turn."""
    found = []
    for _ in range(rounds):
        for head in HEADS:
            service.start(head)
            service.stop(head)
            took = {}
            for operation in ("start", "stop"):
                each = {s["step"]: s["ms"] for s in service.ledger(head, operation)["steps"]}
                took |= {operation: sum(each.values())} | {s: each[s] for s in ("guard", "unguard") if s in each}
            found.append(took)
    return found
