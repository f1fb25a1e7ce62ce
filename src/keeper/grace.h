/* SPDX-License-Identifier: GPL-2.0-or-later */
/* grace: the grace period is ended when it has lasted long enough. */
#ifndef BATON_KEEPER_GRACE_H
#define BATON_KEEPER_GRACE_H

#include "keeper/context.h"
#include "keeper/status_child.h"

/**
 * struct vigil - a child that sits through the grace period
 * @begun: it was sent, since the service has begun to serve
 * @next_ms: the next is not sent before
 */
struct vigil {
	struct keeper *k;
	struct status_child child;
	sd_event_source *io;
	bool begun;
	int64_t next_ms;
};

/** grace_sample - send it, once for each time that the service begins to serve. */
void grace_sample(struct keeper *k, struct vigil *vigil);
/** grace_pause - an operation begins. */
void grace_pause(struct vigil *vigil);

#endif
