/* SPDX-License-Identifier: GPL-2.0-or-later */
/* silence: nothing gets in or out of the service's network, and nobody is told of it. */
#ifndef BATON_KEEPER_SILENCE_H
#define BATON_KEEPER_SILENCE_H

#include "keeper/op.h"

/*
 * Links, addresses and connections stay as they are: clients wait, as if the service were
 * unreachable. The caller is in the service's namespaces.
 */

/** silence_begin - wakes the filter that standby has loaded. Return: 0, or -errno. */
int silence_begin(struct op *op, struct err *err);

/** silence_end - the service is heard again; also if it was all the time. Return: 0, or -errno. */
int silence_end(struct err *err);

#endif
