// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * head: what happens on a head: the children that run operations, and the agent.
 *
 * A child has the steps of the plan that core/plan.c makes of what is set up. Steps that
 * are the same to everybody else are one: "serve" is all of a start after the mount,
 * "unmount" all of a stop. A head may write from the beginning of the mount to the end of
 * the unmount.
 */
#include "head.h"

#include <assert.h>
#include <string.h>

#include "core/exit.h"
#include "disk.h"
#include "group.h"
#include "keeper_real.h"

enum step {
	STEP_STANDBY,
	STEP_LOOK,
	STEP_ADMIT,
	STEP_GUARD,
	STEP_MOUNT,
	STEP_SERVE,
	STEP_SHUT,
	STEP_UNMOUNT,
	STEP_UNGUARD,
	STEP_TEARDOWN
};

static const char *const step_names[] = {
	"standby",
	"look at disk and links",
	"look at the disk, ask for the addresses",
	"take the disk",
	"mount",
	"serve",
	"set the links down, shut the filesystem down",
	"serve no more, unmount",
	"release the disk",
	"take standby down",
};

#define STEPS_MAX 8

struct standing child_found(const struct m_child *child)
{
	unsigned int kind = child->before;

	return (struct standing){ .pinned = kind != IS_ABSENT,
				  .prepared = kind != IS_ABSENT,
				  .attached = kind >= IS_MOUNTED,
				  .threads = kind == IS_SERVING,
				  .link_up = kind == IS_SERVING,
				  .address = kind == IS_SERVING,
				  .carrier = kind == IS_SERVING,
				  .nfsdcld = kind == IS_SERVING,
				  .silent = child->was_silent,
				  .held = kind < IS_MOUNTED && child->was_taken };
}

static size_t add_phase(enum phase phase, enum step steps[STEPS_MAX], size_t n)
{
	switch (phase) {
	case PHASE_STANDBY:
		steps[n++] = STEP_STANDBY;
		break;
	case PHASE_PREPARE:
		steps[n++] = STEP_LOOK;
		break;
	case PHASE_ADMIT:
		/* It changes nothing, and a mount may fail as well. */
		if (rules.alone)
			steps[n++] = STEP_ADMIT;
		break;
	case PHASE_START:
		if (rules.guard)
			steps[n++] = STEP_GUARD;
		steps[n++] = STEP_MOUNT;
		steps[n++] = STEP_SERVE;
		break;
	case PHASE_STOP:
		steps[n++] = STEP_UNMOUNT;
		if (rules.guard)
			steps[n++] = STEP_UNGUARD;
		break;
	case PHASE_TEARDOWN:
		steps[n++] = STEP_TEARDOWN;
		break;
	case PHASE_LOSE:
		steps[n++] = STEP_SHUT;
		break;
	case PHASE_SYNC:
	case PHASE_REPIN:
	case PHASE_MEND:
	case PHASE_RELOAD:
	case PHASE_END:
		break;
	}
	return n;
}

static size_t list_steps(const struct m_child *child, enum step steps[STEPS_MAX])
{
	const struct standing standing = child_found(child);
	const struct plan plan = plan_make(child->operation, &standing);
	size_t n = 0;

	if (child->undoes)
		return add_phase(PHASE_STOP, steps, 0);
	for (size_t i = 0; plan.phases[i] != PHASE_END; i++)
		n = add_phase(plan.phases[i], steps, n);
	return n;
}

const char *child_next_step(const struct m_child *child)
{
	enum step steps[STEPS_MAX];
	size_t n = list_steps(child, steps);

	if (child->at < n &&
	    (steps[child->at] == STEP_GUARD || steps[child->at] == STEP_UNGUARD))
		return disk_next(child, steps[child->at] == STEP_GUARD);
	return child->at < n ? step_names[steps[child->at]] : "nothing";
}

bool lock_is_free(const struct world *w, unsigned int head)
{
	for (unsigned int i = 0; i < CHILDREN; i++)
		if (w->head[head].child[i].stage > CHILD_WAITS)
			return false;
	return true;
}

