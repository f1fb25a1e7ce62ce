// SPDX-License-Identifier: GPL-2.0-or-later
/* run: one whole probe: children, end, verification. */
/*
 * Theory of operation
 *
 * The parent never touches the probed filesystem: a dead server would hang it, and with
 * it the display, the deadline and the report. Children do all of that. They report each
 * call before they make it, and its result afterwards:
 *
 *   prepare     one child checks the directory and makes that of the run
 *   fill        one child writes the file to read, if there is to be one
 *   lanes       one child per class makes calls until asked to stop
 *   stop        each finishes what it began; a call still out when patience ends is
 *               entered as unfinished and as a pause of its length so far
 *   verify      one child checks the writer's lock, reads all records, lists the names;
 *               its reports are cumulative, so if it hangs, the last one counts
 *   release     the writer, which has kept its lock until now, may go
 *   cleanup     one child removes the directory, if the run was clean
 *
 * The first signal ends the run early, the second ends the wait, too. If the parent dies,
 * the kernel kills the children (PR_SET_PDEATHSIG); the run's directory stays.
 */
#include "probe/run.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "probe/clock.h"
#include "probe/parent.h"
#include "probe/prepare.h"
#include "probe/reader.h"

static int cannot_begin(struct run *run, int rc, struct err *err)
{
	if (rc == -EINTR)
		return err_set(err, BATON_EXIT_FAILED, 0, "interrupted before it began");
	if (rc == -ETIMEDOUT)
		return err_set(
			err, BATON_EXIT_FAILED, 0,
			"%s: no answer within %llu s; is its server reachable?",
			run->options->dir,
			(unsigned long long)(run->options->patience_ns / NS_PER_S));
	return err_set(err, BATON_EXIT_FAILED, -rc, "start a child");
}

static int run_prepare(struct run *run, struct err *err)
{
	struct prepare_report report = {};
	int rc = parent_help(run, "preparing", prepare_run, &run->plan, &report,
			     sizeof(report));

	if (rc < 0)
		return cannot_begin(run, rc, err);
	run->result->mount = report.mount;
	run->result->takes_again = report.takes_again;
	if (report.rc < 0 && err)
		*err = report.err;
	return report.rc;
}

static bool lanes_are_decided(const struct run *run)
{
	for (int i = 0; i < PROBE_N_CLASSES; i++)
		if (!run->collector.ready[i] &&
		    probe_parts(run->options, (enum probe_class)i))
			return run->collector.refused != PROBE_N_CLASSES ||
			       run->child_died;
	return true;
}

static void run_cleanup(struct run *run)
{
	struct cleanup_report report = {};
	int rc = parent_help(run, "cleaning up", cleanup_run, &run->plan, &report,
			     sizeof(report));
	int code = rc < 0 ? -rc : report.code;

	run->result->kept = code != 0;
	/* The server has failed a call; that it came late makes it no better. */
	if (code)
		tally_event(&run->result->tally[PROBE_NAMESPACE], OP_CLEANUP, code,
			    clock_wall_ns());
}

static void drop_lanes(struct run *run)
{
	for (int i = 0; i < PROBE_N_CLASSES; i++)
		worker_drop(&run->lane[i]);
}

/* The run cannot start: remove all of it. */
static void withdraw(struct run *run)
{
	drop_lanes(run);
	run->signals_allowed = run->signals;
	run_cleanup(run);
}

static int run_fill(struct run *run, struct err *err)
{
	struct fill_report report = {};
	int rc;

	if (!run->options->depth)
		return 0;
	rc = parent_help(run, "filling", fill_run, &run->plan, &report, sizeof(report));
	if (rc < 0)
		rc = cannot_begin(run, rc, err);
	else if (report.code)
		rc = err_set(err, BATON_EXIT_FAILED, report.code,
			     "%s: write the file to read", run->options->dir);
	if (rc < 0)
		withdraw(run);
	return rc;
}

static int start_lanes(struct run *run, struct err *err)
{
	static void (*const work[PROBE_N_CLASSES])(void *, int, int) = {
		[PROBE_WRITE] = writer_run,
		[PROBE_OPEN] = opens_run,
		[PROBE_NAMESPACE] = names_run,
		[PROBE_READ] = reader_run,
	};
	static const char *const names[PROBE_N_CLASSES] = {
		[PROBE_WRITE] = "probe-write",
		[PROBE_OPEN] = "probe-open",
		[PROBE_NAMESPACE] = "probe-names",
		[PROBE_READ] = "probe-read",
	};
	int rc = 0;

	run->result->started_wall_ns = clock_wall_ns();
	for (int i = 0; i < PROBE_N_CLASSES && rc == 0; i++)
		if (probe_parts(run->options, (enum probe_class)i))
			rc = worker_start(&run->lane[i], names[i], work[i], &run->plan);
	if (rc == 0 &&
	    !parent_wait(run, "starting", parent_patience(run), lanes_are_decided))
		rc = run->signals > run->signals_allowed ? -EINTR : -ETIMEDOUT;
	if (rc < 0)
		rc = cannot_begin(run, rc, err);
	else if (run->collector.refused != PROBE_N_CLASSES)
		rc = err_set(err, BATON_EXIT_FAILED, run->collector.refused_code,
			     "%s: prepare %s calls", run->options->dir,
			     probe_classes[run->collector.refused].name);
	else if (run->child_died)
		rc = err_set(err, BATON_EXIT_FAILED, 0, "a child died at once");
	if (rc < 0)
		withdraw(run);
	return rc;
}

