// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/conn.h"

#define HEADER CONNS_HEADER "\n"

static struct conn conn(const char *local, uint16_t lport, const char *remote,
			uint16_t rport)
{
	struct conn c = { .lport = lport, .rport = rport };

	assert_int_equal(ipaddr_parse(&c.local, local), 0);
	assert_int_equal(ipaddr_parse(&c.remote, remote), 0);
	return c;
}

static void add(struct conns *conns, const char *local, uint16_t lport,
		const char *remote, uint16_t rport)
{
	struct conn c = conn(local, lport, remote, rport);

	assert_int_equal(conns_add(conns, &c), 0);
}

static void text_goes_both_ways(void **state)
{
	struct conns conns = { 0 }, back;
	struct err err;
	char *text;

	add(&conns, "192.0.2.50", 2049, "192.0.2.20", 983);
	add(&conns, "2001:db8::50", 2049, "2001:db8::20", 65535);
	text = conns_format(&conns);
	assert_string_equal(text, HEADER "192.0.2.50 2049 192.0.2.20 983\n"
					 "2001:db8::50 2049 2001:db8::20 65535\n");
	assert_int_equal(conns_parse(&back, text, strlen(text), &err), 0);
	assert_int_equal(back.n, 2);
	assert_true(conns_equal(&conns, &back));
	free(text);
	conns_free(&conns);
	conns_free(&back);
	assert_null(back.v);
}

static void an_empty_table_is_a_table(void **state)
{
	struct conns conns = { 0 };
	struct err err;
	char *text = conns_format(&conns);

	assert_string_equal(text, HEADER);
	assert_int_equal(conns_parse(&conns, text, strlen(text), &err), 0);
	assert_int_equal(conns.n, 0);
	free(text);
}

static void sorted_tables_compare(void **state)
{
	struct conns a = { 0 }, b = { 0 };

	add(&a, "192.0.2.50", 2049, "192.0.2.21", 700);
	add(&a, "2001:db8::50", 2049, "2001:db8::20", 700);
	add(&a, "192.0.2.50", 2049, "192.0.2.20", 900);
	add(&a, "192.0.2.50", 2049, "192.0.2.20", 700);
	add(&a, "192.0.2.50", 2049, "192.0.2.20", 900);
	add(&b, "192.0.2.50", 2049, "192.0.2.20", 700);
	add(&b, "192.0.2.50", 2049, "192.0.2.20", 900);
	add(&b, "192.0.2.50", 2049, "192.0.2.21", 700);
	assert_false(conns_equal(&a, &b));
	add(&b, "2001:db8::50", 2049, "2001:db8::20", 700);
	conns_sort(&a);
	conns_sort(&b);
	assert_int_equal(a.n, 4);
	a.v[0].state = 1;
	assert_true(conns_equal(&a, &b));
	b.v[3].rport = 701;
	assert_false(conns_equal(&a, &b));
	conns_free(&a);
	conns_free(&b);
}

static void refuse(const char *text, size_t len, const char *why)
{
	struct conns conns;
	struct err err;

	assert_int_equal(conns_parse(&conns, text, len, &err), -EINVAL);
	assert_string_equal(err.text, why);
	assert_null(conns.v);
	assert_int_equal(conns.n, 0);
}

#define REFUSE(text, why) refuse(text, sizeof(text) - 1, why)

static void garbage_is_refused(void **state)
{
	REFUSE("", "line 1: cut short");
	REFUSE("baton-connections 2\n",
	       "line 1: 'baton-connections 2' instead of 'baton-connections 1'");
	REFUSE("\x1b[2J\n", "line 1: '?[2J' instead of 'baton-connections 1'");
	REFUSE(HEADER "\n", "line 2: not 'ADDRESS PORT ADDRESS PORT'");
	REFUSE(HEADER "192.0.2.50 2049 192.0.2.20\n",
	       "line 2: not 'ADDRESS PORT ADDRESS PORT'");
	REFUSE(HEADER "192.0.2.50 2049 192.0.2.20 983 1\n",
	       "line 2: not 'ADDRESS PORT ADDRESS PORT'");
	REFUSE(HEADER "192.0.2.50 2049 192.0.2.20 983", "line 2: cut short");
	REFUSE(HEADER "192.0.2.50 2049 192.0.2.20 983\n192.0.2.50 2049 192.0.2",
	       "line 3: cut short");
	REFUSE(HEADER "192.0.2.50 2049 192.0.2.20 9\0003\n", "line 2: a zero byte");
	REFUSE(HEADER "192.0.2.500 2049 192.0.2.20 983\n",
	       "line 2: local address '192.0.2.500' is not an IP address");
	REFUSE(HEADER "192.0.2.50 2049 \x1b 983\n",
	       "line 2: remote address '?' is not an IP address");
	REFUSE(HEADER "192.0.2.50 2049 192.0.2.20 0\n",
	       "line 2: remote port '0' is not 1..65535");
	REFUSE(HEADER "192.0.2.50 65536 192.0.2.20 983\n",
	       "line 2: local port '65536' is not 1..65535");
	REFUSE(HEADER "192.0.2.50 +1 192.0.2.20 983\n",
	       "line 2: local port '+1' is not 1..65535");
	REFUSE(HEADER "192.0.2.50 2049 192.0.2.20 0983\n",
	       "line 2: remote port '0983' is not 1..65535");
	REFUSE(HEADER "192.0.2.50 2049 192.0.2.20 \n",
	       "line 2: remote port '' is not 1..65535");
	REFUSE(HEADER "192.0.2.50 2049 2001:db8::20 983\n",
	       "line 2: one address is IPv4, the other IPv6");
}

