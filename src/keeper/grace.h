/* SPDX-License-Identifier: GPL-2.0-or-later */
/* grace: ends the grace period when it has lasted long enough. */
#ifndef BATON_KEEPER_GRACE_H
#define BATON_KEEPER_GRACE_H

#include "keeper/context.h"
#include "keeper/status_child.h"

/**
 * struct vigil - a child that watches the grace period
 * @begun: it has been started since the service began to serve
 * @next_ms: the next one is not started before
 */
struct vigil {
	struct keeper *k;
	struct status_child child;
	sd_event_source *io;
	bool begun;
	int64_t next_ms;
};

/** grace_sample - start the child, once each time the service begins to serve. */
void grace_sample(struct keeper *k, struct vigil *vigil);
/** grace_pause - an operation begins. */
void grace_pause(struct vigil *vigil);

#endif
