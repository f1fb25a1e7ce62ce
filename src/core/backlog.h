/* SPDX-License-Identifier: GPL-2.0-or-later */
/* backlog: what a server still owes its clients over TCP, and whether it gets less. */
#ifndef BATON_CORE_BACKLOG_H
#define BATON_CORE_BACKLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/idle_clients.h"

/** enum backlog_part - which part of the backlog */
enum backlog_part {
	BACKLOG_UNDELIVERED,    /* calls not read, replies not sent */
	BACKLOG_UNACKNOWLEDGED, /* replies that the client has not acknowledged */
};

/**
 * struct backlog - the progress so far; start from all zero
 * @acked, @unread: sums over all connections at the last look
 * @progress_ms: when one of them last changed
 */
struct backlog {
	uint64_t acked;
	uint64_t unread;
	int64_t progress_ms;
};

/** backlog_bytes - what is owed on one connection; a held FIN counts as nothing. */
uint32_t backlog_bytes(const struct sent *sent, enum backlog_part part);

/**
 * backlog_is_gone - has the client been silent for a lease, though data is on the way?
 *
 * Its state has expired by then. Nothing waits for it: otherwise a client that has been
 * switched off would hold up every move.
 */
bool backlog_is_gone(const struct sent *sent, unsigned int lease_s);

/**
 * backlog_look - is anything still owed?
 * @backlog: the progress so far; updated
 * @now: the connections
 * @part: which part
 * @lease_s: of the service, in seconds
 * @now_ms: monotonic clock
 *
 * Return: how many connections to wait for. @now_ms minus @backlog's @progress_ms is how
 * long nothing has become less.
 */
size_t backlog_look(struct backlog *backlog, const struct sents *now,
		    enum backlog_part part, unsigned int lease_s, int64_t now_ms);

/** backlog_owes - is anything owed at all? A call not yet read counts, too. */
bool backlog_owes(const struct sent *sent);

/**
 * backlog_lost - connections that have gone while something was owed on them
 * @before: an earlier look; gets sorted
 * @now: gets sorted
 * @lost: receives them
 *
 * A socket that is closed with unread calls is reset and does not send the replies it
 * has. A connection whose client has reconnected is gone, too.
 *
 * Return: 0, or -ENOMEM.
 */
int backlog_lost(struct sents *before, struct sents *now, struct sents *lost);

/**
 * backlog_name - the clients in a list, as text
 * @text: gets "10.77.0.20:790 (161254 bytes), …": as many as fit, and the number of the
 *        others
 * @size: of @text
 */
void backlog_name(const struct sents *sents, char *text, size_t size);

#endif
