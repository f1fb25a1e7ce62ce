/* SPDX-License-Identifier: GPL-2.0-or-later */
/* monitor_verdict: what monitor answers, judged by facts and the keeper's word. */
#ifndef BATON_OCF_MONITOR_VERDICT_H
#define BATON_OCF_MONITOR_VERDICT_H

#include <json-c/json.h>
#include <stdbool.h>

#include "core/err.h"
#include "ocf/exit.h"

/**
 * monitor_verdict_facts - is the service served here? "Unsure" is never "not running".
 * @facts: from status_child_collect()
 * @known: the service file could be read; otherwise links and addresses are not judged
 * @keeper: its word: a state, or what it is doing; "" = it did not answer
 * @mendable: set if only daemons are missing, which a keeper restarts
 * @err: what is wrong
 *
 * Return: OCF_SUCCESS, OCF_NOT_RUNNING (certain: nothing of it is standing), or
 * OCF_ERR_GENERIC.
 */
enum ocf_exit monitor_verdict_facts(struct json_object *facts, bool known,
				    const char *keeper, bool *mendable, struct err *err);

/** monitor_verdict_is_busy - does the keeper's word say what it is doing, not a state? */
bool monitor_verdict_is_busy(const char *keeper);

#endif
