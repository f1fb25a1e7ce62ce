// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lane: the pipe between a probe child and its parent: their messages, and the pace of
 * the calls.
 */
#include "probe/lane.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include "probe/clock.h"

/* A parent that no longer reads is dead, so nothing is left to prove. */
static void send(int out, struct lane_message message)
{
	if (write(out, &message, sizeof(message)) != sizeof(message))
		_exit(1);
}

struct part {
	struct lane lane;
	pthread_t thread;
	void (*work)(struct lane *lane, void *arg);
	void *arg;
};

/* Held until LANE_READY is sent: no call comes before it. */
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void *part_main(void *arg)
{
	struct part *part = arg;

	pthread_mutex_lock(&gate);
	pthread_mutex_unlock(&gate);
	part->lane.next_ns = clock_mono_ns();
	part->work(&part->lane, part->arg);
	return NULL;
}

static void wait_for_release(int in)
{
	char byte;

	while (read(in, &byte, 1) == 1)
		;
}

void lane_run(int in, int out, const struct lane_plan *plan, enum probe_class class,
	      void (*work)(struct lane *lane, void *arg), void *arg)
{
	static struct part parts[PROBE_PARTS_MAX];
	unsigned int n = probe_parts(plan->options, class);

	pthread_mutex_lock(&gate);
	for (unsigned int i = 0; i < n; i++) {
		int rc;

		parts[i] = (struct part){
			.lane = { .in = in,
				  .out = out,
				  .part = i,
				  .interval_ns = probe_interval(plan->options, class) },
			.work = work,
			.arg = arg,
		};
		rc = pthread_create(&parts[i].thread, NULL, part_main, &parts[i]);
		if (rc)
			lane_refuse(out, OP_PROCESS, rc);
	}
	send(out, (struct lane_message){ .type = LANE_READY });
	pthread_mutex_unlock(&gate);
	for (unsigned int i = 0; i < n; i++)
		pthread_join(parts[i].thread, NULL);
	send(out, (struct lane_message){ .type = LANE_DONE });
	wait_for_release(in);
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
					       .part = lane->part,
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
					       .part = lane->part,
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
 * Calls begin on a grid. A call that took longer than the interval is followed at once,
 * and the grid starts again there instead of catching up in a burst.
 */
void lane_pace(struct lane *lane)
{
	struct pollfd pfd = { .fd = lane->in, .events = POLLIN };
	uint64_t now = clock_mono_ns();
	uint64_t wait_ns;

	lane->next_ns += lane->interval_ns;
	if (lane->next_ns < now)
		lane->next_ns = now;
	/* Also checked if there is no time to wait: a stop must not starve. */
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
