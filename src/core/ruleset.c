// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ruleset: the nftables text of drain, silence, hold and mute, one transaction each.
 *
 * Theory of operation
 *
 * A table is replaced by declaring it (so that there is something to delete), deleting it
 * and declaring it again. nft(8) sends the whole text as one transaction, so no packet
 * ever meets half a ruleset.
 *
 * nftables has no arithmetic to say "without payload", but a TCP header can have only
 * eleven lengths: data offset 5..15 in words (RFC 9293 section 3.1). An IPv4 packet of 20
 * + 4 * doff bytes, or an IPv6 payload of 4 * doff bytes, carries no data. The lengths
 * are compared for equality: a BIG TCP super-packet has length 0 in its header
 * (net/core/gro.c, skb_gro_receive(); include/linux/skbuff.h, iph_set_totlen()). Packets
 * with IP options or extension headers fail the test, but NFS clients send none.
 */
#include "core/ruleset.h"

#include <stdio.h>
#include <stdlib.h>

#define COMMANDS_INET                                                                    \
	"table inet baton {}\n"                                                          \
	"delete table inet baton\n"

#define COMMANDS_ARP                                                                     \
	"table arp baton {}\n"                                                           \
	"delete table arp baton\n"

/* Types 135 and 136: the client must still find us, and we must find the client. */
#define ACCEPT_ND "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept\n"

/* For a path whose MTU changes: otherwise the replies would not arrive. */
#define ACCEPT_PMTU                                                                      \
	"		icmp type destination-unreachable accept\n"                                   \
	"		icmpv6 type packet-too-big accept\n"

/* Writes the rules of a chain that accepts segments without payload. */
static void write_bare(FILE *f)
{
	for (int doff = 5; doff <= 15; doff++)
		fprintf(f, "		tcp doff %d ip length %d accept\n", doff,
			20 + 4 * doff);
	for (int doff = 5; doff <= 15; doff++)
		fprintf(f, "		tcp doff %d ip6 length %d accept\n", doff,
			4 * doff);
}

char *ruleset_drain(uint16_t port, bool dormant)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		return NULL;
	fprintf(f,
		COMMANDS_ARP COMMANDS_INET "table inet baton {\n"
					   "%s"
					   "	chain bare {\n",
		dormant ? "	flags dormant;\n" : "");
	write_bare(f);
	fprintf(f,
		"	}\n"
		"	chain input {\n"
		"		type filter hook input priority -300; policy drop;\n"
		"		iif 1 accept\n"
		"		" ACCEPT_ND ACCEPT_PMTU
		"		tcp dport %u tcp flags & syn == 0 jump bare\n"
		"	}\n"
		"	chain output {\n"
		"		type filter hook output priority -300; policy drop;\n"
		"		oif 1 accept\n"
		"		" ACCEPT_ND
		"		tcp sport %u tcp flags & (fin | rst) == 0 accept\n"
		"		tcp sport %u tcp flags & (fin | rst) == fin tcp flags set "
		"psh | ack accept\n"
		"	}\n"
		"}\n",
		port, port, port);
	if (fclose(f) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

char *ruleset_silence(bool dormant)
{
	char *text = NULL;

	if (asprintf(&text,
		     "table inet " RULESET_SILENCE " {}\n"
		     "delete table inet " RULESET_SILENCE "\n"
		     "table inet " RULESET_SILENCE " {\n"
		     "%s"
		     "	chain input {\n"
		     "		type filter hook input priority -300; policy drop;\n"
		     "		iif 1 accept\n"
		     "	}\n"
		     "	chain output {\n"
		     "		type filter hook output priority -300; policy drop;\n"
		     "		oif 1 accept\n"
		     "	}\n"
		     "}\n",
		     dormant ? "	flags dormant;\n" : "") < 0)
		return NULL;
	return text;
}

/* Writes a set of the remote ends of one family; nft has no empty list of elements. */
static void write_held(FILE *f, const char *name, const char *type, int family,
		       const struct conns *conns, unsigned int seconds)
{
	char ip[IPADDR_TEXT];
	bool first = true;

	fprintf(f, "	set %s {\n		type %s . inet_service; timeout %us;\n",
		name, type, seconds);
	for (size_t i = 0; i < conns->n; i++) {
		const struct conn *c = &conns->v[i];

		if (c->remote.family != family)
			continue;
		fprintf(f, "%s%s . %u", first ? "		elements = { " : ", ",
			ipaddr_format(&c->remote, ip), c->rport);
		first = false;
	}
	fprintf(f, "%s	}\n", first ? "" : " }\n");
}

#define COMMANDS_HOLD                                                                    \
	"table inet " RULESET_HOLD " {}\n"                                               \
	"delete table inet " RULESET_HOLD "\n"

char *ruleset_hold(uint16_t port, const struct conns *conns, unsigned int seconds)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		return NULL;
	fprintf(f, COMMANDS_HOLD "table inet " RULESET_HOLD " {\n");
	write_held(f, "held4", "ipv4_addr", AF_INET, conns, seconds);
	write_held(f, "held6", "ipv6_addr", AF_INET6, conns, seconds);
	fprintf(f, "	chain held {\n");
	write_bare(f);
	fprintf(f,
		"		drop\n"
		"	}\n"
		"	chain input {\n"
		"		type filter hook input priority -300; policy accept;\n"
		"		tcp dport %u ip saddr . tcp sport @held4 jump held\n"
		"		tcp dport %u ip6 saddr . tcp sport @held6 jump held\n"
		"	}\n"
		"}\n",
		port, port);
	if (fclose(f) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

/* nft(8) does not accept colons in a name, nor a digit at its start. */
const char *ruleset_mute_name(const struct ipaddr *ip, uint16_t port,
			      char name[RULESET_NAME])
{
	char address[IPADDR_TEXT];

	snprintf(name, RULESET_NAME, "baton_%s_%u", ipaddr_format(ip, address), port);
	for (char *c = name; *c; c++)
		if (*c == '.' || *c == ':')
			*c = '_';
	return name;
}

char *ruleset_mute(const struct ipaddr *ip, uint16_t port, bool dormant)
{
	const char *l3 = ip->family == AF_INET ? "ip" : "ip6";
	char *text = NULL, name[RULESET_NAME], address[IPADDR_TEXT];

	ruleset_mute_name(ip, port, name);
	ipaddr_format(ip, address);
	if (asprintf(&text,
		     "table inet %s {}\n"
		     "delete table inet %s\n"
		     "table inet %s {\n"
		     "%s"
		     "	chain input {\n"
		     "		type filter hook input priority -300; policy accept;\n"
		     "		%s daddr %s tcp dport %u drop\n"
		     "	}\n"
		     "	chain output {\n"
		     "		type filter hook output priority -300; policy accept;\n"
		     "		%s saddr %s tcp sport %u drop\n"
		     "	}\n"
		     "}\n",
		     name, name, name, dormant ? "	flags dormant;\n" : "", l3,
		     address, port, l3, address, port) < 0)
		return NULL;
	return text;
}
