// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include <cmocka.h>

#include "core/client.h"

/* As printed by 6.1 (fs/nfsd/nfs4state.c, client_info_show()). */
#define INFO(address, status, name)                                                      \
	"clientid: 0x2ed1c8366731e7b1\n"                                                 \
	"address: \"" address "\"\n"                                                     \
	"status: " status "\n"                                                           \
	"seconds from last renew: 104\n"                                                 \
	"name: \"" name "\"\n"                                                           \
	"minor version: 1\n"                                                             \
	"Implementation domain: \"kernel.org\"\n"                                        \
	"Implementation name: \"Linux 6.1.0\"\n"                                         \
	"callback state: UP\n"                                                           \
	"callback address: 192.0.2.20:0\n"

static void assert_ip(const struct client *c, const char *ip, uint16_t port)
{
	char text[IPADDR_TEXT];

	assert_string_equal(ipaddr_format(&c->ip, text), ip);
	assert_int_equal(c->port, port);
}

static void a_client_of_linux(void **state)
{
	struct client c;
	char name[80];

	assert_int_equal(client_parse(&c, INFO("192.0.2.20:783", "confirmed",
					       "Linux NFSv4.1 client")),
			 0);
	assert_ip(&c, "192.0.2.20", 783);
	assert_int_equal(c.status, CLIENT_CONFIRMED);
	assert_int_equal(c.renewed_s, 104);
	assert_string_equal(client_name(c.id, c.len, name, sizeof(name)),
			    "Linux NFSv4.1 client");
	assert_string_equal(client_name(c.id, c.len, name, 6), "Linux");
	free(c.id);
}

static void addresses(void **state)
{
	struct client c;

	assert_int_equal(client_parse(&c, INFO("[2001:db8::20]:65535", "courtesy", "x")),
			 0);
	assert_ip(&c, "2001:db8::20", 65535);
	assert_int_equal(c.status, CLIENT_COURTESY);
	free(c.id);
	assert_int_equal(
		client_parse(&c, INFO("[::ffff:192.0.2.20]:783", "expirable", "x")), 0);
	assert_ip(&c, "192.0.2.20", 783);
	assert_int_equal(c.status, CLIENT_COURTESY);
	free(c.id);
}

