/* SPDX-License-Identifier: GPL-2.0-or-later */
/* timer: one-shot timers of sd-event that are armed again and again. */
#ifndef BATON_KEEPER_TIMER_H
#define BATON_KEEPER_TIMER_H

#include <systemd/sd-event.h>

/** timer_arm - arm it for @ms from now; 0 = disarm. */
static inline void timer_arm(sd_event_source *timer, unsigned int ms)
{
	if (ms)
		sd_event_source_set_time_relative(timer, ms * 1000ull);
	sd_event_source_set_enabled(timer, ms ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

/**
 * timer_add - add a timer that is not armed yet
 * Return: 0, or -errno.
 */
static inline int timer_add(sd_event *event, sd_event_source **timer,
			    uint64_t accuracy_us, sd_event_time_handler_t on_time,
			    void *data)
{
	int rc = sd_event_add_time_relative(event, timer, CLOCK_MONOTONIC, 0, accuracy_us,
					    on_time, data);

	if (rc >= 0)
		timer_arm(*timer, 0);
	return rc < 0 ? rc : 0;
}

#endif
