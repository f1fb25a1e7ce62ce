/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * handover_table: the table of a hand-over: a phase and an event lead to the next phase,
 * a message and an operation.
 */
#ifndef BATON_KEEPER_HANDOVER_TABLE_H
#define BATON_KEEPER_HANDOVER_TABLE_H

#include <stdbool.h>

#include "core/message.h"
#include "core/plan.h"

/** enum handover_phase - how far a keeper is in a hand-over; see handover_table.c */
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

/** enum handover_event - what can happen in a hand-over */
enum handover_event {
	HANDOVER_WANTED,    /* this head is asked to hand over */
	HANDOVER_DONE,      /* the operation that was begun has succeeded */
	HANDOVER_BROKEN,    /* … or failed */
	HANDOVER_LEFT,      /* the other head's keeper has left */
	HANDOVER_LATE,      /* the deadline of the phase is over */
	HANDOVER_OVERRULED, /* somebody has asked this head for a start or a stop */
	HANDOVER_MESSAGE,   /* a message has come: add its enum message_type */
};

/**
 * struct handover_state - a keeper's part in a hand-over
 * @phase: the present one
 * @generation: of the hand-over under way, or of the last one this keeper has seen
 * @peer: the other head
 * @reason: why it will fail; text "" = it may still succeed
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
 * @sends, @type: send a message to @peer; its code and text are @reason
 * @begins, @operation: begin an operation
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
 * handover_table_begin - take part in a new hand-over
 * @handover: must be idle
 * @generation: of the new one
 * @peer: the other head
 */
void handover_table_begin(struct handover_state *handover, uint64_t generation,
			  const char *peer);

/**
 * handover_table_step - apply an event
 * @handover: its phase changes
 * @event: what has happened
 * @why: for BROKEN and for messages that carry a reason; may be NULL
 */
struct handover_todo handover_table_step(struct handover_state *handover,
					 enum handover_event event,
					 const struct err *why);

/** handover_table_may_start - may this head start? Not while another may be starting. */
bool handover_table_may_start(const struct handover_state *handover);

#endif
