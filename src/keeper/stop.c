// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * stop: from serving, or whatever part of a start is standing, to standby.
 *
 * Theory of operation
 *
 *   sync -> hold -> drain -> knfsd -> settle -> silence -> record -> nfsdcld -> sever -> unmount
 *   -> unguard -> clear
 *
 * sync: see writeback.c. Otherwise the unmount would write back while clients wait.
 *
 * hold, drain, settle: see drain.c; after them no executed call can be sent again after
 * the move. knfsd: stopping the threads is the barrier: each finishes the call it
 * executes, and its reply leaves; a call not begun is forgotten and can safely be sent
 * again. silence: link down; from here on the service sends nothing, so the client's
 * connection stays ESTABLISHED until the new head speaks.
 *
 * Idle clients are struck on the way: such a client has nothing to reclaim, but it is
 * recorded and does not come back until it renews, so it keeps the grace period open for
 * everybody. Once no call comes in, drain records how much has been sent to each client,
 * and then which client holds what. When knfsd has stopped, every executed call has its
 * reply written: a client that has been sent too little since then for the reply to an
 * open has got nothing since (core/idle_clients.c). Those that hold nothing are struck
 * from the recovery database once nobody uses it, after the end of nfsdcld. If anything
 * is in doubt, nobody is struck, which costs only time.
 *
 * Every step looks at what is standing and removes that, so the same plan undoes a failed
 * start, and can be repeated after a crash at any point.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "keeper/drain.h"
#include "keeper/guard.h"
#include "keeper/op.h"
#include "keeper/released.h"
#include "keeper/silence.h"
#include "keeper/writeback.h"
#include "os/child.h"
#include "os/diskhold.h"
#include "os/file.h"
#include "os/fsshutdown.h"
#include "os/mount.h"
#include "os/mountpoint.h"
#include "os/nfsd.h"
#include "os/nfsdcld.h"
#include "os/nfsdheld.h"
#include "os/progress.h"
#include "os/sent.h"
#include "os/state.h"

/* How long clients' opens and locks may be counted: it is part of the pause. */
#define COUNT_MS 250

/* How long after the unmount the kernel may take to release the disk, which does nothing. */
#define RELEASE_MS 5000

static void keep_all(struct op *op, const char *why)
{
	clients_free(&op->clients);
	snprintf(op->kept, sizeof(op->kept), "%.*s", (int)sizeof(op->kept) - 1, why);
}

/*
 * Called after the drain's last look at what was sent: what comes between the two is then
 * seen twice rather than never.
 */
static void look_at_clients(struct op *op)
{
	struct err why = { 0 };

	if (nfsd_list_clients(NFSD_CLIENTS, &op->clients, &why) < 0)
		keep_all(op, why.text);
}

/*
 * While clients are still reclaiming, the older record is kept. So is the record of byte
 * ranges, because looking for them takes an RCU grace period.
 */
static void count_holdings(struct op *op)
{
	int rc;

	if (nfsd_in_grace() != 0)
		return;
	rc = nfsdheld_count(NFSD_CLIENTS, NULL, NULL, child_now_ms() + COUNT_MS,
			    &op->holdings);
	if (rc == 0)
		op->counted = RECLAIM_STATES;
	else if (rc == -ETIMEDOUT)
		op->counted = RECLAIM_SOME;
}

/* Keeps those that have got nothing since. */
static void sift_clients(struct op *op)
{
	struct sents now = { 0 };
	struct err why = { 0 };
	const char *doubt = NULL;

	if (op->clients.n == 0)
		return;
	if (sent_list(op->diag, NFS_PORT, DIAG_STATES_OWING, &now, &why) < 0)
		keep_all(op, why.text);
	else if (idle_clients_sift(&op->clients, &op->owed, &now, op->svc, &doubt) < 0)
		keep_all(op, strerror(ENOMEM));
	else if (doubt)
		keep_all(op, doubt);
	sents_free(&now);
}

