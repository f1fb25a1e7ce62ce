// SPDX-License-Identifier: GPL-2.0-or-later
/* test_service: names and addresses. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/service.h"

static void test_names(void **state)
{
	static const char *const good[] = { "a", "vmstore", "vm-store-2", "0",
					    "abcdefghijklmnopqrstuvwxyz012345" };
	static const char *const wrong[] = {
		"",    ".", "..",  "../a",   "a/b",   "-a",
		"a-",  "A", "a b", "a\n",    "a.b",   "a_b",
		"a%s", "ä", "*",   "--json", "a\x7f", "abcdefghijklmnopqrstuvwxyz0123456",
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		assert_int_equal(service_check_name(good[i], NULL), 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct err err = { 0 };

		assert_int_equal(service_check_name(wrong[i], &err), -EINVAL);
		assert_int_equal(err.code, BATON_EXIT_CONFIG);
		assert_non_null(strstr(err.text, "must be 1 to 32 lower-case letters"));
		assert_null(strchr(err.text, '\n'));
	}
}

static void test_addresses(void **state)
{
	struct ipaddr a, b;
	char text[IPADDR_TEXT];

	assert_int_equal(ipaddr_parse(&a, "192.0.2.1"), 0);
	assert_string_equal(ipaddr_format(&a, text), "192.0.2.1");
	assert_int_equal(ipaddr_parse(&b, "2001:DB8:0::1"), 0);
	assert_string_equal(ipaddr_format(&b, text), "2001:db8::1");
	assert_false(ipaddr_equal(&a, &b));
	assert_int_equal(ipaddr_parse(&a, "2001:db8::1"), 0);
	assert_true(ipaddr_equal(&a, &b));
	assert_int_equal(ipaddr_parse(&a, "192.0.2.01"), -EINVAL);
	assert_int_equal(ipaddr_parse(&a, "fe80::1%eth0"), -EINVAL);
	assert_int_equal(ipaddr_parse(&a, ""), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