/* To the last byte, or another client's record could be struck. */
static void names_are_unescaped_exactly(void **state)
{
	static const struct {
		const char *info;
		const char *id;
		size_t len;
	} cases[] = {
		{ INFO("192.0.2.20:1", "confirmed", "a\\x5cb\\x22c\\x0a\\x00\\xff\\xFE"),
		  "a\\b\"c\n\0\xff\xfe", 9 },
		{ INFO("192.0.2.20:1", "confirmed", "\\012\\377x"), "\n\xffx", 3 },
		{ INFO("192.0.2.20:1", "confirmed", ""), "", 0 },
		{ INFO("192.0.2.20:1", "confirmed", "status: courtesy"),
		  "status: courtesy", 16 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct client c;

		assert_int_equal(client_parse(&c, cases[i].info), 0);
		assert_int_equal(c.len, cases[i].len);
		assert_memory_equal(c.id, cases[i].id, c.len);
		assert_int_equal(c.status, CLIENT_CONFIRMED);
		free(c.id);
	}
}

static void what_is_not_understood_is_refused(void **state)
{
	static const char *const wrong[] = {
		"",
		"name: \"x\"\n",
		"address: \"192.0.2.20:783\"\n",
		INFO("192.0.2.20:783", "confirmed", "a\\x5"),
		INFO("192.0.2.20:783", "confirmed", "a\\xg0"),
		INFO("192.0.2.20:783", "confirmed", "a\\"),
		INFO("192.0.2.20:783", "confirmed", "a\\n12"),
		INFO("192.0.2.20:783", "confirmed", "a\\400"),
		INFO("192.0.2.20:783", "confirmed", "a\\089"),
		INFO("192.0.2.20:783", "confirmed", "a\"b"),
		INFO("192.0.2.20", "confirmed", "x"),
		INFO("192.0.2.20:", "confirmed", "x"),
		INFO("192.0.2.20:70000", "confirmed", "x"),
		INFO("2001:db8::20]:783", "confirmed", "x"),
		INFO("[2001:db8::20:783", "confirmed", "x"),
		INFO("client:783", "confirmed", "x"),
		INFO(":783", "confirmed", "x"),
		"address: \"192.0.2.20:783\"\nname: \"x\n",
		"address: 192.0.2.20:783\nname: \"x\"\n",
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct client c;

		if (client_parse(&c, wrong[i]) != -EINVAL)
			fail_msg("taken: %s", wrong[i]);
	}
}

/* Before 5.19 this line is missing, and there are no courtesy clients. */
static void an_older_kernel(void **state)
{
	struct client c;

	assert_int_equal(client_parse(&c, "clientid: 0x1\naddress: \"192.0.2.20:783\"\n"
					  "status: unconfirmed\n"
					  "name: \"seconds from last renew: 7\""),
			 0);
	assert_int_equal(c.status, CLIENT_UNCONFIRMED);
	assert_int_equal(c.renewed_s, -1);
	free(c.id);
}

/* Below zero: the client renewed during the subtraction. */
static void seconds_since_a_renewal(void **state)
{
	static const struct {
		const char *line;
		int64_t s;
	} cases[] = {
		{ "seconds from last renew: 0\n", 0 },
		{ "seconds from last renew: -1\n", 0 },
		{ "seconds from last renew: -x\n", -1 },
		{ "seconds from last renew: 9223372036854775807\n", INT64_MAX },
		{ "seconds from last renew: 9223372036854775808\n", -1 },
		{ "seconds from last renew: 7s\n", -1 },
		{ "seconds from last renew: \n77\n", -1 },
		{ "seconds from last renew: 11111111111111111111111111111111\n", -1 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct client c;
		char text[200];

		snprintf(text, sizeof(text), "address: \"192.0.2.20:1\"\nname: \"x\"\n%s",
			 cases[i].line);
		assert_int_equal(client_parse(&c, text), 0);
		assert_int_equal(c.renewed_s, cases[i].s);
		free(c.id);
	}
}

/* As printed by 6.1 (fs/nfsd/nfs4state.c, nfs4_show_open() and the like). */
static void assert_held(const char *line, bool lock, bool revoked, dev_t dev)
{
	struct held held;

	held_parse(&held, line);
	assert_int_equal(held.lock, lock);
	assert_int_equal(held.revoked, revoked);
	assert_int_equal(held.dev, dev);
}

static void lines_of_states(void **state)
{
	struct held held;

	assert_held(
		"- 0x010000008d0c4f60a6b0e8c201000000: { type: open, access: rw, deny: "
		"--, superblock: \"fd:10:13649\", filename: \"superblock: "
		"\"1:2:3\"\", owner: \"open id:\\x00\" }\n",
		false, false, makedev(0xfd, 0x10));
	assert_held("- 0x010000008d0c4f60a6b0e8c202000000: { type: lock, superblock: "
		    "\"08:01:128\", filename: \"a\", owner: \"lock id:\\x00\" }\n",
		    true, false, makedev(8, 1));
	assert_held("nothing: superblock: \"1:2:3\"\n", false, false, 0);
	assert_held("- 0x010000008d0c4f60a6b0e8c203000000: { type: deleg, access: r, "
		    "superblock: \"none\", filename: \"a\" }\n",
		    false, false, 0);
	assert_held("- 0x010000008d0c4f60a6b0e8c204000000: { type: layout, superblock: "
		    "\"103:0a:5\" }",
		    false, false, makedev(0x103, 0x0a));
	held_parse(&held,
		   "- 0x01: { type: deleg, access: w, superblock: \"08:01:128\" }");
	assert_true(held.delegated && !held.lock);
	held_parse(&held,
		   "- 0x01: { type: deleg, access: r, superblock: \"08:01:128\" }");
	assert_false(held.delegated);
	assert_held("- 0x01: { type: lock, superblock: \"fd:10:1\", filename: \"a\", "
		    "admin-revoked }\n",
		    true, true, makedev(0xfd, 0x10));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_client_of_linux),
		cmocka_unit_test(addresses),
		cmocka_unit_test(names_are_unescaped_exactly),
		cmocka_unit_test(what_is_not_understood_is_refused),
		cmocka_unit_test(an_older_kernel),
		cmocka_unit_test(seconds_since_a_renewal),
		cmocka_unit_test(lines_of_states),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
