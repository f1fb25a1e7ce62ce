// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * disk: the disk's guard: its registrations, and the steps that take and release it.
 *
 * Who may be removed, what is unproven, and what outlives a stop is decided by
 * core/guard.c, linked as it is. The order of commands is that of keeper/guard.c, written
 * again: each command is one event, as the disk carries out one at a time (SPC-4, 5.13),
 * and any other head's may come in between. Two of them are one here: READ KEYS and READ
 * RESERVATION. Only its own commands make a head the holder, so if it is the holder at the
 * second, it was at the first; and what a plan takes from an older list of keys ends in a
 * conflict, as if it had been made before.
 *
 * A head has one path to the disk, so one registration, which a new one replaces. Of a
 * start there are two lives: the one that is registered, and the next.
 */
#include "disk.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "os/guardnote.h"

#define SERVICE "s"
/* As in keeper/guard.c. */
#define ROUNDS 5

enum { TAKE_CHOOSE, TAKE_REGISTER, TAKE_LOOK, TAKE_PREEMPT, TAKE_RESERVE };
enum { RELEASE_LOOK, RELEASE_RELEASE, RELEASE_UNREGISTER, RELEASE_NOTE };
enum { TERMS_ASKED = 1, TERMS_ANSWERED = 2, TERMS_TAKEOVER = 4 };

/* ---- keys */

static uint64_t key_of(unsigned int head, unsigned int life)
{
	return guard_make_key(head_name(head), SERVICE, life, false);
}

/* As it is registered: with what its start knew. */
static uint64_t key_at(const struct world *w, unsigned int head)
{
	uint64_t key = key_of(head, w->disk.life[head]);

	return w->disk.unproven >> head & 1 ? guard_key_doubt(key) : key;
}

/* A bit for each head and life. */
static uint8_t bit_of(unsigned int head, unsigned int life)
{
	return 1u << (2 * head + life - 1);
}

static uint8_t bit_of_key(uint64_t key)
{
	for (unsigned int i = 0; i < rules.heads; i++)
		for (unsigned int life = 1; life <= 2; life++)
			if (key_of(i, life) == key ||
			    guard_key_doubt(key_of(i, life)) == key)
				return bit_of(i, life);
	assert(false);
	return 0;
}

uint8_t disk_map_keys(uint8_t keys, const uint8_t *to)
{
	uint8_t mapped = 0;

	for (unsigned int i = 0; i < rules.heads; i++)
		mapped |= (keys >> 2 * i & 3) << 2 * to[i];
	return mapped;
}

/* ---- terms */

void disk_keep_terms(struct m_child *child, const struct guard_terms *terms)
{
	struct m_terms *m = &child->terms;

	m->bits = (terms->asked ? TERMS_ASKED : 0) |
		  (terms->answered ? TERMS_ANSWERED : 0) |
		  (terms->takeover ? TERMS_TAKEOVER : 0);
	m->source = terms->source[0] ? 1 + head_find(terms->source) : 0;
	for (unsigned int i = 0; i < rules.heads; i++)
		if (strstr(terms->heads, head_name(i)))
			m->heads |= 1u << i;
}

static struct guard_terms terms_of(const struct m_child *child, unsigned int head)
{
	const struct m_terms *m = &child->terms;
	struct guard_terms terms = { .asked = m->bits & TERMS_ASKED,
				     .answered = m->bits & TERMS_ANSWERED,
				     .takeover = m->bits & TERMS_TAKEOVER };
	size_t len = 0;

	snprintf(terms.self, sizeof(terms.self), "%s", head_name(head));
	if (m->source)
		snprintf(terms.source, sizeof(terms.source), "%s",
			 head_name(m->source - 1));
	for (unsigned int i = 0; i < rules.heads; i++)
		if (m->heads >> i & 1)
			len += snprintf(terms.heads + len, sizeof(terms.heads) - len,
					"%s%s", len ? " " : "", head_name(i));
	return terms;
}

/* ---- what the disk does with a command; false is a reservation conflict */

static void read_disk(const struct world *w, struct pr_keys *keys,
		      struct pr_reservation *reservation)
{
	unsigned int holder = w->disk.holder;

	keys->n = 0;
	for (unsigned int i = 0; i < rules.heads; i++)
		if (w->disk.life[i])
			keys->v[keys->n++] = key_at(w, i);
	*reservation = (struct pr_reservation){ 0 };
	if (!holder)
		return;
	reservation->type = PR_TYPE_WRITE_EXCLUSIVE_REGISTRANTS;
	reservation->key = key_at(w, holder - 1);
}

static bool is_registered(const struct world *w, unsigned int head)
{
	return w->disk.life[head] && w->disk.life[head] == w->head[head].note.life;
}

static void unlist(struct world *w, unsigned int head)
{
	w->disk.life[head] = 0;
	w->disk.unproven &= ~(1u << head);
}

