/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explore: all states, breadth first. */
#ifndef BATON_MODEL_EXPLORE_H
#define BATON_MODEL_EXPLORE_H

#include "world.h"

/** struct exploration - what was found */
struct exploration {
	size_t states;
	size_t transitions;
	size_t depth;
	size_t cut; /* transitions that were not followed: a queue was full */
	bool complete;
	size_t bytes;
	double seconds;
	bool two_writers;
	unsigned int phases; /* of a hand-over, that were seen: bits */
	size_t stuck;   /* states from which nobody serves any more, whatever is done */
	size_t hanging; /* … from which a requester is never answered */
	size_t left;    /* states in which something is left over: world_is_left_over() */
	size_t speaking; /* … from which two heads have the address for ever */
	size_t lost;     /* … from which a source does not come back from a hand-over */
};

/**
 * explore - walk all states
 * @max_states: end there
 * @live: also check what must be reachable from each state
 * @found: filled
 *
 * Prints the shortest trace to what must not be. Ends at the first state with two writers.
 */
void explore(size_t max_states, bool live, struct exploration *found);

#endif
