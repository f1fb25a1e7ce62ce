// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/ruleset.h"

static const char drain_2049[] =
	"table arp baton {}\n"
	"delete table arp baton\n"
	"table inet baton {}\n"
	"delete table inet baton\n"
	"table inet baton {\n"
	"	chain bare {\n"
	"		tcp doff 5 ip length 40 accept\n"
	"		tcp doff 6 ip length 44 accept\n"
	"		tcp doff 7 ip length 48 accept\n"
	"		tcp doff 8 ip length 52 accept\n"
	"		tcp doff 9 ip length 56 accept\n"
	"		tcp doff 10 ip length 60 accept\n"
	"		tcp doff 11 ip length 64 accept\n"
	"		tcp doff 12 ip length 68 accept\n"
	"		tcp doff 13 ip length 72 accept\n"
	"		tcp doff 14 ip length 76 accept\n"
	"		tcp doff 15 ip length 80 accept\n"
	"		tcp doff 5 ip6 length 20 accept\n"
	"		tcp doff 6 ip6 length 24 accept\n"
	"		tcp doff 7 ip6 length 28 accept\n"
	"		tcp doff 8 ip6 length 32 accept\n"
	"		tcp doff 9 ip6 length 36 accept\n"
	"		tcp doff 10 ip6 length 40 accept\n"
	"		tcp doff 11 ip6 length 44 accept\n"
	"		tcp doff 12 ip6 length 48 accept\n"
	"		tcp doff 13 ip6 length 52 accept\n"
	"		tcp doff 14 ip6 length 56 accept\n"
	"		tcp doff 15 ip6 length 60 accept\n"
	"	}\n"
	"	chain input {\n"
	"		type filter hook input priority -300; policy drop;\n"
	"		iif 1 accept\n"
	"		icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept\n"
	"		icmp type destination-unreachable accept\n"
	"		icmpv6 type packet-too-big accept\n"
	"		tcp dport 2049 tcp flags & syn == 0 jump bare\n"
	"	}\n"
	"	chain output {\n"
	"		type filter hook output priority -300; policy drop;\n"
	"		oif 1 accept\n"
	"		icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept\n"
	"		tcp sport 2049 tcp flags & (fin | rst) == 0 accept\n"
	"		tcp sport 2049 tcp flags & (fin | rst) == fin tcp flags set psh | ack "
	"accept\n"
	"	}\n"
	"}\n";

static void drain_lets_bare_acks_in_and_no_end_out(void **state)
{
	char *text = ruleset_drain(2049, false);

	assert_string_equal(text, drain_2049);
	free(text);
	text = ruleset_drain(65535, false);
	assert_non_null(strstr(text, "tcp dport 65535 "));
	assert_non_null(strstr(text, "tcp sport 65535 "));
	free(text);
}

static void held_connections_are_named_by_their_far_end(void **state)
{
	struct conns conns = { 0 };
	struct conn c = { .rport = 700 };
	char *text;

	ipaddr_parse(&c.remote, "192.0.2.20");
	conns_add(&conns, &c);
	c.rport = 701;
	conns_add(&conns, &c);
	text = ruleset_hold(2049, &conns, 15);
	assert_non_null(strstr(
		text, "table inet baton_hold {}\n"
		      "delete table inet baton_hold\n"
		      "table inet baton_hold {\n"
		      "	set held4 {\n"
		      "		type ipv4_addr . inet_service; timeout 15s;\n"
		      "		elements = { 192.0.2.20 . 700, 192.0.2.20 . 701 }\n"
		      "	}\n"
		      "	set held6 {\n"
		      "		type ipv6_addr . inet_service; timeout 15s;\n"
		      "	}\n"
		      "	chain held {\n"));
	assert_non_null(strstr(
		text,
		"		drop\n"
		"	}\n"
		"	chain input {\n"
		"		type filter hook input priority -300; policy accept;\n"
		"		tcp dport 2049 ip saddr . tcp sport @held4 jump held\n"
		"		tcp dport 2049 ip6 saddr . tcp sport @held6 jump held\n"
		"	}\n"
		"}\n"));
	free(text);
	conns_free(&conns);
}

static void drain_asleep_differs_by_a_flag_alone(void **state)
{
	char *asleep = ruleset_drain(2049, true);
	char *flag = strstr(asleep, "	flags dormant;\n");

	assert_non_null(flag);
	memmove(flag, flag + strlen("	flags dormant;\n"),
		strlen(flag) - strlen("	flags dormant;\n") + 1);
	assert_string_equal(asleep, drain_2049);
	free(asleep);
}

static void mute_is_about_one_address_alone(void **state)
{
	struct ipaddr ip;
	char *text, name[RULESET_NAME];

	assert_int_equal(ipaddr_parse(&ip, "192.0.2.50"), 0);
	text = ruleset_mute(&ip, 2049, false);
	assert_string_equal(
		text, "table inet baton_192_0_2_50_2049 {}\n"
		      "delete table inet baton_192_0_2_50_2049\n"
		      "table inet baton_192_0_2_50_2049 {\n"
		      "	chain input {\n"
		      "		type filter hook input priority -300; policy accept;\n"
		      "		ip daddr 192.0.2.50 tcp dport 2049 drop\n"
		      "	}\n"
		      "	chain output {\n"
		      "		type filter hook output priority -300; policy accept;\n"
		      "		ip saddr 192.0.2.50 tcp sport 2049 drop\n"
		      "	}\n"
		      "}\n");
	free(text);
	assert_int_equal(ipaddr_parse(&ip, "2001:db8::50"), 0);
	text = ruleset_mute(&ip, 65535, true);
	assert_non_null(strstr(text, "{\n	flags dormant;\n	chain input"));
	assert_non_null(strstr(text, "ip6 daddr 2001:db8::50 tcp dport 65535 drop\n"));
	assert_non_null(strstr(text, "ip6 saddr 2001:db8::50 tcp sport 65535 drop\n"));
	free(text);
	/* The longest. */
	assert_int_equal(ipaddr_parse(&ip, "2001:db80:1111:2222:3333:4444:5555:6666"), 0);
	assert_string_equal(ruleset_mute_name(&ip, 65535, name),
			    "baton_2001_db80_1111_2222_3333_4444_5555_6666_65535");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(drain_lets_bare_acks_in_and_no_end_out),
		cmocka_unit_test(held_connections_are_named_by_their_far_end),
		cmocka_unit_test(drain_asleep_differs_by_a_flag_alone),
		cmocka_unit_test(mute_is_about_one_address_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
