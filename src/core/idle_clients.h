/* SPDX-License-Identifier: GPL-2.0-or-later */
/* idle_clients: which clients hold no state and have not asked for any since the last look. */
#ifndef BATON_CORE_IDLE_CLIENTS_H
#define BATON_CORE_IDLE_CLIENTS_H

#include "core/client.h"
#include "core/service.h"

/**
 * struct sent - how much the server has sent on one connection
 * @cookie: the kernel's, never used again
 * @ip, @port: of the client
 * @known: the kernel has told the next two
 * @bytes: ever handed to the network, retransmissions included: it only grows
 * @acked: of them the client has acknowledged so many: it only grows
 * @unsent: written and not yet sent; a FIN counts as one
 * @unacknowledged: written and not acknowledged, sent or not; a FIN counts as one
 * @unread: received, and not read by the server
 * @silent_ms: since anything came from the client
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

/** sents_has - is there one of this cookie in a sorted list? */
bool sents_has(const struct sents *sents, uint64_t cookie);

/** sents_free - release the list and clear it. */
void sents_free(struct sents *sents);

/**
 * idle_clients_sift - leave only the clients that hold nothing for certain
 * @clients: all that knfsd knew, read after @before; loses those that may hold something
 * @before: the connections, when no call came in any more; gets sorted
 * @after: the same, when every call being executed had ended and its reply written; gets sorted
 * @svc: with several addresses a client may have several, too; NFSv4.0 has shorter replies
 * @why: set if nobody is left because something is in doubt, else NULL
 *
 * What a client has got, it has got by a call, and each call has a reply. A call whose
 * reply was written before @before shows in @clients; one whose reply came later shows as
 * something sent, or left to send, on the connection it came by. Who has been sent less
 * than the shortest reply that gives something has got nothing: renewals come all the
 * time, and so do clients that make themselves known again after the last move. That a
 * reply had been written and not sent at @before, or that something was sent again, looks
 * like more, and only keeps a client that could have been let go; so does a connection
 * that has gone.
 *
 * Whose connection it is, is told by the address alone:
 *  - no client of that address counts as idle;
 *  - an address of no known client (address and port, if the service has several) may be
 *    anybody's second one: then nobody is idle;
 *  - nor is a client whose own connection is not there any more, as it may speak by
 *    another. None of this matters if nobody was sent as much.
 * Of clients with the same name, which are one client before and after its reboot, all have
 * to be idle.
 *
 * Return: 0, or -ENOMEM, and then none is left.
 */
int idle_clients_sift(struct clients *clients, struct sents *before, struct sents *after,
		      const struct service *svc, const char **why);

#endif
