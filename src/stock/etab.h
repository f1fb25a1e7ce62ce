/* SPDX-License-Identifier: GPL-2.0-or-later */
/* etab: exports(5) as nfs-utils reads it, and exportfs' own table in the same notation. */
#ifndef BATON_STOCK_ETAB_H
#define BATON_STOCK_ETAB_H

#include <stddef.h>

#include "core/err.h"

/* exportfs' table of what is exported now (nfs-utils: NFS_STATEDIR "/etab"). */
#define ETAB_FILE "/var/lib/nfs/etab"

/**
 * etab_entry_fn - called for one client of one directory
 * @path: of the directory, without quotes and escapes
 * @client: as written
 * @options: separated by commas, may be empty
 * @data: the caller's
 *
 * Return: 0 to go on; anything else ends the walk.
 */
typedef int etab_entry_fn(const char *path, const char *client, const char *options,
			  void *data);

/**
 * etab_parse - walk the entries
 * @text: of the file, need not end in a zero
 * @len: of it
 * @file: its name, for messages
 * @fn: called in order
 * @data: handed to @fn
 * @err: "FILE:LINE: what" (BATON_EXIT_CONFIG)
 *
 * Comments, lines that go on after a backslash, quotes, octal escapes, and default options
 * ("-ro,sync") are understood. A directory without a client is exported to everyone ("*").
 *
 * Return: 0, what @fn returned, -EINVAL, or -ENOMEM (without text).
 */
int etab_parse(const char *text, size_t len, const char *file, etab_entry_fn *fn,
	       void *data, struct err *err);

#endif
