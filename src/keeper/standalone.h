/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * standalone: runs an operation without a keeper, because a stop must work even if the
 * keeper is dead.
 */
#ifndef BATON_KEEPER_STANDALONE_H
#define BATON_KEEPER_STANDALONE_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/asker.h"
#include "core/err.h"
#include "core/plan.h"
#include "core/service.h"

/**
 * standalone_run - run an operation in the keeper's place, and record it in the ledger
 * @svc: the service
 * @operation: what is wanted
 * @asker: by whom
 * @patience_ms: how long to wait for an operation that is already going on
 * @until_ms: CLOCK_MONOTONIC; then the operation is left to end by itself; INT64_MAX =
 *            the deadlines of its steps suffice
 * @on_step: called for each step that ended; may be NULL
 * @data: for @on_step
 * @changed: whether anything was done at all
 * @err: the reason
 *
 * Return: 0, -ETIMEDOUT when @until_ms is over, or -1 or -errno.
 */
int standalone_run(const struct service *svc, enum operation operation,
		   const struct asker *asker, unsigned int patience_ms, int64_t until_ms,
		   void (*on_step)(struct json_object *, void *), void *data,
		   bool *changed, struct err *err);

#endif
