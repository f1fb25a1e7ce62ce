// SPDX-License-Identifier: GPL-2.0-or-later
/* plan: what is set up + what is wanted -> what has to be done. */
#include "core/plan.h"

enum service_state plan_state(const struct standing *s)
{
	if (!s->pinned)
		return s->lost ? STATE_PARTIAL : STATE_ABSENT;
	if (s->attached && s->threads > 0 && s->link_up && !s->drained && !s->lost_disk)
		return STATE_SERVING;
	if (s->attached || s->threads > 0 || s->link_up || s->nfsdcld || s->held ||
	    s->drained || s->silent)
		return STATE_PARTIAL;
	return STATE_STANDBY;
}

const char *plan_state_name(enum service_state state)
{
	switch (state) {
	case STATE_ABSENT:
		return "absent";
	case STATE_STANDBY:
		return "standby";
	case STATE_PARTIAL:
		return "partial";
	case STATE_SERVING:
		return "serving";
	}
	return "?";
}

const char *plan_operation_name(enum operation operation)
{
	switch (operation) {
	case OPERATION_STANDBY:
		return "standby";
	case OPERATION_PREPARE:
		return "prepare";
	case OPERATION_TAKE:
		return "take";
	case OPERATION_START:
	case OPERATION_CONFIRM:
		return "start";
	case OPERATION_STOP:
		return "stop";
	case OPERATION_HAND_OVER:
		return "hand-over";
	case OPERATION_LOSE:
		return "lose";
	case OPERATION_TEARDOWN:
		return "teardown";
	case OPERATION_MEND:
		return "mend";
	case OPERATION_RELOAD:
		return "reload";
	}
	return "?";
}

bool plan_operation_starts(enum operation operation)
{
	return operation == OPERATION_START || operation == OPERATION_TAKE;
}

static struct plan plan_start(const struct standing *standing, enum service_state state)
{
	struct plan plan = { .undo = PHASE_STOP };
	int n = 0;

	if (state == STATE_SERVING)
		return (struct plan){ .undo = PHASE_END };
	if (standing->lost)
		plan.phases[n++] = PHASE_REPIN;
	if (state == STATE_PARTIAL)
		plan.phases[n++] = PHASE_STOP;
	if (!standing->prepared)
		plan.phases[n++] = PHASE_STANDBY;
	plan.phases[n++] = PHASE_ADMIT;
	plan.phases[n++] = PHASE_START;
	return plan;
}

/*
 * A head that has granted the service no longer serves it, and has checked that nobody
 * else does. So there is no need to ask the network who has the addresses, or to look at
 * the disk again.
 */
static struct plan plan_take(const struct standing *standing, enum service_state state)
{
	if (state != STATE_STANDBY || !standing->prepared)
		return plan_start(standing, state);
	return (struct plan){ .phases = { PHASE_START }, .undo = PHASE_STOP };
}

struct plan plan_make(enum operation operation, const struct standing *standing)
{
	enum service_state state = plan_state(standing);
	struct plan plan = { .undo = PHASE_END };
	int n = 0;

	switch (operation) {
	case OPERATION_STANDBY:
		plan.phases[n++] = PHASE_STANDBY;
		if (state == STATE_ABSENT)
			plan.undo = PHASE_TEARDOWN;
		break;
	case OPERATION_PREPARE:
		plan.refused = state != STATE_STANDBY || !standing->prepared;
		plan.phases[n++] = PHASE_PREPARE;
		break;
	case OPERATION_TAKE:
		return plan_take(standing, state);
	case OPERATION_START:
		return plan_start(standing, state);
	case OPERATION_CONFIRM:
		plan.refused = state != STATE_SERVING;
		break;
	case OPERATION_MEND:
		if (state == STATE_SERVING)
			plan.phases[n++] = PHASE_MEND;
		break;
	case OPERATION_RELOAD:
		/* The same steps take it back: they follow whichever file is to hold. */
		plan.refused = state != STATE_SERVING && state != STATE_STANDBY;
		plan.phases[n++] = state == STATE_SERVING ? PHASE_RELOAD : PHASE_STANDBY;
		plan.undo = plan.phases[0];
		break;
	case OPERATION_STOP:
	case OPERATION_HAND_OVER:
		if (standing->lost)
			plan.phases[n++] = PHASE_REPIN;
		if (state == STATE_SERVING)
			plan.phases[n++] = PHASE_SYNC;
		if (state == STATE_SERVING || state == STATE_PARTIAL)
			plan.phases[n++] = PHASE_STOP;
		break;
	case OPERATION_LOSE:
		if (standing->lost)
			plan.phases[n++] = PHASE_REPIN;
		if (state == STATE_SERVING || state == STATE_PARTIAL) {
			plan.phases[n++] = PHASE_LOSE;
			plan.phases[n++] = PHASE_STOP;
			plan.undo = PHASE_STOP;
		}
		break;
	case OPERATION_TEARDOWN:
		if (standing->lost)
			plan.phases[n++] = PHASE_REPIN;
		if (state == STATE_SERVING)
			plan.phases[n++] = PHASE_SYNC;
		if (state == STATE_SERVING || state == STATE_PARTIAL)
			plan.phases[n++] = PHASE_STOP;
		if (state != STATE_ABSENT)
			plan.phases[n++] = PHASE_TEARDOWN;
		break;
	}
	return plan;
}