static void child_ends(struct world *w, unsigned int head, unsigned int whose,
		       unsigned int code)
{
	struct m_child *child = &w->head[head].child[whose];

	child->stage = CHILD_OVER;
	child->failed = code != 0;
	child->code = code;
	child->at = child->cancelled = child->undoes = 0;
	memset(&child->terms, 0, sizeof(child->terms));
	memset(&child->guarding, 0, sizeof(child->guarding));
	if (whose == CHILD_KEEPER)
		return;
	memset(child, 0, sizeof(*child));
	if (whose == CHILD_AGENT && w->head[head].agent.kind == AGENT_STOP &&
	    w->head[head].agent.stage == AGENT_STOPS)
		agent_answer(w, head, code, false, false);
}

/* Waits until nobody else is at work here, and looks what is set up. */
void child_lock(struct world *w, unsigned int head, unsigned int whose)
{
	struct m_child *child = &w->head[head].child[whose];
	enum step steps[STEPS_MAX];
	struct standing standing;

	child->before = w->head[head].standing;
	child->was_silent = w->head[head].silent;
	child->was_taken = disk_is_taken(w, head);
	if (child->cancelled) {
		child->died = NOT_BEGUN;
		child_ends(w, head, whose, BATON_EXIT_FAILED);
		return;
	}
	child->stage = CHILD_RUNS;
	standing = child_found(child);
	if (plan_make(child->operation, &standing).refused)
		child_ends(w, head, whose, BATON_EXIT_FAILED);
	else if (list_steps(child, steps) == 0)
		child_ends(w, head, whose, 0);
}

void child_begin(struct world *w, unsigned int head, unsigned int whose,
		 unsigned int operation)
{
	struct m_child *child = &w->head[head].child[whose];
	bool now = lock_is_free(w, head);

	assert(child->stage == CHILD_NONE);
	child->stage = CHILD_WAITS;
	child->operation = operation;
	if (now)
		child_lock(w, head, whose);
}

void child_cancel(struct world *w, unsigned int head)
{
	struct m_child *child = &w->head[head].child[CHILD_KEEPER];

	/* While it waits for the lock, too: then it is not begun. */
	if (child->stage == CHILD_WAITS || child->stage == CHILD_RUNS)
		child->cancelled = true;
}

static void undo(struct world *w, unsigned int head, unsigned int whose)
{
	struct m_child *child = &w->head[head].child[whose];

	memset(&child->guarding, 0, sizeof(child->guarding));
	if (w->head[head].standing == IS_MOUNTED || disk_is_taken(w, head)) {
		child->undoes = true;
		/* It is not mounted yet: what it may have registered remains. */
		child->at = w->head[head].standing != IS_MOUNTED;
	} else {
		child_ends(w, head, whose, BATON_EXIT_FAILED);
	}
}

/* With --alone, a start sees a head that serves: it answers for the address. */
static bool is_answered_for(const struct world *w, unsigned int head)
{
	for (unsigned int i = 0; i < rules.heads; i++)
		if (i != head && w->head[i].standing == IS_SERVING)
			return true;
	return false;
}

static void end_step(struct world *w, unsigned int head, unsigned int whose, size_t n)
{
	struct m_child *child = &w->head[head].child[whose];

	memset(&child->guarding, 0, sizeof(child->guarding));
	if (++child->at == n)
		child_ends(w, head, whose, child->undoes ? BATON_EXIT_FAILED : 0);
}

void child_step(struct world *w, unsigned int head, unsigned int whose)
{
	struct m_head *h = &w->head[head];
	struct m_child *child = &h->child[whose];
	enum step steps[STEPS_MAX];
	size_t n = list_steps(child, steps);
	enum disk_end end = DISK_DONE;

	/* It looks between its steps. */
	if (child->cancelled && !child->undoes && !child->guarding.stage) {
		child->cancelled = false;
		undo(w, head, whose);
		return;
	}
	switch (steps[child->at]) {
	case STEP_STANDBY:
		if (h->standing == IS_ABSENT)
			h->standing = IS_STANDBY;
		break;
	case STEP_ADMIT:
		if (rules.alone && is_answered_for(w, head)) {
			undo(w, head, whose);
			return;
		}
		break;
	case STEP_GUARD:
		end = disk_take(w, head, child);
		break;
	case STEP_MOUNT:
		h->standing = IS_MOUNTED;
		break;
	case STEP_SHUT:
		h->standing = IS_MOUNTED;
		h->shut = true;
		h->stale = false;
		break;
	case STEP_SERVE:
		h->standing = IS_SERVING;
		break;
	case STEP_UNMOUNT:
		h->standing = IS_STANDBY;
		h->shut = h->stale = false;
		break;
	case STEP_UNGUARD:
		end = disk_release(w, head, child);
		/* With "clear", which follows. */
		if (end == DISK_DONE)
			h->silent = false;
		break;
	case STEP_TEARDOWN:
		h->standing = IS_ABSENT;
		break;
	case STEP_LOOK:
		break;
	}
	if (end == DISK_FAILED)
		undo(w, head, whose);
	else if (end == DISK_DONE)
		end_step(w, head, whose, n);
}

