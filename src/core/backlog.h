/* SPDX-License-Identifier: GPL-2.0-or-later */
/* backlog: what a server still owes its clients over TCP, and whether it becomes less. */
#ifndef BATON_CORE_BACKLOG_H
#define BATON_CORE_BACKLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/idle_clients.h"

/** enum backlog_part - which part of it */
enum backlog_part {
	BACKLOG_UNDELIVERED,    /* calls not read, replies not sent */
	BACKLOG_UNACKNOWLEDGED, /* replies that the client has not acknowledged */
};

/**
 * struct backlog - how it has gone so far; start from all zero
 * @acked, @unread: sums over all connections at the last look
 * @progress_ms: when one of them changed last
 */
struct backlog {
	uint64_t acked;
	uint64_t unread;
	int64_t progress_ms;
};

/** backlog_bytes - what is owed on one connection; a FIN that may not leave is nothing. */
uint32_t backlog_bytes(const struct sent *sent, enum backlog_part part);

/**
 * backlog_is_gone - has its client said nothing for a lease, though data is under way to it?
 *
 * Its state has run out by then. It is not waited for, or a client that has been switched
 * off would hold up every move.
 */
bool backlog_is_gone(const struct sent *sent, unsigned int lease_s);

/**
 * backlog_look - is something owed still?
 * @backlog: of the looks so far
 * @now: the connections
 * @part: which part
 * @lease_s: of the service, in seconds
 * @now_ms: of the monotonic clock
 *
 * Return: how many connections are to be waited for. For how long nothing has become less is
 * @now_ms less @backlog's @progress_ms.
 */
size_t backlog_look(struct backlog *backlog, const struct sents *now,
		    enum backlog_part part, unsigned int lease_s, int64_t now_ms);

/** backlog_owes - is anything owed at all, a call that was not read included? */
bool backlog_owes(const struct sent *sent);

/**
 * backlog_lost - the connections that have gone with something owed
 * @before: an earlier look; gets sorted
 * @now: gets sorted
 * @lost: receives them
 *
 * A socket that is closed with calls unread is reset, and sends no reply that it has; one
 * whose client has started anew goes as well.
 *
 * Return: 0, or -ENOMEM.
 */
int backlog_lost(struct sents *before, struct sents *now, struct sents *lost);

/**
 * backlog_name - the clients of a list, in words
 * @text: gets "10.77.0.20:790 (161254 bytes), …", as many as fit, and how many more there are
 * @size: of @text
 */
void backlog_name(const struct sents *sents, char *text, size_t size);

#endif