static void a_long_line_is_refused(void **state)
{
	char text[sizeof(HEADER) + 4096];

	memset(text, 'x', sizeof(text));
	memcpy(text, HEADER, sizeof(HEADER) - 1);
	text[sizeof(text) - 1] = '\n';
	refuse(text, sizeof(text), "line 2: too long");
}

static void the_count_is_limited(void **state)
{
	static const char line[] = "192.0.2.50 2049 192.0.2.20 983\n";
	size_t h = sizeof(HEADER) - 1, n = sizeof(line) - 1;
	char *text = malloc(h + n * (CONNS_MAX + 1));
	struct conns conns;
	struct err err;

	memcpy(text, HEADER, h);
	for (size_t i = 0; i <= CONNS_MAX; i++)
		memcpy(text + h + i * n, line, n);
	assert_int_equal(conns_parse(&conns, text, h + n * CONNS_MAX, &err), 0);
	assert_int_equal(conns.n, CONNS_MAX);
	conns_free(&conns);
	assert_int_equal(conns_parse(&conns, text, h + n * (CONNS_MAX + 1), &err),
			 -E2BIG);
	assert_string_equal(err.text, "line 65538: more than 65536 connections: "
				      "Argument list too long");
	free(text);
}

/* Any change of one byte gives either a table or an error: never a crash, never both. */
static void damage_is_survived(void **state)
{
	static const char good[] = HEADER "2001:db8::50 2049 2001:db8::20 983\n";
	char text[sizeof(good)];

	for (size_t i = 0; i < sizeof(good) - 1; i++) {
		for (int c = 0; c < 256; c++) {
			struct conns conns;
			struct err err = { 0 };
			int rc;

			memcpy(text, good, sizeof(good));
			text[i] = c;
			rc = conns_parse(&conns, text, sizeof(good) - 1, &err);
			assert_true((rc == 0) == (err.text[0] == '\0'));
			conns_free(&conns);
		}
	}
}

static void states_have_names(void **state)
{
	assert_string_equal(conn_state_name(0), "?");
	assert_string_equal(conn_state_name(1), "ESTAB");
	assert_string_equal(conn_state_name(4), "FIN-WAIT-1");
	assert_string_equal(conn_state_name(6), "TIME-WAIT");
	assert_string_equal(conn_state_name(12), "SYN-RECV");
	assert_string_equal(conn_state_name(255), "?");
}

/* As printed by 6.18: among other lines, and with an unknown name. */
#define SNMP_NAMES                                                                       \
	"Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens "              \
	"AttemptFails EstabResets CurrEstab InSegs NewOne\n"
#define SNMP_BEFORE  "Ip: Forwarding DefaultTTL\nIp: 2 64\nIcmpMsg: InType3\nIcmpMsg: 1\n"
#define SNMP_AFTER   "Udp: InDatagrams CurrEstab\nUdp: 4 77\n"
#define SNMP(values) SNMP_BEFORE SNMP_NAMES "Tcp: " values "\n" SNMP_AFTER

static void counters_are_read(void **state)
{
	struct conn_counts c;

	assert_int_equal(conn_counts_parse(&c, SNMP("1 200 120000 -1 7 "
						    "18446744073709551615 3 4 5 6 8")),
			 0);
	assert_true(c.active == 7 && c.passive == UINT64_MAX && c.established == 5);
	/* Older kernels have fewer; after the last needed one, anything may follow. */
	assert_int_equal(conn_counts_parse(&c,
					   "\nTcp: ActiveOpens PassiveOpens CurrEstab\n"
					   "Tcp: 1 2 3 x\n"),
			 0);
	assert_true(c.active == 1 && c.passive == 2 && c.established == 3);
}

