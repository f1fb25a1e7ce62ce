// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * reload_steps: have the serving service follow an edited service file.
 *
 * Theory of operation
 *
 *   hosts -> directories -> exports -> threads -> remember
 *
 * Each step compares what the file wants with what there is, and changes only that. So the
 * same steps with the old file undo a reload that fails. What cannot be changed while
 * clients are served has been refused before (core/reload.c); what is used only by a later
 * stop or start (drain, grace, lease) needs no step. In standby, the steps of standby do
 * all of it.
 *
 * The file is remembered last. A crash before that leaves a service that the next keeper
 * brings back to the old file.
 */
#include <stdio.h>

#include "keeper/op.h"
#include "os/hosts.h"
#include "os/mount.h"
#include "os/nfsd.h"

/* Somebody waits for the result of a reload, and can cure it. */
static int run_hosts(struct op *op, struct err *err)
{
	struct err why = { 0 };
	int rc;

	hosts_free(&op->hosts);
	rc = hosts_resolve(&op->hosts, op->svc, &op->paths, &why);
	if (rc < 0)
		*err = why;
	else if (why.text[0])
		snprintf(op->note, sizeof(op->note), "%.270s", why.text);
	return rc;
}

static int run_directories(struct op *op, struct err *err)
{
	return mount_follow_exports(op->svc, &op->paths, err);
}

static int run_threads(struct op *op, struct err *err)
{
	int now = nfsd_get_threads();

	if (now == (int)op->svc->threads)
		return 0;
	snprintf(op->note, sizeof(op->note), "%u, were %d", op->svc->threads, now);
	return nfsd_set_threads(op->svc->threads, err);
}

const struct step reload_steps[] = {
	{ "hosts", "look up the host names of the exports", PLACE_HEAD, 60000, run_hosts,
	  NULL },
	{ "directories", "bind new exports, take away those that went",
	  PLACE_INSIDE | WAITS_FOR_DISK, 10000, run_directories, NULL },
	{ "exports", "register the exports; who was taken out has no access any more",
	  PLACE_INSIDE, HUNG_MS, standby_export, NULL },
	/* Another service of this head that is stopping may hold knfsd's mutex. */
	{ "threads", "start or end threads", PLACE_INSIDE | WAITS_FOR_KNFSD, 35000,
	  run_threads, NULL },
	{ "remember", "remember the service file", PLACE_HEAD, HUNG_MS, standby_remember,
	  NULL },
	{ 0 },
};
