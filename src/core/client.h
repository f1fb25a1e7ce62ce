/* SPDX-License-Identifier: GPL-2.0-or-later */
/* client: an NFSv4 client, as described by knfsd's /proc/fs/nfsd/clients/N/info. */
#ifndef BATON_CORE_CLIENT_H
#define BATON_CORE_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/service.h"

/** enum client_status - the line "status:" (fs/nfsd/nfs4state.c, client_info_show) */
enum client_status {
	CLIENT_UNCONFIRMED, /* also for a status not known here */
	CLIENT_CONFIRMED,
	CLIENT_COURTESY, /* since 5.19: lease expired, state kept; "expirable" too */
};

/**
 * struct client - one client
 * @id: what it calls itself (co_ownerid, any bytes); owned
 * @len: of @id
 * @ip, @port: where its EXCHANGE_ID came from; IPv4-mapped IPv6 becomes IPv4
 * @status: from the line "status:"
 * @holding: it has an open, lock, delegation or layout, or this is unknown; not from info
 * @renewed_s: seconds since it last renewed its lease; -1 = missing (before 5.19) or not
 *             a number
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
 * @delegated: it is a delegation to write (since Linux 6.6). Locks under one are the
 *             client's own: the server does not know of them
 * @revoked: by an administrator; no longer holds a file open
 * @dev: of the filesystem, 0 = unknown
 */
struct held {
	bool lock;
	bool delegated;
	bool revoked;
	dev_t dev;
};

/**
 * held_parse - parse one line of a client's `states` file
 * @held: the result
 * @line: terminated, with or without its newline
 *
 * `- 0x…: { type: open, access: rw, deny: --, superblock: "fd:10:13649", …`, with major
 * and minor in hexadecimal; a revoked one ends in "admin-revoked" (since 6.9;
 * fs/nfsd/nfs4state.c, nfs4_show_open(), nfs4_show_superblock()). File names follow
 * unescaped, newlines included: they can fake an additional state, but never hide one.
 */
void held_parse(struct held *held, const char *line);

/** struct clients - a growable list; start from all zero, end with clients_free() */
struct clients {
	struct client *v;
	size_t n;
	size_t room;
};

/**
 * client_parse - parse an info file
 * @client: filled; the caller frees its id
 * @text: terminated
 *
 * Matching only at the start of a line is safe: a name contains neither newline nor
 * quotation mark, because knfsd writes these, the backslash and everything that is not
 * printable ASCII as \xHH (seq_quote_mem: ESCAPE_HEX | ESCAPE_NAP | ESCAPE_APPEND).
 * Octal, as older kernels' seq_escape() writes it, is understood as well.
 *
 * Return: 0, -EINVAL if address or name is missing or malformed, or -ENOMEM.
 */
int client_parse(struct client *client, const char *text);

/**
 * client_name - make an id readable
 * @text: gets it, cut to @size, with '?' for what cannot be printed
 *
 * Return: @text.
 */
const char *client_name(const unsigned char *id, size_t len, char *text, size_t size);

/** clients_add - append; on success the list owns the id. Return: 0 or -ENOMEM. */
int clients_add(struct clients *clients, const struct client *client);

/** clients_free - release the list and clear it. */
void clients_free(struct clients *clients);

static inline void cleanup_clients(struct clients *clients)
{
	clients_free(clients);
}
#define _cleanup_clients_ __attribute__((cleanup(cleanup_clients)))

#endif
