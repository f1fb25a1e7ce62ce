// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * diag: lists and destroys the TCP sockets of one network namespace, by sock_diag.
 *
 * Theory of operation
 *
 * A dump covers one family at a time. Sockets are later matched by the kernel's own id
 * with its cookie. So a destroy never hits a new connection on the same ports, nor the
 * listener that inet_lookup() falls back to (net/ipv4/inet_diag.c,
 * inet_diag_find_one_icsk()).
 *
 * Destroying is synchronous in the kernel: when the send returns, every request of the
 * message has been carried out and its answer queued. So requests go out in batches, each
 * with its own sequence number, and only the last asks for an acknowledgement. What comes
 * back are the failures and one acknowledgement that ends the batch.
 *
 * What tcp_abort() does in each state (net/ipv4/tcp.c):
 *  SYN-RECV      dropped from the listener's queue, nothing sent
 *  TIME-WAIT, and FIN-WAIT-2 turned into one: forgotten; older kernels say EOPNOTSUPP
 *  LISTEN        closed, which is why it is never asked for here
 *  ESTABLISHED, CLOSE-WAIT, FIN-WAIT-1, FIN-WAIT-2: a RST to the peer, then gone
 *  CLOSING, LAST-ACK: gone
 */
#include "os/diag.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/array.h"
#include "core/cleanup.h"

/* Each round destroys what the last one missed: a connection accepted meanwhile. */
#define SEVER_ROUNDS 8

/* Requests in one send; 256 are 22 KiB, far below the smallest send buffer. */
#define DESTROY_BATCH 256

#define STATE_NEW_SYN_RECV 12 /* TCP_NEW_SYN_RECV, include/net/tcp_states.h */

struct diag {
	struct mnl_socket *nl;
	uint32_t seq;
	char buf[65536];
};

struct destroy_request {
	struct nlmsghdr nlh;
	struct inet_diag_req_v2 req;
};

int diag_open(struct diag **out, struct err *err)
{
	struct diag *diag = calloc(1, sizeof(*diag));
	int size = 4 << 20, rc;

	if (!diag)
		return err_set(err, BATON_EXIT_RESOURCE, ENOMEM, "sock_diag");
	diag->nl = mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC);
	if (!diag->nl || mnl_socket_bind(diag->nl, 0, MNL_SOCKET_AUTOPID) < 0) {
		rc = err_set(err, BATON_EXIT_SOFTWARE, errno, "open sock_diag");
		diag_close(diag);
		return rc;
	}
	/* Each request of a batch may fail and come back in its answer. */
	setsockopt(mnl_socket_get_fd(diag->nl), SOL_SOCKET, SO_RCVBUFFORCE, &size,
		   sizeof(size));
	*out = diag;
	return 0;
}

void diag_close(struct diag *diag)
{
	if (!diag)
		return;
	if (diag->nl)
		mnl_socket_close(diag->nl);
	free(diag);
}

void diag_table_free(struct diag_table *table)
{
	free(table->v);
	memset(table, 0, sizeof(*table));
}

static int table_add(const struct nlmsghdr *nlh, const struct diag_entry *entry,
		     void *data)
{
	struct diag_table *table = data;

	return array_add(table, entry);
}

/* An IPv4 client on an IPv6 socket counts as an IPv4 connection. */
static void set_ip(struct ipaddr *ip, uint8_t family, const __be32 *raw)
{
	memset(ip, 0, sizeof(*ip));
	if (family == AF_INET6 && IN6_IS_ADDR_V4MAPPED((const struct in6_addr *)raw)) {
		family = AF_INET;
		raw += 3;
	}
	ip->family = family;
	memcpy(&ip->v4, raw, family == AF_INET ? sizeof(ip->v4) : sizeof(ip->v6));
}

/* The callback of diag_walk() and its state. */
struct walk {
	int (*call)(const struct nlmsghdr *nlh, const struct diag_entry *entry,
		    void *data);
	void *data;
};

