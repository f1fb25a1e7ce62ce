// SPDX-License-Identifier: GPL-2.0-or-later
/* test_rehearsal: copies of data/cib.xml; g has a `--move` constraint there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/rehearsal.h"

#define PLACE "<rsc_location id=\"cli-prefer-"

static char cib[16384];
static char *copy;
static struct err err;

static int setup(void **data)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/cib.xml", getenv("DATA"));
	f = fopen(path, "re");
	assert_non_null(f);
	memset(cib, 0, sizeof(cib));
	assert_true(fread(cib, 1, sizeof(cib) - 1, f) > 1000);
	fclose(f);
	memset(&err, 0, sizeof(err));
	return 0;
}

static int teardown(void **data)
{
	free(copy);
	copy = NULL;
	return 0;
}

static void make(const char *id, const char *head, bool validate)
{
	free(copy);
	assert_int_equal(
		rehearsal_copy(&copy, cib, strlen(cib), id, head, validate, &err), 0);
}

static void put(const char *old, const char *new)
{
	char *at = strstr(cib, old);

	assert_non_null(at);
	memmove(at + strlen(new), at + strlen(old), strlen(at + strlen(old)) + 1);
	memcpy(at, new, strlen(new));
}

/* Skips libxml2's declaration before the first element. */
static const char *elements(const char *text)
{
	return strstr(text, "<cib");
}

static void test_nothing_is_changed(void **data)
{
	make(NULL, NULL, true);
	assert_string_equal(elements(copy), cib);
}

static void test_not_validated(void **data)
{
	make(NULL, NULL, false);
	put("pacemaker-3.7", "none");
	assert_string_equal(elements(copy), cib);
}

/* The attribute says that it has to be converted, or that its schema is unknown. */
static void test_other_schemas(void **data)
{
	static const char *const schemas[] = { "pacemaker-2.10", "pacemaker-4.0", "none",
					       "pacemaker-next", "" };
	const char *last = "pacemaker-3.7";

	for (size_t i = 0; i < sizeof(schemas) / sizeof(schemas[0]); i++) {
		char old[64], new[64];

		snprintf(old, sizeof(old), "validate-with=\"%s\"", last);
		snprintf(new, sizeof(new), "validate-with=\"%s\"", schemas[i]);
		put(old, new);
		last = schemas[i];
		make(NULL, NULL, false);
		assert_string_equal(elements(copy), cib);
	}
	put("validate-with=\"\" ", "");
	make(NULL, NULL, false);
	assert_string_equal(elements(copy), cib);
}

static void test_forth_and_back(void **data)
{
	make("vmstore", "head2", true);
	assert_non_null(strstr(copy, PLACE "vmstore\" rsc=\"vmstore\" role=\"Started\" "
					   "node=\"head2\" score=\"INFINITY\"/>"
					   "</constraints>"));
	assert_non_null(strstr(copy, PLACE "g\""));
	snprintf(cib, sizeof(cib), "%s", elements(copy));
	make("vmstore", NULL, true);
	setup(data);
	assert_string_equal(elements(copy), cib);
}

/* It may have expired; there cannot be two of the same name. */
static void test_an_old_one_makes_room(void **data)
{
	const char *first;

	make("g", "head1", true);
	first = strstr(copy, PLACE "g\"");
	assert_non_null(first);
	assert_non_null(strstr(first, "node=\"head1\" score=\"INFINITY\"/>"));
	assert_null(strstr(first + 1, PLACE));
	assert_null(strstr(copy, "cli-prefer-lifetime-end-g"));
	make("g", NULL, true);
	assert_null(strstr(copy, PLACE));
	assert_non_null(strstr(copy, "id=\"l-ghead2\""));
}

static void test_names_are_written_as_xml(void **data)
{
	make("a&b", "x<\"y", true);
	assert_non_null(strstr(copy, "rsc=\"a&amp;b\" role=\"Started\" "
				     "node=\"x&lt;&quot;y\""));
}

static void test_no_cib(void **data)
{
	static const char *const texts[] = { "",
					     "<",
					     "<a/>",
					     "<cib/>",
					     "<cib><configuration/></cib>",
					     "<cib><constraints/></cib>" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(rehearsal_copy(&copy, texts[i], strlen(texts[i]), "v",
						"head2", false, &err),
				 -EPROTO);
		assert_null(copy);
		assert_int_equal(err.code, BATON_EXIT_CLUSTER);
		assert_string_equal(err.text, "Pacemaker's configuration is not a CIB");
	}
}

/* Whatever is cut off: an error or a copy, never a crash. */
static void test_damaged(void **data)
{
	size_t len = strlen(cib);

	for (size_t i = 0; i + 8 < len; i += 7) {
		assert_true(rehearsal_copy(&copy, cib, i, "v", "head2", false, &err) < 0);
		assert_null(copy);
	}
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_nothing_is_changed),
		TEST(test_not_validated),
		TEST(test_other_schemas),
		TEST(test_forth_and_back),
		TEST(test_an_old_one_makes_room),
		TEST(test_names_are_written_as_xml),
		TEST(test_no_cib),
		TEST(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
