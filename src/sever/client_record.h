/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * client_record: the file with the clients of an address, which the next head reads to
 * tickle them.
 */
#ifndef BATON_SEVER_CLIENT_RECORD_H
#define BATON_SEVER_CLIENT_RECORD_H

#include "core/conn.h"

/* Room for a record's name. */
#define CLIENT_RECORD_NAME (IPADDR_TEXT + 6)

/** client_record_name - of an address's record: "192.0.2.50-2049". Return: @name. */
const char *client_record_name(const struct ipaddr *ip, uint16_t port,
			       char name[CLIENT_RECORD_NAME]);

/** client_record_parse_name - parse such a name. Return: 0, or -EINVAL. */
int client_record_parse_name(struct ipaddr *ip, uint16_t *port, const char *name);

/**
 * struct client_record - start from all zero, end with client_record_free()
 * @conns: its connections, sorted
 * @lockers: how many of its clients hold byte-range locks, or delegations to write, under
 *           which they may
 */
struct client_record {
	struct conns conns;
	unsigned int lockers;
};

/**
 * client_record_format - the text form: the connections, and a line that ends it
 *
 *	baton-connections 1
 *	192.0.2.50 2049 192.0.2.20 983
 *	locks 1
 *
 * Return: malloc'd text, or NULL if memory is short.
 */
char *client_record_format(const struct client_record *record);

/**
 * client_record_parse - read the text form; trusts nothing in it
 * @record: receives it; empty on failure
 * @ip, @port: the address it must belong to, because packets are sent in its name
 * @text: need not end with a zero byte
 * @len: bytes of @text
 * @err: "line 3: not of 192.0.2.50:2049"
 *
 * Return: 0, -EINVAL (malformed, cut short, of another address), -E2BIG or -ENOMEM.
 */
int client_record_parse(struct client_record *record, const struct ipaddr *ip,
			uint16_t port, const char *text, size_t len, struct err *err);

/** client_record_free - release it and clear it. */
void client_record_free(struct client_record *record);

static inline void cleanup_client_record(struct client_record *record)
{
	client_record_free(record);
}
#define _cleanup_client_record_ __attribute__((cleanup(cleanup_client_record)))

#endif
