// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/packet.h"

/* The golden bytes were computed independently of this code, and checked with tcpdump
 * -vv, which found every checksum correct. */
static const char arp_request[] = "ffffffffffff02005e1000010806"
				  "0001080006040001"
				  "02005e100001c0000232000000000000c0000232";
static const char arp_reply[] = "ffffffffffff02005e1000010806"
				"0001080006040002"
				"02005e100001c000023202005e100001c0000232";
static const char arp_probe[] = "ffffffffffff02005e1000010806"
				"0001080006040001"
				"02005e10000100000000000000000000c0000232";
static const char na[] = "33330000000102005e10000186dd"
			 "6000000000203aff20010db8000000000000000000000050"
			 "ff020000000000000000000000000001"
			 "88009a7c2000000020010db8000000000000000000000050"
			 "020102005e100001";
static const char ns_probe[] = "3333ff00005002005e10000186dd"
			       "6000000000183aff00000000000000000000000000000000"
			       "ff0200000000000000000001ff000050"
			       "87004c4f0000000020010db8000000000000000000000050";
static const char tickle4[] = "45000028000040004006b689c0000232c0000214"
			      "080103d70000000000000000501004d21ae40000";
static const char tickle6[] = "600000000014064020010db8000000000000000000000050"
			      "20010db8000000000000000000000020"
			      "080103d70000000000000000501004d243490000";

/* Two more in the flags, two less in the checksum. */
static const char tickle4_syn[] = "45000028000040004006b689c0000232c0000214"
				  "080103d70000000000000000501204d21ae20000";
static const char tickle6_syn[] = "600000000014064020010db8000000000000000000000050"
				  "20010db8000000000000000000000020"
				  "080103d70000000000000000501204d243470000";

static const struct mac mac = { { 0x02, 0x00, 0x5e, 0x10, 0x00, 0x01 } };

static struct ipaddr ip(const char *text)
{
	struct ipaddr ip;

	assert_int_equal(ipaddr_parse(&ip, text), 0);
	return ip;
}

static size_t unhex(uint8_t *out, const char *hex)
{
	size_t n = strlen(hex) / 2;

	for (size_t i = 0; i < n; i++) {
		char byte[3] = { hex[2 * i], hex[2 * i + 1], '\0' };

		out[i] = strtoul(byte, NULL, 16);
	}
	return n;
}

static void assert_bytes(const uint8_t *got, size_t n, const char *hex)
{
	uint8_t want[PACKET_MAX];

	assert_int_equal(n, unhex(want, hex));
	assert_memory_equal(got, want, n);
}

static void arp_is_built(void **state)
{
	struct in_addr v4 = ip("192.0.2.50").v4;
	uint8_t buf[PACKET_MAX];

	assert_bytes(buf, packet_arp_announce(buf, &mac, v4, PACKET_ARP_REQUEST),
		     arp_request);
	assert_bytes(buf, packet_arp_announce(buf, &mac, v4, PACKET_ARP_REPLY),
		     arp_reply);
	assert_bytes(buf, packet_arp_probe(buf, &mac, v4), arp_probe);
}

static void nd_is_built(void **state)
{
	struct in6_addr v6 = ip("2001:db8::50").v6;
	uint8_t buf[PACKET_MAX];

	memset(buf, 0xaa, sizeof(buf)); /* former contents must not matter */
	assert_bytes(buf, packet_na(buf, &mac, &v6), na);
	memset(buf, 0xaa, sizeof(buf));
	assert_bytes(buf, packet_ns_probe(buf, &mac, &v6), ns_probe);
}

static void tickle_is_built(void **state)
{
	struct ipaddr a = ip("192.0.2.50"), b = ip("192.0.2.20");
	struct ipaddr a6 = ip("2001:db8::50"), b6 = ip("2001:db8::20");
	uint8_t buf[PACKET_MAX];

	memset(buf, 0xaa, sizeof(buf));
	assert_bytes(buf, packet_tickle(buf, PACKET_TICKLE_ACK, &a, 2049, &b, 983),
		     tickle4);
	memset(buf, 0xaa, sizeof(buf));
	assert_bytes(buf, packet_tickle(buf, PACKET_TICKLE_ACK, &a6, 2049, &b6, 983),
		     tickle6);
	assert_bytes(buf, packet_tickle(buf, PACKET_TICKLE_SYN_ACK, &a, 2049, &b, 983),
		     tickle4_syn);
	assert_bytes(buf, packet_tickle(buf, PACKET_TICKLE_SYN_ACK, &a6, 2049, &b6, 983),
		     tickle6_syn);
	assert_int_equal(packet_tickle(buf, PACKET_TICKLE_ACK, &a, 2049, &b6, 983), 0);
	a.family = b.family = AF_UNSPEC;
	assert_int_equal(packet_tickle(buf, PACKET_TICKLE_ACK, &a, 2049, &b, 983), 0);
}

