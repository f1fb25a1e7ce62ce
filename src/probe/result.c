// SPDX-License-Identifier: GPL-2.0-or-later
/* result: what a run proves. Pure. */
#include "probe/result.h"

#include "probe/block.h"

bool run_is_clean(const struct run_result *result)
{
	for (int i = 0; i < PROBE_N_CLASSES; i++) {
		const struct tally *tally = &result->tally[i];

		if (!probe_parts(result->options, (enum probe_class)i))
			continue;
		/* Without a single successful call nothing is proven. */
		if (!tally->ok || tally->errors.total || tally->spurious.total)
			return false;
	}
	return result->verified && result->lock == RUN_LOCK_KEPT &&
	       result->acknowledged && !result->lists.unfinished.n &&
	       !result->sum.missing && !result->sum.wrong && !result->unread &&
	       !result->leftovers && result->end != RUN_END_ABORT &&
	       result->end != RUN_END_CHILD;
}

uint64_t run_bytes_read(const struct run_result *result)
{
	return result->tally[PROBE_READ].ok * BLOCK_BYTES;
}

const char *run_lock_text(enum run_lock lock)
{
	switch (lock) {
	case RUN_LOCK_KEPT:
		return "kept";
	case RUN_LOCK_UNKNOWN:
		return "unknown: it could not be checked";
	case RUN_LOCK_FREE:
		return "LOST: nobody holds it any more";
	case RUN_LOCK_OTHER:
		return "LOST: held by another process";
	case RUN_LOCK_EIO:
		return "LOST: the writer's I/O failed, as it does without its lock";
	}
	return "?";
}

void run_result_free(struct run_result *result)
{
	tally_lists_free(&result->lists);
}
