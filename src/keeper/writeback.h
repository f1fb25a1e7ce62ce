/* SPDX-License-Identifier: GPL-2.0-or-later */
/* writeback: the step sync: what clients have written goes to the disk before the pause. */
#ifndef BATON_KEEPER_WRITEBACK_H
#define BATON_KEEPER_WRITEBACK_H

#include <stdbool.h>
#include <stdint.h>

#include "keeper/op.h"

/**
 * struct writeback_rounds - what the rounds so far have brought; begins as WRITEBACK_ROUNDS
 * @best_ms: how long the rest took at best
 * @in_vain: how many in a row have brought nothing
 */
struct writeback_rounds {
	unsigned int best_ms;
	unsigned int in_vain;
};
#define WRITEBACK_ROUNDS                                                                 \
	{                                                                                \
		UINT32_MAX, 0                                                            \
	}

/**
 * writeback_goes_on - is another round worth it?
 * @rest_ms: about how long what is left after this one takes
 * @short_ms: clients can wait so long
 *
 * Until then each round that leaves less is; after that one has to leave a quarter less,
 * as a writer almost as fast as the disk would never be done.
 */
bool writeback_goes_on(struct writeback_rounds *r, unsigned int rest_ms,
		       unsigned int short_ms);

/**
 * writeback_run - write back while clients are served
 *
 * Until less cannot be left: it would be part of the pause. If what is left then takes
 * longer than half of the lease, a hand-over is given up; a stop goes on, and its unmount
 * writes the rest.
 *
 * Return: 0; if the hand-over was given up: -ETIME, or -EIO because the disk hangs.
 */
int writeback_run(struct op *op, struct err *err);

#endif
