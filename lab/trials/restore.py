# SPDX-License-Identifier: GPL-2.0-or-later
"""Brings the lab into the state in which a test may expect it, whatever the test before has left and
however it failed: all guests on, no service, no mount, no address, no filter, no probe; no cluster, or
one that is online and has only its fencing.

Theory of operation: one script in each guest, all at once, takes down what it finds, and names it.
If nothing is left, that is all. A guest that cannot be cleaned up this way is switched off and on: then
only what is on the disks remains. The cluster goes first, or it would restore what is taken down; if it
is not as it was made, it is made anew."""

from labkit.config import LabError, WANTS
from .cluster import HEADS, UNITS, Cluster

# Each prints what it has found, one thing per line. If its status is not 0: switch the guest off and on.
HEAD = r"""
if pidof -q multipathd; then
	echo "multipathd"; killall multipathd; rm -rf /etc/multipath /etc/multipath.conf; status=1
fi
mapped=$(cd /dev/mapper && ls | grep -vx control)
for name in $mapped; do dmsetup resume --noudevsync "$name"; done
for dir in /run/baton/*/; do
	[ -e "$dir" ] || continue
	name=${dir%/}; name=${name##*/}
	if [ -e "/run/netns/baton-$name" ] || systemctl -q is-active "baton@$name"; then
		echo "service $name"
		systemctl kill -s CONT "baton@$name" 2> /dev/null
		systemctl stop "baton-serve@$name"
		baton stop --standby "$name" > /dev/null || status=1
		systemctl stop "baton@$name"
	fi
	grep -q " ${dir%/}" /proc/self/mountinfo && status=1
	rm -rf --one-file-system "$dir"
done
for name in $mapped; do
	echo "mapping $name"; dmsetup remove --noudevsync --retry "$name" || status=1
done
for disk in /dev/sd?; do
	sg_persist -n -i -k "$disk" 2> /dev/null | grep -q '^ *0x' || continue
	echo "a registration at $disk"
	sg_persist -n -o -I -S 0xbad "$disk" > /dev/null 2>&1
	sg_persist -n -o -C -K 0xbad "$disk" > /dev/null 2>&1 || status=1
done
rm -rf /var/lib/baton
for unit in pacemaker corosync; do
	[ -L "/run/systemd/system/$unit.service" ] || continue
	echo "$unit, masked"; systemctl unmask --runtime "$unit"
done
if [ -e /usr/sbin/fence_lab.true ]; then
	echo "a fence agent that lies"; mv /usr/sbin/fence_lab.true /usr/sbin/fence_lab
fi
rm -rf /etc/baton/*.conf /run/systemd/system/baton@*
if [ -e /proc/fs/nfsd/threads ]; then
	echo "the head's own knfsd"
	rpc.nfsd 0; exportfs -au; killall -q rpc.mountd nfsdcld
	umount /run/rpc_pipefs
	umount /proc/fs/nfsd || status=1
fi
"""
CLIENT = r"""
pgrep -x baton > /dev/null && { echo "a probe"; killall -q -KILL baton; }
for ns in /run/netns/*; do
	[ -e "$ns" ] || continue
	echo "namespace ${ns##*/}"
	# The kernel may keep it, and then it shall not answer for its address.
	ip -n "${ns##*/}" link del eth0; ip netns del "${ns##*/}"
done
"""
ANY = r"""
while read -r _ _ _ _ target _; do
	case $target in
	/m|/m/*|/mnt/*|/srv/homes|/srv/vmstore)
		echo "mount $target"
		case $target in /mnt/*) umount -f -l "$target" ;; *) umount "$target" ;; esac || status=1 ;;
	esac
done < /proc/self/mountinfo
if [ -n "$(nft list ruleset)" ]; then
	echo "packet filter"; nft flush ruleset
fi
for address in $(ip -o -4 addr show dev lan0 scope global | grep -o 'inet [^ ]*' | cut -d' ' -f2); do
	[ "${address%/*}" = "$own" ] && continue
	echo "address $address"; ip addr del "$address" dev lan0
done
exit ${status:-0}
"""
SCRIPTS = {"head": HEAD + ANY, "client": CLIENT + ANY, "storage": ANY}


def restore(lab, clustered=False):
    """Bring the lab into the known state; returns what had been left, one string each. clustered: with a
    cluster."""
    found = [f"{name}: off" for name, guest in lab.guests.items() if not guest.reachable()]
    if found:
        lab.up()
    for guest in lab.guests.values():
        guest.link(True)
    cluster = Cluster(lab)
    stands = cluster.is_up()
    keep = stands and clustered and cluster.is_bare()
    if stands and not keep:
        found.append("a cluster")
        _end(lab, cluster)
    found += _clean(lab)
    if clustered and not keep:
        cluster.start()
    return found


def _end(lab, cluster):
    try:
        cluster.stop()
    except LabError:
        for head in HEADS:
            guest = lab.guest(head)
            guest.cut()
            guest.disable(*UNITS)
            lab.boot(head)


def _clean(lab):
    """What is left in the guests, and what they would have again after a boot."""
    running = []
    for guest in lab.guests.values():
        script = f"own={guest.spec.lan4}\n{SCRIPTS[guest.spec.role]}"
        running.append((guest, guest.start(["sh", "-c", script])))
    found = []
    for guest, process in running:
        guest.drop(*(f"/etc/baton/{p.name}" for p in (guest.disk / "etc/baton").glob("*.conf")))
        left = list((guest.disk / WANTS.lstrip("/")).glob("baton*@*"))
        try:
            out, status = process.communicate(timeout=90)[0], process.returncode
        except LabError:
            process.kill()
            out, status = "no end to cleaning it up", 1
        found += [f"{guest.name}: {line}" for line in out.splitlines()]
        if status:
            found.append(f"{guest.name}: switched off and on")
            guest.cut()
        guest.disable(*(link.name for link in left))
        if status:
            lab.boot(guest.name)
    return found