static int parse_entry(const struct nlmsghdr *nlh, void *data)
{
	const struct inet_diag_msg *msg = mnl_nlmsg_get_payload(nlh);
	struct diag_entry one = { 0 }, *entry = &one;
	const struct walk *walk = data;
	int rc;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*msg) ||
	    (msg->idiag_family != AF_INET && msg->idiag_family != AF_INET6))
		return MNL_CB_OK;
	set_ip(&entry->conn.local, msg->idiag_family, msg->id.idiag_src);
	set_ip(&entry->conn.remote, msg->idiag_family, msg->id.idiag_dst);
	entry->conn.lport = ntohs(msg->id.idiag_sport);
	entry->conn.rport = ntohs(msg->id.idiag_dport);
	entry->conn.state =
		msg->idiag_state == STATE_NEW_SYN_RECV ? TCP_SYN_RECV : msg->idiag_state;
	entry->rqueue = msg->idiag_rqueue;
	entry->wqueue = msg->idiag_wqueue;
	entry->inode = msg->idiag_inode;
	entry->timer = msg->idiag_timer;
	entry->retrans = msg->idiag_retrans;
	entry->expires_ms = msg->idiag_expires;
	entry->family = msg->idiag_family;
	entry->id = msg->id;
	rc = walk->call(nlh, entry, walk->data);
	if (rc < 0)
		errno = -rc;
	return rc < 0 ? MNL_CB_ERROR : MNL_CB_OK;
}

/* A dump that fails midway says so in its last message (af_netlink.c,
 * netlink_dump_done()), which libmnl does not check. Without tcp_diag, every dump would
 * seem empty. */
static int end_dump(const struct nlmsghdr *nlh, void *data)
{
	int rc = 0;

	if (mnl_nlmsg_get_payload_len(nlh) >= sizeof(rc))
		memcpy(&rc, mnl_nlmsg_get_payload(nlh), sizeof(rc));
	errno = -rc;
	return rc < 0 ? MNL_CB_ERROR : MNL_CB_STOP;
}

static int walk_family(struct diag *diag, uint8_t family, uint16_t lport, uint32_t states,
		       uint8_t extensions, struct walk *walk)
{
	struct destroy_request msg = {
		.nlh = { .nlmsg_len = sizeof(msg),
			 .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			 .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
			 .nlmsg_seq = ++diag->seq },
		.req = { .sdiag_family = family,
			 .sdiag_protocol = IPPROTO_TCP,
			 .idiag_ext = extensions,
			 .idiag_states = states,
			 .id.idiag_sport = htons(lport) },
	};
	mnl_cb_t ends[] = { [NLMSG_DONE] = end_dump };
	uint32_t portid = mnl_socket_get_portid(diag->nl);
	int rc;

	if (mnl_socket_sendto(diag->nl, &msg, sizeof(msg)) < 0)
		return -errno;
	do {
		ssize_t n = mnl_socket_recvfrom(diag->nl, diag->buf, sizeof(diag->buf));

		rc = MNL_CB_OK;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		/* Left over from an aborted dump. */
		if (((struct nlmsghdr *)diag->buf)->nlmsg_seq != diag->seq)
			continue;
		rc = mnl_cb_run2(diag->buf, n, diag->seq, portid, parse_entry, walk, ends,
				 sizeof(ends) / sizeof(ends[0]));
	} while (rc > 0);
	return rc < 0 ? -errno : 0;
}

int diag_walk(struct diag *diag, uint16_t lport, uint32_t states, uint8_t extensions,
	      int (*call)(const struct nlmsghdr *nlh, const struct diag_entry *entry,
			  void *data),
	      void *data, struct err *err)
{
	struct walk walk = { call, data };
	int rc = walk_family(diag, AF_INET, lport, states, extensions, &walk);

	if (rc == 0)
		rc = walk_family(diag, AF_INET6, lport, states, extensions, &walk);
	if (rc == -ENOENT) /* no tcp_diag in the kernel (sock_diag_rcv_msg()) */
		return err_set(err, BATON_EXIT_SOFTWARE, ENOENT,
			       "list TCP sockets: no tcp_diag in this kernel");
	return rc < 0 ? err_set(err, BATON_EXIT_FAILED, -rc, "list TCP sockets") : 0;
}

