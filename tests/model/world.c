// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * world: all that may happen, and how to say it in English.
 */
#include "world.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "core/message.h"
#include "disk.h"
#include "group.h"
#include "head.h"
#include "keeper/handover_table.h"
#include "keeper_real.h"
#include "pacemaker.h"

enum kind {
	/* by itself */
	HEAR,
	STEP,
	LOCK,
	KEEPER_BEGINS,
	JOIN,
	NOTICE, /* corosync */
	AGENT,
	LOSE,     /* the watcher of a head that serves finds that it is not registered */
	TIME_OUT, /* nothing else is under way */
	PACEMAKER_NOTICES,
	/* Pacemaker, and what makes a head whole again */
	PACEMAKER,
	BOOT,
	HEAL,
	RESET,
	/* an order of an operator */
	ORDER,
	/* faults */
	KEEPER_DIES,
	LOSE_GROUP,
	STEP_FAILS,
	CHILD_DIES,
	CUT,
	SPLIT,
	TOO_LATE, /* a time limit is over while others are still at work */
	HASTE,    /* systemd has not replaced a keeper in time */
	GIVE_UP,
};

enum order { ORDER_START, ORDER_TAKEOVER, ORDER_STOP, ORDER_MOVE };

bool world_is_internal(const struct action *a)
{
	return a->kind < PACEMAKER;
}

bool world_is_fault(const struct action *a)
{
	return a->kind >= KEEPER_DIES;
}

unsigned int world_writers(const struct world *w)
{
	unsigned int mask = 0;

	for (unsigned int i = 0; i < rules.heads; i++)
		if (disk_can_write(w, i))
			mask |= 1u << i;
	return mask;
}

