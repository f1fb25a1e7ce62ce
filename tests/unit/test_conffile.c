// SPDX-License-Identifier: GPL-2.0-or-later
/* test_conffile: the list of services; test_check.py tests loading from outside. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "os/conffile.h"

static char dir[] = "/tmp/baton-test-XXXXXX";

static void touch(const char *name, int make)
{
	char path[100];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (!make) {
		assert_int_equal(unlink(path), 0);
		return;
	}
	f = fopen(path, "w");
	assert_non_null(f);
	fclose(f);
}

static void test_list(void **state)
{
	static const char *const files[] = { "a.conf",       "a-b.conf", "z.conf",
					     ".hidden.conf", "a.conf~",  ".conf" };
	struct err err = { 0 };
	char **names, expected[200];

	assert_non_null(mkdtemp(dir));
	assert_int_equal(config_list(&names, dir, &err), 0);
	assert_null(names[0]);
	config_list_free(names);

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		touch(files[i], 1);
	assert_int_equal(config_list(&names, dir, &err), 3);
	assert_string_equal(names[0], "a");
	assert_string_equal(names[1], "a-b");
	assert_string_equal(names[2], "z");
	assert_null(names[3]);
	config_list_free(names);

	touch("B.conf", 1);
	assert_int_equal(config_list(&names, dir, &err), -EINVAL);
	snprintf(
		expected, sizeof(expected),
		"%s/B.conf: service name 'B': must be 1 to 32 lower-case letters, digits and "
		"inner hyphens",
		dir);
	assert_string_equal(err.text, expected);
	assert_int_equal(err.code, BATON_EXIT_CONFIG);
	assert_string_equal(names[2], "z");
	config_list_free(names);
	touch("B.conf", 0);

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		touch(files[i], 0);
	rmdir(dir);
	assert_int_equal(config_list(&names, dir, &err), 0);
	config_list_free(names);
	assert_int_equal(config_list(&names, "/dev/null", &err), -ENOTDIR);
	assert_string_equal(err.text, "/dev/null: Not a directory");
	assert_null(names);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_list) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
