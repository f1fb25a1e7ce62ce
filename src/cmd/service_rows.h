/* SPDX-License-Identifier: GPL-2.0-or-later */
/* service_rows: the state of each service on every head, one row each, for status and metrics. */
#ifndef BATON_CMD_SERVICE_ROWS_H
#define BATON_CMD_SERVICE_ROWS_H

#include <json-c/json.h>

#include "core/err.h"

/**
 * service_rows_collect - look at one service, or at all that have a file here
 * @name: of the service, NULL = all
 * @rows: gets the caller's array: an object per service and head, this head first
 * @err: a failure that is in no row
 *
 * A row has: service, head, self, online, keeper ("absent", "silent", "offline", "ok", or
 * what this head's keeper is doing), state, addresses, device, what that head reports
 * (keeper/status_child.h), clients.idle, and, if the keeper sent them, version, digest,
 * cluster, last (the record of its last move), agrees and conflict (keeper/ipc.h); error and warnings (an array of texts) if
 * there are any. Only the keeper knows other heads; without it there is this head's row.
 *
 * Return: 0, or the exit status of the command.
 */
int service_rows_collect(const char *name, struct json_object **rows, struct err *err);

#endif
