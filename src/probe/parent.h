/* SPDX-License-Identifier: GPL-2.0-or-later */
/* parent: the parent's events: children, signals, deadlines, the display. */
#ifndef BATON_PROBE_PARENT_H
#define BATON_PROBE_PARENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "probe/collector.h"
#include "probe/display.h"
#include "probe/lane.h"
#include "probe/result.h"
#include "probe/worker.h"

/**
 * struct run - a run, driven by its parent; run.c goes through its phases
 * @report: where the helper's reports go, each of @report_size; @reports have come so far
 * @signals: that have come; more than @signals_allowed end any wait
 * @child_died: a child of a class died before it was done
 * @announced: "running" was printed
 * @started_ns: when the calls began, monotonic; 0 = not yet
 * @phase: for the display
 */
struct run {
	const struct probe_options *options;
	struct run_result *result;
	struct lane_plan plan;
	struct collector collector;
	struct worker lane[PROBE_N_CLASSES];
	struct worker helper;
	void *report;
	size_t report_size;
	unsigned int reports;
	int helper_status;
	unsigned int signals;
	unsigned int signals_allowed;
	bool child_died;
	bool announced;
	uint64_t started_ns;
	const char *phase;
	struct display display;
	int signal_fd;
	int tick_fd;
	int deadline_fd;
};

/** parent_open - set up signals, timers, display; see parent_close(). 0 or -errno */
int parent_open(struct run *run, struct err *err);
void parent_close(struct run *run);

/**
 * parent_wait - handle events until a condition holds
 * @phase: for the display
 * @deadline_ns: monotonic, 0 = none
 * @over: the condition
 *
 * Return: true if @over, false after the deadline or one signal too many.
 */
bool parent_wait(struct run *run, const char *phase, uint64_t deadline_ns,
		 bool (*over)(const struct run *run));

/** parent_patience - the deadline for something that is due from now on */
uint64_t parent_patience(const struct run *run);

/** parent_read_lane - enter what the child of @class has sent so far */
void parent_read_lane(struct run *run, enum probe_class class);

/**
 * parent_help - run a helper to its end
 * @work, @arg: see worker_start()
 * @report: its last report; @size of each
 *
 * The patience applies to each report, not to the whole: a long readback that makes
 * progress is not hung. A helper that makes no more progress is killed and left behind.
 *
 * Return: 0, -ETIMEDOUT, -EINTR (a signal too many), -ECHILD (it died without a report),
 * or the -errno of starting it.
 */
int parent_help(struct run *run, const char *phase,
		void (*work)(void *arg, int in, int out), void *arg, void *report,
		size_t size);

#endif