/* @given_up: a hand-over that does not get to its end while it still serves */
void child_fails(struct world *w, unsigned int head, unsigned int whose, bool given_up)
{
	struct m_head *h = &w->head[head];
	struct m_child *child = &h->child[whose];
	enum step steps[STEPS_MAX];
	size_t n = list_steps(child, steps);
	enum step step = steps[child->at];

	if (step == STEP_UNGUARD && !given_up) {
		disk_fails(w, head);
		h->silent = false;
		end_step(w, head, whose, n);
		return;
	}
	if (step == STEP_UNMOUNT && !given_up && h->standing >= IS_MOUNTED)
		h->standing = IS_MOUNTED;
	if (child->undoes)
		child_ends(w, head, whose, BATON_EXIT_STANDING);
	else if (plan_operation_starts(child->operation))
		undo(w, head, whose);
	else if (given_up)
		child_ends(w, head, whose, BATON_EXIT_FAILED);
	else if (rules.no_free && child->operation == OPERATION_HAND_OVER)
		child_ends(w, head, whose, 0);
	else if (step == STEP_UNMOUNT || step == STEP_TEARDOWN || step == STEP_SHUT)
		child_ends(w, head, whose, BATON_EXIT_STANDING);
	else
		child_ends(w, head, whose, BATON_EXIT_FAILED);
}

bool child_may_give_up(const struct m_child *child)
{
	return child->operation == OPERATION_HAND_OVER && child->before == IS_SERVING &&
	       !child->at;
}

void child_dies(struct world *w, unsigned int head, unsigned int whose)
{
	struct m_head *h = &w->head[head];

	h->child[whose].died = true;
	/* Somewhere in it. */
	if (h->standing == IS_SERVING)
		h->standing = IS_MOUNTED;
	child_ends(w, head, whose, BATON_EXIT_STANDING);
}

/* ---- what dies */

static void agent_loses_keeper(struct world *w, unsigned int head)
{
	struct m_agent *agent = &w->head[head].agent;

	switch (agent->kind) {
	case AGENT_START:
		if (agent->stage == AGENT_WAITS && !agent->tried) {
			agent->tried = true;
			agent->stage = AGENT_BRINGS;
		} else if (agent->stage == AGENT_WAITS ||
			   agent->stage == AGENT_WAITS_AGAIN) {
			agent_ends(w, head, false);
		}
		break;
	case AGENT_STOP:
		/* Without the keeper, as soon as a stop by hand is over. */
		if (agent->stage == AGENT_WAITS)
			agent->stage = AGENT_ASKS;
		break;
	case AGENT_MIGRATE_TO:
		if (agent->stage == AGENT_WAITS)
			agent_ends(w, head, false);
		break;
	}
}

void keeper_dies(struct world *w, unsigned int head)
{
	struct m_head *h = &w->head[head];
	struct m_child *child = &h->child[CHILD_KEEPER];

	if (is_member(w, head))
		group_leave(w, head);
	/* What has not begun will not; what has begun goes on. */
	if (child->stage == CHILD_RUNS) {
		assert(h->child[CHILD_ORPHAN].stage == CHILD_NONE);
		h->child[CHILD_ORPHAN] = *child;
	}
	memset(child, 0, sizeof(*child));
	memset(&h->keeper, 0, sizeof(h->keeper));
	memset(h->queue, 0, sizeof(h->queue));
	h->n_queue = 0;
	h->tail = 0;
	h->operator= 0;
	agent_loses_keeper(w, head);
}

/* All that it was, but not what others remember of it. */
void head_dies(struct world *w, unsigned int head)
{
	struct m_head *h = &w->head[head];
	uint8_t part = h->part;

	memset(h, 0, sizeof(*h));
	h->part = part;
}

/* ---- the agent (ocf/start.c, takeover.c, stop.c, migrate.c) */

void agent_begin(struct world *w, unsigned int head, unsigned int kind,
		 unsigned int target)
{
	w->head[head].agent = (struct m_agent){ .kind = kind, .target = target };
}

