/* SPDX-License-Identifier: GPL-2.0-or-later */
/* conn: the table of a service's TCP connections, and its text form. */
#ifndef BATON_CORE_CONN_H
#define BATON_CORE_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/service.h"

/* The most connections in a table from a file or a peer. */
#define CONNS_MAX 65536
/* The most bytes in its text, with two IPv6 addresses in each line. */
#define CONNS_MAX_LEN (8u << 20)

/* First line of the text form; the number goes up when lines change their meaning. */
#define CONNS_HEADER "baton-connections 1"

/**
 * struct conn - one TCP connection, seen from the server
 * @local: the floating address; IPv4-mapped IPv6 becomes IPv4
 * @remote: the client, same family
 * @lport, @rport: host order
 * @state: TCP_ESTABLISHED … as in <netinet/tcp.h>, 0 if unknown (text form)
 */
struct conn {
	struct ipaddr local;
	struct ipaddr remote;
	uint16_t lport;
	uint16_t rport;
	uint8_t state;
};

/** struct conns - a growable table; start from all zero, end with conns_free() */
struct conns {
	struct conn *v;
	size_t n;
	size_t room;
};

/** conns_add - append a copy; returns 0 or -ENOMEM. */
int conns_add(struct conns *conns, const struct conn *conn);

/** conns_free - release the table and clear it. */
void conns_free(struct conns *conns);

static inline void cleanup_conns(struct conns *conns)
{
	conns_free(conns);
}
#define _cleanup_conns_ __attribute__((cleanup(cleanup_conns)))

/**
 * conn_compare - order by local address and port, then remote; the state is ignored
 * Return: <0, 0, >0, for qsort().
 */
int conn_compare(const void *a, const void *b);

/** conns_sort - sort by conn_compare() and drop duplicates. */
void conns_sort(struct conns *conns);

/** conns_are_established - are all of them established? */
bool conns_are_established(const struct conns *conns);

/** conns_equal - the same connections? Both tables are sorted; states are ignored. */
bool conns_equal(const struct conns *a, const struct conns *b);

/**
 * conn_is_of - does it belong to the service: one of its addresses, and the NFS port?
 *
 * Packets are sent in the name of that address, so tables from a disk or a peer are
 * checked.
 */
bool conn_is_of(const struct conn *conn, const struct service *svc);

/**
 * conns_keep_own - drop those that do not, and those whose client address is impossible
 * Return: how many were dropped.
 */
size_t conns_keep_own(struct conns *conns, const struct service *svc);

/**
 * conn_state_name - what ss(8) calls a TCP state
 *
 * Return: "ESTAB", "FIN-WAIT-1" …, or "?" if unknown.
 */
const char *conn_state_name(uint8_t state);

/**
 * conns_format - the text form
 *
 *	baton-connections 1
 *	192.0.2.50 2049 192.0.2.20 983
 *
 * Return: malloc'd text, or NULL if memory is short.
 */
char *conns_format(const struct conns *conns);

/**
 * conns_parse - read the text form; trusts nothing in it
 * @conns: receives the table; empty on failure
 * @text: need not end with a zero byte
 * @len: bytes of @text
 * @err: "line 3: remote port '0' is not 1..65535"
 *
 * Return: 0, -EINVAL (malformed, other version), -E2BIG (more than CONNS_MAX), -ENOMEM.
 */
int conns_parse(struct conns *conns, const char *text, size_t len, struct err *err);

/**
 * struct conn_counts - TCP counters of a network namespace, for all ports
 * @active: opened from here, ever
 * @passive: accepted, ever
 * @established: established now (kernels differ in whether CLOSE-WAIT counts)
 *
 * Once all connections of a table are established, none can come without a change of
 * @passive. None can leave that state without a change of @established or, if another
 * takes its place, of one of the other two (net/ipv4: tcp_create_openreq_child(),
 * tcp_set_state(), tcp_connect()).
 */
struct conn_counts {
	uint64_t active;
	uint64_t passive;
	uint64_t established;
};

/** conn_counts_equal - has nothing been counted in between? */
bool conn_counts_equal(const struct conn_counts *a, const struct conn_counts *b);

/**
 * conn_counts_parse - read them from /proc/net/snmp
 * @counts: set on success
 * @text: the file, terminated
 *
 * Two lines begin with "Tcp:", one with names and one with values in the same order
 * (net/ipv4/proc.c, snmp_seq_show_tcp_udp()). Unknown names are ignored.
 *
 * Return: 0, or -EINVAL.
 */
int conn_counts_parse(struct conn_counts *counts, const char *text);

#endif
