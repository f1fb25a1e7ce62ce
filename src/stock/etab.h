/* SPDX-License-Identifier: GPL-2.0-or-later */
/* etab: parses exports(5) like nfs-utils, and exportfs' own table in the same format. */
#ifndef BATON_STOCK_ETAB_H
#define BATON_STOCK_ETAB_H

#include <stddef.h>

#include "core/err.h"

/* exportfs' table of current exports (nfs-utils: NFS_STATEDIR "/etab"). */
#define ETAB_FILE "/var/lib/nfs/etab"

/**
 * etab_entry_fn - called for one client of one directory
 * @path: of the directory, unquoted and unescaped
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
 * @text: of the file; need not end in a zero
 * @len: its length
 * @file: its name, for messages
 * @fn: called in order
 * @data: handed to @fn
 * @err: "FILE:LINE: what" (BATON_EXIT_CONFIG)
 *
 * Understands comments, lines continued by a backslash, quotes, octal escapes, and
 * default options ("-ro,sync"). A directory without a client is exported to everyone
 * ("*").
 *
 * Return: 0, what @fn returned, -EINVAL, or -ENOMEM (without text).
 */
int etab_parse(const char *text, size_t len, const char *file, etab_entry_fn *fn,
	       void *data, struct err *err);

#endif
