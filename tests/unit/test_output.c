// SPDX-License-Identifier: GPL-2.0-or-later
/* test_output: JSON and bars, character by character. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/output.h"

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

static void test_bytes(void **state)
{
	static const struct {
		double bytes;
		const char *text;
	} all[] = {
		{ 0, "0" },
		{ 1023, "1023" },
		{ 1024, "1.0K" },
		{ 10137, "9.9K" },
		{ 10189, "10K" },
		{ 1048064, "1.0M" },
		{ 1048576, "1.0M" },
		{ 1047552, "1023K" },
		{ 536870912, "512M" },
		{ 109951162777600, "100T" },
		{ 1.15e18, "1021P" },
		{ 9e21, "7806E" },
	};
	char buf[16];

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		assert_string_equal(output_bytes(buf, sizeof(buf), all[i].bytes),
				    all[i].text);
}

static void test_share(void **state)
{
	char buf[8];

	assert_string_equal(output_share(buf, sizeof(buf), 100, 100), "0%");
	assert_string_equal(output_share(buf, sizeof(buf), 99.9, 100), "1%");
	assert_string_equal(output_share(buf, sizeof(buf), 17, 100), "83%");
	assert_string_equal(output_share(buf, sizeof(buf), 0.1, 100), "100%");
	assert_string_equal(output_share(buf, sizeof(buf), 0, 100), "100%");
	/* More is free than there is, as a filesystem in trouble may say. */
	assert_string_equal(output_share(buf, sizeof(buf), 101, 100), "0%");
	assert_string_equal(output_share(buf, sizeof(buf), -1, 100), "100%");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_bar),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_share),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
