// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * explore: all states, breadth first.
 *
 * A state is remembered by 128 bits of a hash of its bytes, with the state and the action
 * that it was first reached by; so the shortest trace to it can be told. The states
 * themselves are kept only until they have been expanded. Two states with the same hash
 * would be taken for one: with 10^8 states, that happens in one of 10^22 explorations.
 *
 * What must be reachable from each state is looked for afterwards, backwards along the
 * transitions, which are kept in the order of the states that they leave.
 */
#include "explore.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "disk.h"
#include "keeper/handover_table.h"

/* What a transition may be used for. */
enum { BY_ITSELF = 1, MENDS = 2 };
/* What a state is. */
enum { SERVES = 1, ASKED = 2, RETURNS = 4, BACK = 8, ALONE = 16 };

struct hash {
	uint64_t a, b;
};

/* An array that grows without being copied; memory is used as far as it is written. */
struct store {
	char *at;
	size_t used;
};

#define STORE_MAX (64ull << 30)

static struct store states;      /* struct hash of each */
static struct store parents;     /* struct came of each */
static struct store kinds;       /* uint8_t of each */
static struct store ends;        /* uint64_t of each: where its transitions end */
static struct store transitions; /* struct edge */
static struct store queue;       /* packed states */
static uint32_t *table;
static size_t table_size;

struct came {
	uint32_t from;
	struct action by;
};

struct edge {
	uint32_t to;
	uint8_t use;
} __attribute__((packed));

