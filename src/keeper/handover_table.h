/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * handover_table: the table of a hand-over: phase and event lead to the next phase, a
 * message, an operation.
 */
#ifndef BATON_KEEPER_HANDOVER_TABLE_H
#define BATON_KEEPER_HANDOVER_TABLE_H

#include <stdbool.h>

#include "core/message.h"
#include "core/plan.h"

/** enum handover_phase - where a keeper is in a hand-over; the table in handover.c says more */
enum handover_phase {
	HANDOVER_IDLE,
	/* the source's */
	HANDOVER_ASKING,
	HANDOVER_STOPPING,
	HANDOVER_DOOMED,
	HANDOVER_CANCELLED,
	HANDOVER_GRANTED,
	HANDOVER_RESUMING,
	/* the target's */
	HANDOVER_PREPARING,
	HANDOVER_DROPPED,
	HANDOVER_READY,
	HANDOVER_TAKING,
};

/** enum handover_event - what can happen to it */
enum handover_event {
	HANDOVER_WANTED,    /* this head is asked to hand over */
	HANDOVER_DONE,      /* the operation begun has ended well */
	HANDOVER_BROKEN,    /* … or not */
	HANDOVER_LEFT,      /* the other head's keeper has gone */
	HANDOVER_LATE,      /* the deadline of the phase is over */
	HANDOVER_OVERRULED, /* somebody asked this head for a start or a stop meanwhile */
	HANDOVER_MESSAGE,   /* one has come: this and its enum message_type */
};

/**
 * struct handover_state - a keeper's part in it
 * @phase: now
 * @generation: of the hand-over under way, or of the last one this keeper has seen
 * @peer: the other head
 * @reason: why it will not come to a good end; text "" = it still may
 */
struct handover_state {
	enum handover_phase phase;
	uint64_t generation;
	char peer[MESSAGE_HEAD_MAX + 1];
	struct err reason;
};

/**
 * struct handover_todo - what the keeper has to do about an event, in this order
 * @known: the event means something in this phase; false: nothing has changed
 * @sends, @type: a message to @peer; its code and text are @reason
 * @begins, @operation: an operation
 * @ends: the hand-over is over; it has succeeded unless @reason says otherwise
 * @deadline_ms: of the new phase; 0 = none: the operation has its own
 */
struct handover_todo {
	bool known;
	bool sends;
	enum message_type type;
	bool begins;
	enum operation operation;
	bool ends;
	unsigned int deadline_ms;
};

/**
 * handover_table_begin - take part in a new one
 * @handover: which is idle
 * @generation: new
 * @peer: the other head
 */
void handover_table_begin(struct handover_state *handover, uint64_t generation,
			  const char *peer);

/**
 * handover_table_step - what an event leads to
 * @handover: its phase changes
 * @event: what happened
 * @why: for BROKEN and the messages that carry one; may be NULL
 */
struct handover_todo handover_table_step(struct handover_state *handover,
					 enum handover_event event,
					 const struct err *why);

/** handover_table_may_start - may a start be asked of this head? Not while another may be starting. */
bool handover_table_may_start(const struct handover_state *handover);

#endif
