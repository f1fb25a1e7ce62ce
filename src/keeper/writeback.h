/* SPDX-License-Identifier: GPL-2.0-or-later */
/* writeback: the step sync: what clients have written goes to the disk before the pause. */
#ifndef BATON_KEEPER_WRITEBACK_H
#define BATON_KEEPER_WRITEBACK_H

#include "keeper/op.h"

/**
 * writeback_run - write back while clients are served
 *
 * Until what is left can be written within half of the lease: it would be part of the
 * pause. If that cannot be reached, a hand-over is given up; a stop goes on, and its
 * unmount writes the rest.
 *
 * Return: 0; if the hand-over was given up: -ETIME, or -EIO because the disk hangs.
 */
int writeback_run(struct op *op, struct err *err);

#endif
