/* SPDX-License-Identifier: GPL-2.0-or-later */
/* diag: lists and destroys the TCP sockets of one network namespace, by sock_diag. */
#ifndef BATON_OS_DIAG_H
#define BATON_OS_DIAG_H

#include <linux/inet_diag.h>
#include <stddef.h>
#include <stdint.h>

#include "core/conn.h"
#include "core/err.h"

struct nlmsghdr;

/** struct diag - a socket; always belongs to the network namespace it was opened in */
struct diag;

/* TCP states as bits: all that can send something to a client, so all but CLOSE, LISTEN
 * and (6.8) BOUND_INACTIVE. SYN-RECV needs its own bit and NEW_SYN_RECV's
 * (include/net/tcp_states.h). */
#define DIAG_STATES_ALL      0x1b7eu
#define DIAG_STATES_SYN_RECV ((1u << 3) | (1u << 12))
/* States that can still owe something: all of those but TIME-WAIT (6) and SYN-RECV. */
#define DIAG_STATES_OWING (DIAG_STATES_ALL & ~(1u << 6) & ~DIAG_STATES_SYN_RECV)

/**
 * struct diag_entry - one socket
 * @conn: addresses, ports and state (SYN-RECV and TIME-WAIT included)
 * @rqueue: bytes received but not yet read by the server
 * @wqueue: bytes sent or to be sent, but not yet acknowledged (write_seq - snd_una)
 * @inode: of its file, 0 = an orphan, or a kernel socket without one
 * @timer: 0 none, 1 retransmission, 2 another, 3 TIME-WAIT, 4 zero window probe
 *         (net/ipv4/inet_diag.c, inet_sk_diag_fill())
 * @expires_ms: until that timer fires
 * @retrans: retransmissions so far
 * @family: of the socket: AF_INET6 also for an IPv4-mapped connection
 * @id: the kernel's, cookie included
 */
struct diag_entry {
	struct conn conn;
	uint32_t rqueue;
	uint32_t wqueue;
	uint32_t inode;
	uint32_t expires_ms;
	uint8_t timer;
	uint8_t retrans;
	uint8_t family;
	struct inet_diag_sockid id;
};

/** struct diag_table - entries of a dump; all zero at first; see diag_table_free() */
struct diag_table {
	struct diag_entry *v;
	size_t n;
	size_t room;
};

/** diag_table_free - release the table and clear it. */
void diag_table_free(struct diag_table *table);

static inline void cleanup_diag_table(struct diag_table *table)
{
	diag_table_free(table);
}
#define _cleanup_diag_table_ __attribute__((cleanup(cleanup_diag_table)))

/**
 * diag_open - open a socket in the current network namespace
 * Return: 0, or -errno.
 */
int diag_open(struct diag **diag, struct err *err);

/** diag_close - close; NULL is allowed. */
void diag_close(struct diag *diag);

/**
 * diag_dump - list TCP sockets, IPv4 and IPv6
 * @diag: of the namespace
 * @lport: only this local port, host order; 0 = all
 * @states: bits 1 << TCP_…; DIAG_STATES_ALL, or 1 << TCP_LISTEN to see listeners
 * @table: gets them; its former contents are dropped
 * @err: why not
 *
 * Return: 0, or -errno.
 */
int diag_dump(struct diag *diag, uint16_t lport, uint32_t states,
	      struct diag_table *table, struct err *err);

/**
 * diag_walk - the same, one by one, with additional data
 * @extensions: bits 1 << (INET_DIAG_… - 1): attributes to request
 * @call: gets the kernel's answer with the attributes, and its parsed form; a negative
 *        return ends the walk
 * @data: for @call
 *
 * Return: 0, what @call returned, or -errno.
 */
int diag_walk(struct diag *diag, uint16_t lport, uint32_t states, uint8_t extensions,
	      int (*call)(const struct nlmsghdr *nlh, const struct diag_entry *entry,
			  void *data),
	      void *data, struct err *err);

/**
 * diag_conns - the connections whose clients may need a tickle
 *
 * Established and half-closed connections to @lport, sorted. Leaves out SYN-RECV,
 * TIME-WAIT, and those from an address to itself.
 *
 * Return: 0, or -errno.
 */
int diag_conns(struct diag *diag, uint16_t lport, struct conns *conns, struct err *err);

/**
 * diag_check_destroy - can this kernel destroy sockets?
 *
 * Tries to destroy a socket that does not exist: the kernel looks up the handler before
 * the socket (net/ipv4/inet_diag.c, inet_diag_cmd_exact()).
 *
 * Return: 0, -EOPNOTSUPP (BATON_EXIT_SOFTWARE: no CONFIG_INET_DIAG_DESTROY), -ENOENT (the
 * same: no tcp_diag), or -errno.
 */
int diag_check_destroy(struct diag *diag, struct err *err);

/**
 * struct diag_severed - what diag_sever() did
 * @destroyed: sockets destroyed, over all rounds
 * @remaining: connections that are still there (any state but TIME-WAIT)
 * @time_wait: TIME-WAIT sockets that are still there, which are no connections any more;
 *             they stay only if the kernel cannot abort them
 * @rounds: dumps that were needed
 */
struct diag_severed {
	size_t destroyed;
	size_t remaining;
	size_t time_wait;
	unsigned int rounds;
};

/**
 * diag_sever - destroy all connections of some addresses, and verify
 * @diag: of the namespace
 * @local: only these local addresses; NULL = all of this namespace
 * @n_local: how many
 * @lport: only this local port, host order; 0 = all
 * @severed: what was done, valid also on failure; NULL is allowed
 * @err: why not
 *
 * Covers all TCP states but LISTEN. Dumps and destroys until a dump is empty, a limited
 * number of times. If called again, it finds nothing and succeeds.
 *
 * Return: 0, -EOPNOTSUPP (BATON_EXIT_SOFTWARE: the kernel lacks
 * CONFIG_INET_DIAG_DESTROY), -EBUSY (BATON_EXIT_STANDING: some are still there), or
 * -errno.
 */
int diag_sever(struct diag *diag, const struct ipaddr *local, size_t n_local,
	       uint16_t lport, struct diag_severed *severed, struct err *err);

#endif