static void strike_clients(struct op *op)
{
	struct err why = { 0 };
	size_t struck = 0;

	if (op->clients.n && mountpoint_exists(op->paths.fs) &&
	    recovery_strike(&op->paths, &op->clients, &struck, &why) < 0)
		keep_all(op, why.text);
	if (op->kept[0])
		snprintf(op->note, sizeof(op->note), "no idle client struck: %s",
			 op->kept);
	else if (struck)
		snprintf(op->note, sizeof(op->note), "struck %zu idle client%s", struck,
			 struck == 1 ? "" : "s");
}

static int run_drain(struct op *op, struct err *err)
{
	int rc = op->lost ? op_open_diag(op, err) : drain_calls(op, err);

	if (rc == 0 && op->drained) {
		look_at_clients(op);
		count_holdings(op);
	}
	return rc;
}

static int run_knfsd_down(struct op *op, struct err *err)
{
	int rc = nfsd_has_server() ? nfsd_set_threads(0, err) : 0;

	if (rc == 0)
		sift_clients(op);
	return rc;
}

static int run_silence(struct op *op, struct err *err)
{
	const struct service *svc = op->svc;
	int rc = op_open_rtnl(op, err);

	for (size_t i = 0; i < svc->n_addresses && rc >= 0; i++) {
		struct rtnl_link link;
		char name[IFNAMSIZ];

		op_link_name(name, svc, i);
		rc = rtnl_link_get(op->rtnl, name, &link, err);
		/* The parent went, and took the link along: nothing left to silence. */
		if (rc == -ENODEV) {
			rc = 0;
			continue;
		}
		if (rc >= 0 && link.up)
			rc = rtnl_link_set_up(op->rtnl, link.ifindex, false, err);
		if (rc >= 0)
			rc = rtnl_addr_del(op->rtnl, link.ifindex, &svc->addresses[i].ip,
					   svc->addresses[i].prefixlen, err);
	}
	return rc < 0 ? rc : 0;
}

static int run_record(struct op *op, struct err *err)
{
	_cleanup_free_ char *text = NULL, *recorded = NULL;
	size_t len;
	int rc = 0, held = 0;

	/* A start that failed leaves the previous head's record alone. */
	if (op->lost || !mountpoint_exists(op->paths.fs))
		return 0;
	held = reclaim_record(&op->paths, &op->holdings, op->counted);
	if (op->conns.n == 0)
		return 0;
	text = conns_format(&op->conns);
	/* The keeper's record, a second old, is usually right. */
	if (!text)
		rc = -ENOMEM;
	else if (state_read(&op->paths, op->paths.conns, CONNS_MAX_LEN, &recorded, &len,
			    NULL) < 0 ||
		 strcmp(text, recorded) != 0)
		rc = state_replace(&op->paths, op->paths.conns, text, strlen(text));
	snprintf(op->note, sizeof(op->note), "%zu connections%s%s%s%s", op->conns.n,
		 rc < 0 ? " not recorded: " : "", rc < 0 ? strerror(-rc) : "",
		 held < 0 ? "; not recorded how much clients hold: " : "",
		 held < 0 ? strerror(-held) : "");
	/* Only speed is lost; what clients hold was recorded while they were served. */
	return 0;
}

static int run_nfsdcld_down(struct op *op, struct err *err)
{
	nfsdcld_stop(&op->paths);
	strike_clients(op);
	return 0;
}

static int run_sever(struct op *op, struct err *err)
{
	struct diag_severed severed;
	int rc = diag_sever(op->diag, NULL, 0, 0, &severed, err);

	if (rc == 0)
		snprintf(op->note, sizeof(op->note), "%zu sockets", severed.destroyed);
	return rc;
}

static int run_unmount(struct op *op, struct err *err)
{
	int rc = nfsd_flush_caches(err);

	/* It has the filesystem open. The step's own deadline ends this wait. */
	if (op->syncing > 0)
		child_wait_gone(op->syncing, INT_MAX);
	return rc < 0 ? rc : mount_detach(&op->paths, err);
}

