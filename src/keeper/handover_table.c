// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * handover_table: the table of a hand-over: a phase and an event lead to the next phase,
 * a message and an operation.
 *
 * Theory of operation
 *
 *   source                                            target
 *   ASKING    ── prepare ──────────────────────────▶  PREPARING   looks at disk and links
 *             ◀──────────────────── ready | refuse ─  READY
 *   STOPPING  stops: the pause begins
 *   GRANTED   ── granted ──────────────────────────▶  TAKING      starts
 *             ◀────────────────── serving | failed ─  idle
 *   idle
 *
 * The one rule: a service is started here only by `granted`, by Pacemaker, or by a source
 * that has granted nothing. So whatever goes wrong before `granted` (the target leaves or
 * refuses after all, the stop fails) makes the source start again (RESUMING; from DOOMED,
 * once its stop has ended). Whatever goes wrong after it is for Pacemaker to decide. An
 * order from Pacemaker itself (a start, a stop) overrules a hand-over: a READY target
 * forgets it, so a later `granted` has no effect; a source that is being stopped for good
 * no longer grants (CANCELLED). A source that has granted has nothing left to stop, and
 * starts nothing (handover_table_may_start()) until it knows what has become of the
 * service.
 *
 * Messages arrive at all heads in the same order, and those of a head that has left
 * arrive before the news that it left (corosync's agreed order). So no phase waits for an
 * answer that cannot come. Messages of another generation or head never get here.
 *
 * After a crash: a new keeper is idle and knows of no hand-over; the other side sees the
 * old one leave.
 */
#include "keeper/handover_table.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

/* The target looks at its disk: the deadlines of the steps of prepare, plus a margin. */
#define ASK_MS 20000
/* As long as the requester waits. A target that works is slow, not dead; when it has
 * died, corosync says so. */
#define BUDGET_MS UINT_MAX

#define MESSAGE(name) (HANDOVER_MESSAGE + MESSAGE_##name)
#define SEND(name)    .sends = true, .type = MESSAGE_##name
#define BEGIN(name)   .begins = true, .operation = OPERATION_##name
#define WITHIN(ms)    .deadline_ms = ms
#define END           .ends = true

static const struct row {
	enum handover_phase phase;
	int event;
	enum handover_phase next;
	struct handover_todo todo;
	const char *reason; /* %s = the peer; NULL = the event brings it */
} rows[] = {
#define ROW(phase, event, next, reason, ...)                                             \
	{                                                                                \
		HANDOVER_##phase, event, HANDOVER_##next,                                \
			{ .known = true, __VA_ARGS__ }, reason                           \
	}
	/* source */
	ROW(IDLE, HANDOVER_WANTED, ASKING, NULL, SEND(PREPARE), WITHIN(ASK_MS)),
	ROW(ASKING, MESSAGE(READY), STOPPING, NULL, BEGIN(HAND_OVER)),
	ROW(ASKING, MESSAGE(REFUSE), IDLE, NULL, END),
	/* It may be back already, and have been asked: then it would wait for us for ever. */
	ROW(ASKING, HANDOVER_LEFT, IDLE, "%s has gone", SEND(ABORTED), END),
	ROW(ASKING, HANDOVER_LATE, IDLE, "%s does not answer", SEND(ABORTED), END),
	ROW(ASKING, HANDOVER_OVERRULED, IDLE, "overruled by another request",
	    SEND(ABORTED), END),
	ROW(STOPPING, HANDOVER_DONE, GRANTED, NULL, SEND(GRANTED), WITHIN(BUDGET_MS)),
	ROW(STOPPING, HANDOVER_BROKEN, RESUMING, NULL, SEND(ABORTED), BEGIN(START)),
	ROW(STOPPING, HANDOVER_LEFT, DOOMED, "%s has gone", WITHIN(0)),
	ROW(STOPPING, MESSAGE(REFUSE), DOOMED, NULL, WITHIN(0)),
	ROW(STOPPING, HANDOVER_OVERRULED, CANCELLED, "overruled by another request",
	    WITHIN(0)),
	ROW(DOOMED, HANDOVER_DONE, RESUMING, NULL, SEND(ABORTED), BEGIN(START)),
	ROW(DOOMED, HANDOVER_BROKEN, RESUMING, NULL, SEND(ABORTED), BEGIN(START)),
	ROW(DOOMED, HANDOVER_OVERRULED, CANCELLED, NULL, WITHIN(0)),
	ROW(CANCELLED, HANDOVER_DONE, IDLE, NULL, SEND(ABORTED), END),
	ROW(CANCELLED, HANDOVER_BROKEN, IDLE, NULL, SEND(ABORTED), END),
	ROW(GRANTED, MESSAGE(SERVING), IDLE, NULL, END),
	ROW(GRANTED, MESSAGE(FAILED), IDLE, NULL, END),
	ROW(GRANTED, MESSAGE(REFUSE), IDLE, NULL, END),
	ROW(GRANTED, HANDOVER_LEFT, IDLE,
	    "%s has gone after the service was granted to it", END),
	ROW(GRANTED, HANDOVER_LATE, IDLE,
	    "%s, to which the service was granted, does not say that it serves", END),
	ROW(RESUMING, HANDOVER_DONE, IDLE, NULL, END),
	ROW(RESUMING, HANDOVER_BROKEN, IDLE, NULL, END),
	/* target */
	ROW(IDLE, MESSAGE(PREPARE), PREPARING, NULL, BEGIN(PREPARE)),
	ROW(PREPARING, HANDOVER_DONE, READY, NULL, SEND(READY)),
	ROW(PREPARING, HANDOVER_BROKEN, IDLE, NULL, SEND(REFUSE), END),
	ROW(PREPARING, MESSAGE(ABORTED), DROPPED, NULL, WITHIN(0)),
	ROW(PREPARING, HANDOVER_LEFT, DROPPED, "%s has gone", WITHIN(0)),
	ROW(PREPARING, HANDOVER_OVERRULED, DROPPED, "overruled by another request",
	    SEND(REFUSE)),
	ROW(DROPPED, HANDOVER_DONE, IDLE, NULL, END),
	ROW(DROPPED, HANDOVER_BROKEN, IDLE, NULL, END),
	ROW(READY, MESSAGE(GRANTED), TAKING, NULL, BEGIN(TAKE)),
	ROW(READY, MESSAGE(ABORTED), IDLE, NULL, END),
	ROW(READY, HANDOVER_LEFT, IDLE, "%s has gone", END),
	ROW(READY, HANDOVER_OVERRULED, IDLE, "overruled by another request", SEND(REFUSE),
	    END),
	ROW(TAKING, HANDOVER_DONE, IDLE, NULL, SEND(SERVING), END),
	ROW(TAKING, HANDOVER_BROKEN, IDLE, NULL, SEND(FAILED), END),
#undef ROW
};

void handover_table_begin(struct handover_state *h, uint64_t generation, const char *peer)
{
	memset(h, 0, sizeof(*h));
	h->generation = generation;
	snprintf(h->peer, sizeof(h->peer), "%s", peer);
}

/* The first reason is kept: later ones follow from it. A start that failed is added. */
static void give_reason(struct handover_state *h, const struct row *row,
			const struct err *why)
{
	if (h->phase == HANDOVER_RESUMING && row->event == HANDOVER_BROKEN && why) {
		struct err first = h->reason;

		err_set(&h->reason, why->code, 0, "%.200s; starting again here: %.200s",
			first.text, why->text);
		return;
	}
	if (h->reason.text[0])
		return;
	if (row->reason)
		err_set(&h->reason, BATON_EXIT_PEER, 0, row->reason, h->peer);
	else if (why && why->text[0])
		h->reason = *why;
}

bool handover_table_may_start(const struct handover_state *h)
{
	return h->phase != HANDOVER_GRANTED;
}

struct handover_todo handover_table_step(struct handover_state *h,
					 enum handover_event event, const struct err *why)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].phase != h->phase || rows[i].event != (int)event)
			continue;
		give_reason(h, &rows[i], why);
		h->phase = rows[i].next;
		return rows[i].todo;
	}
	return (struct handover_todo){ 0 };
}