static bool run_is_over(const struct run *run)
{
	return run->signals || run->child_died;
}

static bool lanes_are_done(const struct run *run)
{
	for (int i = 0; i < PROBE_N_CLASSES; i++)
		if (!run->collector.done[i] && run->lane[i].pid)
			return false;
	return true;
}

static bool lanes_are_gone(const struct run *run)
{
	for (int i = 0; i < PROBE_N_CLASSES; i++)
		if (run->lane[i].pid)
			return false;
	return true;
}

static void close_books(struct run *run)
{
	uint64_t now;

	for (int i = 0; i < PROBE_N_CLASSES; i++)
		if (run->lane[i].in >= 0)
			parent_read_lane(run, (enum probe_class)i);
	now = clock_mono_ns();
	for (int i = 0; i < PROBE_N_CLASSES; i++)
		tally_close(&run->result->tally[i], now);
	run->result->duration_ns = now - run->started_ns;
}

static void run_verify(struct run *run, pid_t writer)
{
	struct verify_plan plan = { &run->plan, &run->collector.slots, writer };
	struct verify_report report = {};

	if (run->signals <= run->signals_allowed) {
		int rc = parent_help(run, "verifying", verify_run, &plan, &report,
				     sizeof(report));

		if (rc < 0 && rc != -EINTR)
			tally_event(&run->result->tally[PROBE_WRITE], OP_READBACK, -rc,
				    clock_wall_ns());
	}
	collector_verify(&run->collector, &report, clock_wall_ns());
}

/* After the first call nothing is an error of our own; everything goes to the result. */
static void run_calls(struct run *run)
{
	uint64_t duration_ns = run->options->duration_ns;
	pid_t writer = run->lane[PROBE_WRITE].pid;

	run->started_ns = clock_mono_ns();
	run->signals_allowed = 1;
	parent_wait(run, "running", duration_ns ? run->started_ns + duration_ns : 0,
		    run_is_over);
	run->result->end = run->child_died ? RUN_END_CHILD
			   : run->signals  ? RUN_END_SIGNAL
					   : RUN_END_DURATION;
	for (int i = 0; i < PROBE_N_CLASSES; i++)
		worker_ask_stop(&run->lane[i]);
	parent_wait(run, "stopping", parent_patience(run), lanes_are_done);
	close_books(run);
	run_verify(run, writer);
	for (int i = 0; i < PROBE_N_CLASSES; i++)
		worker_release(&run->lane[i]);
	/* The lock must be gone and the file closed before the file is removed. */
	if (lanes_are_done(run))
		parent_wait(run, "releasing", parent_patience(run), lanes_are_gone);
	drop_lanes(run);
	if (run->child_died)
		run->result->end = RUN_END_CHILD;
	if (run->signals > run->signals_allowed)
		run->result->end = RUN_END_ABORT;
	run->result->kept = true;
	if (run_is_clean(run->result))
		run_cleanup(run);
}

static int open_run(struct run *run, struct err *err)
{
	struct run_result *result = run->result;
	uint64_t id;
	int n;

	if (getrandom(&id, sizeof(id), 0) != sizeof(id))
		return err_set(err, BATON_EXIT_FAILED, errno, "draw a run id");
	n = snprintf(result->path, sizeof(result->path), "%s/.baton-probe-%016" PRIx64,
		     run->options->dir, id);
	if (n < 0 || (size_t)n >= sizeof(result->path) - 32)
		return err_set(err, BATON_EXIT_FAILED, ENAMETOOLONG, "%.80s...",
			       run->options->dir);
	run->plan.options = run->options;
	run->plan.run = id;
	memcpy(run->plan.path, result->path, sizeof(run->plan.path));
	if (slots_init(&run->collector.slots, probe_slots(run->options)) < 0)
		return err_set(err, BATON_EXIT_RESOURCE, ENOMEM, "room for %llu records",
			       (unsigned long long)run->options->slots);
	result->options = run->options;
	result->lists.pause_ns = run->options->pause_ns;
	for (int i = 0; i < PROBE_N_CLASSES; i++)
		result->tally[i] = (struct tally){
			.class = (enum probe_class)i,
			.interval_ns = probe_interval(run->options, (enum probe_class)i),
			.lists = &result->lists,
		};
	return parent_open(run, err);
}

int run_probe(const struct probe_options *options, struct run_result *result,
	      struct err *err)
{
	struct run run = {
		.options = options,
		.result = result,
		.collector = { .result = result, .refused = PROBE_N_CLASSES },
		.lane = { WORKER_NONE, WORKER_NONE, WORKER_NONE, WORKER_NONE },
		.helper = WORKER_NONE,
		.signal_fd = -1,
		.tick_fd = -1,
		.deadline_fd = -1,
		.phase = "preparing",
	};
	int rc;

	memset(result, 0, sizeof(*result));
	rc = open_run(&run, err);
	if (rc == 0)
		rc = run_prepare(&run, err);
	if (rc == 0)
		rc = run_fill(&run, err);
	if (rc == 0)
		rc = start_lanes(&run, err);
	if (rc == 0)
		run_calls(&run);
	parent_close(&run);
	slots_free(&run.collector.slots);
	return rc;
}
