/* SPDX-License-Identifier: GPL-2.0-or-later */
/* schema: recognises what nfsdcld makes in its recovery database, and nothing else. */
#ifndef BATON_CORE_SCHEMA_H
#define BATON_CORE_SCHEMA_H

#include <stdbool.h>

/**
 * schema_is_known - is this row of sqlite_master one that nfsdcld makes?
 * @type: "table" and the like
 * @name, @table: of the object, and of the table it belongs to
 * @sql: its text; NULL for an index that sqlite makes itself
 *
 * nfsdcld's tables have nothing but columns (nfs-utils, utils/nfsdcld/sqlite.c, 2.3.4 to
 * 2.9.2). Everything that could make sqlite do more than read and write rows is refused:
 * triggers, views, virtual tables, expressions.
 */
bool schema_is_known(const char *type, const char *name, const char *table,
		     const char *sql);

/** schema_is_recovery - is this a table of clients, named "rec-" and the epoch? */
bool schema_is_recovery(const char *table);

#endif
