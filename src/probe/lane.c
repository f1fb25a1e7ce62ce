// SPDX-License-Identifier: GPL-2.0-or-later
/* lane: what the child of a class says to its parent, and its pace. */
#include "probe/lane.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "probe/clock.h"

/* A parent that does not read any more is dead: nothing is left to be proven. */
static void send(int out, struct lane_message message)
{
	if (write(out, &message, sizeof(message)) != sizeof(message))
		_exit(1);
}

void lane_ready(struct lane *lane, int in, int out, const struct lane_plan *plan)
{
	*lane = (struct lane){
		.in = in,
		.out = out,
		.interval_ns = plan->options->interval_ns,
		.next_ns = clock_mono_ns(),
	};
	send(out, (struct lane_message){ .type = LANE_READY });
}

void lane_refuse(int out, enum probe_op op, int errnum)
{
	send(out,
	     (struct lane_message){ .type = LANE_REFUSED, .op = op, .code = errnum });
	_exit(1);
}

void lane_begin(struct lane *lane, enum probe_op op, uint64_t seq)
{
	lane->op = op;
	lane->begin_seq = seq;
	send(lane->out, (struct lane_message){ .type = LANE_BEGIN,
					       .op = op,
					       .seq = seq,
					       .ns = clock_mono_ns(),
					       .wall_ns = clock_wall_ns() });
}

int lane_end(struct lane *lane, int code)
{
	uint64_t ns = clock_mono_ns();

	send(lane->out, (struct lane_message){ .type = LANE_END,
					       .op = lane->op,
					       .code = code,
					       .seq = lane->begin_seq,
					       .ns = ns });
	return code;
}

void lane_reread(struct lane *lane, uint64_t seq, int state)
{
	send(lane->out,
	     (struct lane_message){
		     .type = LANE_REREAD, .op = OP_REREAD, .code = state, .seq = seq });
}

/*
 * Calls begin on a grid; one that took longer than the interval is followed at once, and
 * the grid starts anew there instead of catching up in a burst.
 */
void lane_pace(struct lane *lane)
{
	struct pollfd pfd = { .fd = lane->in, .events = POLLIN };
	uint64_t now = clock_mono_ns();
	uint64_t wait_ns;

	lane->next_ns += lane->interval_ns;
	if (lane->next_ns < now)
		lane->next_ns = now;
	/* Looked at even without time to wait: a stop must not starve. */
	while (!lane->stopping) {
		now = clock_mono_ns();
		wait_ns = lane->next_ns > now ? lane->next_ns - now : 0;
		if (ppoll(&pfd, 1,
			  &(struct timespec){ .tv_sec = wait_ns / NS_PER_S,
					      .tv_nsec = wait_ns % NS_PER_S },
			  NULL) != 0)
			lane->stopping = true;
		else if (clock_mono_ns() >= lane->next_ns)
			break;
	}
}

void lane_done(struct lane *lane)
{
	char byte;

	send(lane->out, (struct lane_message){ .type = LANE_DONE });
	while (read(lane->in, &byte, 1) == 1)
		;
}
