// SPDX-License-Identifier: GPL-2.0-or-later
/* hist: latencies in log-2 buckets for people, in finer ones for percentiles. */
#include "probe/hist.h"

/* Microseconds below HIST_STEPS have one step each; each octave above has HIST_STEPS. */
static unsigned int fine_index(uint64_t us)
{
	unsigned int octave, index;

	if (us < HIST_STEPS)
		return us;
	octave = 63 - __builtin_clzll(us) - 5; /* 2^5 = HIST_STEPS */
	index = octave * HIST_STEPS + (us >> octave);
	return index < HIST_FINE ? index : HIST_FINE - 1;
}

/* The largest value, in microseconds, that belongs to a step. */
static uint64_t fine_top(unsigned int index)
{
	unsigned int octave;

	if (index < 2 * HIST_STEPS)
		return index;
	octave = index / HIST_STEPS - 1;
	return ((uint64_t)(index % HIST_STEPS + HIST_STEPS + 1) << octave) - 1;
}

uint64_t hist_le_ns(unsigned int bucket)
{
	return HIST_LEAST_NS << bucket;
}

void hist_add(struct hist *hist, uint64_t ns)
{
	unsigned int bucket = 0;

	while (bucket < HIST_BUCKETS - 1 && ns > hist_le_ns(bucket))
		bucket++;
	hist->bucket[bucket]++;
	hist->fine[fine_index((ns + 999) / 1000)]++;
	hist->count++;
	if (ns > hist->max_ns)
		hist->max_ns = ns;
}

unsigned int hist_used(const struct hist *hist)
{
	unsigned int n = HIST_BUCKETS;

	while (n && !hist->bucket[n - 1])
		n--;
	return n;
}

uint64_t hist_percentile(const struct hist *hist, unsigned int permille)
{
	uint64_t rank = (hist->count * permille + 999) / 1000;
	uint64_t seen = 0;

	if (!hist->count)
		return 0;
	for (unsigned int i = 0; i < HIST_FINE; i++) {
		seen += hist->fine[i];
		if (seen && seen >= rank) {
			uint64_t ns = fine_top(i) * 1000;

			return i < HIST_FINE - 1 && ns < hist->max_ns ? ns : hist->max_ns;
		}
	}
	return hist->max_ns;
}
