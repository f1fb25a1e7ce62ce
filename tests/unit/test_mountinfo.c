// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/mountinfo.h"

static void the_right_line_is_taken(void **state)
{
	char other[] = "36 35 98:0 / /mnt rw master:1 - ext3 /dev/root rw\n";
	char line[] = "137 35 0:52 / /mnt/vm\\040store rw shared:1 - nfs4 "
		      "192.0.2.50:/a\\040b rw,vers=4.1,hard,proto=tcp\n";
	struct mountinfo info = {};

	assert_false(mountinfo_parse(other, 137, &info));
	assert_true(mountinfo_parse(line, 137, &info));
	assert_string_equal(info.fstype, "nfs4");
	assert_string_equal(info.source, "192.0.2.50:/a b");
	assert_true(mountinfo_is_nfs(&info));
	assert_true(mountinfo_has(&info, "hard"));
	assert_false(mountinfo_has(&info, "har"));
	assert_false(mountinfo_has(&info, "soft"));
}

static void a_mangled_line_is_none(void **state)
{
	char no_dash[] = "137 35 0:52 / /mnt rw nfs4 a b\n";
	char too_short[] = "137 35 0:52 / /mnt rw - nfs4\n";
	struct mountinfo info = { .fstype = "unknown" };

	assert_false(mountinfo_parse(no_dash, 137, &info));
	assert_false(mountinfo_parse(too_short, 137, &info));
	assert_string_equal(info.fstype, "unknown");
}

static void words_within_words_are_not_options(void **state)
{
	struct mountinfo info = { .options = "softerr,x-soft,nosoft" };

	assert_false(mountinfo_has(&info, "soft"));
	assert_true(mountinfo_has(&info, "softerr"));
	assert_true(mountinfo_has(&info, "nosoft"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_right_line_is_taken),
		cmocka_unit_test(a_mangled_line_is_none),
		cmocka_unit_test(words_within_words_are_not_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
