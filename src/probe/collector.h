/* SPDX-License-Identifier: GPL-2.0-or-later */
/* collector: enters the children's messages into the result of the probe. Pure. */
#ifndef BATON_PROBE_COLLECTOR_H
#define BATON_PROBE_COLLECTOR_H

#include "probe/lane.h"
#include "probe/result.h"
#include "probe/slots.h"
#include "probe/verify.h"

/**
 * struct collector - the run as its parent knows it
 * @result: what is being found out
 * @slots: what must stand in the record file
 * @ready, @answered, @done: of each class: calls follow; one has returned; stopped
 * @refused: a class that cannot begin, or PROBE_N_CLASSES
 * @refused_op, @refused_code: at what, and why
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

/** collector_enter - one message of the child of @class */
void collector_enter(struct collector *collector, enum probe_class class,
		     const struct lane_message *message);

/**
 * collector_verify - what the verification has found
 * @report: its last report, wholly or as far as it came
 * @wall_ns: time of it
 *
 * To be called once, after the tallies were closed, also if there was no verification.
 */
void collector_verify(struct collector *collector, const struct verify_report *report,
		      uint64_t wall_ns);

#endif
