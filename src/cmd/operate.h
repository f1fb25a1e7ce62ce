/* SPDX-License-Identifier: GPL-2.0-or-later */
/* operate: one operation on a service, asked of its keeper or done in its place. */
#ifndef BATON_CMD_OPERATE_H
#define BATON_CMD_OPERATE_H

#include "cmd/common.h"
#include "core/plan.h"

/**
 * operate - ask the keeper for an operation, show its steps, say how it went
 * @svc: the service
 * @operation: START, STOP or TEARDOWN
 * @options: --json, --dry-run
 * @alone: without a keeper, do it here (stop must work with the keeper dead)
 *
 * Return: the exit status.
 */
int operate(const struct service *svc, enum operation operation,
	    const struct common_options *options, bool alone);

#endif
