/* SPDX-License-Identifier: GPL-2.0-or-later */
/* facts: what of a service stands on this head, looked up, not remembered. */
#ifndef BATON_KEEPER_FACTS_H
#define BATON_KEEPER_FACTS_H

#include <json-c/json.h>

#include "core/plan.h"
#include "keeper/op.h"

/**
 * facts_look - what stands?
 *
 * Moves the caller between namespaces and leaves it in the head's. May block as long as
 * knfsd does (nfsd_mutex), so only for a process that may.
 *
 * Return: 0, or -errno.
 */
int facts_look(struct op *op, struct standing *standing, struct err *err);

/**
 * facts_collect - the same and more as JSON, for `baton status`, by a child
 * @svc: the service
 * @deadline_ms: then the child is given up
 * @facts: gets an object the caller owns
 * @err: why not
 *
 * Return: 0, -ETIMEDOUT, or -errno.
 */
int facts_collect(const struct service *svc, unsigned int deadline_ms,
		  struct json_object **facts, struct err *err);

#endif
