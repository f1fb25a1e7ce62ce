// SPDX-License-Identifier: GPL-2.0-or-later
/* rawsock: announces addresses, tickles clients, asks who has an address. */
#include "os/rawsock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core/cleanup.h"

#define PROBES        3 /* PROBE_NUM, RFC 5227 section 1.1 */
#define PROBE_TIMEOUT 600

int rawsock_open(struct rawsock *raw, struct err *err)
{
	int type = SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK;
	int rc = 0;

	/* Protocol 0: this socket never receives, so its queue does not fill. */
	raw->frame = socket(AF_PACKET, type, 0);
	if (raw->frame < 0)
		rc = -errno;
	/* IPPROTO_RAW: we supply the header; since Linux 4.5 also for IPv6
	 * (net/ipv6/af_inet6.c, inet6_create()). */
	raw->ip4 = socket(AF_INET, type, IPPROTO_RAW);
	if (raw->ip4 < 0 && rc == 0)
		rc = -errno;
	raw->ip6 = socket(AF_INET6, type, IPPROTO_RAW);
	if (raw->ip6 < 0 && errno != EAFNOSUPPORT && rc == 0)
		rc = -errno;
	if (rc == 0)
		return 0;
	rawsock_close(raw);
	return err_set(err, BATON_EXIT_SOFTWARE, -rc, "open raw sockets");
}

static void close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void rawsock_close(struct rawsock *raw)
{
	close_one(&raw->frame);
	close_one(&raw->ip4);
	close_one(&raw->ip6);
}

static int send_frame(int fd, int ifindex, const uint8_t *frame, size_t len)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
				  .sll_ifindex = ifindex,
				  .sll_halen = ETH_ALEN };

	memcpy(to.sll_addr, frame, ETH_ALEN);
	memcpy(&to.sll_protocol, frame + 12, 2);
	return sendto(fd, frame, len, 0, (struct sockaddr *)&to, sizeof(to)) < 0 ? -errno
										 : 0;
}

static int announce_one(int fd, int ifindex, const struct mac *mac,
			const struct ipaddr *ip)
{
	uint8_t buf[PACKET_MAX] = { 0 };
	int rc, rc2;

	if (ip->family == AF_INET6)
		return send_frame(fd, ifindex, buf, packet_na(buf, mac, &ip->v6));
	rc = send_frame(fd, ifindex, buf,
			packet_arp_announce(buf, mac, ip->v4, PACKET_ARP_REQUEST));
	rc2 = send_frame(fd, ifindex, buf,
			 packet_arp_announce(buf, mac, ip->v4, PACKET_ARP_REPLY));
	return rc < 0 ? rc : rc2;
}

int rawsock_announce(struct rawsock *raw, int ifindex, const struct mac *mac,
		     const struct ipaddr *ips, size_t n_ips, struct err *err)
{
	char text[IPADDR_TEXT];
	int first = 0;

	for (size_t i = 0; i < n_ips; i++) {
		int rc = announce_one(raw->frame, ifindex, mac, &ips[i]);

		if (rc < 0 && first == 0)
			first = err_set(err, BATON_EXIT_NETWORK, -rc, "announce %s",
					ipaddr_format(&ips[i], text));
	}
	return first;
}

static int send_tickle(const struct rawsock *raw, enum packet_tickle kind,
		       const struct conn *conn)
{
	struct sockaddr_in to4 = { .sin_family = AF_INET, .sin_addr = conn->remote.v4 };
	struct sockaddr_in6 to6 = { .sin6_family = AF_INET6,
				    .sin6_addr = conn->remote.v6 };
	bool v4 = conn->remote.family == AF_INET;
	/* Keep the port 0: rawv6_sendmsg() would take it for a protocol. */
	const void *to = v4 ? (const void *)&to4 : &to6;
	uint8_t buf[PACKET_MAX] = { 0 };
	int fd = v4 ? raw->ip4 : raw->ip6;
	size_t len = packet_tickle(buf, kind, &conn->local, conn->lport, &conn->remote,
				   conn->rport);

	if (len == 0 || fd < 0)
		return -EAFNOSUPPORT;
	for (;;) {
		struct pollfd pfd = { .fd = fd, .events = POLLOUT };

		if (sendto(fd, buf, len, 0, to, v4 ? sizeof(to4) : sizeof(to6)) >= 0)
			return 0;
		if (errno != EAGAIN)
			return -errno;
		/* The link is slower than us; its queue drains in milliseconds. */
		if (poll(&pfd, 1, 100) == 0)
			return -EAGAIN;
	}
}

/* The client answers only the first of the two that arrives: both count towards the same
 * 500 ms (net/ipv4/tcp_input.c, tp->last_oow_ack_time). */
static int tickle_one(const struct rawsock *raw, const struct conn *conn)
{
	int rc = send_tickle(raw, PACKET_TICKLE_ACK, conn);

	return rc < 0 ? rc : send_tickle(raw, PACKET_TICKLE_SYN_ACK, conn);
}

