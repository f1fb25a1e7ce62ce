/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * standalone: carries out an operation without a keeper: a stop must work with the
 * keeper dead.
 */
#ifndef BATON_KEEPER_STANDALONE_H
#define BATON_KEEPER_STANDALONE_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/plan.h"
#include "core/service.h"

/* For an operation that a keeper which has been killed left going. */
#define ALONE_PATIENCE_MS 60000

/**
 * standalone_run - do an operation in the keeper's place, and tell the ledger
 * @svc: the service
 * @operation: what is wanted
 * @patience_ms: how long to wait for an operation that is going on already
 * @until_ms: CLOCK_MONOTONIC; then the operation is left to end by itself; INT64_MAX = its
 *            steps have deadlines enough
 * @on_step: called for each step that ended; may be NULL
 * @data: for @on_step
 * @changed: anything was done at all
 * @err: why not
 *
 * Return: 0, -ETIMEDOUT when @until_ms is over, or -1 or -errno.
 */
int standalone_run(const struct service *svc, enum operation operation,
		   unsigned int patience_ms, int64_t until_ms,
		   void (*on_step)(struct json_object *, void *), void *data,
		   bool *changed, struct err *err);

#endif
