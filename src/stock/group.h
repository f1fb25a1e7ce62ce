/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * group: a service that runs under stock agents: Filesystem, exportfs and IPaddr2, with
 * one knfsd per head.
 */
#ifndef BATON_STOCK_GROUP_H
#define BATON_STOCK_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "core/err.h"
#include "core/service.h"
#include "core/strlist.h"
#include "core/mounttable.h"

/**
 * struct stock_export - a directory exported to one client
 * @path: on the head
 * @inside: the same path within the filesystem, "" for its top; NULL if it is in another
 *          one
 * @client: host, network, wildcard or @netgroup, as in exports(5)
 * @options: separated by commas, may be empty
 */
struct stock_export {
	char *path;
	char *inside;
	char *client;
	char *options;
};

/**
 * struct stock_group - one such service
 * @id: of the group; if read from a head, the mount point
 * @in_cluster: it is a group in a cluster
 * @device, @directory, @fstype, @options: of the mount
 * @addresses: prefixlen 0 and link "" mean unknown
 * @root: what is exported with fsid=0, so that clients leave it out of a path; or NULL
 * @has_server: an NFS server is in the group, so each move restarts it
 * @unmanaged: why Pacemaker would not stop the group, "maintenance-mode=true"; or NULL
 * @constrained: it has constraints that are not carried over, but may have to be made
 *               again
 * @fault: why it cannot become a service, or NULL
 * @ids: of all resources in the cluster, owned by struct stock_groups; or NULL
 * @replaced: ids of the resources that a service of baton's replaces
 * @others: ids of the resources that stay
 * @meta: meta attributes of the group, "resource-stickiness=100"
 * @prefers: location constraints, "head1=100"
 * @remarks: what was found and is not in the members above, one sentence each
 */
struct stock_group {
	char *id;
	bool in_cluster;
	char *device;
	char *directory;
	char *fstype;
	char *options;
	struct stock_export *exports;
	size_t n_exports;
	struct address addresses[SERVICE_ADDRESSES_MAX];
	size_t n_addresses;
	char *root;
	bool has_server;
	char *unmanaged;
	bool constrained;
	char *fault;
	const struct strlist *ids;
	struct strlist replaced;
	struct strlist others;
	struct strlist meta;
	struct strlist prefers;
	struct strlist remarks;
};

/**
 * struct stock_groups - a growable list; all zero at first, end with stock_groups_free()
 * @scope: the scope that the cluster gives to its NFS servers, or NULL
 * @ids: of all resources in the cluster
 */
struct stock_groups {
	struct stock_group *v;
	size_t n;
	char *scope;
	struct strlist ids;
};

/** stock_groups_add - append one; NULL if memory is short. Old pointers become stale. */
struct stock_group *stock_groups_add(struct stock_groups *stocks, const char *id);

/** stock_groups_free - release the list and clear it. */
void stock_groups_free(struct stock_groups *stocks);

static inline void cleanup_stock_groups(struct stock_groups *stocks)
{
	stock_groups_free(stocks);
}
#define _cleanup_stock_groups_ __attribute__((cleanup(cleanup_stock_groups)))

/**
 * group_add_export - append a copy
 * @path: trailing slashes are removed
 * @inside: see struct stock_export
 *
 * Return: 0 or -ENOMEM.
 */
int group_add_export(struct stock_group *stock, const char *path, const char *inside,
		     const char *client, const char *options);

/**
 * group_find_option - the value of the last NAME=VALUE in a list of options
 * @len: gets its length, 0 if there is none
 *
 * Return: where the value begins, or NULL. It ends at a comma or the end of the list.
 */
const char *group_find_option(const char *options, const char *name, size_t *len);

/** group_is_root - do the options of an export make it the top of NFSv4's tree? */
bool group_is_root(const char *options);

/** enum stock_need - which groups to read if none is named */
enum stock_need {
	STOCK_WHOLE,  /* with a Filesystem, an exportfs and an IPaddr2 */
	STOCK_MOVING, /* with a Filesystem and an IPaddr2: the exports are elsewhere */
};

/**
 * cib_read_groups - read the groups in the output of `cibadmin --query`
 * @stocks: gets them; all zero before
 * @text: the whole CIB
 * @len: its length
 * @group: id of one, NULL = all that have what they need
 * @need: what that is
 * @err: not a CIB, no such group, or what it lacks (BATON_EXIT_CLUSTER)
 *
 * A group that was not named, and cannot become a service, gets a fault, and the others
 * are still listed. Its members may be NULL.
 *
 * Every resource of a group, and all its parameters, meta attributes and constraints, end
 * up in one of the members or in a remark.
 *
 * Return: 0, -EPROTO, -ENOENT, -EINVAL, or -ENOMEM.
 */
int cib_read_groups(struct stock_groups *stocks, const char *text, size_t len,
		    const char *group, enum stock_need need, struct err *err);

/**
 * exports_read_groups - read the exported filesystems of a head
 * @stocks: gets one for each filesystem; all zero before
 * @text: of an exports(5) file, or of exportfs' own table (etab)
 * @len: its length
 * @file: its name, for messages
 * @mounts: what is mounted there, in the order of mounting
 * @n: how many
 * @group: the mount point of one, or its last part; NULL = all that could move
 * @err: line and reason (BATON_EXIT_CONFIG)
 *
 * A filesystem that is mounted in several places, even in parts, counts once: it has one
 * disk. A filesystem that cannot move (that of /, or one without a block device) becomes
 * a remark of each of the others, and so do exports in none of them. Addresses are
 * unknown.
 *
 * Return: 0, -EINVAL, -ENOENT, or -ENOMEM.
 */
int exports_read_groups(struct stock_groups *stocks, const char *text, size_t len,
			const char *file, const struct mounttable_entry *mounts, size_t n,
			const char *group, struct err *err);

#endif
