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

static void test_endpoints(void **state)
{
	static const struct {
		const char *text, *address;
		uint16_t port;
	} good[] = {
		{ "192.0.2.50", "192.0.2.50", 7 },
		{ "192.0.2.50:2049", "192.0.2.50", 2049 },
		{ "192.0.2.50:65535", "192.0.2.50", 65535 },
		{ "2001:db8::1", "2001:db8::1", 7 },
		{ "2001:db8::1:2049", "2001:db8::1:2049", 7 },
		{ "[2001:db8::1]", "2001:db8::1", 7 },
		{ "[2001:db8::1]:1", "2001:db8::1", 1 },
		{ "::ffff:192.0.2.50", "192.0.2.50", 7 },
		{ "[::ffff:192.0.2.50]:20", "192.0.2.50", 20 },
	};
	static const char *const wrong[] = {
		"",
		":",
		":2049",
		"host",
		"host:2049",
		"192.0.2.50:",
		"192.0.2.50:0",
		"192.0.2.50:65536",
		"192.0.2.50:*",
		"192.0.2.50:nfs",
		"192.0.2.50:+1",
		"192.0.2.50/24",
		"192.0.2.500",
		"[192.0.2.50]:2049",
		"[2001:db8::1",
		"[2001:db8::1]2049",
		"[2001:db8::1]:",
		"[]:2049",
		"fe80::1%eth0",
		"0.0.0.0",
		"0.0.0.0:2049",
		"::",
		"[::]:2049",
		"::ffff:0.0.0.0",
		"1111:2222:3333:4444:5555:6666:7777:8888:9999:1111:2222:3333",
	};
	char text[IPADDR_TEXT];

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		struct ipaddr ip;
		uint16_t port = 7;

		assert_int_equal(ipaddr_parse_endpoint(&ip, &port, good[i].text, NULL),
				 0);
		assert_string_equal(ipaddr_format(&ip, text), good[i].address);
		assert_int_equal(port, good[i].port);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct err err = { 0 };
		struct ipaddr ip;
		uint16_t port = 7;

		assert_int_equal(ipaddr_parse_endpoint(&ip, &port, wrong[i], &err),
				 -EINVAL);
		assert_int_equal(err.code, BATON_EXIT_USAGE);
		assert_non_null(strstr(err.text, wrong[i]));
		assert_int_equal(port, 7);
	}
}

static struct address address(const char *text, unsigned int prefixlen)
{
	struct address a = { .prefixlen = prefixlen };

	assert_int_equal(ipaddr_parse(&a.ip, text), 0);
	return a;
}

static void test_gateways(void **state)
{
	struct service svc = { .n_addresses = 4 };
	static const struct {
		const char *gateway;
		size_t index;
	} rows[] = {
		{ "192.0.2.1", 0 },
		{ "198.51.100.9", 1 },
		{ "2001:db8:1::1", 2 },
		{ "fe80::1", 2 },
		{ "2001:db8:2::ff", 3 },
		/* No checked configuration has these. */
		{ "203.0.113.1", 0 },
	};

	svc.addresses[0] = address("192.0.2.50", 24);
	svc.addresses[1] = address("198.51.100.10", 28);
	svc.addresses[2] = address("2001:db8:1::50", 64);
	svc.addresses[3] = address("2001:db8:2::50", 64);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct ipaddr gateway = address(rows[i].gateway, 0).ip;

		assert_int_equal(service_find_gateway(&svc, &gateway), rows[i].index);
	}
	assert_false(address_is_near(&svc.addresses[1], &svc.addresses[0].ip));
	assert_true(address_is_near(&svc.addresses[1], &svc.addresses[1].ip));
	assert_false(address_is_near(&svc.addresses[2], &svc.addresses[0].ip));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_gateways),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_endpoints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
