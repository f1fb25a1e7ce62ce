// SPDX-License-Identifier: GPL-2.0-or-later
/* idle_clients: which clients hold no state and asked for none since the last look. */
#include "core/idle_clients.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/array.h"
#include "core/conn.h"

int sents_add(struct sents *sents, const struct sent *sent)
{
	return array_add(sents, sent);
}

void sents_free(struct sents *sents)
{
	free(sents->v);
	memset(sents, 0, sizeof(*sents));
}

static int by_cookie(const void *pa, const void *pb)
{
	const struct sent *a = pa, *b = pb;

	return a->cookie < b->cookie ? -1 : a->cookie > b->cookie;
}

void sents_sort(struct sents *sents)
{
	if (sents->n)
		qsort(sents->v, sents->n, sizeof(*sents->v), by_cookie);
}

bool sents_has(const struct sents *sents, uint64_t cookie)
{
	const struct sent key = { .cookie = cookie };

	return sents->n && bsearch(&key, sents->v, sents->n, sizeof(key), by_cookie);
}

/* For sets of clients' addresses, with or without (0) their ports. */
static struct conn member(const struct ipaddr *ip, uint16_t port)
{
	return (struct conn){ .local.family = AF_INET, .remote = *ip, .rport = port };
}

static int put(struct conns *set, const struct ipaddr *ip, uint16_t port)
{
	struct conn c = member(ip, port);

	return conns_add(set, &c);
}

static bool has(const struct conns *set, const struct ipaddr *ip, uint16_t port)
{
	struct conn c = member(ip, port);

	return set->n && bsearch(&c, set->v, set->n, sizeof(c), conn_compare);
}

/*
 * Shortest replies over TCP, in bytes (AUTH_SYS, empty tag). Only three operations can
 * give state to a client that holds none: OPEN, and from NFSv4.1 on WANT_DELEGATION and
 * GET_DIR_DELEGATION. Each comes after a SEQUENCE and an operation that names the file.
 */
enum {
	REPLY_RPC = 28,        /* RFC 5531 sections 9 and 11 */
	REPLY_COMPOUND = 12,   /* RFC 8881 section 16.2.2 */
	REPLY_PUTFH = 8,       /* 18.19.2 */
	REPLY_OPEN = 56,       /* 18.16.2; RFC 7530 section 16.16.4 */
	REPLY_SEQUENCE = 44,   /* RFC 8881 section 18.46.2 */
	REPLY_DELEGATION = 48, /* 18.39.2, 18.49.2 */
	REPLY_LEAST = REPLY_RPC + REPLY_COMPOUND + REPLY_PUTFH,
};

static uint64_t get_shortest_gift(const struct service *svc)
{
	return svc->versions & VERSION_4_0
		       ? REPLY_LEAST + REPLY_OPEN
		       : REPLY_LEAST + REPLY_SEQUENCE + REPLY_DELEGATION;
}

/* Could a reply of that length have been written in between? Either may be missing. */
static bool has_spoken(const struct sent *before, const struct sent *after,
		       uint64_t least)
{
	uint64_t had = before ? before->bytes : 0;

	if (!after || !after->known || (before && !before->known))
		return true;
	return after->bytes + after->unsent >= had + least;
}

static int find_speakers(const struct sents *before, const struct sents *after,
			 uint64_t least, struct conns *speakers)
{
	size_t i = 0, j = 0;
	int rc = 0;

	while ((i < before->n || j < after->n) && rc == 0) {
		const struct sent *b = i < before->n ? &before->v[i] : NULL;
		const struct sent *a = j < after->n ? &after->v[j] : NULL;

		if (a && b && a->cookie != b->cookie) {
			if (a->cookie < b->cookie)
				b = NULL;
			else
				a = NULL;
		}
		if (has_spoken(b, a, least))
			rc = put(speakers, b ? &b->ip : &a->ip, b ? b->port : a->port);
		i += b != NULL;
		j += a != NULL;
	}
	conns_sort(speakers);
	return rc;
}

