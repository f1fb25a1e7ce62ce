/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * group: a service as stock agents have it: Filesystem, exportfs and IPaddr2 over one
 * knfsd a head.
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
 * @inside: the same within the filesystem, "" for its top; NULL if it is in another one
 * @client: host, network, wildcard or @netgroup, as exports(5) has them
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
 * @in_cluster: it is a group
 * @device, @directory, @fstype, @options: of the mount
 * @addresses: a prefixlen of 0 and a link of "" are not told
 * @root: what is exported with fsid=0, so that clients leave it out of a path; or NULL
 * @has_server: an NFS server is in the group, so each move starts it anew
 * @unmanaged: why Pacemaker would not stop the group, "maintenance-mode=true"; or NULL
 * @constrained: it has constraints that are not carried over, but may have to be made anew
 * @fault: why it can be no service, or NULL
 * @ids: of all resources of the cluster, which belong to struct stock_groups; or NULL
 * @replaced: ids of the resources that a service of baton's replaces
 * @others: ids of those that stay
 * @meta: meta attributes of the group, "resource-stickiness=100"
 * @prefers: location constraints, "head1=100"
 * @remarks: what was found and is not in the members above, a sentence each
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
 * struct stock_groups - a growable list; start from all zero, end with stock_groups_free()
 * @scope: what the cluster tells its NFS servers to have for their scope, or NULL
 * @ids: of all resources of the cluster
 */
struct stock_groups {
	struct stock_group *v;
	size_t n;
	char *scope;
	struct strlist ids;
};

/** stock_groups_add - append one of that id; NULL if memory is short. Earlier pointers become stale. */
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
 * @path: slashes at its end go
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
 * Return: where it begins, or NULL. It ends before a comma or with the list.
 */
const char *group_find_option(const char *options, const char *name, size_t *len);

/** group_is_root - do the options of an export make it the top of NFSv4's tree? */
bool group_is_root(const char *options);

/** enum stock_need - which groups are meant, where none is named */
enum stock_need {
	STOCK_WHOLE,  /* with a Filesystem, an exportfs and an IPaddr2 */
	STOCK_MOVING, /* with a Filesystem and an IPaddr2: it is exported somewhere else */
};

/**
 * cib_read_groups - the groups of what `cibadmin --query` prints
 * @stocks: gets them; all zero before
 * @text: the whole CIB
 * @len: of it
 * @group: id of one, NULL = all that have what they need
 * @need: what that is
 * @err: no CIB, no such group, or what is missing in it (BATON_EXIT_CLUSTER)
 *
 * A group that was not asked for by name, and can be no service, has a fault and keeps none
 * of the others from the list. Its members may be NULL.
 *
 * Every resource of a group, every parameter, meta attribute and constraint of it is in
 * one of the members or in a remark.
 *
 * Return: 0, -EPROTO, -ENOENT, -EINVAL, or -ENOMEM.
 */
int cib_read_groups(struct stock_groups *stocks, const char *text, size_t len,
		    const char *group, enum stock_need need, struct err *err);

/**
 * exports_read_groups - the exported filesystems of a head
 * @stocks: gets one for each filesystem; all zero before
 * @text: of an exports(5) file, or of exportfs' own table (etab)
 * @len: of it
 * @file: its name, for messages
 * @mounts: what is mounted there, in the order of mounting
 * @n: of them
 * @group: the mount point of one, or its last part; NULL = all that could move
 * @err: line and reason (BATON_EXIT_CONFIG)
 *
 * A filesystem that is mounted in several places, also in parts, is one: it has one disk.
 * One that cannot move (that of /, or of no block device) is a remark of each
 * other, as are exports that are in none. Addresses are not told.
 *
 * Return: 0, -EINVAL, -ENOENT, or -ENOMEM.
 */
int exports_read_groups(struct stock_groups *stocks, const char *text, size_t len,
			const char *file, const struct mounttable_entry *mounts, size_t n,
			const char *group, struct err *err);

#endif
