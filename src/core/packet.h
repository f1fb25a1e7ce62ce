/* SPDX-License-Identifier: GPL-2.0-or-later */
/* packet: the frames and segments that baton sends and reads, byte by byte. */
#ifndef BATON_CORE_PACKET_H
#define BATON_CORE_PACKET_H

#include <stddef.h>
#include <stdint.h>

#include "core/service.h"

/* Room for the largest packet built here (an NA in its Ethernet frame: 86 bytes). */
#define PACKET_MAX 128

/* Room for a MAC address in text and its terminating zero. */
#define MAC_TEXT 18

/** struct mac - an Ethernet address */
struct mac {
	uint8_t b[6];
};

/* ARP operation codes (RFC 826, values as on the wire). */
enum packet_arp_op {
	PACKET_ARP_REQUEST = 1,
	PACKET_ARP_REPLY = 2,
};

/**
 * struct packet_neighbour - what an ARP or ND frame says about who has which address
 * @mac: link-layer address of the sender
 * @sender: address the sender claims; all zero in a probe ("does anyone have @target?")
 * @target: the address asked for; equal to @sender in an ND advertisement
 */
struct packet_neighbour {
	struct mac mac;
	struct ipaddr sender;
	struct ipaddr target;
};

/** mac_format - write "02:00:5e:10:00:01" to @text (MAC_TEXT bytes); returns @text. */
const char *mac_format(const struct mac *mac, char text[MAC_TEXT]);

/**
 * packet_arp_announce - a gratuitous ARP as a complete Ethernet broadcast frame
 * @buf: where to
 * @mac: of the link that has the address now
 * @ip: the address announced
 * @op: request (RFC 5227 section 2.3) or reply; some stacks heed only one of the two
 *
 * Return: length in bytes (42).
 */
size_t packet_arp_announce(uint8_t buf[PACKET_MAX], const struct mac *mac,
			   struct in_addr ip, enum packet_arp_op op);

/**
 * packet_arp_probe - an ARP probe as a complete Ethernet frame: is @ip in use?
 *
 * The sender address is zero, so that no cache changes (RFC 5227 section 2.1.1).
 *
 * Return: length in bytes (42).
 */
size_t packet_arp_probe(uint8_t buf[PACKET_MAX], const struct mac *mac,
			struct in_addr ip);

/**
 * packet_na - an unsolicited neighbour advertisement as a complete Ethernet frame
 * @buf: where to
 * @mac: of the link that has the address now
 * @ip: the address announced, also the source
 *
 * Sent to all nodes; override set, solicited not set, target link-layer option, hop limit
 * 255 (RFC 4861 sections 4.4, 7.2.6).
 *
 * Return: length in bytes (86).
 */
size_t packet_na(uint8_t buf[PACKET_MAX], const struct mac *mac,
		 const struct in6_addr *ip);

/**
 * packet_ns_probe - a neighbour solicitation like those of duplicate address detection
 *
 * From :: to the solicited-node group, without a source link-layer option (RFC 4862
 * section 5.4.2, RFC 4861 section 4.3).
 *
 * Return: length in bytes (78).
 */
size_t packet_ns_probe(uint8_t buf[PACKET_MAX], const struct mac *mac,
		       const struct in6_addr *ip);

/* Kinds of tickle; the values are its TCP flags. */
enum packet_tickle {
	PACKET_TICKLE_ACK = 0x10,
	PACKET_TICKLE_SYN_ACK = 0x12,
};

/**
 * packet_tickle - an empty TCP segment, seq 0, ack 0, as a complete IPv4 or IPv6 packet
 * @buf: where to
 * @kind: its flags
 * @from: the floating address
 * @sport: its port, host order
 * @to: the client, same family as @from
 * @dport: its port, host order
 *
 * The client finds the segment outside its window and answers with an ACK that carries
 * its true numbers (RFC 9293 section 3.10.7.4). A server without that connection answers
 * the ACK with a reset, and the client reconnects at once. ctdb's ctdb_sys_send_tcp()
 * sends a bare ACK.
 *
 * A firewall that tracks connections strictly drops the bare ACK, because its numbers are
 * wrong (nf_conntrack: "invalid"). It lets a SYN-ACK from the server's side pass without
 * a look at the numbers, because the connection may have started anew without its
 * knowledge (net/netfilter/nf_conntrack_proto_tcp.c, nf_conntrack_tcp_packet(), "b)
 * SYN/ACK in REPLY"). The client answers that with the same ACK (RFC 5961 section 4.2).
 *
 * Return: length in bytes (40 or 60), or 0 if the families differ.
 */
size_t packet_tickle(uint8_t buf[PACKET_MAX], enum packet_tickle kind,
		     const struct ipaddr *from, uint16_t sport, const struct ipaddr *to,
		     uint16_t dport);

/**
 * packet_parse_arp - read an ARP frame (Ethernet, IPv4) from the network
 * @frame: from the destination MAC on
 * @len: bytes received, padding included
 * @nb: what it says
 *
 * Return: 0, or -EBADMSG if it is anything else, truncated, or malformed.
 */
int packet_parse_arp(const void *frame, size_t len, struct packet_neighbour *nb);

/**
 * packet_parse_nd - read a neighbour solicitation or advertisement from the network
 * @frame: from the destination MAC on
 * @len: bytes received, padding included
 * @nb: what it says; @nb->mac is from the link-layer option, else the frame's source
 *
 * Checks what RFC 4861 section 7.1 demands: hop limit 255, checksum, code 0, lengths.
 *
 * Return: 0, or -EBADMSG if it is anything else, truncated, or malformed.
 */
int packet_parse_nd(const void *frame, size_t len, struct packet_neighbour *nb);

#endif