/* What the victim had reserved is the head's then. */
static bool preempt(struct world *w, unsigned int head, uint8_t key)
{
	if (!is_registered(w, head))
		return false;
	for (unsigned int i = 0; i < rules.heads; i++) {
		if (!w->disk.life[i] || bit_of(i, w->disk.life[i]) != key)
			continue;
		unlist(w, i);
		if (w->disk.holder == 1 + i)
			w->disk.holder = 1 + head;
		return true;
	}
	return false;
}

static bool reserve(struct world *w, unsigned int head)
{
	if (!is_registered(w, head) || (w->disk.holder && w->disk.holder != 1 + head))
		return false;
	w->disk.holder = 1 + head;
	return true;
}

static bool release(struct world *w, unsigned int head)
{
	if (!is_registered(w, head))
		return false;
	if (w->disk.holder == 1 + head)
		w->disk.holder = 0;
	return true;
}

static bool unregister(struct world *w, unsigned int head)
{
	if (!release(w, head))
		return false;
	unlist(w, head);
	return true;
}

/* ---- taking, as guard_take() */

static void set_note(struct m_head *h, unsigned int state)
{
	h->note.state = state;
	if (state != GUARDNOTE_HELD && state != GUARDNOTE_GOING)
		h->note.life = 0;
	/* It is read nowhere else. */
	if (state == GUARDNOTE_NONE || state == GUARDNOTE_LOST)
		h->note.unproven = false;
}

static enum disk_end choose(struct world *w, unsigned int head, struct m_child *child)
{
	const struct guard_terms terms = terms_of(child, head);
	struct m_note *note = &w->head[head].note;
	struct pr_reservation reservation;
	struct guard_plan plan;
	struct pr_keys keys;
	struct err why;

	read_disk(w, &keys, &reservation);
	if (guard_make_plan(&plan, &terms, SERVICE, 0, &keys, &reservation, &why) < 0)
		return DISK_FAILED;
	note->unproven = guard_is_unproven(&terms, &plan);
	note->life = guard_free_life(&keys, head_name(head), SERVICE);
	note->state = GUARDNOTE_HELD;
	child->guarding.stage = TAKE_REGISTER;
	return DISK_GOES_ON;
}

static void plan_preempting(struct m_guarding *g, const struct guard_plan *plan)
{
	g->stage = plan->n ? TAKE_PREEMPT : TAKE_RESERVE;
	g->first = plan->n ? bit_of_key(plan->preempt[0]) : 0;
	for (size_t i = 1; i < plan->n; i++)
		g->then |= bit_of_key(plan->preempt[i]);
}

static enum disk_end look(struct world *w, unsigned int head, struct m_child *child)
{
	const struct guard_terms terms = terms_of(child, head);
	struct m_note *note = &w->head[head].note;
	uint64_t own = is_registered(w, head) ? key_at(w, head) : 0;
	struct pr_reservation reservation;
	struct guard_plan plan;
	struct pr_keys keys;
	struct err why;

	read_disk(w, &keys, &reservation);
	if (guard_is_held(own, 1, &keys, &reservation))
		return DISK_DONE;
	if (!own ||
	    guard_make_plan(&plan, &terms, SERVICE, own, &keys, &reservation, &why) < 0)
		return DISK_FAILED;
	/* Registered anew with that: nobody decides anything by it in between. */
	if (guard_is_unproven(&terms, &plan)) {
		note->unproven = true;
		w->disk.unproven |= 1u << head;
	}
	plan_preempting(&child->guarding, &plan);
	return DISK_GOES_ON;
}

static enum disk_end look_again(struct m_guarding *g)
{
	g->stage = TAKE_LOOK;
	return ++g->rounds < ROUNDS ? DISK_GOES_ON : DISK_FAILED;
}

static enum disk_end preempt_next(struct world *w, unsigned int head,
				  struct m_guarding *g)
{
	if (!preempt(w, head, g->first))
		return DISK_FAILED;
	g->first = g->then & -g->then;
	g->then &= ~g->first;
	return g->first ? DISK_GOES_ON : look_again(g);
}

enum disk_end disk_take(struct world *w, unsigned int head, struct m_child *child)
{
	struct m_guarding *g = &child->guarding;

	switch (g->stage) {
	case TAKE_CHOOSE:
		return choose(w, head, child);
	case TAKE_REGISTER:
		w->disk.life[head] = w->head[head].note.life;
		w->disk.unproven &= ~(1u << head);
		w->disk.unproven |= w->head[head].note.unproven << head;
		g->stage = TAKE_LOOK;
		return DISK_GOES_ON;
	case TAKE_LOOK:
		return look(w, head, child);
	case TAKE_PREEMPT:
		return preempt_next(w, head, g);
	default:
		return reserve(w, head) ? look_again(g) : DISK_FAILED;
	}
}

/* ---- giving up, as guard_release() */

bool disk_is_taken(const struct world *w, unsigned int head)
{
	unsigned int state = w->head[head].note.state;

	return state == GUARDNOTE_HELD || state == GUARDNOTE_GOING;
}

