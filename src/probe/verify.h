/* SPDX-License-Identifier: GPL-2.0-or-later */
/* verify: at the end: is the lock still held, every record there, and no name left? */
#ifndef BATON_PROBE_VERIFY_H
#define BATON_PROBE_VERIFY_H

#include <stdbool.h>
#include <sys/types.h>

#include "probe/lane.h"
#include "probe/slots.h"

/**
 * struct verify_plan - data for the child that verifies
 * @plan: of the run
 * @slots: what was acknowledged
 * @writer: process that must hold the lock
 */
struct verify_plan {
	const struct lane_plan *plan;
	const struct slots *slots;
	pid_t writer;
};

enum verify_lock {
	VERIFY_LOCK_UNKNOWN, /* not reached, or see @lock_code */
	VERIFY_LOCK_HELD,
	VERIFY_LOCK_FREE,  /* nobody holds it */
	VERIFY_LOCK_OTHER, /* somebody else does */
};

/**
 * struct verify_report - what is known so far; sent again after every step
 * @lock: what F_GETLK tells a process other than the writer
 * @lock_code: errno of asking
 * @direct: records were read past the page cache
 * @sum: the records
 * @read_code: errno of the first failed read
 * @leftovers: names that exist though they were removed, or that were never made
 * @list_code: errno of listing them
 * @done: nothing follows
 */
struct verify_report {
	enum verify_lock lock;
	int lock_code;
	bool direct;
	struct slots_sum sum;
	int read_code;
	uint64_t leftovers;
	int list_code;
	bool done;
};

/** verify_run - the worker; @arg: struct verify_plan */
void verify_run(void *arg, int in, int out);

#endif
