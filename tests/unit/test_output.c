// SPDX-License-Identifier: GPL-2.0-or-later
/* test_output: tables and bars, character by character. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/output.h"

static const struct column columns[] = {
	{ "what", "WHAT", OUTPUT_LEFT, NULL },
	{ "pause.write", "WRITE", OUTPUT_RIGHT, "ms" },
	{ "note", "NOTE", OUTPUT_WRAP, NULL },
	{ NULL, NULL, OUTPUT_LEFT, NULL },
};

static void assert_table(const char *json, unsigned int width, const char *expected)
{
	struct json_object *rows = json_tokener_parse(json);
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	output_table(out, columns, rows, width);
	fclose(out);
	assert_string_equal(text, expected);
	free(text);
	json_object_put(rows);
}

static void test_table(void **state)
{
	assert_table("[]", 0, "WHAT  WRITE  NOTE\n");
	assert_table("[{\"what\":\"move\",\"pause\":{\"write\":1234},\"note\":\"good\"},"
		     "{\"what\":\"giveback\",\"pause\":{\"write\":7.25},\"note\":\"\"},"
		     "{\"note\":null},{\"what\":[\"a\",1,true],\"pause\":3}]",
		     0,
		     "WHAT         WRITE  NOTE\n"
		     "move       1234 ms  good\n"
		     "giveback    7.2 ms  -\n"
		     "-                -  -\n"
		     "a, 1, yes        -  -\n");
	/* Umlauts are one cell; escape sequences do not reach the terminal. */
	assert_table("[{\"what\":\"\\u00e4\\u00f6\",\"note\":\"x\\u009b1\"},"
		     "{\"what\":\"\\u001b[1m\",\"note\":\"y\\n\"}]",
		     0,
		     "WHAT  WRITE  NOTE\n"
		     "äö        -  x??1\n"
		     "?[1m      -  y?\n");
}

static void test_wrap(void **state)
{
	static const char json[] =
		"[{\"what\":\"a\",\"note\":\"one two three four five six\"},"
		"{\"what\":\"b\",\"note\":\"12345678901234567890\"}]";

	assert_table(json, 80,
		     "WHAT  WRITE  NOTE\n"
		     "a         -  one two three four five six\n"
		     "b         -  12345678901234567890\n");
	assert_table(json, 30,
		     "WHAT  WRITE  NOTE\n"
		     "a         -  one two three\n"
		     "             four five six\n"
		     "b         -  12345678901234567\n"
		     "             890\n");
	/* Narrower than it can be: it runs over rather than becoming a ribbon. */
	assert_table(json, 3,
		     "WHAT  WRITE  NOTE\n"
		     "a         -  one two three\n"
		     "             four five six\n"
		     "b         -  1234567890123456\n"
		     "             7890\n");
}

static void test_json(void **state)
{
	struct json_object *obj = json_tokener_parse("{\"a\":\"/x\",\"b\":[1]}");
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	output_json(out, obj);
	fclose(out);
	assert_string_equal(text, "{\n  \"a\": \"/x\",\n  \"b\": [\n    1\n  ]\n}\n");
	free(text);
	json_object_put(obj);
}

static void test_bar(void **state)
{
	char buf[64];

	setlocale(LC_ALL, "C");
	assert_false(output_is_utf8());
	assert_string_equal(output_bar(buf, sizeof(buf), 10, 0), "");
	assert_string_equal(output_bar(buf, sizeof(buf), 10, -1), "");
	assert_string_equal(output_bar(buf, sizeof(buf), 10, 0.001), "#");
	assert_string_equal(output_bar(buf, sizeof(buf), 10, 0.5), "#####");
	assert_string_equal(output_bar(buf, sizeof(buf), 10, 7), "##########");
	assert_string_equal(output_bar(buf, 4, 10, 1), "###");
	assert_string_equal(output_bar(buf, sizeof(buf), 10, 0.0 / 0.0), "");

	assert_non_null(setlocale(LC_ALL, "C.UTF-8"));
	assert_true(output_is_utf8());
	assert_string_equal(output_bar(buf, sizeof(buf), 4, 0.0001), "▏");
	assert_string_equal(output_bar(buf, sizeof(buf), 4, 0.5), "██");
	assert_string_equal(output_bar(buf, sizeof(buf), 4, 0.625), "██▌");
	assert_string_equal(output_bar(buf, sizeof(buf), 4, 1), "████");
	/* Never half a character. */
	assert_string_equal(output_bar(buf, 6, 4, 1), "█");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_wrap),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_bar),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
