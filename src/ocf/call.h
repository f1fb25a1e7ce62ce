/* SPDX-License-Identifier: GPL-2.0-or-later */
/* call: one action on one service: its parameter, its file, its keeper. */
#ifndef BATON_OCF_CALL_H
#define BATON_OCF_CALL_H

#include <json-c/json.h>

#include "core/paths.h"
#include "core/service.h"
#include "ocf/agent.h"

struct call {
	const struct ocf_request *request;
	const char *name;
	struct paths paths;
};

/**
 * call_begin - check the parameter and the privilege; every action begins with this
 * Return: OCF_SUCCESS, or the exit status to end with.
 */
enum ocf_exit call_begin(struct call *call, const struct ocf_request *request,
			 struct err *err);

/**
 * call_load - read the service's file
 * @svc: filled, to be freed; on failure it has only the name
 *
 * Return: OCF_SUCCESS, OCF_ERR_INSTALLED if there is no file, or OCF_ERR_ARGS.
 */
enum ocf_exit call_load(const struct call *call, struct service *svc, struct err *err);

/** call_load_served - the same for the service as it is in use (os/served.h). */
enum ocf_exit call_load_served(const struct call *call, struct service *svc,
			       struct err *err);

/** call_is_absent - has this head no namespaces of the service, and no operation under way? */
bool call_is_absent(const struct call *call);

/**
 * call_keeper - ask the keeper, and wait for the result within the budget
 * @call: the action
 * @request: the request; freed
 * @silence_ms: the longest time without any word from it; 0 = as long as the budget lasts
 * @on_step: called for each step that ended; may be NULL
 * @result: gets the last answer, owned by the caller; may be NULL
 * @err: why there was none, or the keeper's own failure
 *
 * Return: 0; -ENOENT: no keeper; -ETIMEDOUT: it is silent; -ECONNRESET: it went away;
 * -EREMOTEIO: it reported a failure.
 */
int call_keeper(const struct call *call, struct json_object *request,
		unsigned int silence_ms, void (*on_step)(struct json_object *, void *),
		struct json_object **result, struct err *err);

/** call_word - a request that is one word, with the time that is left for it. */
struct json_object *call_word(const struct call *call, const char *word);

/**
 * call_bring_back - have systemd start the keeper, within the budget
 *
 * Returns when its standby is complete (Type=notify).
 *
 * Return: 0, or -errno with the keeper's own reason if it left one.
 */
int call_bring_back(const struct call *call, struct err *err);

#endif
