// SPDX-License-Identifier: GPL-2.0-or-later
/* sever: the tables of the agent ocf:baton:sever. */
#include "ocf/sever.h"

#include <stddef.h>

#include "core/service.h"

static const struct ocf_parameter parameters[] = {
	{ "address", "string", true, true, NULL, "the floating address",
	  "The address that moves, IPv4 or IPv6, without a prefix length: that of the "
	  "IPaddr2 before it." },
	{ "port", "integer", false, false, NFS_PORT_TEXT, "TCP port of the server",
	  "The TCP port of the NFS server." },
	{ "state", "string", false, true, NULL,
	  "directory on the shared disk, or cluster",
	  "Where the connections are recorded for the next head: a directory on the "
	  "filesystem that moves along, such as /srv/data/.baton-sever. It is made if it is "
	  "missing, and only root may write there; on the root filesystem, as below a mount "
	  "point without its mount, it is not used. Or cluster: each head is told by "
	  "corosync, and baton-record.service keeps it there." },
	{ "release", "boolean", false, false, "yes", "release NFSv4 state at stop",
	  "At stop, let go of the NFSv4 state of the clients that came by this address, so "
	  "that the filesystem can be unmounted at once." },
	{ "tickle", "boolean", false, false, "yes", "call the clients at start",
	  "At start, have the recorded clients connect anew at once." },
	{ 0 },
};

/*
 * A stop does not fail: a head is not to be fenced because its clients will be slow. So
 * its timeout is generous; what is slow in it is bounded by itself.
 */
static const struct ocf_action actions[] = {
	{ "start", 30, 0, 0, sever_action_start,
	  "Destroy what sockets of the address are left over, let it speak, and call the "
	  "recorded clients. Warns when some of them held locks." },
	{ "stop", 60, 0, 0, sever_action_stop,
	  "Silence the address and port, record the connections, destroy all sockets, "
	  "release NFSv4 state. The silence stays until the next start on this head." },
	{ "monitor", 20, 10, 0, sever_action_monitor,
	  "Is the address on this head, and not silenced? Then the record is kept fresh." },
	{ "validate-all", 20, 0, 0, sever_action_validate,
	  "Check the parameters, and from OCF_CHECK_LEVEL 10 on whether this kernel can "
	  "destroy sockets." },
	{ "meta-data", 5, 0, 0, ocf_action_metadata, "Print the meta-data." },
	{ 0 },
};

const struct ocf_agent sever_agent = {
	.name = "sever",
	.help = "Makes a floating address of a shared NFS server leave nothing behind",
	.text = "For groups of Filesystem, exportfs and IPaddr2 over one NFS server a head. "
		"Placed right after IPaddr2, it makes an address leave its head without "
		"stale sockets, so that it can come back at once; releases the NFSv4 state "
		"that would keep the filesystem from being unmounted; and has the clients "
		"connect to the next head without waiting for their timers.\n\n"
		"It cannot carry locks over: the NFS server of the next head is not in its "
		"grace period, so clients cannot reclaim them, and writes under a lock may "
		"fail with EIO. Nor can it part two services that one client reaches by two "
		"addresses of one server. `baton check --shared` finds both; "
		"ocf:baton:service has neither. NFSv3 clients need no release, but their locks "
		"are released as well.\n\n"
		"A stop without that of IPaddr2 leaves an address that does not answer, until "
		"the next start.",
	.parameters = parameters,
	.actions = actions,
};
