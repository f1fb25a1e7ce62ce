// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * world: the first state, and what an event makes of a state.
 *
 * world_actions.c lists what may happen in a state, world_check.c knows what must never be,
 * world_tell.c says it in English. What an event does within a part of the world is done
 * there: keeper_real.c, head.c, disk.c, group.c, pacemaker.c.
 */
#include "world.h"

#include <string.h>

#include "disk.h"
#include "group.h"
#include "head.h"
#include "keeper_real.h"
#include "pacemaker.h"
#include "world_internal.h"

bool world_is_internal(const struct action *a)
{
	return a->kind < PACEMAKER;
}

bool world_is_fault(const struct action *a)
{
	return a->kind >= KEEPER_DIES;
}

bool world_others_are_off(const struct world *w, unsigned int head)
{
	for (unsigned int i = 0; i < rules.heads; i++)
		if (i != head && w->head[i].on)
			return false;
	return true;
}

/* What a keeper learns of its child, it learns at once. */
static void end_jobs(struct world *w)
{
	for (unsigned int i = 0; i < rules.heads; i++)
		while (w->head[i].child[CHILD_KEEPER].stage == CHILD_OVER)
			keeper_ends_job(w, i);
}

static void lose_messages(struct world *w, unsigned int to, unsigned int from)
{
	struct m_head *h = &w->head[to];
	unsigned int kept = 0;

	for (unsigned int i = 0; i < h->n_queue; i++)
		if (h->queue[i].kind == ITEM_VIEW || !(from >> h->queue[i].from & 1))
			h->queue[kept++] = h->queue[i];
	memset(&h->queue[kept], 0, (h->n_queue - kept) * sizeof(h->queue[0]));
	h->n_queue = kept;
}

static void split(struct world *w, unsigned int head, unsigned int how)
{
	unsigned int others = ((1u << rules.heads) - 1) & ~(1u << head);

	if (how & 1)
		lose_messages(w, head, others);
	for (unsigned int i = 0; i < rules.heads; i++) {
		if (i == head)
			continue;
		if (how & 2)
			lose_messages(w, i, 1u << head);
		w->head[i].part = head == 0;
	}
	w->head[head].part = head;
}

void world_begin(struct world *w)
{
	unsigned int first = rules.stopped ? NOBODY : 0;

	memset(w, 0, sizeof(*w));
	w->faults = rules.faults;
	w->orders = rules.orders;
	for (unsigned int i = 0; i < rules.heads; i++) {
		struct m_head *h = &w->head[i];

		h->on = true;
		h->standing = i == first ? IS_SERVING : IS_STANDBY;
		if (i == first && rules.guard)
			disk_begin(w, i);
		keeper_begins(w, i);
		while (h->child[CHILD_KEEPER].stage == CHILD_RUNS)
			child_step(w, i, CHILD_KEEPER);
		end_jobs(w);
	}
	for (unsigned int i = 0; i < rules.heads; i++)
		group_join(w, i);
	for (unsigned int i = 0; i < rules.heads * 64; i++)
		if (w->head[i % rules.heads].n_queue)
			keeper_hears(w, i % rules.heads);
	for (unsigned int i = 0; i < rules.heads; i++)
		for (unsigned int j = 0; j < rules.heads; j++) {
			w->head[i].node[j] = NODE_ONLINE;
			w->head[i].resource[j] =
				j == first ? RESOURCE_STARTED : RESOURCE_STOPPED;
		}
	if (rules.cut)
		split(w, 1, 0);
	world_canonical(w);
}

/* ---- letting it happen */

static void cut(struct world *w, unsigned int head, bool lose)
{
	for (unsigned int i = 0; i < rules.heads && lose; i++)
		if (i != head)
			lose_messages(w, i, 1u << head);
	head_dies(w, head);
}

static void boot(struct world *w, unsigned int head)
{
	struct m_head *h = &w->head[head];

	/* It takes longer than a token. */
	for (unsigned int i = 0; i < rules.heads; i++)
		if (is_member(w, i))
			group_notice(w, i);
	h->on = true;
	pacemaker_boots(w, head);
}

static void heal(struct world *w, unsigned int dc)
{
	for (unsigned int i = 0; i < rules.heads; i++)
		if (is_member(w, i))
			group_notice(w, i);
	for (unsigned int i = 0; i < rules.heads; i++)
		w->head[i].part = 0;
	for (unsigned int i = 0; i < rules.heads; i++)
		if (is_member(w, i)) {
			group_form(w, i);
			break;
		}
	pacemaker_meets(w, dc);
}

static void order(struct world *w, unsigned int head, unsigned int what, unsigned int to)
{
	static const char *const requests[] = { "start", "start", "stop", "move" };

	if (!w->head[head].keeper.runs) {
		child_begin(w, head, CHILD_AGENT, OPERATION_STOP);
		return;
	}
	if (what == ORDER_TAKEOVER && !world_others_are_off(w, head))
		w->lied = true;
	w->head[head].operator= 1 + what;
	keeper_asked(w, head, requests[what], false, what == ORDER_TAKEOVER, false, 0,
		     what == ORDER_MOVE ? (int)to : -1, FD_OPERATOR);
}

static void pay(struct world *w, const struct action *a)
{
	if (a->kind >= KEEPER_DIES && w->faults)
		w->faults--;
	if ((a->kind == ORDER || (a->kind == PACEMAKER && (a->what & 0xf) == DO_MOVE)) &&
	    w->orders && w->orders != ORDERS_UNLIMITED)
		w->orders--;
}

void world_act(struct world *w, const struct action *a)
{
	pay(w, a);
	switch ((enum kind)a->kind) {
	case HEAR:
		keeper_hears(w, a->head);
		break;
	case STEP:
		child_step(w, a->head, a->what);
		break;
	case LOCK:
		child_lock(w, a->head, a->what);
		break;
	case KEEPER_BEGINS:
		keeper_begins(w, a->head);
		group_join(w, a->head);
		break;
	case JOIN:
		group_join(w, a->head);
		break;
	case NOTICE:
		group_notice(w, a->head);
		break;
	case AGENT:
	case HASTE:
		agent_goes_on(w, a->head, a->how);
		break;
	case LOSE:
		keeper_loses_disk(w, a->head);
		break;
	case TIME_OUT:
	case TOO_LATE:
		keeper_times_out(w, a->head, a->what);
		break;
	case PACEMAKER_NOTICES:
		pacemaker_notices(w, a->head);
		break;
	case PACEMAKER:
		if ((a->what & 0xf) == DO_FENCE && a->how)
			w->lied = true;
		pacemaker_does(w, a->what & 0xf, a->head, a->what >> 4, a->how);
		break;
	case BOOT:
		boot(w, a->head);
		break;
	case HEAL:
		heal(w, a->what);
		break;
	case RESET:
	case CUT:
		cut(w, a->head, a->kind == CUT && a->what);
		break;
	case ORDER:
		order(w, a->head, a->what, a->how);
		break;
	case KEEPER_DIES:
		keeper_dies(w, a->head);
		break;
	case LOSE_GROUP:
		keeper_loses_group(w, a->head);
		break;
	case STEP_FAILS:
		child_fails(w, a->head, a->what, a->how);
		break;
	case CHILD_DIES:
		child_dies(w, a->head, a->what);
		break;
	case SPLIT:
		split(w, a->head, a->how);
		break;
	case GIVE_UP:
		requester_gives_up(w, a->head, a->what);
		break;
	}
	end_jobs(w);
	disk_note_writes(w);
	world_canonical(w);
}
