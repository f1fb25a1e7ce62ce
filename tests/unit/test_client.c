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

/* As fs/nfsd/nfs4state.c, client_info_show() of 6.1 prints it. */
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

/* To the last byte, or another client's record would be struck. */
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

/* Before 5.19 there is no line that tells it, and no courtesy. */
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

/* As 6.1 prints them: fs/nfsd/nfs4state.c, nfs4_show_open() and its like. */
static void devices_of_states(void **state)
{
	static const char text[] =
		"- 0x010000008d0c4f60a6b0e8c201000000: { type: open, access: rw, deny: --, "
		"superblock: \"fd:10:13649\", filename: \"superblock: \"1:2:3\"\", owner: "
		"\"open id:\\x00\" }\n"
		"- 0x010000008d0c4f60a6b0e8c202000000: { type: lock, superblock: "
		"\"08:01:128\", filename: \"a\", owner: \"lock id:\\x00\" }\n"
		"nothing: superblock: \"1:2:3\"\n"
		"- 0x010000008d0c4f60a6b0e8c203000000: { type: deleg, access: r, superblock: "
		"\"none\", filename: \"a\" }\n"
		"- 0x010000008d0c4f60a6b0e8c204000000: { type: layout, superblock: "
		"\"103:0a:5\" }";
	const char *at = text;
	dev_t dev;

	assert_true(client_next_device(&at, &dev));
	assert_int_equal(dev, makedev(0xfd, 0x10));
	assert_true(client_next_device(&at, &dev));
	assert_int_equal(dev, makedev(8, 1));
	assert_true(client_next_device(&at, &dev));
	assert_int_equal(dev, makedev(0x103, 0x0a));
	assert_false(client_next_device(&at, &dev));
	at = "";
	assert_false(client_next_device(&at, &dev));
}

static struct holding holding_of(const char *text, dev_t fs)
{
	struct holding h = { 0 };
	char *copy = strdup(text), *save = NULL;

	for (char *line = strtok_r(copy, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		holding_add(&h, line, fs);
	free(copy);
	return h;
}

#define OPEN                                                                             \
	"- 0x01000000f8: { type: open, access: rw, deny: --, superblock: "               \
	"\"fd:10:13649\", filename: \"a/b\", owner: \"open id:\\x00\""
#define LOCK                                                                             \
	"- 0x01000000f9: { type: lock, superblock: \"fd:10:13649\", filename: "          \
	"\"a/b\", owner: \"lock id:\\x00\""

static void what_is_held(void **state)
{
	dev_t fs = makedev(0xfd, 0x10), other = makedev(0xfd, 0x1);
	struct holding h = holding_of("", fs);

	assert_false(h.any || h.locks || h.here);
	h = holding_of(OPEN " }\n", fs);
	assert_true(h.any && h.here && !h.locks);
	h = holding_of(OPEN " }\n" LOCK " }\n", other);
	assert_true(h.any && !h.here && h.locks);
	assert_false(holding_of(OPEN " }\n", 0).here);
	/* Revoked by an administrator: no file is open any more. */
	h = holding_of(OPEN ", admin-revoked }\n" LOCK ", admin-revoked }\n", fs);
	assert_false(h.any || h.locks || h.here);
	h = holding_of(OPEN ", admin-revoked }\n" OPEN " }\n", fs);
	assert_true(h.any && h.here);
	/* A file's name is no word of the kernel's. */
	h = holding_of("- 0x01: { type: deleg, access: r, superblock: \"fd:10:1\", "
		       "filename: \"x/\", admin-revoked }\" }\n",
		       fs);
	assert_true(h.any && h.here);
	h = holding_of("- 0x01: { type: deleg, access: r, superblock: \"fd:10:1\", "
		       "filename: \"x/\", admin-revoked }\n\" }\n",
		       fs);
	assert_true(h.any);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_client_of_linux),
		cmocka_unit_test(addresses),
		cmocka_unit_test(names_are_unescaped_exactly),
		cmocka_unit_test(what_is_not_understood_is_refused),
		cmocka_unit_test(an_older_kernel),
		cmocka_unit_test(devices_of_states),
		cmocka_unit_test(what_is_held),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