/* Keeps only the clients for which @keep is set. */
static void retain(struct clients *clients, const bool *keep)
{
	size_t kept = 0;

	for (size_t i = 0; i < clients->n; i++) {
		if (keep[i])
			clients->v[kept++] = clients->v[i];
		else
			free(clients->v[i].id);
	}
	clients->n = kept;
}

static int by_name(const void *pa, const void *pb)
{
	const struct client *a = pa, *b = pb;

	if (a->len != b->len)
		return a->len < b->len ? -1 : 1;
	return memcmp(a->id, b->id, a->len);
}

static bool is_idle(const struct client *c)
{
	return c->status == CLIENT_CONFIRMED && !c->holding;
}

/* Clients with the same name are all idle or none; sorts the clients. */
static void judge_holding(struct clients *clients, bool *idle)
{
	size_t end;

	if (clients->n)
		qsort(clients->v, clients->n, sizeof(*clients->v), by_name);
	for (size_t i = 0; i < clients->n; i = end) {
		bool all = true;

		for (end = i;
		     end < clients->n && by_name(&clients->v[i], &clients->v[end]) == 0;
		     end++)
			all &= is_idle(&clients->v[end]);
		memset(idle + i, all, end - i);
	}
}

/* What idle_clients_sift() looks up. */
struct sets {
	struct conns speakers; /* with their ports … */
	struct conns speaking; /* … and without */
	struct conns known;    /* clients' addresses */
	struct conns alive;    /* connections that existed */
};

static int fill_sets(struct sets *s, const struct clients *clients,
		     const struct sents *before, bool exact)
{
	int rc = 0;

	for (size_t i = 0; i < s->speakers.n && rc == 0; i++)
		rc = put(&s->speaking, &s->speakers.v[i].remote, 0);
	for (size_t i = 0; i < clients->n && rc == 0; i++)
		rc = put(&s->known, &clients->v[i].ip, exact ? clients->v[i].port : 0);
	for (size_t i = 0; i < before->n && rc == 0; i++)
		rc = put(&s->alive, &before->v[i].ip, before->v[i].port);
	conns_sort(&s->speaking);
	conns_sort(&s->known);
	conns_sort(&s->alive);
	return rc;
}

static void judge_speaking(const struct sets *s, const struct clients *clients,
			   bool exact, bool *idle, const char **why)
{
	for (size_t i = 0; i < s->speakers.n && !*why; i++)
		if (!has(&s->known, &s->speakers.v[i].remote,
			 exact ? s->speakers.v[i].rport : 0))
			*why = "a call came from an address of no known client";
	for (size_t i = 0; i < clients->n; i++) {
		const struct client *c = &clients->v[i];

		idle[i] &= !*why && !has(&s->speaking, &c->ip, 0) &&
			   has(&s->alive, &c->ip, c->port);
	}
}

int idle_clients_sift(struct clients *clients, struct sents *before, struct sents *after,
		      const struct service *svc, const char **why)
{
	bool exact = svc->n_addresses > 1;
	bool *idle = calloc(clients->n + 1, sizeof(*idle));
	struct sets s = { 0 };
	int rc = idle ? 0 : -ENOMEM;

	*why = NULL;
	sents_sort(before);
	sents_sort(after);
	if (rc == 0)
		rc = find_speakers(before, after, get_shortest_gift(svc), &s.speakers);
	if (rc == 0)
		judge_holding(clients, idle);
	if (rc == 0 && s.speakers.n)
		rc = fill_sets(&s, clients, before, exact);
	if (rc == 0 && s.speakers.n)
		judge_speaking(&s, clients, exact, idle, why);
	if (rc == 0)
		retain(clients, idle);
	else
		clients_free(clients);
	conns_free(&s.speakers);
	conns_free(&s.speaking);
	conns_free(&s.known);
	conns_free(&s.alive);
	free(idle);
	return rc;
}
