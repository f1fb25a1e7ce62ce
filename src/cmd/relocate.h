/* SPDX-License-Identifier: GPL-2.0-or-later */
/* relocate: have Pacemaker move a service, follow the move, and leave no constraint behind. */
#ifndef BATON_CMD_RELOCATE_H
#define BATON_CMD_RELOCATE_H

#include "cmd/common.h"

/**
 * relocate - move a service to a head
 * @options: --dry-run, --json, --timeout; name; head, NULL = where it is at home
 *
 * Return: the exit status; 128 and the number of a signal that ended it.
 */
int relocate(const struct common_options *options);

#endif
