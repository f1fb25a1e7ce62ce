// SPDX-License-Identifier: GPL-2.0-or-later
/* migrate: the actions migrate_to, which does the whole move, and migrate_from. */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "core/json.h"
#include "ocf/monitor_verdict.h"
#include "ocf/service.h"
#include "os/child.h"

/* The last steps of a start go on after clients are served. */
#define SETTLE_MS 10000
/* The client's link may carry more in a moment. */
#define DELIVER_MS 2000
#define AGAIN_MS   200

static void on_step(struct json_object *entry, void *data)
{
	if (strcmp(json_member_string(entry, "outcome"), "failed") == 0)
		ocf_log("ERROR", "%s: step %s: %s", json_member_string(entry, "head"),
			json_member_string(entry, "step"),
			json_member_string(entry, "note"));
}

static struct json_object *move_request(const struct call *call, const char *target)
{
	struct json_object *o = call_word(call, "move");

	json_object_object_add(o, "target", json_object_new_string(target));
	return o;
}

static void log_move(const struct call *call, const char *target,
		     struct json_object *result)
{
	struct json_object *record = NULL;

	json_object_object_get_ex(result, "record", &record);
	if (json_object_is_type(record, json_type_object))
		ocf_log("INFO",
			"%s: moved to %s in %.0f ms, of which clients waited %.0f",
			call->name, target, json_member_double(record, "ms"),
			json_member_double(record, "pause_ms"));
	else
		ocf_log("INFO", "%s: moved to %s", call->name, target);
}

/* Was it begun, then given up because replies could not be delivered in time? */
static bool was_given_up(struct json_object *result)
{
	return json_member_double(result, "result") == BATON_EXIT_FAILED &&
	       json_member_bool(result, "changed") &&
	       strcmp(json_member_string(result, "state"), "serving") == 0;
}

/*
 * After a failure Pacemaker stops the service, and a stop does not give up. So half of
 * the time is used for further tries.
 */
static int ask_to_move(const struct call *call, const char *target,
		       struct json_object **result, struct err *err)
{
	int64_t half = ocf_left_ms(call->request) / 2;
	int rc;

	for (;;) {
		rc = call_keeper(call, move_request(call, target), 0, on_step, result,
				 err);
		if (rc != -EREMOTEIO || !was_given_up(*result) ||
		    ocf_left_ms(call->request) < half)
			return rc;
		ocf_log("WARNING", "%s: %s; trying again", call->name, err->text);
		json_object_put(*result);
		*result = NULL;
		poll(NULL, 0, DELIVER_MS);
	}
}

enum ocf_exit service_migrate_to(const struct ocf_request *request, struct err *err)
{
	const char *target = ocf_meta("migrate_target");
	struct json_object *result = NULL;
	struct call call;
	enum ocf_exit code = call_begin(&call, request, err);
	int rc;

	if (code != OCF_SUCCESS)
		return code;
	if (!target) {
		err_set(err, 0, 0, "OCF_RESKEY_CRM_meta_migrate_target is missing");
		return OCF_ERR_ARGS;
	}
	rc = ask_to_move(&call, target, &result, err);
	if (rc == -ENOENT && call_bring_back(&call, err) == 0)
		rc = ask_to_move(&call, target, &result, err);
	if (rc == 0)
		log_move(&call, target, result);
	else
		err_wrap(err, 0, "move to %s", target);
	json_object_put(result);
	/* Whatever the reason: Pacemaker then stops and starts, which is always right. */
	return rc < 0 ? OCF_ERR_GENERIC : OCF_SUCCESS;
}

enum ocf_exit service_migrate_from(const struct ocf_request *request, struct err *err)
{
	int64_t until = child_now_ms() + SETTLE_MS;
	struct sight sight = { 0 };
	struct call call;
	enum ocf_exit code = call_begin(&call, request, err);

	if (code != OCF_SUCCESS)
		return code;
	for (;;) {
		code = monitor_look(&call, &sight, err);
		if (code == OCF_SUCCESS || !monitor_verdict_is_busy(sight.word) ||
		    child_now_ms() > until || ocf_left_ms(request) < 2 * AGAIN_MS)
			break;
		poll(NULL, 0, AGAIN_MS);
	}
	if (code == OCF_NOT_RUNNING) {
		err_set(err, BATON_EXIT_FAILED, 0, "not served here (%s)",
			*sight.word ? sight.word : "no keeper");
		code = OCF_ERR_GENERIC;
	}
	return code;
}
