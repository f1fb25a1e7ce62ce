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

static void enter_pause(struct tally *tally, uint64_t end_ns)
{
	uint64_t ns = end_ns - tally->on_ns;

	if (ns > tally->longest_ns) {
		tally->longest_ns = ns;
		tally->longest_wall_ns = tally->on_wall_ns;
		tally->longest_op = tally->on_op;
	}
	if (ns >= tally->lists->pause_ns)
		tally_list_add(&tally->lists->pauses,
			       (struct tally_entry){ .class = tally->class,
						     .op = tally->on_op,
						     .wall_ns = tally->on_wall_ns,
						     .ns = ns });
	tally->on = false;
}

void tally_begin(struct tally *tally, enum probe_op op, uint64_t ns, uint64_t wall_ns)
{
	if (tally->closed)
		return;
	if (tally->last_ns && ns > tally->last_ns + tally->interval_ns) {
		uint64_t idle = ns - tally->last_ns - tally->interval_ns;

		if (idle > tally->longest_idle_ns)
			tally->longest_idle_ns = idle;
	}
	tally->out = true;
	tally->out_op = op;
	tally->out_ns = ns;
	tally->out_wall_ns = wall_ns;
	if (!tally->on) {
		tally->on = true;
		tally->on_op = op;
		tally->on_ns = ns;
		tally->on_wall_ns = wall_ns;
	}
}

static void count_call(struct tally *tally, uint64_t ns)
{
	if (!probe_ops[tally->out_op].counted) {
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

void tally_end(struct tally *tally, int code, uint64_t ns)
{
	if (tally->closed || !tally->out)
		return;
	count_call(tally, ns - tally->out_ns);
	tally->out = false;
	tally->last_ns = ns;
	if (code) {
		enter_error(tally, tally->out_op, code, tally->out_wall_ns);
		return;
	}
	tally->ok += probe_ops[tally->out_op].counted;
	enter_pause(tally, ns);
}

void tally_event(struct tally *tally, enum probe_op op, int code, uint64_t wall_ns)
{
	enter_error(tally, op, code, wall_ns);
}

void tally_close(struct tally *tally, uint64_t ns)
{
	if (tally->closed)
		return;
	if (tally->out) {
		count_call(tally, ns - tally->out_ns);
		tally_list_add(&tally->lists->unfinished,
			       (struct tally_entry){ .class = tally->class,
						     .op = tally->out_op,
						     .wall_ns = tally->out_wall_ns,
						     .ns = ns - tally->out_ns });
	}
	if (tally->on)
		enter_pause(tally, ns);
	tally->out = false;
	tally->closed = true;
}

uint64_t tally_pause_now(const struct tally *tally, uint64_t ns)
{
	return tally->on && ns > tally->on_ns ? ns - tally->on_ns : 0;
}
