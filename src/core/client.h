/* SPDX-License-Identifier: GPL-2.0-or-later */
/* client: an NFSv4 client, as knfsd's /proc/fs/nfsd/clients/N/info tells it. */
#ifndef BATON_CORE_CLIENT_H
#define BATON_CORE_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/service.h"

/** enum client_status - the line "status:" (fs/nfsd/nfs4state.c, client_info_show) */
enum client_status {
	CLIENT_UNCONFIRMED, /* also what is not known here */
	CLIENT_CONFIRMED,
	CLIENT_COURTESY, /* from 5.19 on: its lease ran out, its state is kept; "expirable" too */
};

/**
 * struct client - one client
 * @id: what it calls itself (co_ownerid, any bytes); owned
 * @len: of @id
 * @ip, @port: where its EXCHANGE_ID came from; IPv4-mapped IPv6 is given as IPv4
 * @status: of it
 * @holding: it has an open, lock, delegation or layout, or nobody can say; not from info
 * @renewed_s: seconds since it last renewed its lease; -1 = not told (before 5.19),
 *             or not as a number
 */
struct client {
	unsigned char *id;
	size_t len;
	struct ipaddr ip;
	uint16_t port;
	enum client_status status;
	bool holding;
	int64_t renewed_s;
};

/**
 * struct held - an open, lock, delegation or layout of a client
 * @lock: it is a byte-range lock
 * @revoked: by an administrator; holds no file open any more
 * @dev: of the filesystem, 0 = not told
 */
struct held {
	bool lock;
	bool revoked;
	dev_t dev;
};

/**
 * held_parse - understand one line of a client's `states` file
 * @held: receives it
 * @line: terminated, with or without its newline
 *
 * `- 0x…: { type: open, access: rw, deny: --, superblock: "fd:10:13649", …`, major and minor
 * hexadecimal; what is revoked ends in "admin-revoked" (from 6.9 on; fs/nfsd/nfs4state.c,
 * nfs4_show_open(), nfs4_show_superblock()). File names stand behind that as they are,
 * newlines included: what they may pretend is a state more, never one less.
 */
void held_parse(struct held *held, const char *line);

/** struct clients - a growable list; start from all zero, end with clients_free() */
struct clients {
	struct client *v;
	size_t n;
	size_t room;
};

/**
 * client_parse - understand an info file
 * @client: filled; its id is the caller's to free
 * @text: terminated
 *
 * Every line is anchored: a name can contain neither newline nor quotation mark, as knfsd
 * writes them, like the backslash and all that is not printable ASCII, as \xHH
 * (seq_quote_mem: ESCAPE_HEX | ESCAPE_NAP | ESCAPE_APPEND). Octal is understood as well:
 * seq_escape()'s way before that.
 *
 * Return: 0, -EINVAL if address or name are missing or not exactly so, or -ENOMEM.
 */
int client_parse(struct client *client, const char *text);

/**
 * client_name - an id to be read by people
 * @text: gets it, cut to @size; '?' for what cannot be printed
 *
 * Return: @text.
 */
const char *client_name(const unsigned char *id, size_t len, char *text, size_t size);

/** clients_add - append, and take over the id if that goes well. Return: 0 or -ENOMEM. */
int clients_add(struct clients *clients, const struct client *client);

/** clients_free - release the list and clear it. */
void clients_free(struct clients *clients);

static inline void cleanup_clients(struct clients *clients)
{
	clients_free(clients);
}
#define _cleanup_clients_ __attribute__((cleanup(cleanup_clients)))

#endif