int diag_dump(struct diag *diag, uint16_t lport, uint32_t states,
	      struct diag_table *table, struct err *err)
{
	table->n = 0;
	return diag_walk(diag, lport, states, 0, table_add, table, err);
}

int diag_conns(struct diag *diag, uint16_t lport, struct conns *conns, struct err *err)
{
	_cleanup_diag_table_ struct diag_table table = { 0 };
	uint32_t states = DIAG_STATES_ALL & ~DIAG_STATES_SYN_RECV &
			  ~(1u << TCP_SYN_SENT) & ~(1u << TCP_TIME_WAIT);
	int rc = diag_dump(diag, lport, states, &table, err);

	conns->n = 0;
	for (size_t i = 0; rc == 0 && i < table.n; i++)
		/* Our own call (os/nfsping.c) is not a client's. */
		if (!ipaddr_equal(&table.v[i].conn.local, &table.v[i].conn.remote))
			rc = conns_add(conns, &table.v[i].conn);
	if (rc == -ENOMEM)
		return err_set(err, BATON_EXIT_RESOURCE, ENOMEM, "connection table");
	conns_sort(conns);
	return rc;
}

/* Destroys a batch; rc[i] gets each outcome. Returns 0 unless netlink fails. */
static int destroy_batch(struct diag *diag, const struct diag_entry *const *entries,
			 size_t n, int *rc)
{
	struct destroy_request msgs[DESTROY_BATCH] = { 0 };
	uint32_t first = diag->seq + 1;

	for (size_t i = 0; i < n; i++) {
		msgs[i].nlh.nlmsg_len = sizeof(msgs[i]);
		msgs[i].nlh.nlmsg_type = SOCK_DESTROY;
		msgs[i].nlh.nlmsg_flags = NLM_F_REQUEST | (i == n - 1 ? NLM_F_ACK : 0);
		msgs[i].nlh.nlmsg_seq = ++diag->seq;
		msgs[i].req.sdiag_family = entries[i]->family;
		msgs[i].req.sdiag_protocol = IPPROTO_TCP;
		msgs[i].req.id = entries[i]->id;
		rc[i] = 0;
	}
	if (mnl_socket_sendto(diag->nl, msgs, n * sizeof(msgs[0])) < 0)
		return -errno;
	for (bool closed = false; !closed;) {
		ssize_t got = mnl_socket_recvfrom(diag->nl, diag->buf, sizeof(diag->buf));
		const struct nlmsghdr *nlh = (void *)diag->buf;
		int len = got;

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		for (; mnl_nlmsg_ok(nlh, len); nlh = mnl_nlmsg_next(nlh, &len)) {
			const struct nlmsgerr *e = mnl_nlmsg_get_payload(nlh);
			uint32_t i = nlh->nlmsg_seq - first;

			if (i >= n || nlh->nlmsg_type != NLMSG_ERROR)
				continue;
			rc[i] = e->error;
			closed |= i == n - 1;
		}
	}
	return 0;
}

static int tell_unable(struct err *err)
{
	return err_set(err, BATON_EXIT_SOFTWARE, EOPNOTSUPP,
		       "sever: this kernel cannot destroy sockets "
		       "(CONFIG_INET_DIAG_DESTROY)");
}

int diag_check_destroy(struct diag *diag, struct err *err)
{
	/* 127.0.0.1:1 to itself, with a cookie no socket has. */
	const struct diag_entry none = {
		.family = AF_INET,
		.id = { .idiag_sport = htons(1),
			.idiag_dport = htons(1),
			.idiag_src[0] = htonl(INADDR_LOOPBACK),
			.idiag_dst[0] = htonl(INADDR_LOOPBACK) },
	};
	const struct diag_entry *entry = &none;
	_cleanup_diag_table_ struct diag_table table = { 0 };
	int one, rc = diag_dump(diag, 1, 1u << TCP_LISTEN, &table, err);

	/* Without tcp_diag this would seem empty, too. */
	if (rc < 0)
		return rc;
	rc = destroy_batch(diag, &entry, 1, &one);
	if (rc == 0)
		rc = one;
	if (rc == 0 || rc == -ENOENT || rc == -ESTALE)
		return 0;
	return rc == -EOPNOTSUPP ? tell_unable(err)
				 : err_set(err, BATON_EXIT_SOFTWARE, -rc,
					   "sever: ask the kernel whether it can");
}

