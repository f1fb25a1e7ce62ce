/* SPDX-License-Identifier: GPL-2.0-or-later */
/* released: has this head let go of the service's disk? If not, what keeps it busy? */
#ifndef BATON_KEEPER_RELEASED_H
#define BATON_KEEPER_RELEASED_H

#include "keeper/op.h"

/**
 * released_check - as diskhold_check(), and names what holds the disk
 * @op: of the service
 * @err: names a mount and a process that sees it, or a device on top, if one is found;
 *       its code is BATON_EXIT_STANDING
 *
 * Return: 0, or -EBUSY.
 */
int released_check(const struct op *op, struct err *err);

/** released_has_user - can somebody be named who has mounted or opened the disk here? */
bool released_has_user(const struct op *op);

#endif