int rawsock_tickle(struct rawsock *raw, const struct conns *conns, size_t *sent,
		   struct err *err)
{
	size_t n = 0, failed = 0;
	int last = 0, rc;

	for (size_t i = 0; i < conns->n; i++) {
		rc = tickle_one(raw, &conns->v[i]);
		if (rc == 0) {
			n++;
		} else {
			failed++;
			last = rc;
		}
	}
	if (sent)
		*sent = n;
	if (!failed)
		return 0;
	return err_set(err, BATON_EXIT_NETWORK, -last, "tickle: %zu of %zu not sent",
		       failed, conns->n);
}

/* A socket that receives all ARP or IPv6 of one link. */
static int open_probe(int ifindex, uint16_t protocol)
{
	struct sockaddr_ll addr = { .sll_family = AF_PACKET,
				    .sll_protocol = htons(protocol),
				    .sll_ifindex = ifindex };
	/* Others' probes go to a solicited-node group that the link has not joined. */
	struct packet_mreq mreq = { .mr_ifindex = ifindex,
				    .mr_type = PACKET_MR_ALLMULTI };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int rc;

	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &mreq, sizeof(mreq)) < 0) {
		rc = -errno;
		close(fd);
		return rc;
	}
	return fd;
}

/* Does this frame mean that somebody else has @ip, or is about to take it? Both are
 * conflicts (RFC 5227 section 2.1.1, RFC 4862 sections 5.4.3 and 5.4.4). */
static bool is_conflict(const uint8_t *frame, size_t len, const struct mac *mac,
			const struct ipaddr *ip, struct mac *holder)
{
	static const struct in6_addr any;
	struct packet_neighbour nb;
	bool probe;
	int rc = ip->family == AF_INET ? packet_parse_arp(frame, len, &nb)
				       : packet_parse_nd(frame, len, &nb);

	if (rc < 0 || memcmp(&nb.mac, mac, sizeof(*mac)) == 0)
		return false;
	probe = memcmp(&nb.sender.v6, &any,
		       ip->family == AF_INET ? sizeof(struct in_addr) : sizeof(any)) == 0;
	if (!ipaddr_equal(probe ? &nb.target : &nb.sender, ip))
		return false;
	*holder = nb.mac;
	return true;
}

/* Reads what has arrived; 1 = conflict, 0 = nothing (more). */
static int read_frames(int fd, const struct mac *mac, const struct ipaddr *ip,
		       struct mac *holder)
{
	uint8_t frame[2048];

	for (;;) {
		struct sockaddr_ll from;
		socklen_t fromlen = sizeof(from);
		ssize_t n =
			recvfrom(fd, frame, sizeof(frame), 0, (void *)&from, &fromlen);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 0 : -errno;
		if (from.sll_pkttype != PACKET_OUTGOING &&
		    is_conflict(frame, n, mac, ip, holder))
			return 1;
	}
}

static long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int probe_rounds(int fd, int ifindex, const struct mac *mac,
			const struct ipaddr *ip, int timeout_ms, struct mac *holder)
{
	uint8_t probe[PACKET_MAX] = { 0 };
	size_t len = ip->family == AF_INET ? packet_arp_probe(probe, mac, ip->v4)
					   : packet_ns_probe(probe, mac, &ip->v6);
	int rc;

	/* Each has a part of the time for itself: this head may stand still in between. */
	for (int sent = 0; sent < PROBES; sent++) {
		long until, left;

		rc = send_frame(fd, ifindex, probe, len);
		if (rc < 0)
			return rc;
		until = now_ms() + timeout_ms / PROBES;
		do {
			struct pollfd pfd = { .fd = fd, .events = POLLIN };

			left = until - now_ms();
			if (poll(&pfd, 1, left > 0 ? left : 0) < 0 && errno != EINTR)
				return -errno;
			rc = read_frames(fd, mac, ip, holder);
			if (rc != 0)
				return rc;
		} while (left > 0);
	}
	return 0;
}

int rawsock_probe_address(int ifindex, const struct mac *mac, const struct ipaddr *ip,
			  int timeout_ms, struct mac *holder, struct err *err)
{
	uint16_t protocol = ip->family == AF_INET ? ETH_P_ARP : ETH_P_IPV6;
	_cleanup_close_ int fd = open_probe(ifindex, protocol);
	char text[IPADDR_TEXT];
	int rc = fd;

	if (rc >= 0)
		rc = probe_rounds(fd, ifindex, mac, ip,
				  timeout_ms > 0 ? timeout_ms : PROBE_TIMEOUT, holder);
	if (rc >= 0)
		return rc;
	return err_set(err, rc == -EPERM ? BATON_EXIT_SOFTWARE : BATON_EXIT_NETWORK, -rc,
		       "ask who has %s", ipaddr_format(ip, text));
}
