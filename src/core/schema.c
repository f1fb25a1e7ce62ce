// SPDX-License-Identifier: GPL-2.0-or-later
/* schema: recognises what nfsdcld makes in its recovery database, and nothing else. */
#include "core/schema.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define RECOVERY    "rec-"
#define EPOCH_CHARS 16
#define AUTO_INDEX  "sqlite_autoindex_"

/* Without blanks, in lower case. */
static const struct {
	const char *table; /* NULL: a table of an epoch */
	const char *columns;
} known[] = {
	{ "parameters", "(keytextprimarykey,valuetext)" },
	{ "grace", "(currentinteger,recoveryinteger)" },
	{ NULL, "(idblobprimarykey,princhashblob)" },
	/* Before 2.4.2. */
	{ NULL, "(idblobprimarykey)" },
};
#define N_KNOWN (sizeof(known) / sizeof(known[0]))

/* 2.4.1 and its like wrote the epoch without leading zeros; 2.4.2 renames such tables. */
bool schema_is_recovery(const char *table)
{
	size_t n;

	if (strncmp(table, RECOVERY, strlen(RECOVERY)) != 0)
		return false;
	table += strlen(RECOVERY);
	n = strspn(table, "0123456789abcdef");
	return n > 0 && n <= EPOCH_CHARS && !table[n];
}

/* Does @expected follow at @p, ignoring blanks and case? Return: the rest, or NULL. */
static const char *skip(const char *p, const char *expected)
{
	for (; *expected; expected++) {
		while (isspace((unsigned char)*p))
			p++;
		if (tolower((unsigned char)*p++) != *expected)
			return NULL;
	}
	return p;
}

static bool is_text_of(const char *sql, const char *name, const char *columns)
{
	char quoted[64];
	const char *p = skip(sql, "createtable"), *after;

	snprintf(quoted, sizeof(quoted), "\"%s\"", name);
	after = p ? skip(p, name) : NULL;
	if (p && !after)
		after = skip(p, quoted);
	p = after ? skip(after, columns) : NULL;
	return p && !*p;
}

static bool is_table(const char *name, const char *sql)
{
	for (size_t i = 0; i < N_KNOWN; i++)
		if ((known[i].table ? strcmp(known[i].table, name) == 0
				    : schema_is_recovery(name)) &&
		    is_text_of(sql, name, known[i].columns))
			return true;
	return false;
}

static bool is_auto_index(const char *name, const char *table)
{
	size_t n = strlen(AUTO_INDEX), len = strlen(table);

	return strncmp(name, AUTO_INDEX, n) == 0 && strncmp(name + n, table, len) == 0 &&
	       strcmp(name + n + len, "_1") == 0 &&
	       (schema_is_recovery(table) || strcmp(table, known[0].table) == 0);
}

bool schema_is_known(const char *type, const char *name, const char *table,
		     const char *sql)
{
	if (!type || !name || !table)
		return false;
	if (strcmp(type, "index") == 0)
		return !sql && is_auto_index(name, table);
	return sql && strcmp(type, "table") == 0 && strcmp(name, table) == 0 &&
	       is_table(name, sql);
}
