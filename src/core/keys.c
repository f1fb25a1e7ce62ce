// SPDX-License-Identifier: GPL-2.0-or-later
/* keys: the one table of configuration keys. */
#include "core/keys.h"

#include <string.h>

#include "core/service.h"

const struct key keys[KEY_COUNT] = {
	[KEY_DEVICE] = {
		.name = "device",
		.value = "PATH",
		.required = true,
		.limit = 1,
		.help = "the disk, by a path that is the same on every head",
		.text = "The block device that moves with the service. It is an absolute path "
			"under /dev that is the same on every head, preferably one in "
			"/dev/disk/by-id. LVM volumes and multipath devices work as well as "
			"plain disks.",
	},
	[KEY_FSTYPE] = {
		.name = "fstype",
		.type = KEY_ONE_OF,
		.value = "TYPE",
		.choices = "xfs ext4 btrfs",
		.fallback = "xfs",
		.limit = 1,
		.help = "the filesystem on the disk",
		.text = "The type of the filesystem on the disk. A start is refused if the "
			"disk holds a filesystem of another type. With xfs, standby sets the "
			"sysctl fs.xfs.xfssyncd_centisecs to 100: see baton(8).",
	},
	[KEY_OPTIONS] = {
		.name = "options",
		.value = "OPTION[,OPTION...]",
		.fallback = "",
		.limit = 1,
		.help = "mount options of the filesystem",
		.text = "Mount options of the filesystem, separated by commas, without blanks. "
			"These are refused: ro, because the client recovery database is on this "
			"disk; norecovery, noload, nobarrier and barrier=0, because acknowledged "
			"writes could be lost; bind, rbind, move, remount and loop, because "
			"baton mounts the device itself.",
	},
	[KEY_ADDRESS] = {
		.name = "address",
		.value = "ADDRESS/PREFIX@LINK",
		.required = true,
		.limit = SERVICE_ADDRESSES_MAX,
		.help = "a floating address and the link that carries it",
		.text = "An IPv4 or IPv6 address that moves with the service, its prefix length "
			"and the network link of the head that carries it, as in "
			"192.0.2.50/24@ens192. Loopback, link-local, multicast, reserved, "
			"network and broadcast addresses are refused. With two addresses clients "
			"can use NFSv4.1 session trunking.",
	},
	[KEY_GATEWAY] = {
		.name = "gateway",
		.value = "ADDRESS",
		.limit = 2,
		.help = "default gateway of the service, one per address family",
		.text = "The router to clients outside the service's own networks, at most one "
			"for IPv4 and one for IPv6. It must be in the network of one of the "
			"service's addresses; an IPv6 gateway may also be link-local.",
	},
	[KEY_EXPORT] = {
		.name = "export",
		.value = "PATH CLIENT[(OPTION,...)]...",
		.required = true,
		.limit = SERVICE_EXPORTS_MAX,
		.reload = RELOAD_NOW,
		.help = "a directory and who may mount it",
		.text = "A directory of the filesystem (/ is its root) and the clients that may "
			"mount it, in the notation of exports(5): host, address, network, "
			"wildcard, @netgroup or *, each followed by its options in parentheses, "
			"without a blank in between. Host names are resolved on the head, at "
			"standby and reload, and their addresses are exported. Wildcards and "
			"netgroups are looked up by rpc.mountd at a client's first call, from "
			"the service's own network: if no name server answers there, all "
			"clients wait, so addresses and networks are better. Put a path with blanks in double quotes. "
			"sync and no_subtree_check are the defaults. An export must not be "
			"inside another export or inside .baton. Clients mount ADDRESS:/NAME for "
			"/ and ADDRESS:/NAME/images for /images.",
	},
	[KEY_LEASE] = {
		.name = "lease",
		.type = KEY_NUMBER,
		.value = "SECONDS",
		.fallback = "10",
		.min = 10,
		.max = 3600,
		.unit = "seconds",
		.limit = 1,
		.reload = RELOAD_START,
		.help = "lease time of NFSv4 clients",
		.text = "How long a silent client keeps its locks. Idle clients renew their "
			"lease within two thirds of this time, which limits the grace period "
			"after a move, so a short lease is good.",
	},
	[KEY_GRACE] = {
		.name = "grace",
		.type = KEY_NUMBER,
		.value = "SECONDS",
		.fallback = "20",
		.min = 10,
		.max = 3600,
		.unit = "seconds",
		.limit = 1,
		.reload = RELOAD_START,
		.help = "how long clients may take to come back and reclaim their locks",
		.text = "How long a move or a takeover waits for clients to come back and "
			"reclaim their locks. The grace period ends sooner when all clients have "
			"reclaimed. A client that has come back in time gets as long as it needs "
			"to reclaim everything it holds. Must not be shorter than the lease, or "
			"a client that renews late would lose its locks.",
	},
	[KEY_COURTESY] = {
		.name = "courtesy",
		.type = KEY_NUMBER,
		.value = "SECONDS",
		.fallback = "90",
		.local = true,
		.min = 0,
		.max = 86400,
		.unit = "seconds",
		.limit = 1,
		.reload = RELOAD_NOW,
		.help = "how long a dead client's locks are kept after its lease",
		.text = "How long a client keeps what it holds after its lease has expired, "
			"unless another client wants it. The kernel alone would keep it as long "
			"as there is memory, and a client that is gone for good and still "
			"recorded makes the grace period after each move last to its end. Only "
			"time in which calls of other clients are executed counts: while this "
			"head hears nobody, because its own network or disk has failed, no "
			"client loses anything, and after that each gets at least two minutes "
			"to come back. So a client that is alone is kept. A failure that only "
			"some clients suffer costs them nothing if it is shorter than this.",
	},
	[KEY_DRAIN] = {
		.name = "drain",
		.type = KEY_NUMBER,
		.value = "SECONDS",
		.fallback = "5",
		.local = true,
		.min = 1,
		.max = 30,
		.unit = "seconds",
		.limit = 1,
		.reload = RELOAD_STOP,
		.help = "how long a stop waits for calls to be read and replies delivered",
		.text = "How long a stop waits at most for calls that have arrived to be read "
			"and for their replies to be delivered. A slow link or a client that "
			"reads much can make this take long. Connections with a long backlog are "
			"held first, while the others are still served; the rest is part of the "
			"pause. When the time is over a move is given up and the service stays "
			"where it is; a stop continues, and names the clients whose calls may be "
			"executed twice. At most half of the lease. With more than 10 seconds, "
			"raise the timeout of Pacemaker's stop operation by three times the "
			"difference.",
	},
	[KEY_DISK_TIMEOUT] = {
		.name = "disk-timeout",
		.type = KEY_NUMBER,
		.value = "SECONDS",
		.fallback = "150",
		.later = true,
		.local = true,
		.min = 10,
		.max = 3600,
		.unit = "seconds",
		.limit = 1,
		.reload = RELOAD_NOW,
		.help = "how long the disk may complete nothing before it counts as dead",
		.text = "How long a step that waits for the disk (mount, write back, unmount) goes "
			"on while neither the disk completes a request nor the step uses the "
			"processor. As long as one of them does, it may take any time: replaying a "
			"long log, checking quotas or writing gigabytes back is slow, not dead. Must "
			"be longer than a failover of the disk's paths: an iSCSI session may be "
			"restored within node.session.timeo.replacement_timeout, 120 seconds by "
			"default.",
	},
	[KEY_GUARD] = {
		.name = "guard",
		.type = KEY_ONE_OF,
		.value = "GUARD",
		.choices = "none reservation",
		.fallback = "none",
		.later = true,
		.limit = 1,
		.help = "what keeps a head that lost the service from writing to the disk",
		.text = "With reservation, the head that serves registers at the disk and "
			"reserves it (SCSI persistent reservation, type 'write exclusive, "
			"registrants only'). Another head that takes over removes that "
			"registration first; from then on the disk itself refuses what the old "
			"head writes, whatever state it is in. The old head notices within "
			"about a second, falls silent and shuts the filesystem down. The disk "
			"must be a SCSI disk (iSCSI, SAS, Fibre Channel) that keeps "
			"reservations over a loss of power, and hold nothing else than this "
			"service. With several paths it must be a device of multipath, with "
			"multipath-tools 0.13 or newer and 'reservation_key file' in "
			"/etc/multipath.conf. With none, only fencing keeps a second head off.",
	},
	[KEY_GUARD_TIMEOUT] = {
		.name = "guard-timeout",
		.type = KEY_NUMBER,
		.value = "SECONDS",
		.fallback = "20",
		.later = true,
		.min = 5,
		.max = 600,
		.unit = "seconds",
		.limit = 1,
		.help = "how long a head serves without hearing from the disk that it may",
		.text = "With guard = reservation, the serving head asks the disk once a second "
			"whether it is still registered. When the disk has not answered for so "
			"long, the head holds all clients off until it answers again: another "
			"head may have taken over. A start with --takeover waits this long, and "
			"3 seconds more, before it raises the addresses, as nobody has fenced "
			"the other head. The same on all heads.",
	},
	[KEY_THREADS] = {
		.name = "threads",
		.type = KEY_NUMBER,
		.value = "NUMBER",
		.fallback = "16",
		.local = true,
		.min = 1,
		.max = 1024,
		.limit = 1,
		.reload = RELOAD_NOW,
		.help = "number of knfsd threads; each takes 1 MiB of memory",
		.text = "The number of kernel threads that serve this service's clients.",
	},
	[KEY_LINK] = {
		.name = "link",
		.type = KEY_ONE_OF,
		.value = "KIND",
		.choices = "macvlan ipvlan",
		.fallback = "macvlan",
		.limit = 1,
		.help = "kind of the service's own network link",
		.text = "How the service's network namespace is connected to the head's link: "
			"macvlan gives it a link with a hardware address of its own, which is the "
			"same on every head. ipvlan shares the hardware address of the head's "
			"link, for networks that allow no other one: a hypervisor without "
			"promiscuous mode and forged transmits, a switch with port security. "
			"Then all clients have to learn a new hardware address when the service "
			"moves. All services over one link of a head "
			"need the same kind, and nothing else may make ipvlan links there. To "
			"change it, take the services down on both heads with `baton stop "
			"--standby', edit the files, and start the keepers again.",
	},
	[KEY_VERSIONS] = {
		.name = "versions",
		.type = KEY_SOME_OF,
		.value = "VERSION...",
		.choices = "4.0 4.1 4.2",
		.fallback = "4.1 4.2",
		.limit = 1,
		.help = "NFS versions served",
		.text = "The NFS versions offered. NFSv4.0 clients never report that they have "
			"reclaimed everything, so with 4.0 each grace period lasts to its end. "
			"NFSv3 is not offered: its locks do not move.",
	},
};

enum key_id keys_find(const char *name)
{
	for (enum key_id id = 0; id < KEY_COUNT; id++)
		if (strcmp(keys[id].name, name) == 0)
			return id;
	return KEY_COUNT;
}
