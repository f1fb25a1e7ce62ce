// SPDX-License-Identifier: GPL-2.0-or-later
/* collector: enters the children's messages into the result of the probe. Pure. */
#include "probe/collector.h"

#include <errno.h>

static void enter_end(struct collector *collector, enum probe_class class,
		      const struct lane_message *message)
{
	tally_end(&collector->result->tally[class], message->part, message->code,
		  message->ns);
	collector->answered[class] = true;
	if (message->op == OP_WRITE && !message->code) {
		slots_ack(&collector->slots, message->seq);
		collector->result->acknowledged++;
	}
	if (message->code == PROBE_ECORRUPT && !collector->result->corrupt++)
		collector->result->corrupt_at = message->seq;
}

static void enter_reread(struct collector *collector, const struct lane_message *message)
{
	uint64_t wall_ns = slots_wall(&collector->slots, message->seq);

	/* Compared now, so not again at the end. A negative state is a failed read. */
	slots_begin(&collector->slots, message->seq, wall_ns);
	if (message->code >= 0)
		slots_sum_add(&collector->result->sum,
			      (struct slots_bad){ message->seq, wall_ns,
						  (uint32_t)message->code });
}

void collector_enter(struct collector *collector, enum probe_class class,
		     const struct lane_message *message)
{
	struct tally *tally = &collector->result->tally[class];

	/* What comes after the books were closed was already reported as unfinished. */
	if (tally->closed)
		return;
	switch ((enum lane_message_type)message->type) {
	case LANE_READY:
		collector->ready[class] = true;
		break;
	case LANE_REFUSED:
		if (collector->refused == PROBE_N_CLASSES) {
			collector->refused = class;
			collector->refused_op = (enum probe_op)message->op;
			collector->refused_code = message->code;
		}
		break;
	case LANE_BEGIN:
		tally_begin(tally, message->part, (enum probe_op)message->op, message->ns,
			    message->wall_ns);
		if (message->op == OP_WRITE)
			slots_begin(&collector->slots, message->seq, message->wall_ns);
		break;
	case LANE_END:
		enter_end(collector, class, message);
		break;
	case LANE_REREAD:
		enter_reread(collector, message);
		break;
	case LANE_DONE:
		collector->done[class] = true;
		break;
	}
}

/* The Linux NFS client fails I/O like this if a process has lost its lock or state. */
static bool is_loss_of_state(int code)
{
	return code == EIO || code == EBADF || code == ENOLCK || code == ESTALE;
}

static enum run_lock judge_lock(const struct run_result *result,
				const struct verify_report *report)
{
	const struct tally_errors *errors = &result->tally[PROBE_WRITE].errors;

	for (unsigned int i = 0; i < errors->n; i++)
		if (is_loss_of_state(errors->row[i].code))
			return RUN_LOCK_EIO;
	switch (report->lock) {
	case VERIFY_LOCK_FREE:
		return RUN_LOCK_FREE;
	case VERIFY_LOCK_OTHER:
		return RUN_LOCK_OTHER;
	case VERIFY_LOCK_UNKNOWN:
		return RUN_LOCK_UNKNOWN;
	case VERIFY_LOCK_HELD:
		break;
	}
	/* The client itself answers F_GETLK; only I/O that has returned is proof. */
	for (size_t i = 0; i < result->lists.unfinished.n; i++)
		if (result->lists.unfinished.entry[i].class == PROBE_WRITE)
			return RUN_LOCK_UNKNOWN;
	return RUN_LOCK_KEPT;
}

void collector_verify(struct collector *collector, const struct verify_report *report,
		      uint64_t wall_ns)
{
	struct run_result *result = collector->result;
	struct tally *write = &result->tally[PROBE_WRITE];

	result->lock = judge_lock(result, report);
	slots_sum_merge(&result->sum, &report->sum);
	result->unread = result->acknowledged > result->sum.checked
				 ? result->acknowledged - result->sum.checked
				 : 0;
	result->direct = report->direct;
	result->leftovers = report->leftovers;
	result->verified = report->done && !report->list_code;
	if (report->lock_code)
		tally_event(write, OP_GETLK, report->lock_code, wall_ns);
	if (report->read_code)
		tally_event(write, OP_READBACK, report->read_code, wall_ns);
	if (report->list_code)
		tally_event(&result->tally[PROBE_NAMESPACE], OP_LIST, report->list_code,
			    wall_ns);
}
