// SPDX-License-Identifier: GPL-2.0-or-later
/* tally: the books of the run: calls, errors, pauses. */
#include "probe/tally.h"

#include <stdlib.h>

void tally_list_add(struct tally_list *list, struct tally_entry entry)
{
	if (list->n == list->room && list->room < TALLY_LIST_MAX) {
		size_t room = list->room ? 2 * list->room : 64;
		struct tally_entry *bigger = realloc(list->entry, room * sizeof(entry));

		if (bigger) {
			list->entry = bigger;
			list->room = room;
		}
	}
	if (list->n < list->room)
		list->entry[list->n++] = entry;
	else
		list->omitted++;
}

void tally_list_free(struct tally_list *list)
{
	free(list->entry);
	*list = (struct tally_list){};
}

void tally_lists_free(struct tally_lists *lists)
{
	tally_list_free(&lists->pauses);
	tally_list_free(&lists->events);
	tally_list_free(&lists->unfinished);
}

static void errors_add(struct tally_errors *errors, int code)
{
	unsigned int i;

	errors->total++;
	for (i = 0; i < errors->n; i++)
		if (errors->row[i].code == code)
			break;
	if (i >= TALLY_ERRORS_MAX - 1) {
		i = TALLY_ERRORS_MAX - 1;
		code = 0;
	}
	if (i >= errors->n)
		errors->n = i + 1;
	errors->row[i].code = code;
	errors->row[i].count++;
}

static void enter_pause(struct tally *tally, struct tally_pause *pause, uint64_t end_ns)
{
	uint64_t ns = end_ns - pause->ns;

	if (ns > tally->longest_ns) {
		tally->longest_ns = ns;
		tally->longest_wall_ns = pause->wall_ns;
		tally->longest_op = pause->op;
	}
	if (ns >= tally->lists->pause_ns)
		tally_list_add(&tally->lists->pauses,
			       (struct tally_entry){ .class = tally->class,
						     .op = pause->op,
						     .wall_ns = pause->wall_ns,
						     .ns = ns });
	pause->on = false;
}

static struct tally_pause *pause_of(struct tally *tally, unsigned int part)
{
	return &tally->pause[probe_classes[tally->class].stream ? 0 : part];
}

void tally_begin(struct tally *tally, unsigned int part, enum probe_op op, uint64_t ns,
		 uint64_t wall_ns)
{
	struct tally_call *call = &tally->call[part];
	struct tally_pause *pause = pause_of(tally, part);

	if (tally->closed)
		return;
	if (call->last_ns && ns > call->last_ns + tally->interval_ns) {
		uint64_t idle = ns - call->last_ns - tally->interval_ns;

		if (idle > tally->longest_idle_ns)
			tally->longest_idle_ns = idle;
	}
	call->out = true;
	tally->n_out++;
	call->op = op;
	call->ns = ns;
	call->wall_ns = wall_ns;
	if (!pause->on)
		*pause = (struct tally_pause){ true, op, ns, wall_ns };
}

static void count_call(struct tally *tally, enum probe_op op, uint64_t ns)
{
	if (!probe_ops[op].counted) {
		tally->upkeep++;
		return;
	}
	tally->calls++;
	hist_add(&tally->hist, ns);
}

static void enter_error(struct tally *tally, enum probe_op op, int code, uint64_t wall_ns)
{
	bool spurious = probe_is_spurious(op, code);

	errors_add(spurious ? &tally->spurious : &tally->errors, code);
	tally_list_add(&tally->lists->events, (struct tally_entry){ .class = tally->class,
								    .op = op,
								    .code = code,
								    .spurious = spurious,
								    .wall_ns = wall_ns });
}

/* Calls of a stream that are still out start a new wait here. */
static void end_pause(struct tally *tally, struct tally_pause *pause, uint64_t ns)
{
	uint64_t wall_ns;

	/* Two parts may be heard in another order than they were answered. */
	if (ns < pause->ns)
		ns = pause->ns;
	wall_ns = pause->wall_ns + (ns - pause->ns);
	enter_pause(tally, pause, ns);
	if (probe_classes[tally->class].stream && tally->n_out)
		*pause = (struct tally_pause){ true, pause->op, ns, wall_ns };
}

void tally_end(struct tally *tally, unsigned int part, int code, uint64_t ns)
{
	struct tally_call *call = &tally->call[part];

	if (tally->closed || !call->out)
		return;
	count_call(tally, call->op, ns - call->ns);
	call->out = false;
	tally->n_out--;
	call->last_ns = ns;
	if (code) {
		enter_error(tally, call->op, code, call->wall_ns);
		return;
	}
	tally->ok += probe_ops[call->op].counted;
	end_pause(tally, pause_of(tally, part), ns);
}

void tally_event(struct tally *tally, enum probe_op op, int code, uint64_t wall_ns)
{
	enter_error(tally, op, code, wall_ns);
}

static void close_call(struct tally *tally, struct tally_call *call, uint64_t ns)
{
	count_call(tally, call->op, ns - call->ns);
	tally_list_add(&tally->lists->unfinished,
		       (struct tally_entry){ .class = tally->class,
					     .op = call->op,
					     .wall_ns = call->wall_ns,
					     .ns = ns - call->ns });
	call->out = false;
}

void tally_close(struct tally *tally, uint64_t ns)
{
	if (tally->closed)
		return;
	for (int i = 0; i < PROBE_PARTS_MAX; i++) {
		if (tally->call[i].out)
			close_call(tally, &tally->call[i], ns);
		if (tally->pause[i].on)
			enter_pause(tally, &tally->pause[i], ns);
	}
	tally->closed = true;
}

uint64_t tally_pause_now(const struct tally *tally, uint64_t ns)
{
	uint64_t longest = 0;

	for (int i = 0; i < PROBE_PARTS_MAX; i++) {
		const struct tally_pause *pause = &tally->pause[i];

		if (pause->on && ns > pause->ns && ns - pause->ns > longest)
			longest = ns - pause->ns;
	}
	return longest;
}
