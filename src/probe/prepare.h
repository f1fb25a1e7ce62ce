/* SPDX-License-Identifier: GPL-2.0-or-later */
/* prepare: the directory of the run is made, and removed again, by children. */
#ifndef BATON_PROBE_PREPARE_H
#define BATON_PROBE_PREPARE_H

#include "core/err.h"
#include "probe/lane.h"
#include "probe/mountinfo.h"

/**
 * struct prepare_report - what the child that prepares reports, once
 * @rc: 0 or -errno, with @err
 * @mount: what the directory is on
 * @takes_again: the client takes lost locks again in silence (nfs.recover_lost_locks)
 */
struct prepare_report {
	int rc;
	bool takes_again;
	struct err err;
	struct mountinfo mount;
};

/** prepare_run - check the directory and make that of the run; @arg: struct lane_plan */
void prepare_run(void *arg, int in, int out);

/** struct cleanup_report - what the child that cleans up reports, once */
struct cleanup_report {
	int code; /* errno of the first thing that could not be removed, or 0 */
};

/** cleanup_run - remove the directory of the run; @arg: struct lane_plan */
void cleanup_run(void *arg, int in, int out);

#endif
