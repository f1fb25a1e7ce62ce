/* SPDX-License-Identifier: GPL-2.0-or-later */
/* conn: the table of a service's TCP connections, and its text form. */
#ifndef BATON_CORE_CONN_H
#define BATON_CORE_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/service.h"

/* A table from a file or a peer holds no more than this. */
#define CONNS_MAX 65536
/* Its text, with two IPv6 addresses a line, is no longer than this. */
#define CONNS_MAX_LEN (8u << 20)

/* First line of the text form; the number grows when the lines change their meaning. */
#define CONNS_HEADER "baton-connections 1"

/**
 * struct conn - one TCP connection, seen from the server
 * @local: the floating address; IPv4-mapped IPv6 is given as IPv4
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
 * conn_compare - order by local address and port, then remote; the state does not count
 * Return: <0, 0, >0, for qsort().
 */
int conn_compare(const void *a, const void *b);

/** conns_sort - into the order of conn_compare(), each connection once. */
void conns_sort(struct conns *conns);

/** conns_are_established - are all of them? */
bool conns_are_established(const struct conns *conns);

/** conns_equal - the same connections? Both tables sorted; states do not count. */
bool conns_equal(const struct conns *a, const struct conns *b);

/**
 * conn_is_of - is it one of the service's: one of its addresses, and the port of NFS?
 *
 * Packets are sent in the name of that address, so a table from a disk or a peer is asked.
 */
bool conn_is_of(const struct conn *conn, const struct service *svc);

/**
 * conns_keep_own - drop those that are not, or whose client has an address that none has
 * Return: how many were dropped.
 */
size_t conns_keep_own(struct conns *conns, const struct service *svc);

/**
 * conn_state_name - how ss(8) calls a TCP state
 *
 * Return: the state's usual name ("ESTAB", "FIN-WAIT-1" … as ss(8) prints it), "?" if
 * unknown.
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
 * struct conn_counts - what a network namespace counts of its TCP connections, of any port
 * @active: opened from here, ever
 * @passive: accepted, ever
 * @established: there now, in this state (kernels differ in whether CLOSE-WAIT counts)
 *
 * Once all connections of a table are established, none comes without @passive, and none
 * leaves that state without @established or, if another takes its place, one of the others
 * (net/ipv4: tcp_create_openreq_child(), tcp_set_state(), tcp_connect()).
 */
struct conn_counts {
	uint64_t active;
	uint64_t passive;
	uint64_t established;
};

/** conn_counts_equal - nothing has been counted in between? */
bool conn_counts_equal(const struct conn_counts *a, const struct conn_counts *b);

/**
 * conn_counts_parse - read them in /proc/net/snmp
 * @counts: set on success
 * @text: the file, terminated
 *
 * Two lines begin with "Tcp:", one of names and one of values in the same order
 * (net/ipv4/proc.c, snmp_seq_show_tcp_udp()). There may be more of them than are known here.
 *
 * Return: 0, or -EINVAL.
 */
int conn_counts_parse(struct conn_counts *counts, const char *text);

#endif
