/* SPDX-License-Identifier: GPL-2.0-or-later */
/* export: an `export =` line, checked and put into a normal form. */
#ifndef BATON_CORE_EXPORT_H
#define BATON_CORE_EXPORT_H

#include "core/err.h"
#include "core/service.h"

/* Room for a UUID in text and its terminating zero. */
#define EXPORT_FSID_TEXT 37

/**
 * export_parse - read PATH CLIENT(OPTIONS)…
 * @exp: path and clients are set (owned by @exp); untouched on failure
 * @text: as in the service file
 * @err: why not, without file and line (the caller adds them)
 *
 * The normal form has single blanks and the options as given, plus `sync` and
 * `no_subtree_check` where the line does not mention them. A path with blanks is in
 * double quotes.
 *
 * Return: 0, -EINVAL with BATON_EXIT_CONFIG, or -ENOMEM with BATON_EXIT_RESOURCE.
 */
int export_parse(struct export *exp, const char *text, struct err *err);

/**
 * export_client_fn - called for one client of a list
 * @client: as in the list
 * @options: comma separated, never empty
 * @data: the caller's
 *
 * Return: 0 to go on; anything else ends the walk.
 */
typedef int export_client_fn(const char *client, const char *options, void *data);

/**
 * export_for_each_client - walk a client list in normal form
 * @clients: from export_parse()
 * @fn: called in order
 * @data: handed to @fn
 *
 * Return: 0, what @fn returned, or -ENOMEM.
 */
int export_for_each_client(const char *clients, export_client_fn *fn, void *data);

/**
 * export_fsid - the fsid= of an export, which becomes part of every file handle
 * @service: its name
 * @path: of the export, as normalised by export_parse()
 * @uuid: filled
 *
 * A version-5 UUID of "SERVICE:PATH". It must be the same on every head and in every
 * version of baton; otherwise clients would hold stale handles after a move.
 */
void export_fsid(const char *service, const char *path, char uuid[EXPORT_FSID_TEXT]);

#endif
