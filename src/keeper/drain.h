/* SPDX-License-Identifier: GPL-2.0-or-later */
/* drain: no call in, every reply out: what a stop does about the clients' connections. */
#ifndef BATON_KEEPER_DRAIN_H
#define BATON_KEEPER_DRAIN_H

#include "keeper/op.h"

/**
 * drain_hold - hold off the connections with a long backlog, until it is delivered
 *
 * All others are served meanwhile. At the end of `drain` seconds a hand-over is given up.
 *
 * Return: 0, or -ETIME: given up; nothing has changed.
 */
int drain_hold(struct op *op, struct err *err);

/**
 * drain_calls - let no call come in, until those that have come are read and replies sent
 *
 * Leaves in @op->owed what each connection still owed. Return: as drain_hold().
 */
int drain_calls(struct op *op, struct err *err);

/**
 * drain_settle - wait until every reply is acknowledged
 *
 * Counts in @op->unsettled, and names in the note, the connections on which one was not: their
 * clients may repeat a call that was executed. Return: 0, or -errno.
 */
int drain_settle(struct op *op, struct err *err);

/** drain_end - let calls in again. Return: 0, or -errno. */
int drain_end(struct op *op, struct err *err);

#endif
