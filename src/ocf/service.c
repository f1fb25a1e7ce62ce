// SPDX-License-Identifier: GPL-2.0-or-later
/* service: the tables of the agent ocf:baton:service. */
#include "ocf/service.h"

#include <stddef.h>

static const struct ocf_parameter parameters[] = {
	{ "service", "string", true, true, NULL, "name of the service",
	  "The name of the service: /etc/baton/NAME.conf describes it, equal on every head. "
	  "All else is said there, so that all heads change together." },
	{ 0 },
};

/*
 * A stop that fails means fencing, so its timeout is no less than the sum of what its steps
 * may take, each for itself (keeper/stop.c; tests/unit/test_agent.c adds them up). That of
 * start likewise, with the keeper's standby there already. A monitor waits for a keeper
 * that hangs until systemd's watchdog (30 s) has replaced it. A move that has not ended by
 * then is better done by stop and start.
 *
 * No reload-agent: the one parameter is the service's identity, and nothing else could be
 * reloaded. No promote, demote, notify: a service is served by one head, and the keepers
 * talk to each other.
 */
static const struct ocf_action actions[] = {
	{ "start", 180, 0, 0, service_start,
	  "Serve the service from this head. A keeper that does not run is started first." },
	{ "stop", 240, 0, 0, service_stop,
	  "Stop serving, so that another head can. Done without the keeper if that is "
	  "missing or hangs. Success means that nothing of the service stands any more: no "
	  "mount, no thread, no socket, no address." },
	{ "monitor", 60, 10, 0, service_monitor,
	  "Is the service served here? Looked at are the keeper, knfsd's threads, nfsdcld "
	  "and rpc.mountd, links and addresses. A missing keeper is started again; "
	  "meanwhile clients are served by the kernel." },
	{ "monitor", 60, 30, 10, service_monitor,
	  "The same; and knfsd answers a call to each address, and the links have a "
	  "carrier. Leave this one out if the network may be away for longer than clients "
	  "should wait, and no head would be better off." },
	{ "monitor", 60, 60, 20, service_monitor,
	  "The same; and the disk takes a write. Choose the timeout longer than a path "
	  "failover of the disk." },
	{ "migrate_to", 300, 0, 0, service_migrate_to,
	  "The whole move to another head, keeper to keeper. Refused before clients notice "
	  "if the other head is not ready." },
	{ "migrate_from", 60, 0, 0, service_migrate_from,
	  "Confirm, on the other head, that the service is served there." },
	{ "validate-all", 20, 0, 0, service_validate,
	  "Check the parameter and the service file, and from OCF_CHECK_LEVEL 10 on "
	  "programs, kernel, disk and links of this head." },
	{ "meta-data", 5, 0, 0, ocf_action_metadata, "Print the meta-data." },
	{ NULL, 0, 0, 0, NULL, NULL },
};

const struct ocf_agent service_agent = {
	.name = "service",
	.help = "NFSv4 service that moves between heads without its clients losing anything",
	.text = "Serves one NFSv4 service of baton from this head: its disk, filesystem, exports "
		"and floating addresses, with an NFS server of its own. Everything about it "
		"stands in /etc/baton/NAME.conf, which must be equal on every head.\n\n"
		"With allow-migrate=true, Pacemaker moves it by migrate_to: a pause of about a "
		"heartbeat, locks and acknowledged writes kept. Do not put a Filesystem, "
		"nfsserver, exportfs, IPaddr2 or portblock resource beside it for the same disk "
		"or address. The keepers (baton@NAME.service) are started by systemd on every "
		"head, so that a standby is ready before it is needed. Fencing is necessary: "
		"the filesystem must never be mounted twice.",
	.parameters = parameters,
	.actions = actions,
};