static void *grow(struct store *s, size_t size)
{
	if (!s->at) {
		s->at = mmap(NULL, STORE_MAX, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (s->at == MAP_FAILED) {
			perror("mmap");
			exit(1);
		}
	}
	s->used += size;
	return s->at + s->used - size;
}

static void release(struct store *s)
{
	if (s->at)
		munmap(s->at, STORE_MAX);
	memset(s, 0, sizeof(*s));
}

/* ---- a state as few bytes */

#define PACKED_MAX (sizeof(struct world) + HEADS_MAX)

static size_t pack(const struct world *w, char *to)
{
	size_t len = offsetof(struct world, head);

	memcpy(to, w, len);
	for (unsigned int i = 0; i < rules.heads; i++) {
		const struct m_head *h = &w->head[i];
		size_t n = h->on ? offsetof(struct m_head, queue) +
					   h->n_queue * sizeof(h->queue[0])
				 : offsetof(struct m_head, standing);

		memcpy(to + len, h, n);
		len += n;
	}
	return len;
}

static size_t unpack(struct world *w, const char *from)
{
	size_t len = offsetof(struct world, head);

	memset(w, 0, sizeof(*w));
	memcpy(w, from, len);
	for (unsigned int i = 0; i < rules.heads; i++) {
		struct m_head *h = &w->head[i];
		size_t n = offsetof(struct m_head, standing);

		memcpy(h, from + len, n);
		if (h->on) {
			n = offsetof(struct m_head, queue);
			memcpy(h, from + len, n);
			memcpy(h->queue, from + len + n,
			       h->n_queue * sizeof(h->queue[0]));
			n += h->n_queue * sizeof(h->queue[0]);
		}
		len += n;
	}
	return len;
}

static uint64_t mix(uint64_t a, uint64_t b)
{
	__uint128_t p = (__uint128_t)a * b;

	return (uint64_t)p ^ (uint64_t)(p >> 64);
}

/* Two hashes of 64 bits, each by multiplication to 128 (as wyhash does). */
static struct hash hash_of(const char *bytes, size_t len)
{
	struct hash h = { 0x9e3779b97f4a7c15 ^ len, 0xd6e8feb86659fd93 + len };

	for (size_t i = 0; i < len; i += 8) {
		uint64_t v = 0;

		memcpy(&v, bytes + i, len - i < 8 ? len - i : 8);
		h.a = mix(h.a ^ v, 0xe7037ed1a0b428db ^ i);
		h.b = mix(h.b + v, 0x8ebc6af09c88c6e3 + i) ^ h.a >> 32;
	}
	h.a = mix(h.a ^ h.b, 0x589965cc75374cc3);
	h.b = mix(h.b ^ h.a, 0x1d8e4e27c47d124f);
	return h;
}

static size_t n_states(void)
{
	return states.used / sizeof(struct hash);
}

static void grow_table(void)
{
	const struct hash *all = (const void *)states.at;

	free(table);
	table_size *= 2;
	table = calloc(table_size, sizeof(*table));
	if (!table) {
		perror("calloc");
		exit(1);
	}
	for (size_t i = 0; i < n_states(); i++) {
		size_t at = all[i].a & (table_size - 1);

		while (table[at])
			at = (at + 1) & (table_size - 1);
		table[at] = i + 1;
	}
}

/* Returns the number of the state; @is_new if it has not been seen before. */
static uint32_t find(const struct hash *hash, bool *is_new)
{
	const struct hash *all = (const void *)states.at;
	size_t at = hash->a & (table_size - 1);

	for (; table[at]; at = (at + 1) & (table_size - 1)) {
		const struct hash *seen = &all[table[at] - 1];

		if (seen->a == hash->a && seen->b == hash->b) {
			*is_new = false;
			return table[at] - 1;
		}
	}
	*is_new = true;
	table[at] = n_states() + 1;
	*(struct hash *)grow(&states, sizeof(*hash)) = *hash;
	if (n_states() * 2 > table_size)
		grow_table();
	return n_states() - 1;
}

/* ---- what a state is */

static uint8_t kind_of(const struct world *w)
{
	uint8_t kind = 0;
	bool hands_over = false;
	unsigned int speak = 0;

	for (unsigned int i = 0; i < rules.heads; i++) {
		const struct m_head *h = &w->head[i];
		const struct m_keeper *k = &h->keeper;
		unsigned int peer = k->peer ? k->peer - 1u : i;

		if (h->standing == IS_SERVING && !h->silent) {
			speak++;
			if (disk_can_write(w, i))
				kind |= SERVES;
		}
		if (h->agent.kind || h->operator)
			kind |= ASKED;
		if (k->phase < HANDOVER_STOPPING || k->phase > HANDOVER_RESUMING ||
		    k->phase == HANDOVER_GRANTED)
			continue;
		hands_over = true;
		/* Unless somebody wants it to stop. */
		if (k->phase != HANDOVER_CANCELLED && !k->n_waiting &&
		    h->agent.kind != AGENT_STOP && !w->head[peer].keeper.runs &&
		    !disk_is_disputed(w, i, peer))
			kind |= RETURNS;
	}
	if (kind & SERVES && !hands_over)
		kind |= BACK;
	if (speak < 2)
		kind |= ALONE;
	return kind;
}

static void note_phases(const struct world *w, unsigned int *phases)
{
	for (unsigned int i = 0; i < rules.heads; i++)
		*phases |= 1u << w->head[i].keeper.phase;
}

/* ---- telling */

static void tell_trace(uint32_t state)
{
	const struct came *came = (const void *)parents.at;
	struct action *path;
	struct world w;
	char text[600];
	size_t n = 0;

	for (uint32_t s = state; s; s = came[s].from)
		n++;
	path = calloc(n + 1, sizeof(*path));
	for (uint32_t s = state, i = n; s; s = came[s].from)
		path[--i] = came[s].by;
	world_begin(&w);
	world_describe(&w, text, sizeof(text));
	printf("   0. %s\n", text);
	for (size_t i = 0; i < n; i++) {
		world_tell(&w, &path[i], text, sizeof(text));
		printf("%4zu. %s\n", i + 1, text);
		world_act(&w, &path[i]);
		world_describe(&w, text, sizeof(text));
		printf("        %s\n", text);
	}
	free(path);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* ---- backwards */

/*
 * From which states of @from is none of @to reachable by transitions of @use? States that
 * have not been expanded may lead anywhere.
 */
static size_t count_lost(uint8_t from, uint8_t to, uint8_t use, size_t expanded,
			 uint32_t *first)
{
	const uint64_t *end = (const void *)ends.at;
	const struct edge *edges = (const void *)transitions.at;
	const uint8_t *kind = (const void *)kinds.at;
	uint8_t *good = calloc(n_states(), 1);
	size_t lost = 0;
	bool changes = true;

	for (size_t i = 0; i < n_states(); i++)
		good[i] = i >= expanded ||
			  (to == ASKED ? !(kind[i] & ASKED) : (kind[i] & to) != 0);
	while (changes) {
		changes = false;
		for (size_t i = expanded; i-- > 0;) {
			if (good[i])
				continue;
			for (uint64_t e = i ? end[i - 1] : 0; e < end[i] && !good[i]; e++)
				good[i] = edges[e].use & use && good[edges[e].to];
			changes |= good[i];
		}
	}
	for (size_t i = expanded; i-- > 0;)
		if (!good[i] && (!from || kind[i] & from)) {
			lost++;
			*first = i;
		}
	free(good);
	return lost;
}

static void check_live(size_t expanded, struct exploration *found)
{
	uint32_t first = 0;

	/* Without Pacemaker it takes an operator who may still order something. */
	if (!rules.no_pacemaker || rules.orders == ORDERS_UNLIMITED)
		found->stuck = count_lost(0, SERVES, MENDS, expanded, &first);
	if (found->stuck) {
		printf("from %zu states nobody serves any more, whatever is done:\n",
		       found->stuck);
		tell_trace(first);
	}
	found->hanging = count_lost(ASKED, ASKED, BY_ITSELF, expanded, &first);
	if (found->hanging) {
		printf("in %zu states a requester is never answered:\n", found->hanging);
		tell_trace(first);
	}
	found->lost = count_lost(RETURNS, BACK, BY_ITSELF, expanded, &first);
	if (found->lost) {
		printf("in %zu states a source does not come back by itself:\n",
		       found->lost);
		tell_trace(first);
	}
	found->speaking = count_lost(0, ALONE, BY_ITSELF, expanded, &first);
	if (found->speaking) {
		printf("from %zu states two heads speak for ever:\n", found->speaking);
		tell_trace(first);
	}
}

/* ---- forwards */

/* Two states that differ only in how the heads are called are the same: the least hash. */
static struct hash hash_any(const struct world *w)
{
	static const uint8_t names[][HEADS_MAX] = {
		{ 0, 1, 2 }, { 1, 0, 2 }, { 0, 2, 1 },
		{ 2, 1, 0 }, { 1, 2, 0 }, { 2, 0, 1 }
	};
	struct hash least = { UINT64_MAX, UINT64_MAX };
	char bytes[PACKED_MAX];
	struct world other;

	for (unsigned int i = 0; i < (rules.heads == 2 ? 2 : 6); i++) {
		struct hash hash;

		if (i)
			world_rename(&other, w, names[i]);
		hash = hash_of(bytes, pack(i ? &other : w, bytes));
		if (hash.a < least.a || (hash.a == least.a && hash.b < least.b))
			least = hash;
	}
	return least;
}

static uint32_t add_state(const struct world *w, uint32_t from, const struct action *by,
			  bool *is_new)
{
	struct hash hash = hash_any(w);
	uint32_t state = find(&hash, is_new);
	char bytes[PACKED_MAX];
	size_t len;

	if (!*is_new)
		return state;
	len = pack(w, bytes);
	memcpy(grow(&queue, len), bytes, len);
	*(struct came *)grow(&parents, sizeof(struct came)) =
		(struct came){ from, by ? *by : (struct action){ 0 } };
	*(uint8_t *)grow(&kinds, 1) = kind_of(w);
	return state;
}

static uint8_t use_of(const struct action *a)
{
	if (world_is_internal(a))
		return BY_ITSELF | MENDS;
	return world_is_fault(a) ? 0 : MENDS;
}

/* What was read is given back to the system now and then. */
static void give_back(size_t *given, size_t read)
{
	size_t whole = read & ~((16ull << 20) - 1);

	if (whole > *given)
		madvise(queue.at + *given, whole - *given, MADV_DONTNEED);
	*given = whole;
}

/* Returns false if there are two writers. */
static bool expand(const struct world *w, uint32_t state, bool live,
		   struct exploration *found)
{
	struct action actions[ACTIONS_MAX];
	size_t n = world_actions(w, actions);

	for (size_t i = 0; i < n; i++) {
		struct world next = *w;
		unsigned int writers;
		uint32_t to;
		bool is_new;

		queue_overflow = false;
		world_act(&next, &actions[i]);
		if (queue_overflow) {
			found->cut++;
			continue;
		}
		found->transitions++;
		to = add_state(&next, state, &actions[i], &is_new);
		note_phases(&next, &found->phases);
		if (is_new && world_is_left_over(&next) && !found->left++) {
			printf("a claim or a hand-over is left over:\n");
			tell_trace(to);
		}
		if (live && use_of(&actions[i]))
			*(struct edge *)grow(&transitions, sizeof(struct edge)) =
				(struct edge){ to, use_of(&actions[i]) };
		writers = world_writers(&next);
		if (writers & (writers - 1) || world_is_overwritten(&next)) {
			found->two_writers = true;
			printf(writers & (writers - 1)
				       ? "two heads can write to the disk:\n"
				       : "a head can write to a filesystem that "
					 "another one has changed meanwhile:\n");
			tell_trace(to);
			return false;
		}
	}
	return true;
}

static size_t memory_used(void)
{
	size_t pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (f && fscanf(f, "%*u %zu", &pages) != 1)
		pages = 0;
	if (f)
		fclose(f);
	return pages * 4096;
}

void explore(size_t max_states, bool live, struct exploration *found)
{
	double began = now();
	size_t at = 0, given = 0, expanded = 0, level = 1;
	struct world w;
	bool is_new;

	memset(found, 0, sizeof(*found));
	table_size = 1 << 19;
	grow_table();
	world_begin(&w);
	add_state(&w, 0, NULL, &is_new);
	while (at < queue.used && n_states() < max_states) {
		at += unpack(&w, queue.at + at);
		if (!expand(&w, expanded, live, found))
			break;
		expanded++;
		if (live)
			*(uint64_t *)grow(&ends, sizeof(uint64_t)) =
				transitions.used / sizeof(struct edge);
		if (expanded == level) {
			found->depth++;
			level = n_states();
		}
		if (expanded % (1 << 20) == 0)
			fprintf(stderr, "%zu states, %zu expanded, depth %zu, %.0f s\n",
				n_states(), expanded, found->depth, now() - began);
		give_back(&given, at);
	}
	found->states = n_states();
	found->complete = at == queue.used && !found->two_writers;
	found->bytes = memory_used();
	if (live && !found->two_writers)
		check_live(expanded, found);
	found->seconds = now() - began;
	if (found->bytes < memory_used())
		found->bytes = memory_used();
	release(&states);
	release(&parents);
	release(&kinds);
	release(&ends);
	release(&transitions);
	release(&queue);
	free(table);
	table = NULL;
}
