// SPDX-License-Identifier: GPL-2.0-or-later
/* test_table: tables, character by character, and the selection of columns. */
#include <errno.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cmd/table.h"
#include "core/cleanup.h"
#include "core/exit.h"

static const struct table_column columns[] = {
	{ "WHAT", "what", 0, 0, false, "its name" },
	{ "WRITE", "pause.write", 0, SCOLS_FL_RIGHT, false, "the pause" },
	{ "NOTE", "note", 0, SCOLS_FL_WRAP, false, "what else" },
	{ "EXTRA-TEXT", "extra", 0.3, SCOLS_FL_WRAP, true, "only if asked for" },
	{ "CUT", "note", 0, SCOLS_FL_TRUNC, true, "not whole" },
	{ 0 },
};

/* Prints a table of @rows with the columns @list, NULL for the default ones. */
static char *print(const char *json, const char *list, bool noheadings,
		   unsigned int width)
{
	struct json_object *rows = json_tokener_parse(json);
	struct err err = { 0 };
	struct table table;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	table_init(&table, columns);
	table.noheadings = noheadings;
	if (list)
		assert_int_equal(table_select(&table, list, &err), 0);
	table_print(out, &table, rows, width);
	fclose(out);
	json_object_put(rows);
	return text;
}

static void assert_table(const char *json, const char *list, unsigned int width,
			 const char *expected)
{
	_cleanup_free_ char *text = print(json, list, false, width);
	_cleanup_free_ char *bare = print(json, list, true, width);

	assert_string_equal(text, expected);
	/* Without headings it is otherwise the same. */
	assert_string_equal(bare, strchr(expected, '\n') + 1);
}

static void test_table(void **state)
{
	assert_table("[]", NULL, 0, "WHAT  WRITE  NOTE\n");
	assert_table("[]", "note,what", 80, "NOTE  WHAT\n");
	assert_table("[{\"what\":\"move\",\"pause\":{\"write\":1234},\"note\":\"good\"},"
		     "{\"what\":\"giveback\",\"pause\":{\"write\":7.25},\"note\":\"\"},"
		     "{\"note\":null},{\"what\":[\"a\",1,true],\"pause\":3}]",
		     NULL, 0,
		     "WHAT       WRITE  NOTE\n"
		     "move        1234  good\n"
		     "giveback     7.2  -\n"
		     "-              -  -\n"
		     "a, 1, yes      -  -\n");
	/* Umlauts are one cell; escape sequences do not reach the terminal. */
	assert_table("[{\"what\":\"\\u00e4\\u00f6\",\"note\":\"x\\u009b1\"},"
		     "{\"what\":\"\\u001b[1m\",\"note\":\"y\\n\"},"
		     "{\"what\":\"\\u65e5\",\"note\":\"z\\u2028\"}]",
		     NULL, 0,
		     "WHAT  WRITE  NOTE\n"
		     "äö        -  x?1\n"
		     "?[1m      -  y?\n"
		     "日        -  z?\n");
}

static void test_locale(void **state)
{
	setlocale(LC_ALL, "C");
	assert_table("[{\"what\":\"\\u00e4\",\"note\":\"x\"}]", NULL, 80,
		     "WHAT  WRITE  NOTE\n"
		     "??        -  x\n");
	assert_non_null(setlocale(LC_ALL, "C.UTF-8"));
}

static void test_wrap(void **state)
{
	static const char json[] =
		"[{\"what\":\"a\",\"note\":\"one two three four five six\"},"
		"{\"what\":\"b\",\"note\":\"12345678901234567890\"}]";

	assert_table(json, NULL, 80,
		     "WHAT  WRITE  NOTE\n"
		     "a         -  one two three four five six\n"
		     "b         -  12345678901234567890\n");
	assert_table(json, NULL, 33,
		     "WHAT  WRITE  NOTE\n"
		     "a         -  one two three four\n"
		     "             five six\n"
		     "b         -  12345678901234567890\n");
	/* A word is broken only if it does not fit otherwise. */
	assert_table(json, NULL, 30,
		     "WHAT  WRITE  NOTE\n"
		     "a         -  one two three\n"
		     "             four five six\n"
		     "b         -  12345678901234567\n"
		     "             890\n");
	/* Narrower than possible: it runs over rather than becoming a ribbon. */
	assert_table(json, NULL, 3,
		     "WHAT  WRITE  NOTE\n"
		     "a         -  one two three four\n"
		     "             five six\n"
		     "b         -  12345678901234567890\n");
	assert_table("[{\"what\":\"a\",\"note\":\"one two three four\","
		     "\"extra\":\"12345678901234567890 3 4\",\"pause\":{\"write\":1}}]",
		     "extra-text,note,what,write", 20,
		     "EXTRA-TEXT            NOTE   WHAT  WRITE\n"
		     "12345678901234567890  one    a         1\n"
		     "3 4                   two\n"
		     "                      three\n"
		     "                      four\n");
	assert_table(json, "what,cut", 16,
		     "WHAT  CUT\n"
		     "a     one two th\n"
		     "b     1234567890\n");
}

