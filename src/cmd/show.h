/* SPDX-License-Identifier: GPL-2.0-or-later */
/* show: a record of the ledger as an administrator reads it. */
#ifndef BATON_CMD_SHOW_H
#define BATON_CMD_SHOW_H

#include <json-c/json.h>

/**
 * show_record - print an operation and its steps, with bars
 * @record: of keeper/ledger.h, or from a keeper; may lack anything
 */
void show_record(struct json_object *record);

#endif
