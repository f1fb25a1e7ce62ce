/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stock: a service as stock agents have it: Filesystem, exportfs and IPaddr2 over one knfsd a head. */
#ifndef BATON_CORE_STOCK_H
#define BATON_CORE_STOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "core/err.h"
#include "core/service.h"
#include "core/strlist.h"

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
 * struct stock - one such service
 * @id: of the group; if read from a head, the mount point
 * @in_cluster: it is a group
 * @device, @directory, @fstype, @options: of the mount
 * @addresses: a prefixlen of 0 and a link of "" are not told
 * @root: what is exported with fsid=0, so that clients leave it out of a path; or NULL
 * @has_server: an NFS server is in the group, so each move starts it anew
 * @unmanaged: why Pacemaker would not stop the group, "maintenance-mode=true"; or NULL
 * @constrained: it has constraints that are not carried over, but may have to be made anew
 * @fault: why it can be no service, or NULL
 * @ids: of all resources of the cluster, which belong to struct stocks; or NULL
 * @replaced: ids of the resources that a service of baton's replaces
 * @others: ids of those that stay
 * @meta: meta attributes of the group, "resource-stickiness=100"
 * @prefers: location constraints, "head1=100"
 * @remarks: what was found and is not in the members above, a sentence each
 */
struct stock {
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
 * struct stocks - a growable list; start from all zero, end with stocks_free()
 * @scope: what the cluster tells its NFS servers to have for their scope, or NULL
 * @ids: of all resources of the cluster
 */
struct stocks {
	struct stock *v;
	size_t n;
	char *scope;
	struct strlist ids;
};

/** stocks_add - append one of that id; NULL if memory is short. Earlier pointers become stale. */
struct stock *stocks_add(struct stocks *stocks, const char *id);

/** stocks_free - release the list and clear it. */
void stocks_free(struct stocks *stocks);

static inline void cleanup_stocks(struct stocks *stocks)
{
	stocks_free(stocks);
}
#define _cleanup_stocks_ __attribute__((cleanup(cleanup_stocks)))

/**
 * stock_add_export - append a copy
 * @path: slashes at its end go
 * @inside: see struct stock_export
 *
 * Return: 0 or -ENOMEM.
 */
int stock_add_export(struct stock *stock, const char *path, const char *inside,
		     const char *client, const char *options);

/**
 * stock_find_option - the value of the last NAME=VALUE in a list of options
 * @len: gets its length, 0 if there is none
 *
 * Return: where it begins, or NULL. It ends before a comma or with the list.
 */
const char *stock_find_option(const char *options, const char *name, size_t *len);

/** stock_is_root - do the options of an export make it the top of NFSv4's tree? */
bool stock_is_root(const char *options);

/**
 * stock_find_below - where does a path stand below a directory?
 * Return: what follows @directory, "" for itself, or NULL if @path is not below it.
 */
const char *stock_find_below(const char *directory, const char *path);

/** enum stock_need - which groups are meant, where none is named */
enum stock_need {
	STOCK_WHOLE,  /* with a Filesystem, an exportfs and an IPaddr2 */
	STOCK_MOVING, /* with a Filesystem and an IPaddr2: it is exported somewhere else */
};

/**
 * stocks_read_cib - the groups of what `cibadmin --query` prints
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
int stocks_read_cib(struct stocks *stocks, const char *text, size_t len,
		    const char *group, enum stock_need need, struct err *err);

/**
 * struct stock_mount - a filesystem that is mounted on a head
 * @source, @directory, @fstype, @options: of it
 * @root: what of the filesystem is mounted, "/" for all of it (and "/SUBVOLUME" with btrfs)
 * @dev: of its superblock
 */
struct stock_mount {
	const char *source;
	const char *directory;
	const char *fstype;
	const char *options;
	const char *root;
	dev_t dev;
};

/**
 * stock_find_mount - which filesystem is a path in?
 * @mounts: in the order of mounting
 * @n: of them
 * @path: absolute, without symbolic links
 *
 * Return: the mount, or NULL.
 */
const struct stock_mount *stock_find_mount(const struct stock_mount *mounts, size_t n,
					   const char *path);

/**
 * stocks_read_exports - the exported filesystems of a head
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
int stocks_read_exports(struct stocks *stocks, const char *text, size_t len,
			const char *file, const struct stock_mount *mounts, size_t n,
			const char *group, struct err *err);

#endif
