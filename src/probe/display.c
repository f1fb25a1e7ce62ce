// SPDX-License-Identifier: GPL-2.0-or-later
/* display: one line of status on a terminal. */
#include "probe/display.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "probe/clock.h"

void display_init(struct display *display)
{
	*display = (struct display){ .on = isatty(STDERR_FILENO) };
}

/* Rates over a second or more; over less they would jump about. */
static void measure_rates(struct display *display, const struct tally *tally,
			  uint64_t now_ns)
{
	uint64_t span = now_ns - display->last_ns;

	if (span < NS_PER_S)
		return;
	for (int i = 0; i < PROBE_N_CLASSES; i++) {
		display->rate[i] =
			((tally[i].ok - display->last_ok[i]) * NS_PER_S + span / 2) /
			span;
		display->last_ok[i] = tally[i].ok;
	}
	display->last_ns = now_ns;
}

void display_show(struct display *display, const char *phase, const struct tally *tally,
		  uint64_t elapsed_ns, uint64_t now_ns)
{
	struct winsize size = { .ws_col = 80 };
	char line[256];
	uint64_t errors = 0;
	size_t n;

	if (!display->on)
		return;
	measure_rates(display, tally, now_ns);
	n = (size_t)snprintf(line, sizeof(line), "%4llu s %s",
			     (unsigned long long)(elapsed_ns / NS_PER_S), phase);
	for (int i = 0; i < PROBE_N_CLASSES; i++) {
		uint64_t pause = tally_pause_now(&tally[i], now_ns);

		if (!tally[i].ok && !pause)
			continue; /* not part of this run, or not yet */
		errors += tally[i].errors.total + tally[i].spurious.total;
		n += (size_t)snprintf(line + n, sizeof(line) - n, "  %s ",
				      probe_classes[i].name);
		if (pause >= tally[i].lists->pause_ns)
			n += (size_t)snprintf(line + n, sizeof(line) - n, "PAUSE %.1f s",
					      (double)pause / 1e9);
		else
			n += (size_t)snprintf(line + n, sizeof(line) - n, "%llu/s",
					      (unsigned long long)display->rate[i]);
	}
	snprintf(line + n, sizeof(line) - n, "  errors %llu", (unsigned long long)errors);
	/* A line that wraps cannot be overwritten. */
	ioctl(STDERR_FILENO, TIOCGWINSZ, &size);
	fprintf(stderr, "\r\033[K%.*s", size.ws_col > 1 ? size.ws_col - 1 : 79, line);
	fflush(stderr);
}

void display_clear(struct display *display)
{
	if (display->on)
		fputs("\r\033[K", stderr);
}