bool world_is_overwritten(const struct world *w)
{
	for (unsigned int i = 0; i < rules.heads; i++)
		if (w->head[i].stale && disk_can_write(w, i))
			return true;
	return false;
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

/* ---- what may happen */

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

/* Nothing is under way that may still end by itself. */
static bool is_quiet(const struct world *w)
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

bool world_is_left_over(const struct world *w)
{
	bool left = false;

	if (!is_quiet(w))
		return false;
	for (unsigned int i = 0; i < rules.heads; i++) {
		const struct m_head *h = &w->head[i];
		const struct m_keeper *k = &h->keeper;

		if (h->agent.kind || h->operator|| k->handover_timer || k->claim_bits)
			return false;
		left |= k->holder || k->phase != HANDOVER_IDLE;
	}
	return left;
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

static bool all_others_are_off(const struct world *w, unsigned int head)
{
	for (unsigned int i = 0; i < rules.heads; i++)
		if (i != head && w->head[i].on)
			return false;
	return true;
}

static void list_orders(struct list *l)
{
	const struct m_head *h = &l->w->head[l->head];

	if (!l->w->orders || h->operator|| rules.no_operator)
		return;
	if (h->keeper.runs) {
		add(l, ORDER, ORDER_START, 0);
		if (rules.liar || all_others_are_off(l->w, l->head))
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
	if (h->agent.kind && h->agent.stage != AGENT_ASKS && l->w->faults)
		add(l, GIVE_UP, FD_AGENT, 0);
	if (h->operator&& l->w->faults)
		add(l, GIVE_UP, FD_OPERATOR, 0);
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
	if (h->node[l->head] == NODE_UNCLEAN && all_others_are_off(w, l->head))
		add(l, RESET, 0, 0);
	if (w->faults) {
		add(l, CUT, 0, 0);
		add(l, CUT, 1, 0);
	}
}

size_t world_actions(const struct world *w, struct action actions[ACTIONS_MAX])
{
	struct list l = { .w = w, .v = actions };
	bool quiet = is_quiet(w), whole = true;

	for (l.head = 0; l.head < rules.heads; l.head++) {
		list_head(&l, quiet);
		whole &= w->head[l.head].part == 0;
	}
	l.head = 0;
	/* Any of them is the DC then. */
	for (unsigned int i = 0; i < rules.heads; i++)
		if (!whole && (w->head[i].on || all_others_are_off(w, i)))
			add(&l, HEAL, i, 0);
	/* One head is cut off from the others; then what it has sent is lost, or what it
	 * would get. */
	if (whole && w->faults)
		for (l.head = rules.heads == 2; l.head < rules.heads; l.head++)
			for (unsigned int how = 0; how < 4; how++)
				add(&l, SPLIT, 0, how);
	return l.n;
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
	if (what == ORDER_TAKEOVER && !all_others_are_off(w, head))
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

/* ---- in English */

static const char *const phases[] = { "idle",      "asking",  "stopping", "doomed",
				      "cancelled", "granted", "resuming", "preparing",
				      "dropped",   "ready",   "taking" };
static const char *const notes[] = { "", ", note held", ", note going", ", note kept",
				     ", note lost" };
static const char *const kinds[] = { "absent", "standby", "mounted", "serving" };
static const char *const whose[] = { "", " (of a keeper that has died)",
				     " (without a keeper)" };

static void tell_item(const struct world *w, const struct action *a, char *text,
		      size_t size)
{
	const struct item *i = &w->head[a->head].queue[0];
	const char *self = head_name(a->head);
	char heads[64] = "";

	if (i->kind != ITEM_VIEW) {
		snprintf(text, size, "%s's keeper hears '%s' of %s%s%s%s", self,
			 message_word(i->kind - ITEM_MESSAGE), head_name(i->from),
			 i->kind == ITEM_MESSAGE + MESSAGE_STAND ? ": " : "",
			 i->kind == ITEM_MESSAGE + MESSAGE_STAND ? stand_word(i->word)
								 : "",
			 i->flags & ITEM_HOLDS ? ", holds the disk" : "");
		return;
	}
	for (unsigned int j = 0; j < rules.heads; j++)
		if (i->to >> j & 1)
			snprintf(heads + strlen(heads), sizeof(heads) - strlen(heads),
				 " %s", head_name(j));
	snprintf(text, size, "%s's keeper hears who is in the group:%s", self, heads);
}

static void tell_pacemaker(const struct action *a, char *text, size_t size)
{
	const char *node = head_name(a->what >> 4);

	switch (a->what & 0xf) {
	case DO_FENCE:
		snprintf(text, size, "Pacemaker on %s fences %s%s", head_name(a->head),
			 node, a->how ? "; the fence agent lies: it is still on" : "");
		break;
	case DO_PROBE:
		snprintf(text, size, "Pacemaker probes %s", node);
		break;
	case DO_STOP:
		snprintf(text, size, "Pacemaker orders a stop on %s", node);
		break;
	case DO_START:
		snprintf(text, size, "Pacemaker orders a start on %s", node);
		break;
	case DO_MOVE:
		snprintf(
			text, size,
			"an operator wants a move; Pacemaker orders migrate_to on %s, to %s",
			node, head_name(a->how));
		break;
	case DO_MONITOR:
		snprintf(text, size, "Pacemaker's monitor finds that %s does not serve",
			 node);
		break;
	}
}

void world_tell(const struct world *w, const struct action *a, char *text, size_t size)
{
	static const char *const orders[] = { "baton start", "baton start --takeover",
					      "baton stop", "a hand-over to " };
	static const char *const agents[] = { "", "start", "stop", "migrate_to",
					      "migrate_from" };
	const char *self = head_name(a->head);
	const struct m_head *h = &w->head[a->head];
	const struct m_child *child = &h->child[a->what < CHILDREN ? a->what : 0];
	const char *operation = plan_operation_name(child->operation);

	switch ((enum kind)a->kind) {
	case HEAR:
		tell_item(w, a, text, size);
		break;
	case STEP:
		snprintf(text, size, "%s, %s%s: %s%s", self, operation, whose[a->what],
			 child->cancelled && !child->undoes ? "given up before "
			 : child->undoes                    ? "undone: "
							    : "",
			 child_next_step(child));
		break;
	case LOCK:
		snprintf(text, size, "%s, %s%s: its turn has come", self, operation,
			 whose[a->what]);
		break;
	case KEEPER_BEGINS:
		snprintf(text, size, "a keeper starts on %s", self);
		break;
	case JOIN:
		snprintf(text, size, "%s's keeper joins the group", self);
		break;
	case NOTICE:
		snprintf(text, size, "corosync of %s notices who has gone", self);
		break;
	case AGENT:
		snprintf(text, size, "the agent on %s, %s, %s", self,
			 agents[h->agent.kind],
			 h->agent.stage == AGENT_LOOKS ? "looks who is gone"
			 : h->agent.stage == AGENT_ASKS_AGAIN
				 ? "asks again, with the heads that are gone"
			 : h->keeper.runs ? "asks"
					  : "finds no keeper");
		break;
	case HASTE:
		snprintf(
			text, size,
			"the agent on %s, start, looks who is gone, and takes nodes that are "
			"online for such",
			self);
		break;
	case LOSE:
		snprintf(text, size,
			 "%s finds that it is not registered at the disk any more", self);
		break;
	case TIME_OUT:
	case TOO_LATE:
		snprintf(text, size, "%s's keeper has waited long enough for %s", self,
			 a->what ? "answers to its claim"
				 : head_name(h->keeper.peer - 1));
		break;
	case PACEMAKER_NOTICES:
		snprintf(text, size, "Pacemaker on %s notices that a node has gone",
			 self);
		break;
	case PACEMAKER:
		tell_pacemaker(a, text, size);
		break;
	case BOOT:
		snprintf(text, size, "%s boots", self);
		break;
	case HEAL:
		snprintf(text, size, "the cluster network is whole again");
		break;
	case RESET:
		snprintf(text, size, "an operator switches %s off", self);
		break;
	case ORDER:
		snprintf(text, size, "an operator orders %s%s on %s%s", orders[a->what],
			 a->what == ORDER_MOVE ? head_name(a->how) : "", self,
			 a->what == ORDER_TAKEOVER && !all_others_are_off(w, a->head)
				 ? ", while the other head lives"
				 : "");
		break;
	case KEEPER_DIES:
		snprintf(text, size, "%s's keeper dies", self);
		break;
	case LOSE_GROUP:
		snprintf(text, size, "%s's keeper leaves the group: it could not send",
			 self);
		break;
	case STEP_FAILS:
		snprintf(text, size, "%s, %s%s: %s %s", self, operation, whose[a->what],
			 child_next_step(child),
			 a->how ? "is given up; it still serves" : "fails");
		break;
	case CHILD_DIES:
		snprintf(text, size, "%s, %s%s: the process dies before it could %s",
			 self, operation, whose[a->what], child_next_step(child));
		break;
	case CUT:
		snprintf(text, size, "power cut of %s%s", self,
			 a->what ? "; what it has sent and nobody has heard is lost"
				 : "");
		break;
	case SPLIT:
		snprintf(text, size, "the cluster network of %s is cut%s%s", self,
			 a->how & 1 ? "; what it has not heard yet is lost" : "",
			 a->how & 2 ? "; what the others have not heard of it is lost"
				    : "");
		break;
	case GIVE_UP:
		snprintf(text, size, "%s on %s gives up",
			 a->what == FD_AGENT ? "the agent" : "the operator", self);
		break;
	}
}

void world_describe(const struct world *w, char *text, size_t size)
{
	size_t len = 0;

	for (unsigned int i = 0; i < rules.heads && len < size; i++) {
		const struct m_head *h = &w->head[i];
		const struct m_keeper *k = &h->keeper;

		if (!h->on) {
			len += snprintf(text + len, size - len, "%s%s: off",
					i ? "; " : "", head_name(i));
			continue;
		}
		len += snprintf(text + len, size - len, "%s%s: %s, keeper %s",
				i ? "; " : "", head_name(i), kinds[h->standing],
				k->runs ? keeper_word(w, i) : "dead");
		if (rules.guard && len < size)
			len += snprintf(text + len, size - len, "%s%s%s%s%s%s",
					w->disk.life[i] ? ", registered" : "",
					w->disk.holder == 1 + i ? ", has reserved" : "",
					notes[h->note.state],
					h->note.unproven ? " (unproven)" : "",
					h->silent ? ", silent" : "",
					h->shut    ? ", shut down"
					: h->stale ? ", overtaken"
						   : "");
		if (k->phase && len < size)
			len += snprintf(text + len, size - len, ", hand-over %s",
					phases[k->phase]);
		if (k->holder && len < size)
			len += snprintf(text + len, size - len, ", claim of %s",
					head_name(k->holder - 1));
	}
}