static void arp_is_parsed(void **state)
{
	struct ipaddr want = ip("192.0.2.50"), zero = ip("0.0.0.0");
	struct packet_neighbour nb;
	uint8_t buf[PACKET_MAX] = { 0 };

	unhex(buf, arp_reply);
	/* 60 bytes: padded, as on real Ethernet. */
	assert_int_equal(packet_parse_arp(buf, 60, &nb), 0);
	assert_memory_equal(&nb.mac, &mac, sizeof(mac));
	assert_true(ipaddr_equal(&nb.sender, &want));
	assert_true(ipaddr_equal(&nb.target, &want));
	unhex(buf, arp_probe);
	assert_int_equal(packet_parse_arp(buf, 42, &nb), 0);
	assert_true(ipaddr_equal(&nb.sender, &zero));
	assert_true(ipaddr_equal(&nb.target, &want));
}

static void nd_is_parsed(void **state)
{
	struct ipaddr want = ip("2001:db8::50"), any = ip("::");
	struct packet_neighbour nb;
	uint8_t buf[PACKET_MAX] = { 0 };
	size_t n = unhex(buf, na);

	buf[6] ^= 0x40; /* a proxy's frame: the option counts, not the frame's source */
	assert_int_equal(packet_parse_nd(buf, n, &nb), 0);
	assert_memory_equal(&nb.mac, &mac, sizeof(mac));
	assert_true(ipaddr_equal(&nb.sender, &want));
	n = unhex(buf, ns_probe);
	assert_int_equal(packet_parse_nd(buf, n, &nb), 0);
	assert_memory_equal(&nb.mac, &mac, sizeof(mac));
	assert_true(ipaddr_equal(&nb.sender, &any));
	assert_true(ipaddr_equal(&nb.target, &want));
}

/* Each length in a buffer of exactly that size: ASan detects one byte too far. */
static void cut_frames_are_refused(void **state)
{
	static const char *const frames[] = { arp_reply, na, ns_probe };
	struct packet_neighbour nb;
	uint8_t whole[PACKET_MAX];

	for (size_t f = 0; f < 3; f++) {
		size_t n = unhex(whole, frames[f]);

		for (size_t cut = 0; cut < n; cut++) {
			uint8_t *buf = malloc(cut ? cut : 1);

			memcpy(buf, whole, cut);
			assert_int_equal(packet_parse_arp(buf, cut, &nb), -EBADMSG);
			assert_int_equal(packet_parse_nd(buf, cut, &nb), -EBADMSG);
			free(buf);
		}
	}
}

/* In memory of exactly that size, so that ASan detects an overrun by one byte. */
static void refuse_nd(const uint8_t *frame, size_t n)
{
	struct packet_neighbour nb;
	uint8_t *buf = malloc(n);

	memcpy(buf, frame, n);
	assert_int_equal(packet_parse_nd(buf, n, &nb), -EBADMSG);
	free(buf);
}

static void refuse_na_with(size_t offset, uint8_t value)
{
	uint8_t buf[PACKET_MAX];
	size_t n = unhex(buf, na);

	buf[offset] = value;
	refuse_nd(buf, n);
}

static void damaged_nd_is_refused(void **state)
{
	refuse_na_with(21, 254);  /* hop limit: it came through a router */
	refuse_na_with(20, 6);    /* not ICMPv6 */
	refuse_na_with(14, 0x40); /* not IPv6 */
	refuse_na_with(54, 134);  /* another ICMPv6 type */
	refuse_na_with(55, 1);    /* code */
	refuse_na_with(57, 0);    /* checksum */
	refuse_na_with(19, 33);   /* longer than the frame */
}

/* With a correct checksum: only the option's length is wrong. */
static void odd_nd_options_are_refused(void **state)
{
	uint8_t buf[PACKET_MAX];
	size_t n = unhex(buf, na);

	buf[79] = 0; /* would loop forever */
	buf[57] += 1;
	refuse_nd(buf, n);
	unhex(buf, na);
	buf[79] = 2; /* beyond the end */
	buf[57] -= 1;
	refuse_nd(buf, n);
}

static void damaged_arp_is_refused(void **state)
{
	static const size_t offsets[] = { 12, 15, 16, 18, 19, 20, 21 };
	struct packet_neighbour nb;
	uint8_t buf[PACKET_MAX] = { 0 };

	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		size_t n = unhex(buf, arp_reply);

		buf[offsets[i]] ^= 0x44;
		assert_int_equal(packet_parse_arp(buf, n, &nb), -EBADMSG);
	}
}

static void mac_text_goes_both_ways(void **state)
{
	char text[MAC_TEXT];

	assert_string_equal(mac_format(&mac, text), "02:00:5e:10:00:01");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arp_is_built),
		cmocka_unit_test(nd_is_built),
		cmocka_unit_test(tickle_is_built),
		cmocka_unit_test(arp_is_parsed),
		cmocka_unit_test(nd_is_parsed),
		cmocka_unit_test(cut_frames_are_refused),
		cmocka_unit_test(damaged_nd_is_refused),
		cmocka_unit_test(odd_nd_options_are_refused),
		cmocka_unit_test(damaged_arp_is_refused),
		cmocka_unit_test(mac_text_goes_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
