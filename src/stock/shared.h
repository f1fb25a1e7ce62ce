/* SPDX-License-Identifier: GPL-2.0-or-later */
/* shared: what will go wrong when the services of a head share one knfsd. */
#ifndef BATON_STOCK_SHARED_H
#define BATON_STOCK_SHARED_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/report.h"
#include "core/service.h"
#include "stock/group.h"

/** struct shared_export - one directory of exportfs' table, for one client */
struct shared_export {
	char *path;
	char *client;
	char *fsid;        /* "" = none */
	const char *mount; /* the mount point above it */
};

/** struct shared_link - a link with an IPv4 address */
struct shared_link {
	char name[IFNAMSIZ];
	bool strict; /* rp_filter is 1, for this link or for all */
};

/** struct shared_use - a client has opens, locks or delegations in a filesystem */
struct shared_use {
	char *client;
	struct ipaddr local; /* the head's address it uses; family 0 = no connection */
	const char *where;   /* the group that has the filesystem, else its mount point */
	bool in_group;
};

/**
 * struct shared - what was looked up on the head
 * @head: its host name, which knfsd uses as its own
 * @scope: what /etc/nfs.conf sets instead, "" = nothing
 * @scope_taken: rpc.nfsd(8) supports that setting
 * @threads: of the head's own knfsd; not above 0 = there is none
 * @lease, @grace: seconds, 0 = unknown
 * @exports: exportfs' table
 * @no_exports: why it is unknown, "" = it is known
 * @database: directory of nfsdcld
 * @database_there: it exists
 * @database_mount: the mount point above it
 * @tracked: nf_conntrack is used by rules or has connections in its table
 * @loose, @liberal: its settings, -1 = missing
 * @links: of the head, without the loopback
 * @stocks: the cluster's groups with a Filesystem and an IPaddr2
 * @no_stocks: why they are unknown, "" = they are known
 * @uses: by client
 * @no_uses: why they are unknown, "" = they are known
 */
struct shared {
	char head[65];
	char scope[1025];
	bool scope_taken;
	int threads;
	unsigned int lease;
	unsigned int grace;
	struct shared_export *exports;
	size_t n_exports;
	char no_exports[480];
	char database[256];
	bool database_there;
	const char *database_mount;
	bool tracked;
	int loose;
	int liberal;
	struct shared_link *links;
	size_t n_links;
	struct stock_groups stocks;
	char no_stocks[480];
	struct shared_use *uses;
	size_t n_uses;
	char no_uses[480];
};

/** shared_free - release what it owns and clear it. */
void shared_free(struct shared *shared);

/** shared_judge - report what will cost the clients something, and what to do. */
void shared_judge(const struct shared *shared, struct report *report);

/** shared_check - look at this head, in its own namespaces, and judge. */
void shared_check(struct report *report);

#endif
