/* SPDX-License-Identifier: GPL-2.0-or-later */
/* courtesy: ends clients that have died holding something. */
#ifndef BATON_KEEPER_COURTESY_H
#define BATON_KEEPER_COURTESY_H

#include <sys/types.h>

#include "core/heard.h"
#include "keeper/context.h"

/**
 * struct courtesy - for courtesy.c alone; begins with courtesy_init()
 * @heard: for how long this head has heard clients
 * @calls_fd: reads how many of their calls were executed; or -errno
 * @calls: that number, when last read …
 * @known: … since the counters were opened
 * @pid: of the child that looks at the clients
 * @looked_ms: when it began …
 * @wait_s: … and for how long from then on none will have to be ended; 0 = unknown
 */
struct courtesy {
	struct heard heard;
	int calls_fd;
	uint64_t calls;
	bool known;
	pid_t pid;
	int64_t looked_ms;
	int wait_s;
};

void courtesy_init(struct courtesy *courtesy);
/** courtesy_open - the caller is in the namespace whose calls count; once is enough. */
void courtesy_open(struct courtesy *courtesy);
/** courtesy_restart - the service is not served here: its next start begins anew. */
void courtesy_restart(struct courtesy *courtesy);
/** courtesy_sample - listen, and end clients if it is time; at least once a lease. */
void courtesy_sample(struct keeper *k, struct courtesy *courtesy);
/** courtesy_pause - let go of the namespaces. */
void courtesy_pause(struct courtesy *courtesy);
/** courtesy_forget - close what courtesy_open() has opened. */
void courtesy_forget(struct courtesy *courtesy);

#endif
