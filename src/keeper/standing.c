// SPDX-License-Identifier: GPL-2.0-or-later
/* standing: looks up which parts of the service are set up on this head. */
#include "keeper/standing.h"

#include <linux/if_addr.h>
#include <stdlib.h>
#include <string.h>

#include "core/ruleset.h"
#include "os/child.h"
#include "os/diskhold.h"
#include "os/fsshutdown.h"
#include "os/guardnote.h"
#include "os/mountpoint.h"
#include "os/nfsd.h"
#include "os/lowerdev.h"
#include "os/nfsdcld.h"
#include "os/nftable.h"

static bool has_address(struct rtnl *rtnl, int ifindex, const struct address *a)
{
	struct rtnl_addr *v = NULL;
	bool found = false;
	size_t n = 0;

	if (rtnl_addr_list(rtnl, ifindex, &v, &n, NULL) < 0)
		return false;
	for (size_t i = 0; i < n; i++)
		found |= ipaddr_equal(&v[i].ip, &a->ip) &&
			 v[i].prefixlen == a->prefixlen &&
			 !(v[i].flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED));
	free(v);
	return found;
}

static void look_at_links(struct op *op, struct standing *standing)
{
	standing->address = standing->carrier = true;
	for (size_t i = 0; i < op->svc->n_addresses; i++) {
		const struct address *a = &op->svc->addresses[i];
		struct rtnl_link link;
		char name[IFNAMSIZ];

		op_link_name(name, op->svc, i);
		if (rtnl_link_get(op->rtnl, name, &link, NULL) == 0)
			standing->link_up |= link.up;
		else
			standing->prepared = link.up = false;
		standing->carrier &= link.up && link.carrier;
		standing->address &= link.up && has_address(op->rtnl, link.ifindex, a);
	}
}

static bool is_held(const struct op *op)
{
	const struct guardnote note = guardnote_read(&op->paths);

	return diskhold_check(&op->paths, op->svc, NULL) < 0 ||
	       guardnote_is_registered(&note);
}

/* Nothing can be found in lost namespaces, which does not mean that nothing is there. */
static void look_for_lost(struct op *op, struct standing *standing)
{
	standing->held = is_held(op);
	standing->lost = standing->held || ns_count_pins(&op->paths) > 0 ||
			 child_daemon_pid(op->paths.mountd_pid) > 0 ||
			 child_daemon_pid(op->paths.nfsdcld_pid) > 0 ||
			 child_daemon_pid(op->paths.idmapd_pid) > 0;
}

static int look_inside(struct op *op, struct standing *standing, struct err *err)
{
	int rc = op_open_rtnl(op, err);

	if (rc < 0)
		return rc;
	standing->attached = mountpoint_exists(op->paths.fs);
	standing->failed = standing->attached && fsshutdown_is_done(op->paths.fs);
	standing->threads = nfsd_get_threads();
	if (standing->threads < 0)
		standing->threads = 0;
	standing->drained = nftable_is_awake(RULESET_TABLE, NULL) > 0;
	standing->silent = nftable_is_awake(RULESET_SILENCE, NULL) > 0;
	standing->lost_disk =
		standing->attached && guardnote_read(&op->paths).state == GUARDNOTE_LOST;
	standing->held = !standing->attached && is_held(op);
	standing->nfsdcld = nfsdcld_pid(&op->paths) > 0;
	standing->prepared = child_daemon_pid(op->paths.mountd_pid) > 0;
	look_at_links(op, standing);
	return 0;
}

int standing_look(struct op *op, struct standing *standing, struct err *err)
{
	struct err ignored = { 0 };
	int rc;

	memset(standing, 0, sizeof(*standing));
	standing->pinned = ns_exists(&op->paths);
	if (!standing->pinned) {
		look_for_lost(op, standing);
		return 0;
	}
	rc = op_go(op, PLACE_INSIDE, err);
	if (rc == 0)
		rc = look_inside(op, standing, err);
	if (rc == 0)
		rc = op_go(op, PLACE_HEAD, err);
	/* An ipvlan does not hear that its parent was set down (ipvlan_device_event). */
	for (size_t i = 0;
	     rc == 0 && op->svc->link == LINK_IPVLAN && i < op->svc->n_addresses; i++)
		standing->carrier &=
			lowerdev_check(op->svc->addresses[i].link, &ignored) == 0;
	return rc;
}