/* A filesystem outlives its unmount if frozen, or if another mount or a copy is left. */
static int verify_unmount(struct op *op, struct err *err)
{
	struct progress_watch watch = progress_watch_begin(diskhold_disk(&op->paths));
	int64_t until = child_now_ms() + RELEASE_MS;
	int rc;

	if (mountpoint_exists(op->paths.fs))
		return err_set(err, BATON_EXIT_STANDING, EBUSY, "%s is mounted",
			       op->paths.fs);
	while ((rc = diskhold_check(&op->paths, op->svc, err)) < 0) {
		/* What somebody has mounted or opened is his; what nobody has, the kernel is
		 * still writing. */
		if (child_now_ms() > until &&
		    (progress_idle_ms(&watch) > RELEASE_MS || released_has_user(op)))
			return released_check(op, err);
		if (child_now_ms() > until)
			until += RELEASE_MS;
		poll(NULL, 0, 5);
	}
	diskhold_drop(&op->paths);
	return 0;
}

/* What is not on the disk yet must never come there: it belongs to another head. */
static int run_shutdown(struct op *op, struct err *err)
{
	return mountpoint_exists(op->paths.fs) ? fsshutdown_do(op->paths.fs, err) : 0;
}

static int run_settle(struct op *op, struct err *err)
{
	return op->lost ? 0 : drain_settle(op, err);
}

static int run_clear(struct op *op, struct err *err)
{
	int rc = drain_end(op, err);

	return rc < 0 ? rc : silence_end(err);
}

const struct step sync_steps[] = {
	{ "sync", "write back what is not on the disk yet, while clients are served",
	  PLACE_INSIDE | WAITS_FOR_DISK, 15000, writeback_run, NULL },
	{ "hold", "hold off connections with a long backlog until it is delivered",
	  PLACE_INSIDE | WAITS_FOR_CLIENTS, HUNG_MS, drain_hold, NULL },
	{ 0 },
};

const struct step lose_steps[] = {
	{ "silence", "take links down, remove addresses", PLACE_INSIDE, HUNG_MS,
	  run_silence, NULL },
	{ "shutdown", "shut the filesystem down, so that nothing more is written",
	  PLACE_INSIDE, HUNG_MS, run_shutdown, NULL },
	{ 0 },
};

const struct step stop_steps[] = {
	{ "drain", "let no new call in; read those that have come, send the replies",
	  PLACE_INSIDE | WAITS_FOR_CLIENTS, HUNG_MS, run_drain, NULL },
	{ "knfsd", "stop the threads; each finishes its call and sends the reply",
	  PLACE_INSIDE | WAITS_FOR_KNFSD, 30000, run_knfsd_down, NULL },
	{ "settle", "wait until every reply is acknowledged",
	  PLACE_INSIDE | WAITS_FOR_CLIENTS, HUNG_MS, run_settle, NULL },
	{ "silence", "take links down, remove addresses", PLACE_INSIDE, HUNG_MS,
	  run_silence, NULL },
	{ "record", "record the connections, and how much clients hold, on the disk",
	  PLACE_INSIDE | WAITS_FOR_DISK, 10000, run_record, NULL },
	{ "nfsdcld", "end nfsdcld; strike clients that hold nothing",
	  PLACE_INSIDE | WAITS_FOR_DISK, 10000, run_nfsdcld_down, NULL },
	{ "sever", "destroy every socket, verify that none is left", PLACE_INSIDE,
	  HUNG_MS, run_sever, NULL },
	{ "unmount", "flush the export caches, unmount, verify that the disk is released",
	  PLACE_INSIDE | WAITS_FOR_DISK, 60000, run_unmount, verify_unmount },
	{ "unguard", "release the reservation, unregister",
	  PLACE_HEAD | WAITS_FOR_DISK | IF_GUARDED, 5000, guard_release, NULL },
	{ "clear", "put the filters to sleep", PLACE_INSIDE, HUNG_MS, run_clear, NULL },
	{ 0 },
};
