/* SPDX-License-Identifier: GPL-2.0-or-later */
/* many: several moves, some of them at once, each in a process of its own. */
#ifndef BATON_CMD_MANY_H
#define BATON_CMD_MANY_H

#include <json-c/json.h>
#include <sys/types.h>

#include "cmd/common.h"
#include "core/evacuation.h"

/**
 * struct many_move - one of the moves
 * @plan: what is to be done; without a target it is not begun
 * @told: how it ended, as `baton move --json` says it
 * @left: it was not begun, because of a signal
 * @pid: its process while it runs, else 0
 * @output: what it prints, a file in memory
 */
struct many_move {
	const struct evacuation_move *plan;
	struct json_object *told;
	bool left;
	pid_t pid;
	int output;
};

/**
 * many_run - carry out moves, in order, at most options->jobs at once
 * @moves: get @told
 * @n: how many
 * @options: for each of them; with dry_run nothing is changed
 * @ended: called when one has ended
 *
 * What they print on standard error is not kept. A move that fails does not keep the others
 * from being tried. SIGINT, SIGTERM and SIGHUP are passed on, and then no more are begun.
 *
 * Return: 0, or the signal that came first.
 */
int many_run(struct many_move *moves, size_t n, const struct common_options *options,
	     void (*ended)(const struct many_move *move,
			   const struct common_options *options));

/** many_code - the exit status of a move that has ended */
int many_code(const struct many_move *move);

#endif
