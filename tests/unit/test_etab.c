// SPDX-License-Identifier: GPL-2.0-or-later
/* test_etab: exports(5) in all its notations, and malformed input. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stock/etab.h"

static char seen[1024];

static int note(const char *path, const char *client, const char *options, void *data)
{
	size_t len = strlen(seen);

	assert_ptr_equal(data, seen);
	snprintf(seen + len, sizeof(seen) - len, "%s|%s|%s\n", path, client, options);
	return strcmp(client, "stop") == 0 ? 7 : 0;
}

static int parse(const char *text, struct err *err)
{
	/* The parser must not need a terminating zero. */
	size_t len = strlen(text);
	char *copy = malloc(len ? len : 1);
	int rc;

	memcpy(copy, text, len);
	seen[0] = '\0';
	rc = etab_parse(copy, len, "exports", note, seen, err);
	free(copy);
	return rc;
}

static void test_notations(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "", "" },
		{ "\n# nothing\n   \n", "" },
		{ "/a\th(rw,sync)\n", "/a|h|rw,sync\n" },
		{ "/a h", "/a|h|\n" },
		{ "/a h1(rw) h2(ro) # /b c\n/b *()", "/a|h1|rw\n/a|h2|ro\n/b|*|\n" },
		{ "/a -ro,sync h1 h2(rw) -sync h3\n/b h",
		  "/a|h1|ro,sync\n/a|h2|ro,sync,rw\n/a|h3|sync\n/b|h|\n" },
		{ "/a \\\n  h1(rw)\\\n h2\n/b h", "/a|h1|rw\n/a|h2|\n/b|h|\n" },
		{ "\"/with blank\" h", "/with blank|h|\n" },
		{ "/with\\040blank\\134\th", "/with blank\\|h|\n" },
		{ "/a\\000b\\001 h", "/a\\000b\001|h|\n" },
		{ "/a", "/a|*|\n" },
		{ "/a -ro", "/a|*|ro\n" },
		{ "/a (ro)\r\n", "/a|*|ro\n" },
		{ "/a stop(rw) never\n/b never", "/a|stop|rw\n" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct err err = { 0 };
		int rc = parse(cases[i].text, &err);

		assert_int_equal(rc, strstr(cases[i].text, "stop") ? 7 : 0);
		assert_string_equal(seen, cases[i].want);
	}
}

static void test_refused(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "\n\na h", "exports:3: a path that begins with '/' is missing" },
		{ "/a h(rw", "exports:1: options are not in one pair of parentheses, "
			     "without blanks" },
		{ "/a h(rw, sync)", "exports:1: options are not in one pair of "
				    "parentheses, without blanks" },
		{ "/a -ro(sync) h", "exports:1: default options have parentheses" },
		{ "/a \\\nh\n\"/b h", "exports:3: a quote is not closed" },
	};
	struct err err = { 0 };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(parse(cases[i].text, &err), -EINVAL);
		assert_string_equal(err.text, cases[i].want);
		assert_int_equal(err.code, BATON_EXIT_CONFIG);
	}
	assert_int_equal(etab_parse("/a\0 h", 5, "x", note, seen, &err), -EINVAL);
	assert_string_equal(err.text, "x: is not text");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_notations),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
