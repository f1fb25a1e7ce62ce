/* SPDX-License-Identifier: GPL-2.0-or-later */
/* jobs_internal: for jobs.c alone, and for the explorer (tests/model); after jobs.h. */
#ifndef BATON_KEEPER_JOBS_INTERNAL_H
#define BATON_KEEPER_JOBS_INTERNAL_H

#include <systemd/sd-event.h>

#include "keeper/runner.h"

struct jobs {
	const struct jobs_calls *calls;
	enum service_state state;
	struct runner runner;
	bool busy;
	struct job job;
	struct job waiting[JOBS_WAITING_MAX];
	size_t n_waiting;
	sd_event_source *io;
	sd_event_source *timer;
	bool was_ready;
	struct err why_ended;
};

#endif
