// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * world_actions: all that may happen in a state: by itself, by Pacemaker, by order, by fault.
 *
 * A deadline is over by itself only when nothing else is under way; before, it is a fault.
 * doc/model.md says what does not happen.
 */
#include <assert.h>

#include "disk.h"
#include "group.h"
#include "head.h"
#include "keeper_real.h"
#include "pacemaker.h"
#include "world_internal.h"

struct list {
	const struct world *w;
	struct action *v;
	size_t n;
	unsigned int head;
};

static void add(struct list *l, unsigned int kind, unsigned int what, unsigned int how)
{
	assert(l->n < ACTIONS_MAX);
	l->v[l->n++] = (struct action){ kind, l->head, what, how };
}

static void add_pacemaker(void *data, unsigned int what, unsigned int node,
			  unsigned int to)
{
	struct list *l = data;
	const struct world *w = l->w;

	if (what == DO_MOVE && !w->orders)
		return;
	add(l, PACEMAKER, what | node << 4, to);
	/* An agent that says so without having done it. */
	if (what == DO_FENCE && rules.liar && w->head[node].on)
		add(l, PACEMAKER, what | node << 4, 1);
}

bool world_is_quiet(const struct world *w)
{
	for (unsigned int i = 0; i < rules.heads; i++) {
		const struct m_head *h = &w->head[i];

		if (!h->on)
			continue;
		if (h->n_queue || group_is_late(w, i))
			return false;
		for (unsigned int j = 0; j < CHILDREN; j++)
			if (h->child[j].stage)
				return false;
	}
	return true;
}

static void list_keeper(struct list *l, bool quiet)
{
	const struct m_head *h = &l->w->head[l->head];
	const struct m_keeper *k = &h->keeper;
	unsigned int late = quiet ? TIME_OUT : TOO_LATE;

	if (!k->runs) {
		add(l, KEEPER_BEGINS, 0, 0);
		return;
	}
	if (h->n_queue)
		add(l, HEAR, 0, 0);
	if (!k->clustered)
		add(l, JOIN, 0, 0);
	if (keeper_watches(l->w, l->head) && disk_is_lost(l->w, l->head))
		add(l, LOSE, 0, 0);
	if (k->handover_timer && (quiet || l->w->faults))
		add(l, late, 0, 0);
	if (k->claim_bits & 16 && (quiet || l->w->faults))
		add(l, late, 1, 0);
	if (!l->w->faults)
		return;
	add(l, KEEPER_DIES, 0, 0);
	if (k->clustered)
		add(l, LOSE_GROUP, 0, 0);
}

static void list_children(struct list *l)
{
	const struct m_head *h = &l->w->head[l->head];

	for (unsigned int i = 0; i < CHILDREN; i++) {
		if (h->child[i].stage == CHILD_WAITS && lock_is_free(l->w, l->head))
			add(l, LOCK, i, 0);
		if (h->child[i].stage != CHILD_RUNS)
			continue;
		add(l, STEP, i, 0);
		if (l->w->faults) {
			add(l, STEP_FAILS, i, 0);
			if (child_may_give_up(&h->child[i]))
				add(l, STEP_FAILS, i, 1);
			add(l, CHILD_DIES, i, 0);
		}
	}
}

static void list_orders(struct list *l)
{
	const struct m_head *h = &l->w->head[l->head];

	if (!l->w->orders || h->operator|| rules.no_operator)
		return;
	if (h->keeper.runs) {
		add(l, ORDER, ORDER_START, 0);
		if (rules.liar || world_others_are_off(l->w, l->head))
			add(l, ORDER, ORDER_TAKEOVER, 0);
		add(l, ORDER, ORDER_STOP, 0);
		for (unsigned int i = 0; i < rules.heads && rules.no_pacemaker; i++)
			if (i != l->head)
				add(l, ORDER, ORDER_MOVE, i);
	} else if (h->child[CHILD_AGENT].stage == CHILD_NONE) {
		add(l, ORDER, ORDER_STOP, 0);
	}
}

/* Orders take longer than messages. */
static bool is_behind(const struct world *w)
{
	for (unsigned int i = 0; i < rules.heads; i++)
		if (w->head[i].n_queue > rules.lag)
			return true;
	return false;
}

static bool all_keepers_are_there(const struct world *w, unsigned int head)
{
	for (unsigned int i = 0; i < rules.heads; i++)
		if (w->head[i].on && w->head[i].part == w->head[head].part &&
		    !is_member(w, i))
			return false;
	return !pacemaker_is_late(w, head);
}

static void list_agent(struct list *l)
{
	const struct m_head *h = &l->w->head[l->head];

	if (h->agent.kind && h->agent.stage != AGENT_ASKS && l->w->faults)
		add(l, GIVE_UP, FD_AGENT, 0);
	if (h->operator&& l->w->faults)
		add(l, GIVE_UP, FD_OPERATOR, 0);
	/* Between its attempts it pauses. */
	if (h->agent.stage == AGENT_LOOKS && is_behind(l->w))
		return;
	if (agent_may_go_on(l->w, l->head))
		add(l, AGENT, 0, 0);
	if (h->agent.stage != AGENT_LOOKS)
		return;
	/* It has waited long enough; nobody that might come back is missing. */
	if (all_keepers_are_there(l->w, l->head))
		add(l, AGENT, 0, 1);
	else if (l->w->faults)
		add(l, HASTE, 0, 1);
}

static void list_head(struct list *l, bool quiet)
{
	const struct world *w = l->w;
	const struct m_head *h = &w->head[l->head];

	if (!h->on) {
		add(l, BOOT, 0, 0);
		return;
	}
	list_keeper(l, quiet);
	list_children(l);
	list_agent(l);
	if (is_behind(w))
		goto rest;
	list_orders(l);
	/* One for all that reach each other. */
	for (unsigned int i = 0; i < l->head; i++)
		if (w->head[i].on && w->head[i].part == h->part)
			goto rest;
	pacemaker_wants(w, l->head, add_pacemaker, l);
	if (pacemaker_is_late(w, l->head))
		add(l, PACEMAKER_NOTICES, 0, 0);
rest:
	if (group_is_late(w, l->head))
		add(l, NOTICE, 0, 0);
	/* Nobody can fence it: somebody has to switch it off and on. */
	if (h->node[l->head] == NODE_UNCLEAN && world_others_are_off(w, l->head))
		add(l, RESET, 0, 0);
	if (w->faults) {
		add(l, CUT, 0, 0);
		add(l, CUT, 1, 0);
	}
}

size_t world_actions(const struct world *w, struct action actions[ACTIONS_MAX])
{
	struct list l = { .w = w, .v = actions };
	bool quiet = world_is_quiet(w), whole = true;

	for (l.head = 0; l.head < rules.heads; l.head++) {
		list_head(&l, quiet);
		whole &= w->head[l.head].part == 0;
	}
	l.head = 0;
	/* Any of them is the DC then. */
	for (unsigned int i = 0; i < rules.heads; i++)
		if (!whole && (w->head[i].on || world_others_are_off(w, i)))
			add(&l, HEAL, i, 0);
	/* One head is cut off from the others; then what it has sent is lost, or what it
	 * would get. */
	if (whole && w->faults)
		for (l.head = rules.heads == 2; l.head < rules.heads; l.head++)
			for (unsigned int how = 0; how < 4; how++)
				add(&l, SPLIT, 0, how);
	return l.n;
}