bool agent_may_go_on(const struct world *w, unsigned int head)
{
	const struct m_head *h = &w->head[head];
	const struct m_agent *agent = &h->agent;

	if (agent->kind == AGENT_NONE)
		return false;
	switch (agent->stage) {
	case AGENT_BRINGS:
		return h->keeper.runs && h->keeper.ready;
	case AGENT_WAITS:
	case AGENT_WAITS_AGAIN:
	case AGENT_STOPS:
		return false;
	}
	/* A stop by hand without a keeper is going on. */
	if (agent->kind == AGENT_STOP && !h->keeper.runs)
		return h->child[CHILD_AGENT].stage == CHILD_NONE;
	/* migrate_from waits while the keeper is at work. */
	if (agent->kind == AGENT_MIGRATE_FROM && h->standing != IS_SERVING)
		return lock_is_free(w, head);
	return true;
}

static void ask(struct world *w, unsigned int head)
{
	struct m_agent *agent = &w->head[head].agent;
	const char *const requests[] = { "", "start", "stop", "move" };
	int to = agent->kind == AGENT_MIGRATE_TO ? agent->target : -1;

	agent->stage = AGENT_WAITS;
	keeper_asked(w, head, requests[agent->kind], true, false, false, 0, to, FD_AGENT);
}

static void stop_alone(struct world *w, unsigned int head)
{
	struct m_head *h = &w->head[head];

	h->agent.stage = AGENT_STOPS;
	if (h->standing == IS_ABSENT && lock_is_free(w, head))
		agent_ends(w, head, true);
	else
		child_begin(w, head, CHILD_AGENT, OPERATION_STOP);
}

/* list_gone() of ocf/takeover.c: the nodes that are not unclean. */
static unsigned int list_gone(const struct world *w, unsigned int head, bool online)
{
	unsigned int gone = 0;

	for (unsigned int i = 0; i < rules.heads; i++)
		if ((online && w->head[head].node[i] == NODE_ONLINE) ||
		    w->head[head].node[i] == NODE_CLEAN)
			gone |= 1u << i;
	return gone;
}

void agent_goes_on(struct world *w, unsigned int head, bool hasty)
{
	struct m_head *h = &w->head[head];
	struct m_agent *agent = &h->agent;

	if (agent->kind == AGENT_MIGRATE_FROM) {
		agent_ends(w, head, h->standing == IS_SERVING);
		return;
	}
	switch (agent->stage) {
	case AGENT_ASKS:
		if (h->keeper.runs) {
			ask(w, head);
		} else if (agent->kind == AGENT_STOP) {
			stop_alone(w, head);
		} else {
			agent->tried = true;
			agent->stage = AGENT_BRINGS;
		}
		break;
	case AGENT_BRINGS:
		ask(w, head);
		break;
	case AGENT_LOOKS:
		agent->hasty = hasty;
		agent->gone = list_gone(w, head, hasty);
		agent->stage = AGENT_ASKS_AGAIN;
		break;
	case AGENT_ASKS_AGAIN:
		if (!h->keeper.runs) {
			agent_ends(w, head, false);
			break;
		}
		agent->stage = AGENT_WAITS_AGAIN;
		keeper_asked(w, head, "start", true, false, true, agent->gone, -1,
			     FD_AGENT);
		break;
	}
}

void agent_answer(struct world *w, unsigned int head, bool failed, bool silent,
		  bool again)
{
	struct m_agent *agent = &w->head[head].agent;

	if (agent->kind == AGENT_START && silent && !agent->hasty)
		agent->stage = AGENT_LOOKS;
	else if (agent->kind == AGENT_MIGRATE_TO && again)
		agent->stage = AGENT_ASKS;
	else
		agent_ends(w, head, !failed);
}

static void leave(uint8_t *fd, enum requester whose)
{
	if (*fd == whose)
		*fd = whose == FD_AGENT ? FD_AGENT_GONE : FD_OPERATOR_GONE;
}

void requester_gives_up(struct world *w, unsigned int head, enum requester whose)
{
	struct m_keeper *k = &w->head[head].keeper;

	leave(&k->claim_fd, whose);
	leave(&k->asker, whose);
	leave(&k->job.fd, whose);
	for (unsigned int i = 0; i < k->n_waiting; i++)
		leave(&k->waiting[i].fd, whose);
	if (whose == FD_AGENT)
		agent_ends(w, head, false);
	else
		w->head[head].operator= 0;
}
