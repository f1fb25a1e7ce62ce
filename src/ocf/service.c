// SPDX-License-Identifier: GPL-2.0-or-later
/* service: the tables of the agent ocf:baton:service. */
#include "ocf/service.h"

#include <stddef.h>

static const struct ocf_parameter parameters[] = {
	{ "service", "string", true, true, NULL, "name of the service",
	  "The name of the service. /etc/baton/NAME.conf, which must be the same on every "
	  "head, describes it; everything else is configured there." },
	{ 0 },
};

/*
 * A failed stop leads to fencing, so the timeout of stop is no less than the sum of the
 * deadlines of its steps and the default of disk-timeout (keeper/stop.c;
 * tests/unit/test_agent.c adds them up). So is that of start, with the keeper's standby
 * already there. Both leave minutes for a disk that is slow: a dead one is told apart
 * long before (keeper/runner.c). Half of a move may be writing back, while clients are
 * served. A monitor waits for a keeper that hangs until systemd's watchdog (30 s) has
 * replaced it. A move that has not ended by its timeout is better done by stop and start.
 *
 * reload-agent applies the service file. Pacemaker never calls it by itself, because the
 * only parameter is the service's identity, which no reload can change; so the meta-data
 * leaves it out (metadata.c). No promote, demote, notify: one head serves a service, and
 * the keepers talk to each other.
 */
static const struct ocf_action actions[] = {
	{ "start", 600, 0, 0, service_start,
	  "Start serving the service on this head. If its keeper is not running, the agent "
	  "starts the keeper first." },
	{ "stop", 600, 0, 0, service_stop,
	  "Stop serving, so that another head can start the service. Works without the "
	  "keeper if that is missing or hangs. Success means that nothing of the service is "
	  "left here: no mount, no thread, no socket, no address." },
	{ "monitor", 60, 10, 0, service_monitor,
	  "Check whether the service is served here: the keeper, knfsd's threads, its "
	  "daemons, links and addresses. A missing keeper is started again; the "
	  "kernel serves the clients meanwhile." },
	{ "monitor", 180, 30, 10, service_monitor,
	  "The same, and check that knfsd answers a call to each address and that the links "
	  "have a carrier. Leave this level out if the network may fail for all heads at "
	  "once: then no head would serve better. While all threads wait for the disk, none "
	  "answers, so the timeout must be longer than a path failover of the disk." },
	{ "monitor", 180, 60, 20, service_monitor,
	  "The same, and check that the disk accepts a write. The timeout must be longer "
	  "than a path failover of the disk." },
	{ "migrate_to", 900, 0, 0, service_migrate_to,
	  "Do the whole move to another head, from keeper to keeper. If the other head is "
	  "not ready, the move is refused before clients notice anything." },
	{ "migrate_from", 60, 0, 0, service_migrate_from,
	  "On the other head, confirm that the service is served there." },
	{ "reload-agent", 120, 0, 0, service_reload,
	  "Apply a service file that was edited, on all heads, as `baton reload` does: "
	  "without a pause, or not at all." },
	{ "validate-all", 20, 0, 0, service_validate,
	  "Check the parameter and the service file. From OCF_CHECK_LEVEL 10 on, also check "
	  "the programs, kernel, disk and links of this head." },
	{ "meta-data", 5, 0, 0, ocf_action_metadata, "Print the meta-data." },
	{ NULL, 0, 0, 0, NULL, NULL },
};

const struct ocf_agent service_agent = {
	.name = "service",
	.help = "NFSv4 service that moves between heads without losing locks or writes",
	.text = "Serves one baton service on this head: its disk, filesystem, exports and "
		"floating addresses, with its own NFS server. /etc/baton/NAME.conf, which must "
		"be the same on every head, describes the service.\n\n"
		"With allow-migrate=true, Pacemaker moves the service by migrate_to: clients "
		"pause for about a heartbeat and keep their locks and acknowledged writes. Do "
		"not configure a Filesystem, nfsserver, exportfs, IPaddr2 or portblock resource "
		"for the same disk or address. systemd starts the keepers (baton@NAME.service) "
		"on every head, so that standby is ready before it is needed. Fencing is "
		"required: the filesystem must never be mounted twice.",
	.parameters = parameters,
	.actions = actions,
};
