// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/idle_clients.h"

/* Clients a, b and c, one connection each, at 192.0.2.1, .2 and .3, port 700. */
struct scene {
	struct clients clients;
	struct sents before, after;
	const char *why;
	struct service svc;
};

/* The shortest replies that give state; the longest reply to a renewal. */
enum { GIFT = 140, GIFT_4_0 = 104, RENEWAL = 84 };

static struct client *add_client(struct scene *s, const char *ip, uint16_t port,
				 const char *name)
{
	struct client c = { .port = port, .status = CLIENT_CONFIRMED };

	assert_int_equal(ipaddr_parse(&c.ip, ip), 0);
	c.len = strlen(name);
	c.id = (unsigned char *)strdup(name);
	assert_int_equal(clients_add(&s->clients, &c), 0);
	return &s->clients.v[s->clients.n - 1];
}

static struct sent *add_sent(struct sents *sents, uint64_t cookie, const char *ip,
			     uint16_t port, uint64_t bytes)
{
	struct sent c = { .cookie = cookie, .port = port, .known = true, .bytes = bytes };

	assert_int_equal(ipaddr_parse(&c.ip, ip), 0);
	assert_int_equal(sents_add(sents, &c), 0);
	return &sents->v[sents->n - 1];
}

static struct scene set_scene(void)
{
	static const char *const names[] = { "a", "b", "c" };
	struct scene s = { .svc = { .n_addresses = 1,
				    .versions = VERSION_4_1 | VERSION_4_2 } };

	for (int i = 0; i < 3; i++) {
		char ip[16];

		snprintf(ip, sizeof(ip), "192.0.2.%d", i + 1);
		add_client(&s, ip, 700, names[i]);
		add_sent(&s.before, 30 - i, ip, 700, 1000);
	}
	/* In another order, because the kernel has none. */
	for (int i = 2; i >= 0; i--)
		add_sent(&s.after, s.before.v[i].cookie, "192.0.2.1", 700, 1000)->ip =
			s.before.v[i].ip;
	return s;
}

/* The names that are left, joined into one word. */
static void assert_idle(struct scene *s, const char *names)
{
	char left[16] = "";

	assert_int_equal(
		idle_clients_sift(&s->clients, &s->before, &s->after, &s->svc, &s->why),
		0);
	for (size_t i = 0; i < s->clients.n; i++)
		strncat(left, (char *)s->clients.v[i].id, 1);
	assert_string_equal(left, names);
	clients_free(&s->clients);
	sents_free(&s->before);
	sents_free(&s->after);
}

static void nobody_speaks(void **state)
{
	struct scene s = set_scene();

	assert_idle(&s, "abc");
	assert_null(s.why);
}

static void nobody_is_there(void **state)
{
	struct scene s = { 0 };

	assert_idle(&s, "");
	assert_null(s.why);
}

static void who_holds_something_is_kept(void **state)
{
	struct scene s = set_scene();

	s.clients.v[0].holding = true;
	s.clients.v[1].status = CLIENT_COURTESY;
	s.clients.v[2].status = CLIENT_UNCONFIRMED;
	assert_idle(&s, "");
}

static void a_fin_is_no_reply(void **state)
{
	struct scene s = set_scene();

	for (size_t i = 0; i < 3; i++)
		s.after.v[i].unsent = 1;
	assert_idle(&s, "abc");
}

static void who_got_a_reply_is_kept(void **state)
{
	struct scene s = set_scene();

	s.after.v[1].bytes += GIFT;
	assert_idle(&s, "ac");
	s = set_scene();
	s.after.v[1].unsent = GIFT;
	assert_idle(&s, "ac");
	s = set_scene();
	s.after.v[1].bytes += GIFT - 20;
	s.after.v[1].unsent = 20;
	assert_idle(&s, "ac");
}

static void who_only_renewed_is_idle(void **state)
{
	struct scene s = set_scene();

	s.after.v[1].bytes += RENEWAL;
	assert_idle(&s, "abc");
	s = set_scene();
	s.after.v[1].bytes += GIFT - 1;
	assert_idle(&s, "abc");
	/* Two calls may be more than just renewals. */
	s = set_scene();
	s.after.v[1].bytes += 2L * RENEWAL;
	assert_idle(&s, "ac");
}

static void replies_of_4_0_are_shorter(void **state)
{
	struct scene s = set_scene();

	s.svc.versions |= VERSION_4_0;
	s.after.v[1].bytes += GIFT_4_0;
	s.after.v[2].bytes += GIFT_4_0 - 1;
	assert_idle(&s, "ac");
}

