/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guard: the reservation of the service's disk, taken before the mount, given up after it. */
#ifndef BATON_KEEPER_GUARD_H
#define BATON_KEEPER_GUARD_H

#include "keeper/op.h"

/**
 * guard_check - can the service's disk be guarded? Before the pause of a move.
 * @err: why not, in the disk's or the kernel's words
 *
 * Return: 0, -EOPNOTSUPP, -EBUSY (another service lies on it, or others than baton are
 * registered), or -errno.
 */
int guard_check(const struct service *svc, struct err *err);

/**
 * guard_take - register at the disk, remove who else is registered, reserve
 * @op: of a start; @op->terms says who may be removed
 * @err: names who is registered, or has been quicker
 *
 * With guard = none it does nothing. Return: 0, or -errno.
 */
int guard_take(struct op *op, struct err *err);

/**
 * guard_outwait - wait until a head that nobody has fenced is silent
 * @err: another head has taken the disk meanwhile
 *
 * It may not see the disk, and so not learn that it was preempted, but notices that after
 * `guard-timeout`. Return: 0, or -EBUSY: nobody must hear of this head.
 */
int guard_outwait(struct op *op, struct err *err);

/**
 * guard_release - release the disk, unless it must stay reserved
 * @op: of a stop; the disk is released on this head
 *
 * What cannot be released is only noted: the next start removes it. Return: 0.
 */
int guard_release(struct op *op, struct err *err);

#endif
