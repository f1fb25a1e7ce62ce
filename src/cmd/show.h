/* SPDX-License-Identifier: GPL-2.0-or-later */
/* show: prints a record of the ledger for an administrator. */
#ifndef BATON_CMD_SHOW_H
#define BATON_CMD_SHOW_H

#include <json-c/json.h>

/**
 * show_record - print an operation and its steps, with bars
 * @record: as in keeper/ledger.h, or from a keeper; any member may be missing
 */
void show_record(struct json_object *record);

#endif