/* No line is wider, and only blanks are lost. How wide a column is, is the library's choice. */
static void assert_fits(const char *json, const char *list, unsigned int width,
			const char *expected)
{
	_cleanup_free_ char *text = print(json, list, false, width);
	size_t letters = 0, wanted = 0;

	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		assert_true(strlen(line) <= width);
		for (const char *c = line; *c; c++)
			letters += *c != ' ';
	}
	for (const char *c = expected; *c; c++)
		wanted += *c != ' ';
	assert_int_equal(letters, wanted);
}

static void test_fits(void **state)
{
	/* In the middle of a line. */
	assert_fits("[{\"what\":\"a\",\"note\":\"one two three four five six\","
		    "\"extra\":\"seven eight nine ten eleven twelve\"}]",
		    "extra-text,note,what", 50,
		    "EXTRA-TEXT NOTE WHAT a one two three four five six "
		    "seven eight nine ten eleven twelve");
	/* What a command may have to show. */
	assert_fits(
		"[{\"what\":\"a-service-with-a-very-long-name\",\"pause\":{\"write\":1},"
		"\"note\":\"/dev/disk/by-id/wwn-0x600140500000001-and-the-rest-of-it is it\","
		"\"extra\":\"waits for Linux NFSv4.1 client.example.com, another\"}]",
		"+extra-text", 80,
		"WHAT WRITE NOTE EXTRA-TEXT a-service-with-a-very-long-name 1"
		"/dev/disk/by-id/wwn-0x600140500000001-and-the-rest-of-it is it"
		"waits for Linux NFSv4.1 client.example.com, another");
}

static void assert_shown(const struct table *table, const char *expected)
{
	char text[200] = "";

	for (size_t i = 0; table->shown[i]; i++) {
		strcat(text, i ? " " : "");
		strcat(text, table->shown[i]->name);
	}
	assert_string_equal(text, expected);
}

static void test_select(void **state)
{
	static const char *const unknown[][2] = {
		{ "", "unknown column ''" },
		{ "+", "unknown column ''" },
		{ "WHAT,", "unknown column ''" },
		{ ",WHAT", "unknown column ''" },
		{ "WHA", "unknown column 'WHA'" },
		{ "WHATS", "unknown column 'WHATS'" },
		{ "note,what now", "unknown column 'what now'" },
		{ "++NOTE", "unknown column '+NOTE'" },
	};
	struct err err = { 0 };
	struct table table;

	table_init(&table, columns);
	assert_shown(&table, "WHAT WRITE NOTE");
	assert_true(table_shows(&table, "note"));
	assert_false(table_shows(&table, "extra"));
	assert_int_equal(table_select(&table, "+extra-text", &err), 0);
	assert_shown(&table, "WHAT WRITE NOTE EXTRA-TEXT");
	assert_true(table_shows(&table, "extra"));
	/* Each only once, however often it is named. */
	assert_int_equal(table_select(&table, "Note,WHAT,note,NOTE", &err), 0);
	assert_shown(&table, "NOTE WHAT");
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		char expected[200];

		memset(&err, 0, sizeof(err));
		assert_int_equal(table_select(&table, unknown[i][0], &err), -EINVAL);
		snprintf(expected, sizeof(expected),
			 "%s; there are WHAT, WRITE, NOTE, EXTRA-TEXT, CUT",
			 unknown[i][1]);
		assert_string_equal(err.text, expected);
		assert_int_equal(err.code, BATON_EXIT_USAGE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),  cmocka_unit_test(test_locale),
		cmocka_unit_test(test_wrap),   cmocka_unit_test(test_fits),
		cmocka_unit_test(test_select),
	};

	if (!setlocale(LC_ALL, "C.UTF-8"))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
