// SPDX-License-Identifier: GPL-2.0-or-later
/* sever: the tables of the agent ocf:baton:sever. */
#include "ocf/sever.h"

#include <stddef.h>

#include "core/service.h"

static const struct ocf_parameter parameters[] = {
	{ "address", "string", true, true, NULL, "the floating address",
	  "The IPv4 or IPv6 address that moves, without a prefix length: the address of the "
	  "IPaddr2 resource before this one." },
	{ "port", "integer", false, false, NFS_PORT_TEXT, "TCP port of the server",
	  "The TCP port of the NFS server." },
	{ "state", "string", false, true, NULL,
	  "directory on the shared disk, or cluster",
	  "Where to record the connections for the next head. Either a directory on the "
	  "filesystem that moves with the address, such as /srv/data/.baton-sever: it is "
	  "created if it is missing, only root may have write access, and it is not used "
	  "if it is on the root filesystem, as below a mount point with nothing mounted. "
	  "Or the word cluster: the record is sent to all heads through corosync, and "
	  "baton-record.service stores it there." },
	{ "release", "boolean", false, false, "yes", "release NFSv4 state at stop",
	  "At stop, release the NFSv4 state of the clients that used this address, so that "
	  "the filesystem can be unmounted at once." },
	{ "tickle", "boolean", false, false, "yes", "make clients reconnect at start",
	  "At start, make the recorded clients reconnect at once." },
	{ 0 },
};

/*
 * A stop does not fail: a head must not be fenced because its clients will be slow. So
 * the timeout is generous; whatever is slow in it has a limit of its own.
 */
static const struct ocf_action actions[] = {
	{ "start", 30, 0, 0, sever_action_start,
	  "Destroy stale sockets of the address, let the address send again, and make the "
	  "recorded clients reconnect. Warns if some of them may have held locks." },
	{ "stop", 60, 0, 0, sever_action_stop,
	  "Silence the address and port, record the connections, destroy all sockets and "
	  "release NFSv4 state. The address stays silent until the next start on this head." },
	{ "monitor", 20, 10, 0, sever_action_monitor,
	  "Check that the address is on this head and not silenced. If so, update the "
	  "record." },
	{ "validate-all", 20, 0, 0, sever_action_validate,
	  "Check the parameters. From OCF_CHECK_LEVEL 10 on, also check whether this kernel "
	  "can destroy sockets, and those that no process holds any more." },
	{ "meta-data", 5, 0, 0, ocf_action_metadata, "Print the meta-data." },
	{ 0 },
};

const struct ocf_agent sever_agent = {
	.name = "sever",
	.help = "Makes a floating address of a shared NFS server leave nothing behind",
	.text = "For groups of Filesystem, exportfs and IPaddr2 on heads with one NFS server "
		"each. Placed right after IPaddr2, it does three things. It destroys the "
		"sockets of an address that leaves its head, so that the address can come back "
		"at once. It releases the NFSv4 state that would keep the filesystem from being "
		"unmounted. And it makes the clients reconnect to the next head without waiting "
		"for their timers.\n\n"
		"It cannot carry locks over: the NFS server of the next head is not in its "
		"grace period, so clients cannot reclaim them, and writes under a lock may "
		"fail with EIO. Nor can it separate two services that one client uses by two "
		"addresses of the same server. `baton check --shared` finds both problems; "
		"ocf:baton:service has neither. NFSv3 clients need no release, but their locks "
		"are released as well.\n\n"
		"If this resource is stopped without IPaddr2, the address does not answer until "
		"the next start.",
	.parameters = parameters,
	.actions = actions,
};