static bool must_stay(const struct world *w, unsigned int head,
		      const struct m_child *child)
{
	struct guard_terms terms = terms_of(child, head);

	/* As undo() in keeper/runner.c. */
	terms.answered &= !child->undoes;
	/* A deliberate fault. */
	return !rules.no_stay && guard_must_stay(w->head[head].note.unproven, &terms);
}

static enum disk_end begin_release(struct world *w, unsigned int head,
				   struct m_child *child)
{
	struct m_head *h = &w->head[head];

	if (!disk_is_taken(w, head) || h->standing >= IS_MOUNTED)
		return DISK_DONE;
	if (is_registered(w, head) && plan_operation_starts(child->operation) &&
	    !child->undoes) {
		set_note(h, GUARDNOTE_GOING);
		return DISK_DONE;
	}
	if (is_registered(w, head) && !must_stay(w, head, child)) {
		set_note(h, GUARDNOTE_GOING);
		child->guarding.stage = RELEASE_RELEASE;
		return DISK_GOES_ON;
	}
	set_note(h, is_registered(w, head)             ? GUARDNOTE_KEPT
		    : h->note.state == GUARDNOTE_GOING ? GUARDNOTE_NONE
						       : GUARDNOTE_LOST);
	return DISK_DONE;
}

enum disk_end disk_release(struct world *w, unsigned int head, struct m_child *child)
{
	struct m_guarding *g = &child->guarding;

	switch (g->stage) {
	case RELEASE_LOOK:
		return begin_release(w, head, child);
	case RELEASE_RELEASE:
		g->stage = release(w, head) ? RELEASE_UNREGISTER : RELEASE_NOTE;
		return DISK_GOES_ON;
	case RELEASE_UNREGISTER:
		/* A conflict is the same: it is not registered any more. */
		unregister(w, head);
		g->stage = RELEASE_NOTE;
		return DISK_GOES_ON;
	default:
		set_note(&w->head[head], GUARDNOTE_NONE);
		return DISK_DONE;
	}
}

void disk_fails(struct world *w, unsigned int head)
{
	if (disk_is_taken(w, head))
		set_note(&w->head[head], GUARDNOTE_KEPT);
}

const char *disk_next(const struct m_child *child, bool takes)
{
	static const char *const taking[] = { "look at the disk, choose a key",
					      "register at the disk",
					      "look who is registered at the disk",
					      "remove another registration", "reserve" };
	static const char *const releasing[] = {
		"look at the disk: does it stay reserved?", "release the reservation",
		"unregister", "note that it is released"
	};

	return takes ? taking[child->guarding.stage] : releasing[child->guarding.stage];
}

/* ---- who can write */

bool disk_can_write(const struct world *w, unsigned int head)
{
	const struct m_head *h = &w->head[head];

	return h->on && h->standing >= IS_MOUNTED && !h->shut &&
	       (!rules.guard || !w->disk.holder || w->disk.life[head]);
}

void disk_note_writes(struct world *w)
{
	for (unsigned int i = 0; i < rules.heads && rules.guard; i++) {
		if (!disk_can_write(w, i))
			continue;
		for (unsigned int j = 0; j < rules.heads; j++)
			if (j != i && w->head[j].standing >= IS_MOUNTED &&
			    !w->head[j].shut)
				w->head[j].stale = true;
	}
}

bool disk_is_lost(const struct world *w, unsigned int head)
{
	return w->head[head].note.state == GUARDNOTE_HELD && !is_registered(w, head);
}

/* The target is registered, or may yet register, or the source has given way to it. */
bool disk_is_disputed(const struct world *w, unsigned int source, unsigned int target)
{
	if (w->disk.life[target])
		return true;
	for (unsigned int i = 0; i < CHILDREN && rules.guard; i++) {
		const struct m_child *child = &w->head[target].child[i];

		if (child->stage && plan_operation_starts(child->operation))
			return true;
		if (w->head[source].child[i].undoes)
			return true;
	}
	return false;
}

void disk_begin(struct world *w, unsigned int head)
{
	w->disk.life[head] = 1;
	w->disk.holder = 1 + head;
	w->head[head].note = (struct m_note){ .state = GUARDNOTE_HELD, .life = 1 };
}

/* ---- the same state by the same name */

static uint8_t swap_lives(uint8_t keys, unsigned int head)
{
	uint8_t two = keys >> 2 * head & 3;

	return (keys & ~(3u << 2 * head)) | ((two & 1) << 1 | two >> 1) << 2 * head;
}

void disk_canonical(struct world *w)
{
	for (unsigned int i = 0; i < rules.heads && rules.guard; i++) {
		struct m_note *note = &w->head[i].note;

		if (w->disk.life[i] != 2)
			continue;
		w->disk.life[i] = 1;
		if (note->life)
			note->life = 3 - note->life;
		for (unsigned int j = 0; j < rules.heads; j++)
			for (unsigned int c = 0; c < CHILDREN; c++) {
				struct m_guarding *g = &w->head[j].child[c].guarding;

				g->first = swap_lives(g->first, i);
				g->then = swap_lives(g->then, i);
			}
	}
}
