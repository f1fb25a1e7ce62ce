/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mounttable: what is mounted on a head, and which mount a path is in. */
#ifndef BATON_CORE_MOUNTTABLE_H
#define BATON_CORE_MOUNTTABLE_H

#include <stddef.h>
#include <sys/types.h>

/**
 * mounttable_find_below - where is a path below a directory?
 * Return: what follows @directory, "" for itself, or NULL if @path is not below it.
 */
const char *mounttable_find_below(const char *directory, const char *path);

/**
 * struct mounttable_entry - a filesystem mounted on a head
 * @source, @directory, @fstype, @options: of the mount
 * @root: which part of the filesystem is mounted, "/" for all of it (btrfs: "/SUBVOLUME",
 *        too)
 * @dev: of its superblock
 */
struct mounttable_entry {
	const char *source;
	const char *directory;
	const char *fstype;
	const char *options;
	const char *root;
	dev_t dev;
};

/**
 * mounttable_find - which mount is a path in?
 * @mounts: in the order of mounting
 * @n: how many
 * @path: absolute, without symbolic links
 *
 * Return: the mount, or NULL.
 */
const struct mounttable_entry *mounttable_find(const struct mounttable_entry *mounts,
					       size_t n, const char *path);

#endif