/* EXCHANGE_ID or CREATE_SESSION: one at a time, and both must come before any state. */
static void a_client_in_the_making_is_no_stranger(void **state)
{
	struct scene s = set_scene();

	add_sent(&s.after, 99, "198.51.100.7", 800, 128);
	assert_idle(&s, "abc");
	assert_null(s.why);
}

static void what_the_kernel_does_not_tell_counts_as_a_reply(void **state)
{
	struct scene s = set_scene();

	s.before.v[0].known = false;
	s.after.v[0].known = false;
	assert_idle(&s, "b");
}

static void a_connection_that_has_gone_counts_as_a_reply(void **state)
{
	struct scene s = set_scene();

	s.after.n = 2;
	assert_idle(&s, "bc");
}

static void a_new_connection_may_stay_silent(void **state)
{
	struct scene s = set_scene();

	add_sent(&s.after, 99, "198.51.100.7", 800, 0)->unsent = 1;
	assert_idle(&s, "abc");
	s = set_scene();
	add_sent(&s.after, 99, "192.0.2.1", 800, 0)->unsent = GIFT;
	assert_idle(&s, "bc");
}

/* nconnect: any of a client's connections. Behind one address: any of its clients. */
static void all_of_an_address_are_kept(void **state)
{
	struct scene s = set_scene();

	add_client(&s, "192.0.2.1", 900, "d");
	add_sent(&s.before, 90, "192.0.2.1", 900, 0);
	add_sent(&s.after, 90, "192.0.2.1", 900, 0);
	add_sent(&s.before, 91, "192.0.2.1", 901, 0);
	add_sent(&s.after, 91, "192.0.2.1", 901, GIFT);
	assert_idle(&s, "bc");
	assert_null(s.why);
}

static void a_stranger_may_be_anybody(void **state)
{
	struct scene s = set_scene();

	add_sent(&s.after, 99, "198.51.100.7", 800, GIFT);
	assert_idle(&s, "");
	assert_non_null(s.why);
}

/* Its known address may belong to another client by now. */
static void who_has_no_connection_may_be_the_one_who_speaks(void **state)
{
	struct scene s = set_scene();

	s.clients.v[0].port = 701;
	assert_idle(&s, "abc");
	s = set_scene();
	s.clients.v[0].port = 701;
	s.after.v[1].bytes += GIFT;
	assert_idle(&s, "c");
}

static void with_several_addresses_the_port_counts(void **state)
{
	struct scene s = set_scene();

	s.svc.n_addresses = 2;
	s.after.v[1].bytes += GIFT;
	assert_idle(&s, "ac");
	/* A second connection of a, from the address of b. */
	s = set_scene();
	s.svc.n_addresses = 2;
	add_sent(&s.after, 99, "192.0.2.2", 800, GIFT);
	assert_idle(&s, "");
	assert_non_null(s.why);
}

/* Before and after a reboot, or an expiry. */
static void of_one_name_all_have_to_be_idle(void **state)
{
	struct scene s = set_scene();

	add_client(&s, "192.0.2.1", 701, "a")->status = CLIENT_UNCONFIRMED;
	s.clients.v[1].holding = true;
	add_client(&s, "192.0.2.2", 701, "b");
	add_client(&s, "192.0.2.3", 701, "c");
	/* Another name that only begins like it. */
	add_client(&s, "192.0.2.3", 701, "cc");
	assert_idle(&s, "ccc");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_speaks),
		cmocka_unit_test(nobody_is_there),
		cmocka_unit_test(who_holds_something_is_kept),
		cmocka_unit_test(a_fin_is_no_reply),
		cmocka_unit_test(who_got_a_reply_is_kept),
		cmocka_unit_test(who_only_renewed_is_idle),
		cmocka_unit_test(replies_of_4_0_are_shorter),
		cmocka_unit_test(a_client_in_the_making_is_no_stranger),
		cmocka_unit_test(what_the_kernel_does_not_tell_counts_as_a_reply),
		cmocka_unit_test(a_connection_that_has_gone_counts_as_a_reply),
		cmocka_unit_test(a_new_connection_may_stay_silent),
		cmocka_unit_test(all_of_an_address_are_kept),
		cmocka_unit_test(a_stranger_may_be_anybody),
		cmocka_unit_test(who_has_no_connection_may_be_the_one_who_speaks),
		cmocka_unit_test(with_several_addresses_the_port_counts),
		cmocka_unit_test(of_one_name_all_have_to_be_idle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
