/* SPDX-License-Identifier: GPL-2.0-or-later */
/* move_internal: a move under way, as its files share it; see move_run.c. */
#ifndef BATON_CMD_MOVE_INTERNAL_H
#define BATON_CMD_MOVE_INTERNAL_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "cmd/common.h"
#include "core/cluster.h"
#include "os/child.h"

/**
 * struct move_run - a move under way
 * @from, @to: heads
 * @cold: stopped and started instead of handed over
 * @keeper: its socket; -1 = none, or gone
 * @signals: a signalfd
 * @signal: the first signal that came
 * @hurry: a second one came
 * @underway: a step was seen
 * @until_ms: when --timeout ends
 * @pace_ms: time from one look to the next
 * @began: when it was asked for, UNIX time
 * @record: how it ended; NULL = not reported
 * @warnings: warnings so far
 * @resource, @state: what Pacemaker has, as last seen
 * @err: why it failed
 */
struct move_run {
	const struct common_options *options;
	const char *name;
	char from[CLUSTER_NAME];
	char to[CLUSTER_NAME];
	bool cold;
	int keeper;
	int signals;
	int signal;
	bool hurry;
	bool underway;
	int64_t until_ms;
	int64_t pace_ms;
	time_t began;
	struct json_object *record;
	struct json_object *warnings;
	struct cluster_resource resource;
	struct cluster_state state;
	struct err err;
};

/* ---- move_run.c: what both parts use */

/** move_warn - print a line for the administrator; it is kept for --json */
__attribute__((format(printf, 2, 3))) void move_warn(struct move_run *r, const char *fmt,
						     ...);

/**
 * move_wait_until - how long to wait for a tool; a signal ends the wait
 * @until: in the time of child_now_ms()
 */
struct child_wait move_wait_until(struct move_run *r, int64_t until);

/** move_start_clock - --timeout counts from now. */
void move_start_clock(struct move_run *r);

/**
 * move_explain - if a tool was too slow, say what gives it more time
 * @rc: how it ended; only -ETIMEDOUT is explained
 * @without: how to do without it, or ""
 *
 * Return: @rc.
 */
int move_explain(struct move_run *r, int rc, const char *without);

/** move_take_signal - note a signal, if one has come; does not wait. */
void move_take_signal(struct move_run *r);

/** move_summary - from where to where, and how it ended. Return: owned by the caller. */
struct json_object *move_summary(const struct move_run *r);

/* ---- move_plan.c: nothing is changed */

/**
 * move_prepare - choose the head, and check whether the move can be made
 *
 * Fills in from, to, cold, resource and state. If from and to are the same, there is
 * nothing to do, and nothing more was looked at.
 *
 * Return: 0; -EINTR: by a signal; else -errno with r->err.
 */
int move_prepare(struct move_run *r);

/** move_show_plan - print what would be done, step by step. */
void move_show_plan(const struct move_run *r);

/* ---- move_follow.c: the move itself */

/** move_carry_out - move it, leave no constraint; fills in r->err and r->record */
void move_carry_out(struct move_run *r);

#endif
