// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/backlog.h"

static struct sent client(uint64_t cookie, uint32_t unread, uint32_t unsent,
			  uint32_t unacknowledged)
{
	struct sent s = { .cookie = cookie,
			  .port = 700 + cookie,
			  .known = true,
			  .unread = unread,
			  .unsent = unsent,
			  .unacknowledged = unacknowledged };

	ipaddr_parse(&s.ip, "192.0.2.20");
	return s;
}

static void what_is_owed(void **state)
{
	struct sent nothing = client(1, 0, 0, 0), fin = client(1, 0, 1, 1),
		    call = client(1, 100, 0, 0), reply = client(1, 0, 50, 70);

	assert_int_equal(backlog_bytes(&nothing, BACKLOG_UNDELIVERED), 0);
	assert_int_equal(backlog_bytes(&fin, BACKLOG_UNDELIVERED), 0);
	assert_int_equal(backlog_bytes(&fin, BACKLOG_UNACKNOWLEDGED), 0);
	assert_int_equal(backlog_bytes(&call, BACKLOG_UNDELIVERED), 100);
	assert_int_equal(backlog_bytes(&call, BACKLOG_UNACKNOWLEDGED), 0);
	assert_int_equal(backlog_bytes(&reply, BACKLOG_UNDELIVERED), 50);
	assert_int_equal(backlog_bytes(&reply, BACKLOG_UNACKNOWLEDGED), 70);
	assert_false(backlog_owes(&fin));
	assert_true(backlog_owes(&call) && backlog_owes(&reply));
}

static void who_has_been_silent_for_a_lease_is_not_waited_for(void **state)
{
	struct sents now = { 0 };
	struct backlog b = { 0 };
	struct sent dead = client(1, 0, 50, 70), idle = client(2, 0, 0, 0);

	dead.silent_ms = idle.silent_ms = 10000;
	sents_add(&now, &dead);
	sents_add(&now, &idle);
	assert_int_equal(backlog_look(&b, &now, BACKLOG_UNDELIVERED, 10, 1), 0);
	assert_int_equal(backlog_look(&b, &now, BACKLOG_UNDELIVERED, 11, 1), 1);
	/* A kernel that does not report it. */
	now.v[0].known = false;
	assert_int_equal(backlog_look(&b, &now, BACKLOG_UNDELIVERED, 10, 1), 1);
	sents_free(&now);
}

static void what_counts_as_progress(void **state)
{
	struct sents now = { 0 };
	struct backlog b = { 0 };
	struct sent s = client(1, 300, 50, 70);

	sents_add(&now, &s);
	assert_int_equal(backlog_look(&b, &now, BACKLOG_UNDELIVERED, 10, 1000), 1);
	assert_int_equal(b.progress_ms, 1000);
	backlog_look(&b, &now, BACKLOG_UNDELIVERED, 10, 1500);
	assert_int_equal(b.progress_ms, 1000);
	/* A call was read, and a longer reply was written. */
	now.v[0].unread = 200;
	now.v[0].unsent = 5000;
	backlog_look(&b, &now, BACKLOG_UNDELIVERED, 10, 2000);
	assert_int_equal(b.progress_ms, 2000);
	now.v[0].acked = 1;
	backlog_look(&b, &now, BACKLOG_UNDELIVERED, 10, 2500);
	assert_int_equal(b.progress_ms, 2500);
	sents_free(&now);
}

static void who_has_gone(void **state)
{
	struct sents before = { 0 }, now = { 0 }, lost = { 0 };
	const struct sent was[] = { client(3, 0, 50, 70), client(1, 100, 0, 0),
				    client(2, 0, 1, 1), client(4, 0, 0, 0),
				    client(5, 0, 10, 10) };
	const struct sent is[] = { client(5, 0, 0, 1), client(9, 0, 0, 0) };
	char text[64];

	for (size_t i = 0; i < 5; i++)
		sents_add(&before, &was[i]);
	for (size_t i = 0; i < 2; i++)
		sents_add(&now, &is[i]);
	assert_int_equal(backlog_lost(&before, &now, &lost), 0);
	assert_int_equal(lost.n, 2);
	backlog_name(&lost, text, sizeof(text));
	assert_string_equal(text, "192.0.2.20:701 (100 bytes), and 1 more");
	assert_int_equal(lost.v[1].cookie, 3);
	lost.n = 0;
	backlog_name(&lost, text, sizeof(text));
	assert_string_equal(text, "");
	sents_free(&before);
	sents_free(&now);
	sents_free(&lost);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_owed),
		cmocka_unit_test(who_has_been_silent_for_a_lease_is_not_waited_for),
		cmocka_unit_test(what_counts_as_progress),
		cmocka_unit_test(who_has_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
