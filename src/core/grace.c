// SPDX-License-Identifier: GPL-2.0-or-later
/* grace: how long a grace period may last, and when it may end. */
#include "core/grace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/array.h"

/* Until measured: three times the 6.5 ms that guests under TCG need. */
#define PACE_US 20000
/* A fast client may meet a slower or busier head the next time. */
#define PACE_LEAST_US 5000
/* Minimum that can be measured by looks a second or more apart. */
#define MEASURED_MIN    200
#define MEASURED_MIN_MS 3000

unsigned int grace_ceiling(unsigned int grace_s, uint32_t most, uint32_t pace_us)
{
	uint64_t pace = !pace_us                  ? PACE_US
			: pace_us < PACE_LEAST_US ? PACE_LEAST_US
						  : pace_us;
	uint64_t s = grace_s + (2 * pace * most + 999999) / 1000000;

	return s < GRACE_MAX_S ? s : GRACE_MAX_S;
}

/* Takes over the id, even on failure. */
static int append(struct grace *g, const struct grace_client *one)
{
	int rc = array_add(g, one);

	if (rc < 0)
		free(one->id);
	return rc;
}

int grace_await(struct grace *g, const unsigned char *id, size_t len)
{
	struct grace_client one = { .len = len, .seen = true };

	for (size_t i = 0; i < g->n; i++)
		if (g->v[i].len == len && memcmp(g->v[i].id, id, len) == 0) {
			g->v[i].seen = true;
			return 0;
		}
	one.id = holding_copy_id(id, len);
	return one.id && append(g, &one) == 0 ? 0 : -ENOMEM;
}

/* Microseconds for each item it has reclaimed; 0 = it was too fast to tell. */
static uint32_t pace_of(const struct grace_client *c)
{
	int64_t ms = c->grown_ms - c->first_ms;

	if (!c->back || c->count < c->first + MEASURED_MIN || ms < MEASURED_MIN_MS)
		return 0;
	return ms * 1000 / (c->count - c->first);
}

static void note_one(struct grace_client *c, const struct holding *now, bool busy,
		     int64_t now_ms)
{
	if (!now) {
		c->back = false;
		return;
	}
	if (!c->back) {
		c->first = now->count;
		c->first_ms = now_ms;
	}
	if (!c->back || now->count > c->count || busy)
		c->grown_ms = now_ms;
	c->back = true;
	c->count = now->count;
}

void grace_note(struct grace *g, const struct holdings *now, int64_t now_ms)
{
	bool busy = now->ranges > g->ranges;

	for (size_t i = 0; i < g->n; i++)
		note_one(&g->v[i], holdings_find(now, g->v[i].id, g->v[i].len), busy,
			 now_ms);
	g->ranges = now->ranges;
}

void grace_hold(struct grace *g, int64_t now_ms)
{
	for (size_t i = 0; i < g->n; i++)
		if (g->v[i].back)
			g->v[i].grown_ms = now_ms;
}

bool grace_is_over(const struct grace *g, int64_t since_ms, unsigned int grace_s,
		   unsigned int lease_s, int64_t now_ms)
{
	for (size_t i = 0; i < g->n; i++)
		if (g->v[i].back && now_ms < g->v[i].grown_ms + lease_s * 1000LL)
			return false;
	return since_ms >= grace_s * 1000LL;
}

uint32_t grace_pace(const struct grace *g)
{
	uint32_t slowest = g->pace_us;

	for (size_t i = 0; i < g->n; i++) {
		uint32_t pace = pace_of(&g->v[i]);

		slowest = pace > slowest ? pace : slowest;
	}
	return slowest;
}

uint32_t grace_learn(uint32_t known, uint32_t measured)
{
	if (!measured || measured >= known)
		return measured ? measured : known;
	return ((uint64_t)known * 3 + measured) / 4;
}

void grace_sift(struct grace *g)
{
	size_t kept = 0;

	g->pace_us = grace_pace(g);
	for (size_t i = 0; i < g->n; i++) {
		if (g->v[i].seen)
			g->v[kept++] = g->v[i];
		else
			free(g->v[i].id);
	}
	g->n = kept;
	for (size_t i = 0; i < g->n; i++)
		g->v[i].seen = false;
}

void grace_free(struct grace *g)
{
	for (size_t i = 0; i < g->n; i++)
		free(g->v[i].id);
	free(g->v);
	memset(g, 0, sizeof(*g));
}
