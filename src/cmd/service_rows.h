/* SPDX-License-Identifier: GPL-2.0-or-later */
/* service_rows: the state of each service on every head, one row each, for status and metrics. */
#ifndef BATON_CMD_SERVICE_ROWS_H
#define BATON_CMD_SERVICE_ROWS_H

#include <json-c/json.h>

#include "core/err.h"

/**
 * service_rows_collect - look at a service, or at all that have a file here
 * @name: of the service, NULL = all
 * @rows: gets an array the caller owns: one object for each service and head, this head first
 * @err: a failure that no row tells
 *
 * A row has: service, head, self, online, keeper ("absent", "silent", "offline", "ok", or
 * what this head's keeper is doing), state, addresses, device, what that head
 * reports (keeper/status_child.h), clients.idle, and if the keeper told them version, digest, cluster,
 * last (the record of its last move); error and warnings (an array of texts) if there are
 * any. Other heads are known to the keeper alone; without one there is this head's row.
 *
 * Return: 0, or the status a command ends with.
 */
int service_rows_collect(const char *name, struct json_object **rows, struct err *err);

#endif
