/* SPDX-License-Identifier: GPL-2.0-or-later */
/* clientele: whom an address serves, as a head records it for the one that comes after. */
#ifndef BATON_CORE_CLIENTELE_H
#define BATON_CORE_CLIENTELE_H

#include "core/conn.h"

/* Room for a record's name. */
#define CLIENTELE_NAME (IPADDR_TEXT + 6)

/** clientele_name - of an address' record: "192.0.2.50-2049", into @name. Return: @name. */
const char *clientele_name(const struct ipaddr *ip, uint16_t port,
			   char name[CLIENTELE_NAME]);

/** clientele_parse_name - read such a name. Return: 0, or -EINVAL. */
int clientele_parse_name(struct ipaddr *ip, uint16_t *port, const char *name);

/**
 * struct clientele - start from all zero, end with clientele_free()
 * @conns: its connections, sorted
 * @lockers: how many of its clients hold byte-range locks
 */
struct clientele {
	struct conns conns;
	unsigned int lockers;
};

/**
 * clientele_format - the text form: that of the connections, and a line that ends it
 *
 *	baton-connections 1
 *	192.0.2.50 2049 192.0.2.20 983
 *	locks 1
 *
 * Return: malloc'd text, or NULL if memory is short.
 */
char *clientele_format(const struct clientele *clientele);

/**
 * clientele_parse - read the text form; trusts nothing in it
 * @clientele: receives it; empty on failure
 * @ip, @port: whose it has to be: packets will be sent in this name
 * @text: need not end with a zero byte
 * @len: bytes of @text
 * @err: "line 3: not of 192.0.2.50:2049"
 *
 * Return: 0, -EINVAL (malformed, cut short, of another address), -E2BIG or -ENOMEM.
 */
int clientele_parse(struct clientele *clientele, const struct ipaddr *ip, uint16_t port,
		    const char *text, size_t len, struct err *err);

/** clientele_free - release it and clear it. */
void clientele_free(struct clientele *clientele);

static inline void cleanup_clientele(struct clientele *clientele)
{
	clientele_free(clientele);
}
#define _cleanup_clientele_ __attribute__((cleanup(cleanup_clientele)))

#endif
