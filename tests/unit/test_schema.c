// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/schema.h"

#define R7    "rec-0000000000000007"
#define INDEX "sqlite_autoindex_"

struct row {
	const char *type, *name, *table, *sql;
};

static void what_nfsdcld_makes(void **state)
{
	static const struct row rows[] = {
		{ "table", "parameters", "parameters",
		  "CREATE TABLE parameters (key TEXT PRIMARY KEY, value TEXT)" },
		{ "index", INDEX "parameters_1", "parameters", NULL },
		{ "table", "grace", "grace",
		  "CREATE TABLE grace (current INTEGER , recovery INTEGER)" },
		{ "table", R7, R7,
		  "CREATE TABLE \"" R7 "\" (id BLOB PRIMARY KEY, princhash BLOB)" },
		{ "table", R7, R7,
		  "CREATE TABLE \"" R7 "\" (id BLOB PRIMARY KEY, princhash blob)" },
		{ "index", INDEX R7 "_1", R7, NULL },
		{ "table", "rec-1f", "rec-1f",
		  "CREATE TABLE \"rec-1f\" (id BLOB PRIMARY KEY)" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!schema_is_known(rows[i].type, rows[i].name, rows[i].table,
				     rows[i].sql))
			fail_msg("%s %s: %s", rows[i].type, rows[i].name, rows[i].sql);
}

static void what_it_does_not(void **state)
{
	static const char columns[] =
		"CREATE TABLE \"" R7 "\" (id BLOB PRIMARY KEY, princhash BLOB)";
	static const struct row rows[] = {
		{ NULL, "grace", "grace", NULL },
		{ "table", NULL, NULL, NULL },
		{ "table", "grace", "grace", NULL },
		{ "table", "grace", "grace", "" },
		{ "table", "grace", "grace",
		  "CREATE VIRTUAL TABLE grace USING x(current INTEGER)" },
		{ "table", "grace", "grace",
		  "CREATE TABLE grace (current INTEGER, recovery INTEGER) STRICT" },
		{ "table", "grace", "grace",
		  "CREATE TABLE grace (current INTEGER, recovery INTEGER, x AS (1))" },
		{ "table", "grace", "grace",
		  "CREATE TABLE grace (current INTEGER, recovery INTEGER DEFAULT (1))" },
		{ "table", "grace", "parameters",
		  "CREATE TABLE grace (current INTEGER , recovery INTEGER)" },
		{ "table", "parameters", "parameters",
		  "CREATE TABLE parameters (current INTEGER , recovery INTEGER)" },
		{ "view", "grace", "grace",
		  "CREATE TABLE grace (current INTEGER , recovery INTEGER)" },
		{ "view", "v", "v", "CREATE VIEW v AS SELECT 1" },
		{ "trigger", "t", R7,
		  "CREATE TRIGGER t AFTER INSERT ON grace BEGIN END" },
		{ "table", "rec-", "rec-",
		  "CREATE TABLE \"rec-\" (id BLOB PRIMARY KEY)" },
		{ "table", "rec-x", "rec-x",
		  "CREATE TABLE \"rec-x\" (id BLOB PRIMARY KEY)" },
		{ "table", "rec-00000000000000007", "rec-00000000000000007",
		  "CREATE TABLE \"rec-00000000000000007\" (id BLOB PRIMARY KEY)" },
		{ "table", "rec-8", "rec-8", columns },
		{ "table", "clients", "clients",
		  "CREATE TABLE clients (id BLOB PRIMARY KEY)" },
		{ "index", "i", R7, "CREATE INDEX i ON \"" R7 "\" (princhash)" },
		{ "index", INDEX R7 "_1", R7, "CREATE INDEX" },
		{ "index", INDEX R7 "_2", R7, NULL },
		{ "index", INDEX "grace_1", "grace", NULL },
		{ "index", INDEX "other_1", "other", NULL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (schema_is_known(rows[i].type, rows[i].name, rows[i].table,
				    rows[i].sql))
			fail_msg("%s %s: %s", rows[i].type, rows[i].name, rows[i].sql);
}

/* Cut anywhere, it is refused. */
static void a_part_of_it(void **state)
{
	char text[] = "CREATE TABLE grace (current INTEGER , recovery INTEGER)";

	for (size_t i = sizeof(text) - 2; i > 0; i--) {
		text[i] = '\0';
		assert_false(schema_is_known("table", "grace", "grace", text));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_nfsdcld_makes),
		cmocka_unit_test(what_it_does_not),
		cmocka_unit_test(a_part_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
