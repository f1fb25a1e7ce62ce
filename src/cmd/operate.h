/* SPDX-License-Identifier: GPL-2.0-or-later */
/* operate: start, stop or tear down a service, by its keeper or without one. */
#ifndef BATON_CMD_OPERATE_H
#define BATON_CMD_OPERATE_H

#include "cmd/common.h"
#include "core/plan.h"

/* Without a keeper, do it here: stop must work even if the keeper is dead. */
#define OPERATE_ALONE (1u << 0)
/* What is in use counts, not the service file; with a keeper, no file is read. */
#define OPERATE_WITHOUT_FILE (1u << 1)

/**
 * operate - ask the keeper for an operation, show its steps, report how it went
 * @name: of the service
 * @operation: START, STOP or TEARDOWN
 * @options: --json, --dry-run
 * @how: OPERATE_… bits
 *
 * Return: the exit status.
 */
int operate(const char *name, enum operation operation,
	    const struct common_options *options, unsigned int how);

#endif
