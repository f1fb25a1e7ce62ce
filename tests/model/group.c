// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * group: corosync's closed process group, and names that make two states the same.
 *
 * Messages and memberships reach all members in one order, each at its own time: every
 * keeper has a queue of what corosync will deliver to it next. A message has its place in
 * the order as soon as it is sent. What has not been delivered when a head dies or the
 * network breaks may be lost (world_act()). That a head has gone is announced at any later
 * time (group_notice()), to all that can still reach each other at once.
 */
#include <assert.h>
#include <string.h>

#include "core/claim.h"
#include "core/message.h"
#include "disk.h"
#include "group.h"
#include "keeper/handover_table.h"

struct rules rules;
bool queue_overflow;

static const char *const names[HEADS_MAX] = { "head1", "head2", "head3" };

const char *head_name(unsigned int head)
{
	return names[head];
}

int head_find(const char *name)
{
	for (int i = 0; i < HEADS_MAX; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -1;
}

bool is_member(const struct world *w, unsigned int head)
{
	const struct m_head *h = &w->head[head];

	return h->on && h->keeper.runs && h->keeper.clustered;
}

/* The members that this head's network reaches. */
static unsigned int reachable(const struct world *w, unsigned int head)
{
	unsigned int mask = 0;

	for (unsigned int i = 0; i < rules.heads; i++)
		if (is_member(w, i) && w->head[i].part == w->head[head].part)
			mask |= 1u << i;
	return mask;
}

void group_push(struct world *w, unsigned int to, const struct item *item)
{
	struct m_head *h = &w->head[to];

	if (h->n_queue == QUEUE_MAX) {
		queue_overflow = true;
		return;
	}
	h->queue[h->n_queue++] = *item;
}

static void announce(struct world *w, unsigned int to, unsigned int members)
{
	const struct item item = { .kind = ITEM_VIEW, .to = members };

	if (w->head[to].tail == members)
		return;
	w->head[to].tail = members;
	group_push(w, to, &item);
}

bool group_is_late(const struct world *w, unsigned int head)
{
	return is_member(w, head) && w->head[head].tail & ~reachable(w, head);
}

void group_notice(struct world *w, unsigned int head)
{
	unsigned int members = reachable(w, head);

	for (unsigned int i = 0; i < rules.heads; i++)
		if (members >> i & 1)
			announce(w, i, w->head[i].tail & members);
}

void group_form(struct world *w, unsigned int head)
{
	unsigned int members = reachable(w, head);

	/* A head that had gone and is back has left first. */
	group_notice(w, head);
	for (unsigned int i = 0; i < rules.heads; i++)
		if (members >> i & 1)
			announce(w, i, members);
}

void group_join(struct world *w, unsigned int head)
{
	w->head[head].keeper.clustered = true;
	group_form(w, head);
}

void group_leave(struct world *w, unsigned int head)
{
	struct m_head *h = &w->head[head];
	unsigned int members = reachable(w, head) & ~(1u << head);

	memset(h->queue, 0, sizeof(h->queue));
	h->n_queue = 0;
	h->tail = 0;
	for (unsigned int i = 0; i < rules.heads; i++)
		if (members >> i & 1)
			announce(w, i, w->head[i].tail & ~(1u << head));
}

/* ---- the same state by the same name */

/* The numbers of one kind that occur in a state. */
struct numbers {
	uint8_t *at[HEADS_MAX * (QUEUE_MAX + 12)];
	size_t n;
	unsigned int most;
};

/* Small ones, as they are compressed after each event. */
#define NUMBERS_MAX 64

static void note(struct numbers *list, uint8_t *number)
{
	list->at[list->n++] = number;
	if (*number > list->most)
		list->most = *number;
	assert(*number < NUMBERS_MAX);
}

/*
 * Order and equality are kept, and whether two follow each other directly, as a keeper
 * takes the next number. More than one number in between is the same as one.
 */
static void compress(struct numbers *list)
{
	uint8_t to[NUMBERS_MAX] = { 0 }, last = 0, given = 0;
	uint64_t used = 0;

	for (size_t i = 0; i < list->n; i++)
		used |= 1ull << *list->at[i];
	for (unsigned int v = 0; v <= list->most; v++) {
		if (!(used >> v & 1))
			continue;
		given += v - last < 2 ? v - last : 2;
		last = v;
		to[v] = given;
	}
	for (size_t i = 0; i < list->n; i++)
		*list->at[i] = to[*list->at[i]];
}

static bool is_of_handover(const struct item *item)
{
	return item->kind >= ITEM_MESSAGE &&
	       (message_topic(item->kind - ITEM_MESSAGE) == TOPIC_HANDOVER ||
		item->kind == ITEM_MESSAGE + MESSAGE_HELLO);
}

static void rename_generations(struct world *w)
{
	struct numbers list;

	list.n = list.most = 0;
	for (unsigned int i = 0; i < rules.heads; i++) {
		struct m_keeper *k = &w->head[i].keeper;

		if (!k->runs)
			continue;
		note(&list, &k->generation);
		if (k->begun)
			note(&list, &k->begun);
		if (k->phase != HANDOVER_IDLE)
			note(&list, &k->own_generation);
		for (unsigned int j = 0; j < w->head[i].n_queue; j++)
			if (is_of_handover(&w->head[i].queue[j]))
				note(&list, &w->head[i].queue[j].id);
	}
	if (list.most)
		compress(&list);
}

static bool is_of_claim(const struct item *item, unsigned int claimant)
{
	switch (item->kind) {
	case ITEM_MESSAGE + MESSAGE_CLAIM:
	case ITEM_MESSAGE + MESSAGE_UNCLAIM:
		return item->from == claimant;
	case ITEM_MESSAGE + MESSAGE_STAND:
		return item->to == claimant;
	}
	return false;
}

/*
 * The claims of a head: up to its last one only which are the same matters. Others are
 * those of an earlier keeper there, whose numbers this one will use again.
 */
static void rename_claims(struct world *w, unsigned int claimant)
{
	struct m_keeper *own = &w->head[claimant].keeper;
	struct numbers list;
	uint8_t to[NUMBERS_MAX] = { 0 }, k = 0, id = own->id;
	uint64_t used = 0;

	list.n = list.most = 0;
	for (unsigned int i = 0; i < rules.heads; i++) {
		struct m_keeper *other = &w->head[i].keeper;

		if (other->runs && other->holder == 1 + claimant)
			note(&list, &other->holder_id);
		for (unsigned int j = 0; j < w->head[i].n_queue; j++)
			if (is_of_claim(&w->head[i].queue[j], claimant))
				note(&list, &w->head[i].queue[j].id);
	}
	if (own->busy && own->job.id)
		note(&list, &own->job.id);
	for (unsigned int i = 0; i < own->n_waiting; i++)
		if (own->waiting[i].id)
			note(&list, &own->waiting[i].id);
	for (size_t i = 0; i < list.n; i++)
		used |= 1ull << *list.at[i];
	/* Only a claim that is being judged, or whose start has not begun, needs its number;
	 * but no earlier one may be taken for it. */
	used |= (uint64_t)(own->claim_bits & 1) << id;
	for (unsigned int i = 0; i < own->n_waiting && rules.guard; i++)
		used |= (uint64_t)(own->waiting[i].id != 0) << id;
	for (unsigned int v = 1; v <= list.most || v <= id; v++) {
		if (v <= id && used >> v & 1)
			to[v] = ++k;
		if (v > id)
			to[v] = k + v - id;
	}
	for (size_t i = 0; i < list.n; i++)
		*list.at[i] = to[*list.at[i]];
	own->id = k;
}

void world_canonical(struct world *w)
{
	rename_generations(w);
	for (unsigned int i = 0; i < rules.heads; i++)
		rename_claims(w, i);
	disk_canonical(w);
}

/* ---- the same state, whatever the heads are called */

static uint8_t map_mask(uint8_t mask, const uint8_t *to)
{
	uint8_t result = 0;

	for (unsigned int i = 0; i < rules.heads; i++)
		if (mask >> i & 1)
			result |= 1u << to[i];
	return result;
}

/* 1 + head, 0 = none */
static uint8_t map_one(uint8_t number, const uint8_t *to)
{
	return number ? 1 + to[number - 1] : 0;
}

static void map_keeper(struct m_keeper *k, const uint8_t *to)
{
	struct m_answer answers[HEADS_MAX];

	memcpy(answers, k->answers, sizeof(answers));
	k->view = map_mask(k->view, to);
	k->met = map_mask(k->met, to);
	k->holds = map_mask(k->holds, to);
	k->gone = map_mask(k->gone, to);
	k->peer = map_one(k->peer, to);
	k->holder = map_one(k->holder, to);
	for (unsigned int i = 0; i < rules.heads; i++) {
		k->answers[to[i]] = answers[i];
		k->answers[to[i]].peer = map_one(answers[i].peer, to);
	}
}

static void map_child(struct m_child *child, const uint8_t *to)
{
	child->terms.source = map_one(child->terms.source, to);
	child->terms.heads = map_mask(child->terms.heads, to);
	child->guarding.first = disk_map_keys(child->guarding.first, to);
	child->guarding.then = disk_map_keys(child->guarding.then, to);
}

static void map_item(struct item *item, const uint8_t *to)
{
	if (item->kind == ITEM_VIEW) {
		item->to = map_mask(item->to, to);
		return;
	}
	item->from = to[item->from];
	if (item->to != NOBODY)
		item->to = to[item->to];
	item->peer = map_one(item->peer, to);
}

void world_rename(struct world *w, const struct world *from, const uint8_t *to)
{
	memcpy(w, from, offsetof(struct world, head));
	for (unsigned int i = 0; i < rules.heads; i++)
		w->disk.life[to[i]] = from->disk.life[i];
	w->disk.holder = map_one(from->disk.holder, to);
	w->disk.unproven = map_mask(from->disk.unproven, to);
	for (unsigned int i = 0; i < rules.heads; i++) {
		const struct m_head *was = &from->head[i];
		struct m_head *h = &w->head[to[i]];

		*h = *was;
		h->part = NOBODY;
		for (unsigned int j = 0; j < rules.heads; j++)
			if (from->head[j].part == was->part && to[j] < h->part)
				h->part = to[j];
		if (!h->on)
			continue;
		h->tail = map_mask(was->tail, to);
		h->dc = to[was->dc];
		map_keeper(&h->keeper, to);
		for (unsigned int j = 0; j < CHILDREN; j++)
			map_child(&h->child[j], to);
		h->agent.gone = map_mask(was->agent.gone, to);
		if (was->agent.kind >= AGENT_MIGRATE_TO)
			h->agent.target = to[was->agent.target];
		for (unsigned int j = 0; j < rules.heads; j++) {
			h->node[to[j]] = was->node[j];
			h->resource[to[j]] = was->resource[j];
		}
		for (unsigned int j = 0; j < was->n_queue; j++)
			map_item(&h->queue[j], to);
	}
}
