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

#include "keeper/peer_connections.h"

#define DIGEST "0b0c1d52-6a0e-5d6e-9d8c-0f3f0e5f7a11"

static struct service service(void)
{
	struct service svc = { .n_addresses = 2, .digest = DIGEST };

	assert_int_equal(ipaddr_parse(&svc.addresses[0].ip, "192.0.2.50"), 0);
	assert_int_equal(ipaddr_parse(&svc.addresses[1].ip,
				      "2001:db8:1111:2222:3333:4444:5555:50"),
			 0);
	return svc;
}

/* A table of @n connections, half of them with the longest possible addresses. */
static char *make_table(size_t n)
{
	struct conns conns = { 0 };
	char *text;

	for (size_t i = 0; i < n; i++) {
		char ip[64];
		struct conn c = { .lport = 2049, .rport = 1000 + i % 60000 };
		struct service svc = service();

		c.local = svc.addresses[i % 2].ip;
		if (i % 2)
			snprintf(ip, sizeof(ip), "2001:db8:1111:2222:3333:4444:%zx:%zx",
				 0x1000 + i / 60000, 0x1000 + i / 60000);
		else
			snprintf(ip, sizeof(ip), "192.0.3.%zu", 100 + i / 60000);
		assert_int_equal(ipaddr_parse(&c.remote, ip), 0);
		assert_int_equal(conns_add(&conns, &c), 0);
	}
	text = conns_format(&conns);
	conns_free(&conns);
	return text;
}

/* Sends one part from @from over the wire; returns what peer_connections_take() does. */
static int pass_on(struct peer_connections *r, const char *from, const char *text,
		   uint64_t serial, unsigned int part, struct err *err)
{
	struct message out = fragments_format(text, serial, part, DIGEST), in;
	struct service svc = service();
	char *wire = message_format(&out);
	int rc;

	assert_true(strlen(wire) <= MESSAGE_MAX_LEN);
	assert_int_equal(message_parse(&in, wire, strlen(wire), err), 0);
	assert_int_equal(in.type, MESSAGE_CONNS);
	rc = peer_connections_take(r, &svc, from, &in, err);
	message_release(&in);
	message_release(&out);
	free(wire);
	return rc;
}

static void pass_all(struct peer_connections *r, const char *from, const char *text,
		     uint64_t serial)
{
	unsigned int parts = fragments_count(strlen(text));
	struct err err = { 0 };

	for (unsigned int i = 0; i < parts; i++)
		if (pass_on(r, from, text, serial, i, &err) != (i == parts - 1))
			fail_msg("part %u of %u: %s", i, parts, err.text);
}

static void tables_of_any_size_come_whole(void **state)
{
	static const size_t sizes[] = { 1, 3, 10000, CONNS_MAX };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		_cleanup_conns_ struct conns sent = { 0 };
		struct peer_connections r = { 0 };
		char *text = make_table(sizes[i]);
		struct err err;

		assert_true(fragments_count(strlen(text)) <= FRAGMENT_MAX);
		pass_all(&r, "head1", text, 7);
		assert_int_equal(conns_parse(&sent, text, strlen(text), &err), 0);
		assert_int_equal(r.conns.n, sizes[i]);
		assert_true(conns_equal(&r.conns, &sent));
		assert_string_equal(r.from, "head1");
		peer_connections_free(&r);
		free(text);
	}
}

static void the_last_whole_one_stays(void **state)
{
	char *small = make_table(3), *big = make_table(5000), *other = make_table(1);
	char *spoilt = strdup(big);
	struct peer_connections r = { 0 };
	struct err err;

	memset(spoilt + FRAGMENT_LEN, 'x', 100);
	pass_all(&r, "head1", small, 1);
	/* One that never ends, one without its first part, one in another head's name. */
	assert_int_equal(pass_on(&r, "head1", big, 2, 0, &err), 0);
	assert_int_equal(pass_on(&r, "head1", spoilt, 3, 1, &err), 0);
	assert_int_equal(pass_on(&r, "head3", spoilt, 2, 1, &err), 0);
	assert_int_equal(pass_on(&r, "head1", big, 2, 2, &err), 0);
	assert_int_equal(r.conns.n, 3);
	/* It continues where it was. */
	for (unsigned int i = 1; i < fragments_count(strlen(big)); i++)
		pass_on(&r, "head1", big, 2, i, &err);
	assert_int_equal(r.conns.n, 5000);
	pass_all(&r, "head2", other, 1);
	assert_int_equal(r.conns.n, 1);
	assert_string_equal(r.from, "head2");
	peer_connections_free(&r);
	free(small);
	free(big);
	free(spoilt);
	free(other);
}

