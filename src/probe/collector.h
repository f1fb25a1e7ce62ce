/* SPDX-License-Identifier: GPL-2.0-or-later */
/* collector: enters the children's messages into the result of the probe. Pure. */
#ifndef BATON_PROBE_COLLECTOR_H
#define BATON_PROBE_COLLECTOR_H

#include "probe/lane.h"
#include "probe/result.h"
#include "probe/slots.h"
#include "probe/verify.h"

/**
 * struct collector - the run as known to the parent
 * @result: the result so far
 * @slots: what must be in the record file
 * @ready, @answered, @done: of each class: calls follow; one has returned; stopped
 * @refused: a class that cannot start, or PROBE_N_CLASSES
 * @refused_op, @refused_code: where it failed, and why
 */
struct collector {
	struct run_result *result;
	struct slots slots;
	bool ready[PROBE_N_CLASSES];
	bool answered[PROBE_N_CLASSES];
	bool done[PROBE_N_CLASSES];
	enum probe_class refused;
	enum probe_op refused_op;
	int refused_code;
};

/** collector_enter - enter one message from the child of @class */
void collector_enter(struct collector *collector, enum probe_class class,
		     const struct lane_message *message);

/**
 * collector_verify - enter the result of the verification
 * @report: its last report, complete or not
 * @wall_ns: time of it
 *
 * Call it once, after the tallies were closed, even if there was no verification.
 */
void collector_verify(struct collector *collector, const struct verify_report *report,
		      uint64_t wall_ns);

#endif
