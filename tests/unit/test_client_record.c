// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sever/client_record.h"

#define LINE "192.0.2.50 2049 192.0.2.20 983\n"

static int parse(struct client_record *c, const char *text, struct err *err)
{
	struct ipaddr ip;

	assert_int_equal(ipaddr_parse(&ip, "192.0.2.50"), 0);
	return client_record_parse(c, &ip, 2049, text, strlen(text), err);
}

static void there_and_back(void **state)
{
	static const char *const texts[] = {
		CONNS_HEADER "\nlocks 0\n",
		CONNS_HEADER "\n" LINE "locks 4294967295\n",
		CONNS_HEADER "\n" LINE "192.0.2.50 2049 192.0.2.21 984\nlocks 2\n",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct client_record c;
		struct err err = { 0 };
		char *text;

		assert_int_equal(parse(&c, texts[i], &err), 0);
		assert_int_equal(c.conns.n, i);
		text = client_record_format(&c);
		assert_string_equal(text, texts[i]);
		free(text);
		client_record_free(&c);
	}
}

static void nothing_else_passes(void **state)
{
	static const struct {
		const char *text;
		const char *why;
	} wrong[] = {
		{ "", "cut short, or no record of connections" },
		{ "\n", "cut short, or no record of connections" },
		{ "locks 0", "cut short, or no record of connections" },
		{ CONNS_HEADER "\n" LINE, "cut short, or no record of connections" },
		{ CONNS_HEADER "\nlocks \n", "cut short, or no record of connections" },
		{ CONNS_HEADER "\nlocks +1\n", "cut short, or no record of connections" },
		{ CONNS_HEADER "\nlocks 4294967296\n",
		  "cut short, or no record of connections" },
		{ CONNS_HEADER "\nlocks 00000000000000001\n",
		  "cut short, or no record of connections" },
		{ "locks 0\n", "line 1: cut short" },
		{ CONNS_HEADER "\n" LINE "192.0.2.51 2049 192.0.2.20 983\nlocks 0\n",
		  "line 3: not of 192.0.2.50:2049" },
		{ CONNS_HEADER "\n192.0.2.50 111 192.0.2.20 983\nlocks 0\n",
		  "line 2: not of 192.0.2.50:2049" },
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct client_record c = { .lockers = 7 };
		struct err err = { 0 };

		assert_int_equal(parse(&c, wrong[i].text, &err), -EINVAL);
		assert_string_equal(err.text, wrong[i].why);
		assert_null(c.conns.v);
		assert_int_equal(c.lockers, 0);
	}
}

/* A file that a full disk has cut at any byte is refused. */
static void no_part_passes(void **state)
{
	static const char whole[] = CONNS_HEADER "\n" LINE "locks 10\n";
	struct ipaddr ip;

	assert_int_equal(ipaddr_parse(&ip, "192.0.2.50"), 0);
	for (size_t len = 0; len < sizeof(whole) - 1; len++) {
		char *part = malloc(len ? len : 1);
		struct client_record c;

		memcpy(part, whole, len);
		assert_true(client_record_parse(&c, &ip, 2049, part, len, NULL) < 0);
		free(part);
	}
}

static void names(void **state)
{
	static const char *const good[] = {
		"192.0.2.50-2049", "2001:db8::50-1",
		"2001:db80:1111:2222:3333:4444:5555:6666-65535"
	};
	static const char *const wrong[] = {
		"",
		"-",
		"192.0.2.50",
		"192.0.2.50-",
		"192.0.2.50-0",
		"192.0.2.50-65536",
		"192.0.2.50-2049 ",
		"-2049",
		"../x-2049",
		"192.0.2.50/../x-2049",
		/* As long as an address can be, and longer. */
		"0000:0000:0000:0000:0000:ffff:192.168.100.2281-2049",
	};
	char name[CLIENT_RECORD_NAME];
	struct ipaddr ip;
	uint16_t port;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(client_record_parse_name(&ip, &port, good[i]), 0);
		assert_string_equal(client_record_name(&ip, port, name), good[i]);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(client_record_parse_name(&ip, &port, wrong[i]), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(nothing_else_passes),
		cmocka_unit_test(no_part_passes),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
