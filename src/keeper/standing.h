/* SPDX-License-Identifier: GPL-2.0-or-later */
/* standing: looks up which parts of the service are set up on this head. */
#ifndef BATON_KEEPER_STANDING_H
#define BATON_KEEPER_STANDING_H

#include "core/plan.h"
#include "keeper/op.h"

/**
 * standing_look - what is standing?
 *
 * Moves the caller between namespaces and leaves it in the head's. May block as long as
 * knfsd does (nfsd_mutex), so only a process that may block can call it.
 *
 * Return: 0, or -errno.
 */
int standing_look(struct op *op, struct standing *standing, struct err *err);

#endif