static bool is_local(const struct diag_entry *entry, const struct ipaddr *local,
		     size_t n_local)
{
	for (size_t i = 0; local && i < n_local; i++)
		if (ipaddr_equal(&entry->conn.local, &local[i]))
			return true;
	return !local;
}

struct sever {
	struct diag *diag;
	const struct ipaddr *local;
	size_t n_local;
	struct diag_severed *out;
	bool unsupported;
	bool tw_unsupported;
};

/* A TIME-WAIT socket in FIN-WAIT-2 is known by its timer (inet_twsk_diag_fill()). */
static bool is_time_wait(const struct diag_entry *entry)
{
	return entry->conn.state == TCP_TIME_WAIT || entry->timer == 3;
}

static int sever_batch(struct sever *s, const struct diag_entry *const *entries, size_t n)
{
	int results[DESTROY_BATCH], rc;

	rc = destroy_batch(s->diag, entries, n, results);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < n; i++) {
		if (results[i] == 0)
			s->out->destroyed++;
		else if (results[i] == -EOPNOTSUPP && is_time_wait(entries[i]))
			s->tw_unsupported = true;
		else if (results[i] == -EOPNOTSUPP)
			s->unsupported = true;
		else if (results[i] != -ENOENT && results[i] != -ESTALE)
			rc = results[i];
	}
	return rc;
}

/* Counts and destroys what is left; sockets that fail show in the next count. */
static int sever_round(struct sever *s, const struct diag_table *table)
{
	const struct diag_entry *batch[DESTROY_BATCH];
	size_t n = 0;
	int rc = 0;

	s->out->remaining = s->out->time_wait = 0;
	for (size_t i = 0; i < table->n; i++) {
		const struct diag_entry *entry = &table->v[i];

		if (!is_local(entry, s->local, s->n_local))
			continue;
		if (is_time_wait(entry))
			s->out->time_wait++;
		else
			s->out->remaining++;
		if (is_time_wait(entry) && s->tw_unsupported)
			continue;
		batch[n++] = entry;
		if (n == DESTROY_BATCH) {
			rc = sever_batch(s, batch, n);
			n = 0;
		}
		if (rc < 0)
			return rc;
	}
	return n ? sever_batch(s, batch, n) : 0;
}

int diag_sever(struct diag *diag, const struct ipaddr *local, size_t n_local,
	       uint16_t lport, struct diag_severed *severed, struct err *err)
{
	_cleanup_diag_table_ struct diag_table table = { 0 };
	struct diag_severed unused = { 0 };
	struct sever s = { .diag = diag,
			   .local = local,
			   .n_local = n_local,
			   .out = severed ? severed : &unused };
	int last = 0, rc;

	memset(s.out, 0, sizeof(*s.out));
	while (s.out->rounds < SEVER_ROUNDS) {
		rc = diag_dump(diag, lport, DIAG_STATES_ALL, &table, err);
		if (rc < 0)
			return rc;
		s.out->rounds++;
		last = sever_round(&s, &table);
		if (s.unsupported)
			return tell_unable(err);
		if (s.out->remaining == 0 && (s.out->time_wait == 0 || s.tw_unsupported))
			return 0;
	}
	if (last < 0)
		return err_set(err, BATON_EXIT_STANDING, -last,
			       "sever: %zu connections are left", s.out->remaining);
	return err_set(err, BATON_EXIT_STANDING, EBUSY,
		       "sever: %zu connections are left after %d rounds",
		       s.out->remaining, SEVER_ROUNDS);
}
