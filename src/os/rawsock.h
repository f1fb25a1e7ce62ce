/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rawsock: announces addresses, tickles clients, asks who has an address. */
#ifndef BATON_OS_RAWSOCK_H
#define BATON_OS_RAWSOCK_H

#include <stdbool.h>
#include <stddef.h>

#include "core/conn.h"
#include "core/err.h"
#include "core/packet.h"
#include "core/service.h"

/**
 * struct rawsock - the raw sockets of one network namespace
 * @frame: AF_PACKET, sends only
 * @ip4, @ip6: raw sockets that send complete packets; @ip6 is -1 without IPv6
 */
struct rawsock {
	int frame;
	int ip4;
	int ip6;
};

#define RAWSOCK_CLOSED                                                                   \
	{                                                                                \
		-1, -1, -1                                                               \
	}

/**
 * rawsock_open - open the sockets in the current network namespace
 * Return: 0, or -errno with nothing left open.
 */
int rawsock_open(struct rawsock *raw, struct err *err);

/** rawsock_close - close what is open; may be repeated. */
void rawsock_close(struct rawsock *raw);

/**
 * rawsock_announce - tell the network where the addresses are now
 * @raw: of the link's namespace
 * @ifindex: the link, up
 * @mac: its address
 * @ips: addresses on that link
 * @n_ips: how many
 * @err: why not
 *
 * Sends gratuitous ARP, request and reply, or an unsolicited NA for IPv6. Once; repeat as
 * needed.
 *
 * Return: 0, or -errno of the first failure (the others are sent all the same).
 */
int rawsock_announce(struct rawsock *raw, int ifindex, const struct mac *mac,
		     const struct ipaddr *ips, size_t n_ips, struct err *err);

/**
 * rawsock_tickle - send each client a bare ACK and a SYN-ACK from the floating address
 * @raw: of the namespace that has the floating addresses
 * @conns: the connections
 * @sent: how many were tickled; NULL is allowed
 * @err: why not
 *
 * Do not repeat it within 500 ms: clients answer out-of-window segments no faster
 * (net.ipv4.tcp_invalid_ratelimit). A client without a route costs only its own packet.
 *
 * Return: 0, or -errno of the last failure.
 */
int rawsock_tickle(struct rawsock *raw, const struct conns *conns, size_t *sent,
		   struct err *err);

/**
 * rawsock_probe_address - does anyone on the link have this address?
 * @ifindex: the link, up, in the current network namespace
 * @mac: its address; answers from it are no conflict
 * @ip: the address; must not be on the link itself
 * @timeout_ms: for three probes and the wait for an answer; 0 = 600
 * @holder: gets the MAC of the link that has the address
 * @err: why it could not be asked
 *
 * Sends ARP probes (RFC 5227 section 2.1.1) or DAD solicitations (RFC 4862 section 5.4),
 * faster than the RFCs say, because a person waits. Blocks up to @timeout_ms.
 *
 * Return: 0 = free, 1 = in use by @holder, or -errno.
 */
int rawsock_probe_address(int ifindex, const struct mac *mac, const struct ipaddr *ip,
			  int timeout_ms, struct mac *holder, struct err *err);

#endif
