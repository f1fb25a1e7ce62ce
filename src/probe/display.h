/* SPDX-License-Identifier: GPL-2.0-or-later */
/* display: one line of status on a terminal. */
#ifndef BATON_PROBE_DISPLAY_H
#define BATON_PROBE_DISPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "probe/tally.h"

/**
 * struct display - the line
 * @on: stderr is a terminal
 */
struct display {
	bool on;
	uint64_t last_ns;
	uint64_t last_ok[PROBE_N_CLASSES];
	uint64_t rate[PROBE_N_CLASSES];
};

/** display_init - show something only on a terminal */
void display_init(struct display *display);

/**
 * display_show - redraw the line
 * @phase: what is going on, e.g. "running"
 * @tally: PROBE_N_CLASSES of them
 * @elapsed_ns: since the calls began
 * @now_ns: monotonic
 */
void display_show(struct display *display, const char *phase, const struct tally *tally,
		  uint64_t elapsed_ns, uint64_t now_ns);

/** display_clear - erase the line */
void display_clear(struct display *display);

#endif
