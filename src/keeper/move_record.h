/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * move_record: the record of a move, which every keeper builds from the messages that all
 * of them see.
 */
#ifndef BATON_KEEPER_MOVE_RECORD_H
#define BATON_KEEPER_MOVE_RECORD_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/message.h"

/**
 * struct move_record - the hand-over being recorded
 * @record: {op: "move", from, to, by, generation, began, ms, pause_ms, outcome, error, steps};
 *          NULL = none; owned
 * @generation, @from, @to: of the hand-over
 * @began_ms, @paused_ms: by the clock the caller passes in; @paused_ms 0 = not yet
 */
struct move_record {
	struct json_object *record;
	uint64_t generation;
	char from[MESSAGE_HEAD_MAX + 1];
	char to[MESSAGE_HEAD_MAX + 1];
	double began_ms;
	double paused_ms;
};

/**
 * move_record_take - add a message to the record
 * @account: if empty, PREPARE begins a record
 * @from: the head that sent it
 * @message: of any type; ignored if it is of another generation
 * @now_ms: a monotonic clock
 * @unix_s: the time of day
 *
 * The pause ends with `serving`. It begins with `ready`, which begins the source's stop,
 * or with the last step of the stop that says that clients are still served in it. Every
 * head takes both by its own clock, so figures differ only by the delay of a message.
 *
 * Return: the finished record, which the caller now owns, or NULL.
 */
struct json_object *move_record_take(struct move_record *account, const char *from,
				     const struct message *message, double now_ms,
				     double unix_s);

/**
 * move_record_close - end it without a message that says so
 * @why: the reason
 *
 * Return: as move_record_take(); NULL if none is open.
 */
struct json_object *move_record_close(struct move_record *account, const char *why,
				      double now_ms);

#endif
