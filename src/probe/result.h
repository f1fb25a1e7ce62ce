/* SPDX-License-Identifier: GPL-2.0-or-later */
/* result: what a probe has found. */
#ifndef BATON_PROBE_RESULT_H
#define BATON_PROBE_RESULT_H

#include <limits.h>

#include "core/mountinfo.h"
#include "probe/slots.h"
#include "probe/tally.h"

/* Why a run ended. */
enum run_end {
	RUN_END_DURATION,
	RUN_END_SIGNAL, /* was asked to; verified all the same */
	RUN_END_ABORT,  /* was asked to again: not or only partly verified */
	RUN_END_CHILD,  /* a child of ours died */
};

enum run_lock {
	RUN_LOCK_KEPT,
	RUN_LOCK_UNKNOWN, /* could not be asked */
	RUN_LOCK_FREE,    /* F_GETLK finds nobody holding it */
	RUN_LOCK_OTHER,   /* F_GETLK finds somebody else holding it */
	RUN_LOCK_EIO,     /* the writer's I/O failed as it does when its lock is lost */
};

/**
 * struct run_result - everything that a report is made of
 * @options: of the run
 * @path: its directory; @kept: it is still there
 * @mount: its mount; @takes_again: see struct prepare_report
 * @started_wall_ns: when calls began; @duration_ns: until the end of the wait for the
 *                 last
 * @tally: by class; @lists: one by one
 * @acknowledged: records
 * @sum: of those read back, while their slots were reused and at the end
 * @unread: acknowledged, but not compared: unreadable, or too late
 * @corrupt: blocks that the reader read differently from what was written
 * @corrupt_at: byte at which the first of them begins
 * @verified: the verification was completed
 * @direct: it read past the page cache
 * @leftovers: names that exist but should not
 */
struct run_result {
	const struct probe_options *options;
	char path[PATH_MAX];
	bool kept;
	struct mountinfo mount;
	bool takes_again;
	uint64_t started_wall_ns;
	uint64_t duration_ns;
	enum run_end end;
	struct tally tally[PROBE_N_CLASSES];
	struct tally_lists lists;
	enum run_lock lock;
	uint64_t acknowledged;
	struct slots_sum sum;
	uint64_t unread;
	uint64_t corrupt;
	uint64_t corrupt_at;
	bool verified;
	bool direct;
	uint64_t leftovers;
};

/** run_is_clean - was nothing wrong seen, and everything proven? */
bool run_is_clean(const struct run_result *result);

/** run_bytes_read - bytes that the reader has read successfully */
uint64_t run_bytes_read(const struct run_result *result);

/** run_lock_text - the state of the lock in words */
const char *run_lock_text(enum run_lock lock);

void run_result_free(struct run_result *result);

#endif
