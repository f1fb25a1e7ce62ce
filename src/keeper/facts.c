// SPDX-License-Identifier: GPL-2.0-or-later
/* facts: what of a service stands on this head. */
#include "keeper/facts.h"

#include <string.h>
#include <unistd.h>

#include "core/ruleset.h"
#include "sys/child.h"
#include "sys/mount.h"
#include "sys/nfsd.h"

static int look_inside(struct op *op, struct standing *standing, struct err *err)
{
	int rc = op_open_rtnl(op, err);

	if (rc < 0)
		return rc;
	standing->attached = mount_is_attached(&op->paths);
	standing->threads = nfsd_get_threads();
	if (standing->threads < 0)
		standing->threads = 0;
	standing->drained = nft_is_awake(RULESET_TABLE, NULL) > 0;
	standing->held = access(op->paths.held, F_OK) == 0;
	standing->nfsdcld = recovery_daemon_pid(&op->paths) > 0;
	standing->prepared = child_daemon_pid(op->paths.mountd_pid) > 0;
	for (size_t i = 0; i < op->svc->n_addresses; i++) {
		struct rtnl_link link;
		char name[IFNAMSIZ];

		op_link_name(name, op->svc, i);
		if (rtnl_link_get(op->rtnl, name, &link, NULL) == 0)
			standing->link_up |= link.up;
		else
			standing->prepared = false;
	}
	return 0;
}

int facts_look(struct op *op, struct standing *standing, struct err *err)
{
	int rc;

	memset(standing, 0, sizeof(*standing));
	standing->pinned = ns_exists(&op->paths);
	if (!standing->pinned)
		return 0;
	rc = op_go(op, PLACE_INSIDE, err);
	if (rc == 0)
		rc = look_inside(op, standing, err);
	if (rc == 0)
		rc = op_go(op, PLACE_HEAD, err);
	return rc;
}
