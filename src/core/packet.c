// SPDX-License-Identifier: GPL-2.0-or-later
/* packet: the frames and segments that baton sends and reads, byte by byte. */
#include "core/packet.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Offsets and numbers are from the RFCs named; no struct overlays, no alignment. */
#define ETH_LEN       14
#define ETH_IPV4      0x0800
#define ETH_ARP       0x0806
#define ETH_IPV6      0x86dd
#define ARP_LEN       28 /* RFC 826 with Ethernet and IPv4 */
#define IP4_LEN       20
#define IP6_LEN       40
#define TCP_LEN       20
#define PROTO_TCP     6
#define PROTO_ICMP6   58
#define ND_LEN        24 /* RFC 4861 sections 4.3 and 4.4, before the options */
#define ND_NS         135
#define ND_NA         136
#define ND_OPT_SOURCE 1
#define ND_OPT_TARGET 2
#define NA_OVERRIDE   0x20

static const uint8_t broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

static uint8_t *put(uint8_t *p, const void *data, size_t n)
{
	memcpy(p, data, n);
	return p + n;
}

static uint8_t *put16(uint8_t *p, uint16_t v)
{
	p[0] = v >> 8;
	p[1] = v & 0xff;
	return p + 2;
}

static uint16_t get16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

/* Partial sum of the Internet checksum (RFC 1071), to be continued with more data. */
static uint32_t sum_add(uint32_t sum, const uint8_t *p, size_t n)
{
	for (; n > 1; p += 2, n -= 2)
		sum += get16(p);
	if (n)
		sum += p[0] << 8;
	return sum;
}

static uint16_t sum_fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

/* IPv6 pseudo-header (RFC 8200 section 8.1). */
static uint32_t sum_pseudo6(const uint8_t *src, const uint8_t *dst, uint8_t proto,
			    size_t len)
{
	return sum_add(sum_add(0, src, 16), dst, 16) + proto + len;
}

const char *mac_format(const struct mac *mac, char text[MAC_TEXT])
{
	const uint8_t *b = mac->b;

	snprintf(text, MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3],
		 b[4], b[5]);
	return text;
}

static uint8_t *put_ethernet(uint8_t *p, const uint8_t dst[6], const struct mac *src,
			     uint16_t type)
{
	p = put(p, dst, 6);
	p = put(p, src->b, 6);
	return put16(p, type);
}

static size_t build_arp(uint8_t *buf, const struct mac *mac, enum packet_arp_op op,
			struct in_addr sender, const uint8_t target_mac[6],
			struct in_addr target)
{
	uint8_t *p = put_ethernet(buf, broadcast, mac, ETH_ARP);

	p = put16(p, 1); /* hardware: Ethernet */
	p = put16(p, ETH_IPV4);
	*p++ = 6;
	*p++ = 4;
	p = put16(p, op);
	p = put(p, mac->b, 6);
	p = put(p, &sender, 4);
	p = put(p, target_mac, 6);
	p = put(p, &target, 4);
	return p - buf;
}

size_t packet_arp_announce(uint8_t buf[PACKET_MAX], const struct mac *mac,
			   struct in_addr ip, enum packet_arp_op op)
{
	static const uint8_t unknown[6];

	/* In a reply, the target would be the addressee; ctdb and arping -A put the
	 * sender's own address there. */
	return build_arp(buf, mac, op, ip, op == PACKET_ARP_REPLY ? mac->b : unknown, ip);
}

size_t packet_arp_probe(uint8_t buf[PACKET_MAX], const struct mac *mac, struct in_addr ip)
{
	static const uint8_t unknown[6];

	return build_arp(buf, mac, PACKET_ARP_REQUEST, (struct in_addr){ 0 }, unknown,
			 ip);
}

static uint8_t *put_ip6(uint8_t *p, size_t payload, uint8_t proto, uint8_t hops,
			const void *src, const void *dst)
{
	p = put(p, (uint8_t[]){ 0x60, 0, 0, 0 }, 4);
	p = put16(p, payload);
	*p++ = proto;
	*p++ = hops;
	p = put(p, src, 16);
	return put(p, dst, 16);
}

/* One ND message to a multicast group; its option, if any, is a link-layer address. */
static size_t build_nd(uint8_t *buf, const struct mac *mac, const void *src,
		       const uint8_t dst[16], uint8_t type, uint8_t flags,
		       const struct in6_addr *target, uint8_t option)
{
	/* RFC 2464 section 7: 33:33 and the group's last four bytes. */
	uint8_t group[6] = { 0x33, 0x33, dst[12], dst[13], dst[14], dst[15] };
	size_t len = ND_LEN + (option ? 8 : 0);
	uint8_t *icmp, *p;

	p = put_ethernet(buf, group, mac, ETH_IPV6);
	icmp = p = put_ip6(p, len, PROTO_ICMP6, 255, src, dst);
	memset(p, 0, 8);
	p[0] = type;
	p[4] = flags;
	p = put(p + 8, target, 16);
	if (option) {
		*p++ = option;
		*p++ = 1; /* units of 8 bytes */
		p = put(p, mac->b, 6);
	}
	put16(icmp + 2,
	      sum_fold(sum_add(sum_pseudo6(src, dst, PROTO_ICMP6, len), icmp, len)));
	return p - buf;
}

size_t packet_na(uint8_t buf[PACKET_MAX], const struct mac *mac,
		 const struct in6_addr *ip)
{
	static const uint8_t all_nodes[16] = { 0xff, 2, [15] = 1 };

	return build_nd(buf, mac, ip, all_nodes, ND_NA, NA_OVERRIDE, ip, ND_OPT_TARGET);
}

