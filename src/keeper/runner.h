/* SPDX-License-Identifier: GPL-2.0-or-later */
/* runner: runs a plan in a child, step by step, so that nothing else can be blocked. */
#ifndef BATON_KEEPER_RUNNER_H
#define BATON_KEEPER_RUNNER_H

#include <json-c/json.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/err.h"
#include "core/plan.h"
#include "core/service.h"
#include "keeper/op.h"
#include "keeper/peer_connections.h"

/**
 * struct runner_look - what had been done when it was looked at
 * @at_ms: CLOCK_MONOTONIC
 * @requests: that the service's disk has completed
 * @all: that the disks of all services of this head have completed
 * @busy_ms: how long the child has used the processor, or waited for it
 */
struct runner_look {
	int64_t at_ms;
	uint64_t requests;
	uint64_t all;
	uint64_t busy_ms;
};

/**
 * struct runner - an operation that is running
 * @record: what the ledger gets: {op, began, ms, outcome, error, steps: [{step, ms,
 *          outcome, note}]}; owned
 * @result: its failure; the text is empty if it succeeded
 * @changed: whether anything was done at all
 * @began: nothing else was going on, so it could begin, and it has told how it ended
 * @turned: its turn has come: no other process is at work on the service
 * @touched: a step was begun
 * @before: the service's state when the operation began
 *
 * The rest is private to the runner.
 */
struct runner {
	struct json_object *record;
	struct err result;
	bool changed;
	bool began;
	bool turned;
	bool touched;
	enum service_state before;

	const struct service *svc;
	enum operation operation;
	const struct peer_connections *told;
	struct guard_terms terms;
	const struct service *next;
	struct err hung;
	pid_t pid;
	int lock;
	int fd;
	int64_t until_ms;
	int64_t began_ms;
	const char *step;
	unsigned int place;
	int64_t step_began_ms;
	int64_t step_until_ms;
	struct runner_look seen;
	int64_t done_ms;
	bool failed;
};

/**
 * runner_start - begin an operation
 * @runner: filled
 * @svc: the service
 * @operation: what is wanted
 * @told: for a start, what another head has sent that the disk may lack; NULL = nothing
 * @terms: what is known of the other heads; copied; NULL = nothing
 * @next: for a reload, the service as it shall be; else NULL
 * @patience_ms: how long to wait for an operation that another process left running
 * @until_ms: CLOCK_MONOTONIC, when whoever wants it gives up; 0 = never
 * @err: why it could not even begin
 *
 * The child waits its turn, looks up what is standing, and goes on to the end even if its
 * parent dies.
 *
 * Return: 0, or -errno.
 */
int runner_start(struct runner *runner, const struct service *svc,
		 enum operation operation, const struct peer_connections *told,
		 const struct guard_terms *terms, const struct service *next,
		 unsigned int patience_ms, int64_t until_ms, struct err *err);

/**
 * runner_cancel - end a start before its next step, and undo it
 *
 * For a stop that comes meanwhile: it need not wait until clients are served for a moment.
 */
void runner_cancel(struct runner *runner);

/** runner_left_ms - time until runner_dispatch() must be called even if nothing came. */
int64_t runner_left_ms(const struct runner *runner);

/** runner_has_changed - was anything done, also by one that hangs or has died? */
bool runner_has_changed(const struct runner *runner);

/** runner_step_s - for how many seconds the current step has been going on. */
unsigned int runner_step_s(const struct runner *runner);

/**
 * runner_dispatch - take what the child reports; call it when runner->fd is readable or
 * the time is up
 * @runner: the operation
 * @on_step: called for every step that ended, with its ledger entry; may be NULL
 * @data: for @on_step
 *
 * Return: true when it is over: then @result and @record say how it ended.
 */
bool runner_dispatch(struct runner *runner, void (*on_step)(struct json_object *, void *),
		     void *data);

/** runner_release - free it; the child, if any, goes on. */
void runner_release(struct runner *runner);

/** runner_phase_steps - the table of a phase; NULL for PHASE_END. */
const struct step *runner_phase_steps(enum phase phase);

#endif
