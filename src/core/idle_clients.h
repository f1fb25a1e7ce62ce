/* SPDX-License-Identifier: GPL-2.0-or-later */
/* idle_clients: which clients hold no state and asked for none since the last look. */
#ifndef BATON_CORE_IDLE_CLIENTS_H
#define BATON_CORE_IDLE_CLIENTS_H

#include "core/client.h"
#include "core/service.h"

/**
 * struct sent - how much the server has sent on one connection
 * @cookie: the kernel's, never reused
 * @ip, @port: of the client
 * @known: the kernel has reported the next two
 * @bytes: ever handed to the network, retransmissions included: only grows
 * @acked: of those, acknowledged by the client: only grows
 * @unsent: written but not sent; a FIN counts as one
 * @unacknowledged: written but not acknowledged, sent or not; a FIN counts as one
 * @unread: received but not read by the server
 * @silent_ms: time since anything came from the client
 */
struct sent {
	uint64_t cookie;
	struct ipaddr ip;
	uint16_t port;
	bool known;
	uint64_t bytes;
	uint64_t acked;
	uint32_t unsent;
	uint32_t unacknowledged;
	uint32_t unread;
	uint32_t silent_ms;
};

/** struct sents - a growable list; start from all zero, end with sents_free() */
struct sents {
	struct sent *v;
	size_t n;
	size_t room;
};

/** sents_add - append a copy. Return: 0 or -ENOMEM. */
int sents_add(struct sents *sents, const struct sent *sent);

/** sents_sort - by cookie. */
void sents_sort(struct sents *sents);

/** sents_has - does a sorted list contain this cookie? */
bool sents_has(const struct sents *sents, uint64_t cookie);

/** sents_free - release the list and clear it. */
void sents_free(struct sents *sents);

/**
 * idle_clients_sift - leave only the clients that certainly hold nothing
 * @clients: all that knfsd knew, read after @before; those that may hold something are
 *           dropped
 * @before: the connections when no more calls came in; gets sorted
 * @after: the same when all running calls had ended and their replies were written; gets
 *         sorted
 * @svc: with several addresses, a client may have several, too; NFSv4.0 has shorter
 *       replies
 * @why: set if a doubt leaves nobody idle, else NULL
 *
 * Clients get state only through calls, and each call has a reply. If the reply was
 * written before @before, the state shows in @clients. If it came later, it shows as
 * bytes sent, or left to send, on the connection of the call. A client that was sent less
 * than the shortest reply that gives state has got none. This matters: renewals come all
 * the time, and so do clients that make themselves known again after the last move.
 * Replies written but unsent at @before, and retransmissions, look like more bytes. That
 * only keeps a client that could have been let go; so does a connection that has gone.
 *
 * Connections are matched to clients by address alone:
 *  - no client with that address counts as idle;
 *  - an address of no known client (address and port, if the service has several
 *  addresses) may be anybody's second one: then nobody is idle;
 *  - a client whose own connection has gone is not idle either, as it may use another.
 * None of this applies if nobody was sent that much. Clients with the same name are one
 * client before and after its reboot; they count as idle only together.
 *
 * Return: 0, or -ENOMEM with no clients left.
 */
int idle_clients_sift(struct clients *clients, struct sents *before, struct sents *after,
		      const struct service *svc, const char **why);

#endif
