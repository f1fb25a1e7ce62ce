// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include <cmocka.h>

#include "sever/release_verdict.h"

static struct conns table(const char *remote, uint16_t port)
{
	struct conns conns = { 0 };
	struct conn conn = { .lport = 2049, .rport = port };

	if (remote) {
		assert_int_equal(ipaddr_parse(&conn.remote, remote), 0);
		assert_int_equal(conns_add(&conns, &conn), 0);
	}
	return conns;
}

/* For a client with address .20 and port 700; NULL means no connection. */
static enum release judge(const char *ours, uint16_t our_port, const char *others,
			  enum client_status status, struct holding holding, bool known)
{
	struct conns a = table(ours, our_port), b = table(others, 900);
	struct client client = { .port = 700, .status = status };
	enum release release;

	assert_int_equal(ipaddr_parse(&client.ip, "192.0.2.20"), 0);
	release = release_judge(&client, &holding, known, &a, &b);
	conns_free(&a);
	conns_free(&b);
	return release;
}

#define HERE                                                                             \
	(struct holding)                                                                 \
	{                                                                                \
		true, true                                                               \
	}
#define THERE                                                                            \
	(struct holding)                                                                 \
	{                                                                                \
		true, false                                                              \
	}
#define NOTHING                                                                          \
	(struct holding)                                                                 \
	{                                                                                \
		false, false                                                             \
	}
#define IT   "192.0.2.20"
#define ELSE "192.0.2.21"
#define OK   CLIENT_CONFIRMED

static void who_came_by_the_address_goes(void **state)
{
	assert_int_equal(judge(IT, 700, ELSE, OK, HERE, true), RELEASE_DUE);
	/* A group may have several filesystems. */
	assert_int_equal(judge(IT, 700, ELSE, OK, THERE, true), RELEASE_DUE);
	assert_int_equal(judge(IT, 700, ELSE, OK, THERE, false), RELEASE_DUE);
	/* It has reconnected since its EXCHANGE_ID. */
	assert_int_equal(judge(IT, 701, ELSE, OK, THERE, true), RELEASE_DUE);
}

static void who_holds_nothing_stays(void **state)
{
	assert_int_equal(judge(IT, 700, NULL, OK, NOTHING, true), RELEASE_NOTHING);
	assert_int_equal(judge(NULL, 0, NULL, CLIENT_COURTESY, NOTHING, true),
			 RELEASE_NOTHING);
}

static void who_came_by_another_stays(void **state)
{
	assert_int_equal(judge(ELSE, 700, IT, OK, THERE, true), RELEASE_NOTHING);
	assert_int_equal(judge(NULL, 0, IT, OK, THERE, false), RELEASE_NOTHING);
	/* Not dead: its other connection lives. */
	assert_int_equal(judge(NULL, 0, IT, CLIENT_COURTESY, THERE, true),
			 RELEASE_NOTHING);
	/* Must be reported: the filesystem will not be unmounted. */
	assert_int_equal(judge(NULL, 0, IT, OK, HERE, true), RELEASE_SHARED);
	assert_int_equal(judge(IT, 701, IT, OK, HERE, true), RELEASE_SHARED);
}

static void who_came_by_both(void **state)
{
	assert_int_equal(judge(IT, 700, IT, OK, HERE, true), RELEASE_DUE);
	assert_int_equal(judge(IT, 700, IT, OK, THERE, false), RELEASE_DUE);
	/* What it held here was revoked already. */
	assert_int_equal(judge(IT, 700, IT, OK, THERE, true), RELEASE_NOTHING);
}

static void who_has_no_connection_is_dead(void **state)
{
	assert_int_equal(judge(NULL, 0, NULL, CLIENT_COURTESY, THERE, true), RELEASE_DUE);
	assert_int_equal(judge(ELSE, 700, ELSE, CLIENT_COURTESY, THERE, false),
			 RELEASE_DUE);
	assert_int_equal(judge(NULL, 0, NULL, OK, HERE, true), RELEASE_DUE);
	/* Within its lease, and with nothing known. */
	assert_int_equal(judge(NULL, 0, NULL, OK, THERE, true), RELEASE_NOTHING);
	assert_int_equal(judge(NULL, 0, NULL, OK, THERE, false), RELEASE_NOTHING);
}

static struct holding holding_of(const char *text, dev_t fs)
{
	struct holding h = { 0 };
	char *copy = strdup(text), *save = NULL;

	for (char *line = strtok_r(copy, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		struct held held;

		held_parse(&held, line);
		holding_add(&h, &held, fs);
	}
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

	assert_false(h.any || h.here);
	h = holding_of(OPEN " }\n", fs);
	assert_true(h.any && h.here);
	h = holding_of(OPEN " }\n" LOCK " }\n", other);
	assert_true(h.any && !h.here);
	assert_false(holding_of(OPEN " }\n", 0).here);
	/* Revoked by an administrator: no file is open any more. */
	h = holding_of(OPEN ", admin-revoked }\n" LOCK ", admin-revoked }\n", fs);
	assert_false(h.any || h.here);
	h = holding_of(OPEN ", admin-revoked }\n" OPEN " }\n", fs);
	assert_true(h.any && h.here);
	/* Text in a file name must not count as the kernel's. */
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
		cmocka_unit_test(what_is_held),
		cmocka_unit_test(who_came_by_the_address_goes),
		cmocka_unit_test(who_holds_nothing_stays),
		cmocka_unit_test(who_came_by_another_stays),
		cmocka_unit_test(who_came_by_both),
		cmocka_unit_test(who_has_no_connection_is_dead),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
