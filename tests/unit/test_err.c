// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/err.h"

static void set_appends_the_errno_text(void **state)
{
	struct err err;

	assert_int_equal(err_set(&err, BATON_EXIT_DEVICE, ENOENT, "open %s", "/dev/x"),
			 -ENOENT);
	assert_string_equal(err.text, "open /dev/x: No such file or directory");
	assert_int_equal(err.code, BATON_EXIT_DEVICE);
}

static void set_without_errno_is_invalid(void **state)
{
	assert_int_equal(err_set(NULL, BATON_EXIT_CONFIG, 0, "x"), -EINVAL);
}

static void wrap_puts_context_first(void **state)
{
	struct err err;
	int rc = err_set(&err, BATON_EXIT_DEVICE, EIO, "mount /dev/x");

	assert_int_equal(err_wrap(&err, rc, "vmstore"), -EIO);
	assert_string_equal(err.text, "vmstore: mount /dev/x: Input/output error");
}

static void text_stays_one_line(void **state)
{
	struct err err;

	err_set(&err, BATON_EXIT_FAILED, 0, "a\nb\033c");
	assert_string_equal(err.text, "a b c");
}

static void long_text_is_cut_not_overrun(void **state)
{
	struct err err;
	char big[1000];

	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	err_wrap(&err, err_set(&err, BATON_EXIT_FAILED, EIO, "%s", big), "%s", big);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(set_appends_the_errno_text),
		cmocka_unit_test(set_without_errno_is_invalid),
		cmocka_unit_test(wrap_puts_context_first),
		cmocka_unit_test(text_stays_one_line),
		cmocka_unit_test(long_text_is_cut_not_overrun),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