size_t packet_ns_probe(uint8_t buf[PACKET_MAX], const struct mac *mac,
		       const struct in6_addr *ip)
{
	static const struct in6_addr any;
	/* Solicited-node group, RFC 4291 section 2.7.1. */
	uint8_t group[16] = { 0xff,
			      2,
			      [11] = 1,
			      [12] = 0xff,
			      ip->s6_addr[13],
			      ip->s6_addr[14],
			      ip->s6_addr[15] };

	return build_nd(buf, mac, &any, group, ND_NS, 0, ip, 0);
}

size_t packet_tickle(uint8_t buf[PACKET_MAX], enum packet_tickle kind,
		     const struct ipaddr *from, uint16_t sport, const struct ipaddr *to,
		     uint16_t dport)
{
	uint8_t *p = buf, *tcp;
	uint32_t sum;

	if (from->family != to->family)
		return 0;
	if (from->family == AF_INET) {
		/* Identification 0 and DF: an atomic datagram, RFC 6864. */
		p = put(p, (uint8_t[]){ 0x45, 0, 0, IP4_LEN + TCP_LEN, 0, 0, 0x40, 0 },
			8);
		p = put(p, (uint8_t[]){ 64, PROTO_TCP, 0, 0 }, 4);
		p = put(p, &from->v4, 4);
		p = put(p, &to->v4, 4);
		put16(buf + 10, sum_fold(sum_add(0, buf, IP4_LEN)));
		sum = sum_add(PROTO_TCP + TCP_LEN, buf + 12, 8);
	} else if (from->family == AF_INET6) {
		p = put_ip6(p, TCP_LEN, PROTO_TCP, 64, &from->v6, &to->v6);
		sum = sum_pseudo6(buf + 8, buf + 24, PROTO_TCP, TCP_LEN);
	} else {
		return 0;
	}
	tcp = p;
	memset(p, 0, TCP_LEN);
	put16(p, sport);
	put16(p + 2, dport);
	p[12] = TCP_LEN / 4 << 4;
	p[13] = kind;
	put16(p + 14, 1234); /* a window, as in ctdb: 0 would look like a stop */
	put16(p + 16, sum_fold(sum_add(sum, tcp, TCP_LEN)));
	return p + TCP_LEN - buf;
}

int packet_parse_arp(const void *frame, size_t len, struct packet_neighbour *nb)
{
	static const uint8_t fixed[6] = { 0, 1, 0x08, 0, 6, 4 };
	const uint8_t *f = frame, *arp = f + ETH_LEN;
	uint16_t op;

	if (len < ETH_LEN + ARP_LEN || get16(f + 12) != ETH_ARP ||
	    memcmp(arp, fixed, sizeof(fixed)) != 0)
		return -EBADMSG;
	op = get16(arp + 6);
	if (op != PACKET_ARP_REQUEST && op != PACKET_ARP_REPLY)
		return -EBADMSG;
	memset(nb, 0, sizeof(*nb));
	memcpy(nb->mac.b, arp + 8, 6);
	nb->sender.family = nb->target.family = AF_INET;
	memcpy(&nb->sender.v4, arp + 14, 4);
	memcpy(&nb->target.v4, arp + 24, 4);
	return 0;
}

/* Walks the options: each at least 8 bytes, none past the end (RFC 4861 section 4.6). */
static int parse_nd_options(const uint8_t *p, size_t len, uint8_t wanted, struct mac *mac)
{
	while (len) {
		size_t n;

		if (len < 8)
			return -EBADMSG;
		n = p[1] * 8;
		if (n == 0 || n > len)
			return -EBADMSG;
		if (p[0] == wanted)
			memcpy(mac->b, p + 2, 6);
		p += n;
		len -= n;
	}
	return 0;
}

int packet_parse_nd(const void *frame, size_t len, struct packet_neighbour *nb)
{
	const uint8_t *f = frame, *ip = f + ETH_LEN, *icmp = ip + IP6_LEN;
	size_t payload;
	bool na;

	if (len < ETH_LEN + IP6_LEN + ND_LEN || get16(f + 12) != ETH_IPV6 ||
	    ip[0] >> 4 != 6 || ip[6] != PROTO_ICMP6 || ip[7] != 255)
		return -EBADMSG;
	payload = get16(ip + 4);
	if (payload < ND_LEN || payload > len - ETH_LEN - IP6_LEN)
		return -EBADMSG;
	if ((icmp[0] != ND_NS && icmp[0] != ND_NA) || icmp[1] != 0 || icmp[8] == 0xff)
		return -EBADMSG;
	if (sum_fold(sum_add(sum_pseudo6(ip + 8, ip + 24, PROTO_ICMP6, payload), icmp,
			     payload)) != 0)
		return -EBADMSG;
	na = icmp[0] == ND_NA;
	memset(nb, 0, sizeof(*nb));
	memcpy(nb->mac.b, f + 6, 6);
	nb->sender.family = nb->target.family = AF_INET6;
	/* An advertisement speaks for its target, wherever it comes from. */
	memcpy(&nb->sender.v6, na ? icmp + 8 : ip + 8, 16);
	memcpy(&nb->target.v6, icmp + 8, 16);
	return parse_nd_options(icmp + ND_LEN, payload - ND_LEN,
				na ? ND_OPT_TARGET : ND_OPT_SOURCE, &nb->mac);
}
