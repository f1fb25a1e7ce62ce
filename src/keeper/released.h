/* SPDX-License-Identifier: GPL-2.0-or-later */
/* released: has this head let go of the service's disk? If not, who keeps it busy? */
#ifndef BATON_KEEPER_RELEASED_H
#define BATON_KEEPER_RELEASED_H

#include "keeper/op.h"

/**
 * released_check - as diskhold_check(), and names who has it
 * @op: of the service
 * @err: a mount and a process that sees it, or a device on top, where one is found; the code
 *       is BATON_EXIT_STANDING
 *
 * Return: 0, or -EBUSY.
 */
int released_check(const struct op *op, struct err *err);

#endif
