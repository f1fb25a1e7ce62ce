/* SPDX-License-Identifier: GPL-2.0-or-later */
/* move_run: have Pacemaker move a service, follow the move, and leave no constraint behind. */
#ifndef BATON_CMD_MOVE_RUN_H
#define BATON_CMD_MOVE_RUN_H

#include "cmd/common.h"

/**
 * move_run - move a service to a head
 * @options: --dry-run, --json, --timeout; name; head, NULL = where the service is at home
 *
 * Return: the exit status; 128 plus the number of a signal that ended it.
 */
int move_run(const struct common_options *options);

#endif