static void no_counters(void **state)
{
	static const char *const wrong[] = {
		"",
		"Tcp:",
		"\nTcp:\nTcp:\n",
		SNMP_BEFORE SNMP_AFTER,
		SNMP_BEFORE SNMP_NAMES,
		SNMP_BEFORE SNMP_NAMES "Tcp: 1 200 120000 -1 7 8 3 4 5",
		SNMP_BEFORE SNMP_NAMES "TcpExt: 1 200 120000 -1 7 8 3 4 5 6 8\n",
		SNMP("1 200 120000 -1 7 8 3 4"),
		SNMP("1 200 120000 -1 -7 8 3 4 5 6 8"),
		SNMP("1 200 120000 -1 7 0x8 3 4 5 6 8"),
		SNMP("1 200 120000 -1 7 18446744073709551616 3 4 5 6 8"),
		SNMP("1 200 120000 -1 7 8 3 4 11111111111111111111111111111111 6 8"),
		"\nTcp: ActiveOpensPassiveOpensCurrEstabAndMore ActiveOpens\nTcp: 1 2\n",
	};
	struct conn_counts c = { 1, 2, 3 };

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (conn_counts_parse(&c, wrong[i]) != -EINVAL)
			fail_msg("taken: %s", wrong[i]);
	assert_true(c.active == 1 && c.passive == 2 && c.established == 3);
}

/* However it is cut or changed: a result, and no read past its end. */
static void damaged_counters(void **state)
{
	const char *whole = SNMP("1 200 120000 -1 7 8 3 4 5 6 8");
	size_t len = strlen(whole);

	for (size_t i = 0; i < len; i++) {
		char *text = strndup(whole, i);
		struct conn_counts c;

		conn_counts_parse(&c, text);
		free(text);
		text = strdup(whole);
		text[i] ^= 0x80;
		conn_counts_parse(&c, text);
		text[i] = '\n';
		conn_counts_parse(&c, text);
		free(text);
	}
}

static void each_counter_counts(void **state)
{
	const struct conn_counts a = { 1, 2, 3 };

	assert_true(conn_counts_equal(&a, &(struct conn_counts){ 1, 2, 3 }));
	assert_false(conn_counts_equal(&a, &(struct conn_counts){ 0, 2, 3 }));
	assert_false(conn_counts_equal(&a, &(struct conn_counts){ 1, 0, 3 }));
	assert_false(conn_counts_equal(&a, &(struct conn_counts){ 1, 2, 0 }));
}

static void closing_ones_are_not_established(void **state)
{
	struct conn v[] = { { .state = TCP_ESTABLISHED }, { .state = TCP_ESTABLISHED } };
	const struct conns conns = { .v = v, .n = 2 };

	assert_true(conns_are_established(&(struct conns){ 0 }));
	assert_true(conns_are_established(&conns));
	v[1].state = TCP_CLOSE_WAIT;
	assert_false(conns_are_established(&conns));
}

/* Packets are sent in the name of these addresses, to the others. */
static void what_is_not_the_services_is_dropped(void **state)
{
	struct service svc = { .n_addresses = 2 };
	struct conns conns = { 0 };

	assert_int_equal(ipaddr_parse(&svc.addresses[0].ip, "192.0.2.50"), 0);
	assert_int_equal(ipaddr_parse(&svc.addresses[1].ip, "2001:db8::50"), 0);
	assert_int_equal(conns_keep_own(&conns, &svc), 0);
	add(&conns, "192.0.2.51", 2049, "192.0.2.20", 983);
	add(&conns, "192.0.2.50", 2049, "192.0.2.20", 983);
	add(&conns, "192.0.2.50", 22, "192.0.2.20", 983);
	add(&conns, "192.0.2.50", 2049, "127.0.0.1", 983);
	add(&conns, "192.0.2.50", 2049, "255.255.255.255", 983);
	add(&conns, "2001:db8::51", 2049, "2001:db8::20", 983);
	add(&conns, "2001:db8::50", 2049, "2001:db8::20", 983);
	add(&conns, "2001:db8::50", 2049, "ff02::1", 983);
	assert_int_equal(conns_keep_own(&conns, &svc), 6);
	assert_int_equal(conns.n, 2);
	assert_true(conn_is_of(&conns.v[0], &svc));
	assert_int_equal(conns.v[1].local.family, AF_INET6);
	assert_int_equal(conns_keep_own(&conns, &svc), 0);
	conns_free(&conns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_goes_both_ways),
		cmocka_unit_test(an_empty_table_is_a_table),
		cmocka_unit_test(sorted_tables_compare),
		cmocka_unit_test(garbage_is_refused),
		cmocka_unit_test(a_long_line_is_refused),
		cmocka_unit_test(the_count_is_limited),
		cmocka_unit_test(damage_is_survived),
		cmocka_unit_test(states_have_names),
		cmocka_unit_test(counters_are_read),
		cmocka_unit_test(no_counters),
		cmocka_unit_test(damaged_counters),
		cmocka_unit_test(each_counter_counts),
		cmocka_unit_test(closing_ones_are_not_established),
		cmocka_unit_test(what_is_not_the_services_is_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
