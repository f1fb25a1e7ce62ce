// SPDX-License-Identifier: GPL-2.0-or-later
/* monitor: is the service served here, and do its keeper and its daemons live? */
#include <errno.h>
#include <poll.h>
#include <stdio.h>

#include "core/json.h"
#include "keeper/status_child.h"
#include "ocf/monitor_verdict.h"
#include "ocf/service.h"
#include "os/child.h"

/* A keeper restarts a dead daemon within a second, and tries again after ten. */
#define MEND_MS  30000
#define AGAIN_MS 500

/* A silent keeper gets two thirds of the budget: the watchdog may replace it. */
static void ask_state(const struct call *call, struct sight *sight, struct err *err)
{
	struct json_object *result = NULL;

	sight->reach =
		call_keeper(call, call_word(call, "status"),
			    ocf_left_ms(call->request) * 2 / 3, NULL, &result, err);
	snprintf(sight->word, sizeof(sight->word), "%s",
		 sight->reach == 0 ? json_member_string(result, "state") : "");
	json_object_put(result);
}

static bool is_gone(const struct sight *sight)
{
	return sight->reach == -ENOENT || sight->reach == -ECONNRESET;
}

/* Daemons that died with their keeper are restarted by its successor. */
static bool has_mender(const struct call *call, struct sight *sight)
{
	struct err err = { 0 };

	if (!is_gone(sight))
		return *sight->word;
	if (call_bring_back(call, &err) < 0) {
		ocf_log("WARNING", "%s", err.text);
		return false;
	}
	sight->reach = 0;
	return true;
}

static enum ocf_exit look_once(const struct call *call, const struct service *svc,
			       bool known, struct sight *sight, bool *mendable,
			       struct err *err)
{
	struct json_object *facts;
	enum ocf_exit code;

	*mendable = false;
	if (status_child_collect(svc, NULL, ocf_left_ms(call->request), &facts, err) < 0)
		return OCF_ERR_GENERIC;
	code = monitor_verdict_facts(facts, known, sight->word, mendable, err);
	sight->carrier = json_member_double(facts, "carrier") > 0;
	json_object_put(facts);
	return code;
}

static enum ocf_exit look_at(const struct call *call, const struct service *svc,
			     bool known, struct sight *sight, struct err *err)
{
	bool mendable;
	enum ocf_exit code = look_once(call, svc, known, sight, &mendable, err);
	int64_t least_ms;

	if (!mendable || !has_mender(call, sight))
		return code;
	least_ms = ocf_left_ms(call->request) / 4;
	if (ocf_left_ms(call->request) - least_ms > MEND_MS)
		least_ms = ocf_left_ms(call->request) - MEND_MS;
	while (mendable && ocf_left_ms(call->request) > least_ms + AGAIN_MS) {
		poll(NULL, 0, AGAIN_MS);
		code = look_once(call, svc, known, sight, &mendable, err);
	}
	return code;
}

enum ocf_exit monitor_look(const struct call *call, struct sight *sight, struct err *err)
{
	struct service svc = { 0 };
	struct err why = { 0 };
	enum ocf_exit code;
	bool known;

	ask_state(call, sight, &why);
	if (is_gone(sight) && call_is_absent(call))
		return OCF_NOT_RUNNING;
	known = call_load_served(call, &svc, err) == OCF_SUCCESS;
	/* A file that is being edited ends no service; the keeper knows it as it was. */
	if (!known)
		ocf_log("WARNING", "%s", err->text);
	err->text[0] = '\0';
	code = look_at(call, &svc, known, sight, err);
	service_free(&svc);
	if (code != OCF_SUCCESS || sight->reach == 0)
		return code;
	*err = why;
	return OCF_SUCCESS;
}

/* Clients are being served: a missing keeper is no reason to interrupt them. */
static enum ocf_exit mend_keeper(const struct call *call, const struct sight *sight,
				 struct err *err)
{
	int rc = -EIO;

	if (is_gone(sight))
		rc = call_bring_back(call, err);
	if (rc == 0)
		return OCF_SUCCESS;
	err_wrap(err, 0, "served, but without a keeper");
	return OCF_ERR_GENERIC;
}

static enum ocf_exit look_deeper(const struct call *call, const struct sight *sight,
				 struct err *err)
{
	if (call->request->level >= 10 && !sight->carrier) {
		err_set(err, BATON_EXIT_NETWORK, 0,
			"a link of the service has no carrier");
		return OCF_ERR_GENERIC;
	}
	if (call->request->level >= 10 && monitor_level_call(call, err) < 0)
		return OCF_ERR_GENERIC;
	if (call->request->level >= 20 && monitor_level_write(call, err) < 0)
		return OCF_ERR_GENERIC;
	return OCF_SUCCESS;
}

enum ocf_exit service_monitor(const struct ocf_request *request, struct err *err)
{
	struct sight sight = { 0 };
	struct call call;
	enum ocf_exit code = call_begin(&call, request, err);

	if (code != OCF_SUCCESS)
		return code;
	code = monitor_look(&call, &sight, err);
	if (code == OCF_SUCCESS && sight.reach < 0)
		code = mend_keeper(&call, &sight, err);
	if (code == OCF_SUCCESS)
		code = look_deeper(&call, &sight, err);
	/* For a probe this is not a failure. */
	if (code == OCF_NOT_RUNNING && !request->probe)
		err_set(err, BATON_EXIT_FAILED, 0, "not served here (%s)",
			*sight.word ? sight.word : "no keeper");
	return code;
}
