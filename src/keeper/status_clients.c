// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * status_clients: connections and clients of the service, and how full its filesystem is,
 * for the report of a status_child.
 */
#include <sys/statvfs.h>

#include "core/cleanup.h"
#include "core/plan.h"
#include "keeper/op.h"
#include "keeper/status_child.h"
#include "os/nfsd.h"

static void add_clients(struct json_object *facts)
{
	struct json_object *o = json_object_new_object();
	_cleanup_clients_ struct clients clients = { 0 };
	int holding = 0, courtesy = 0;

	nfsd_list_clients(NFSD_CLIENTS, &clients, NULL);
	for (size_t i = 0; i < clients.n; i++) {
		holding += clients.v[i].holding;
		courtesy += clients.v[i].status == CLIENT_COURTESY;
	}
	json_object_object_add(o, "total", json_object_new_int64(clients.n));
	json_object_object_add(o, "holding", json_object_new_int(holding));
	json_object_object_add(o, "courtesy", json_object_new_int(courtesy));
	json_object_object_add(facts, "clients", o);
}

/* The clients that the grace period waits for; left out if nobody knows. */
static void add_waiting(struct op *op, struct json_object *facts)
{
	struct json_object *names;
	struct recovery_waiting waiting;

	if (recovery_list_waiting(&op->paths, &waiting) < 0)
		return;
	names = json_object_new_array();
	for (size_t i = 0; i < waiting.n; i++)
		json_object_array_add(names, json_object_new_string(waiting.names[i]));
	json_object_object_add(facts, "waiting", names);
	json_object_object_add(facts, "waiting_total",
			       json_object_new_int64(waiting.total));
}

/* Asked last, as it may hang on some filesystem; df and node_exporter cannot see it. */
static void add_filesystem(const struct op *op, struct json_object *facts)
{
	struct json_object *o;
	struct statvfs fs;

	if (statvfs(op->paths.fs, &fs) < 0)
		return;
	o = json_object_new_object();
	json_object_object_add(
		o, "size_bytes",
		json_object_new_uint64((uint64_t)fs.f_blocks * fs.f_frsize));
	json_object_object_add(
		o, "avail_bytes",
		json_object_new_uint64((uint64_t)fs.f_bavail * fs.f_frsize));
	/* Not all have a fixed number: btrfs says 0. */
	if (fs.f_files) {
		json_object_object_add(o, "files", json_object_new_uint64(fs.f_files));
		json_object_object_add(o, "files_free",
				       json_object_new_uint64(fs.f_ffree));
	}
	json_object_object_add(facts, "filesystem", o);
}

static int add_connections(struct op *op, struct json_object *facts, struct err *err)
{
	_cleanup_conns_ struct conns conns = { 0 };
	int rc = op_open_diag(op, err);

	if (rc == 0)
		rc = diag_conns(op->diag, NFS_PORT, &conns, err);
	if (rc == 0)
		json_object_object_add(facts, "connections",
				       json_object_new_int64(conns.n));
	return rc;
}

int status_child_add_clients(struct op *op, const struct standing *standing,
			     struct json_object *facts, struct err *err)
{
	bool grace;
	int rc;

	if (!standing->pinned)
		return 0;
	rc = op_go(op, PLACE_INSIDE, err);
	if (rc == 0)
		rc = add_connections(op, facts, err);
	if (rc < 0)
		return rc;
	if (standing->threads > 0) {
		grace = nfsd_in_grace() == 1;
		json_object_object_add(facts, "grace", json_object_new_boolean(grace));
		if (grace)
			add_waiting(op, facts);
		add_clients(facts);
	}
	if (standing->attached)
		add_filesystem(op, facts);
	return 0;
}
