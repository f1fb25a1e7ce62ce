/* SPDX-License-Identifier: GPL-2.0-or-later */
/* monitor_verdict: from what stands and what the keeper says to what monitor answers. */
#ifndef BATON_OCF_MONITOR_VERDICT_H
#define BATON_OCF_MONITOR_VERDICT_H

#include <json-c/json.h>
#include <stdbool.h>

#include "core/err.h"
#include "ocf/exit.h"

/**
 * monitor_verdict_facts - is the service served here? "Unsure" is never "not running".
 * @facts: from status_child_collect()
 * @known: the service file could be read; else links and addresses are not judged
 * @keeper: its word: a state, or what it is doing; "" = it did not answer
 * @mendable: set if nothing is wrong but daemons, which a keeper starts anew
 * @err: what is wrong
 *
 * Return: OCF_SUCCESS, OCF_NOT_RUNNING (certain: nothing of it stands), or OCF_ERR_GENERIC.
 */
enum ocf_exit monitor_verdict_facts(struct json_object *facts, bool known,
				    const char *keeper, bool *mendable, struct err *err);

/** monitor_verdict_is_busy - is the keeper's word no state, but what it is doing? */
bool monitor_verdict_is_busy(const char *keeper);

#endif