static void only_who_told_takes_it_back(void **state)
{
	char *text = make_table(3);
	struct peer_connections r = { 0 };
	struct err err;

	pass_all(&r, "head1", text, 1);
	assert_int_equal(pass_on(&r, "head2", "", 2, 0, &err), 0);
	assert_int_equal(r.conns.n, 3);
	assert_int_equal(pass_on(&r, "head1", "", 2, 0, &err), 1);
	assert_int_equal(r.conns.n, 0);
	peer_connections_free(&r);
	free(text);
}

static int take(struct peer_connections *r, const char *digest, const char *body,
		struct err *err)
{
	struct message m = { .type = MESSAGE_CONNS, .generation = 9 };
	struct service svc = service();
	int rc;

	snprintf(m.digest, sizeof(m.digest), "%s", digest);
	m.body = body ? json_tokener_parse(body) : NULL;
	rc = peer_connections_take(r, &svc, "head1", &m, err);
	message_release(&m);
	return rc;
}

#define PART(part, parts, text)                                                          \
	"{\"part\":" part ",\"parts\":" parts ",\"text\":\"" text "\"}"

#define HOLDS(number)                                                                    \
	"{\"part\":0,\"parts\":1,\"held\":" number ",\"text\":"                          \
	"\"baton-connections 1\\n192.0.2.50 2049 192.0.2.20 983\\n\"}"

static void how_much_a_client_holds(void **state)
{
	struct peer_connections r = { 0 };
	struct err err;

	assert_int_equal(take(&r, DIGEST, HOLDS("20000"), &err), 1);
	assert_int_equal(r.held, 20000);
	assert_int_equal(take(&r, DIGEST, HOLDS("-1"), &err), -EPROTO);
	assert_int_equal(take(&r, DIGEST, HOLDS("10000001"), &err), -EPROTO);
	assert_int_equal(take(&r, DIGEST, HOLDS("1e99"), &err), -EPROTO);
	assert_string_equal(err.text,
			    "its table of connections: what a client holds is not "
			    "a valid number");
	assert_int_equal(r.held, 20000);
	/* Earlier versions do not send it. */
	assert_int_equal(take(&r, DIGEST,
			      PART("0", "1",
				   "baton-connections 1\\n192.0.2.50 2049 192.0.2.20 "
				   "983\\n"),
			      &err),
			 1);
	assert_int_equal(r.held, 0);
	peer_connections_free(&r);
}

static void what_is_wrong_is_refused(void **state)
{
	static const char *const wrong[] = {
		NULL,
		"{}",
		"{\"part\":0,\"parts\":1}",
		"{\"part\":0,\"parts\":1,\"text\":7}",
		PART("0", "0", ""),
		PART("1", "1", ""),
		PART("-1", "1", ""),
		PART("0", "129", ""),
		PART("0", "1e99", ""),
		PART("\"a\"", "\"b\"", ""),
		PART("0", "1", "x"),
		PART("0", "1", "baton-connections 1"),
		PART("0", "1", "baton-connections 1\\n192.0.2.50 2049 192.0.2.20 983"),
		PART("0", "1", "baton-connections 1\\n192.0.2.51 2049 192.0.2.20 983\\n"),
		PART("0", "1", "baton-connections 1\\n192.0.2.50 22 192.0.2.20 983\\n"),
		PART("0", "1", "baton-connections 1\\n\\u0000"),
	};
	char *text = make_table(3), *long_one = malloc(FRAGMENT_LEN + 64);
	struct peer_connections r = { 0 };
	struct err err;

	pass_all(&r, "head1", text, 1);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		err.text[0] = '\0';
		if (take(&r, DIGEST, wrong[i], &err) != -EPROTO)
			fail_msg("taken: %s", wrong[i] ? wrong[i] : "nothing");
		assert_true(err.text[0]);
	}
	sprintf(long_one, "{\"part\":0,\"parts\":2,\"text\":\"%0*d\"}", FRAGMENT_LEN + 1,
		0);
	assert_int_equal(take(&r, DIGEST, long_one, &err), -EPROTO);
	assert_int_equal(r.conns.n, 3);
	/* Not for a head with another service file. */
	assert_int_equal(take(&r, "other", PART("0", "1", "x"), &err), 0);
	assert_int_equal(
		take(&r, DIGEST,
		     PART("0", "1",
			  "baton-connections 1\\n192.0.2.50 2049 192.0.2.20 983\\n"),
		     &err),
		1);
	assert_int_equal(r.conns.n, 1);
	peer_connections_free(&r);
	free(long_one);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_of_any_size_come_whole),
		cmocka_unit_test(the_last_whole_one_stays),
		cmocka_unit_test(only_who_told_takes_it_back),
		cmocka_unit_test(how_much_a_client_holds),
		cmocka_unit_test(what_is_wrong_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
