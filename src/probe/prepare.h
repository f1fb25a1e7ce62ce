/* SPDX-License-Identifier: GPL-2.0-or-later */
/* prepare: children make the run's directory, and remove it at the end. */
#ifndef BATON_PROBE_PREPARE_H
#define BATON_PROBE_PREPARE_H

#include "core/err.h"
#include "probe/lane.h"
#include "core/mountinfo.h"

/**
 * struct prepare_report - the only report of the child that prepares
 * @rc: 0 or -errno, with @err
 * @mount: the mount of the directory
 * @takes_again: the client silently takes lost locks again (nfs.recover_lost_locks)
 */
struct prepare_report {
	int rc;
	bool takes_again;
	struct err err;
	struct mountinfo mount;
};

/** prepare_run - check the directory and make the run's in it; @arg: struct lane_plan */
void prepare_run(void *arg, int in, int out);

/** struct cleanup_report - the only report of the child that cleans up */
struct cleanup_report {
	int code; /* errno of the first failure to remove, or 0 */
};

/** cleanup_run - remove the run's directory; @arg: struct lane_plan */
void cleanup_run(void *arg, int in, int out);

#endif
