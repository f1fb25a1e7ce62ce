/* SPDX-License-Identifier: GPL-2.0-or-later */
/* drain: what a stop does about clients' connections: no call in, every reply out. */
#ifndef BATON_KEEPER_DRAIN_H
#define BATON_KEEPER_DRAIN_H

#include "keeper/op.h"

/**
 * drain_hold - hold off connections with a long backlog until it is delivered
 *
 * All others are served meanwhile. After `drain` seconds a hand-over is given up.
 *
 * Return: 0, or -ETIME: given up; nothing has changed.
 */
int drain_hold(struct op *op, struct err *err);

/**
 * drain_calls - let no new call in; wait until those that came are read and answered
 *
 * Leaves in @op->owed what each connection still owed. Return: as drain_hold().
 */
int drain_calls(struct op *op, struct err *err);

/**
 * drain_settle - wait until every reply is acknowledged
 *
 * Connections where one was not are counted in @op->unsettled and named in the note:
 * their clients may repeat a call that was executed. Return: 0, or -errno.
 */
int drain_settle(struct op *op, struct err *err);

/** drain_end - let calls in again. Return: 0, or -errno. */
int drain_end(struct op *op, struct err *err);

#endif
