/* SPDX-License-Identifier: GPL-2.0-or-later */
/* evacuate: move all services away from a head, or those that are at home there back. */
#ifndef BATON_CMD_EVACUATE_H
#define BATON_CMD_EVACUATE_H

#include "cmd/common.h"

/**
 * evacuate_run - move all services away from a head, or back to it
 * @options: --dry-run, --json, --timeout, --jobs, --order, --to; head, NULL = this one
 * @back: those that are at home there, to it
 *
 * Return: the exit status: that of the first move, in order, that failed; 128 plus the
 * number of a signal that came.
 */
int evacuate_run(const struct common_options *options, bool back);

#endif
