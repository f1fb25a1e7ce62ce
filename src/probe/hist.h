/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hist: latencies in log-2 buckets for people, in finer ones for percentiles. Pure. */
#ifndef BATON_PROBE_HIST_H
#define BATON_PROBE_HIST_H

#include <stdint.h>

/* Bucket K holds latencies up to 0.25 ms * 2^K; the last is beyond a year. */
#define HIST_BUCKETS  38
#define HIST_LEAST_NS 250000ull

/* Each octave of microseconds has 32 steps, so a percentile is at most 3.2 % too high. */
#define HIST_STEPS 32
#define HIST_FINE  (45 * HIST_STEPS)

struct hist {
	uint64_t bucket[HIST_BUCKETS];
	uint64_t fine[HIST_FINE];
	uint64_t count;
	uint64_t max_ns;
};

/** hist_add - count one latency */
void hist_add(struct hist *hist, uint64_t ns);

/** hist_le_ns - the inclusive upper bound of a bucket */
uint64_t hist_le_ns(unsigned int bucket);

/** hist_used - number of buckets up to the last one that is not empty */
unsigned int hist_used(const struct hist *hist);

/**
 * hist_percentile - the latency that @permille of all calls did not exceed
 *
 * Rounded up to the end of its step, but never above the largest seen; 0 if there are
 * none.
 *
 * Return: nanoseconds.
 */
uint64_t hist_percentile(const struct hist *hist, unsigned int permille);

#endif
