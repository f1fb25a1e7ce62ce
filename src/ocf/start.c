// SPDX-License-Identifier: GPL-2.0-or-later
/* start: the action start. */
#include <errno.h>
#include <stdbool.h>

#include "ocf/service.h"
#include "os/software.h"

/* Reports what a keeper could tell only to the journal. */
static enum ocf_exit check_installed(const struct call *call, struct err *err)
{
	struct service svc = { 0 };
	enum ocf_exit code = call_load(call, &svc, err);

	service_free(&svc);
	if (code == OCF_SUCCESS && software_check_nfs(err) < 0)
		code = ocf_exit_of(err->code);
	return code;
}

static int ask_start(const struct call *call, bool *silent, struct err *err)
{
	struct json_object *start = call_word(call, "start"), *result = NULL;
	int rc;

	json_object_object_add(start, "agent", json_object_new_boolean(true));
	rc = call_keeper(call, start, 0, NULL, &result, err);
	*silent = rc < 0 && json_object_object_get_ex(result, "silent", NULL);
	json_object_put(result);
	return rc;
}

enum ocf_exit service_start(const struct ocf_request *request, struct err *err)
{
	struct call call;
	enum ocf_exit code = call_begin(&call, request, err);
	bool silent;
	int rc;

	if (code != OCF_SUCCESS)
		return code;
	rc = ask_start(&call, &silent, err);
	/* If the keeper dies over it, its successor goes on where it was. */
	if (rc == -ENOENT || rc == -ECONNRESET) {
		code = check_installed(&call, err);
		if (code != OCF_SUCCESS)
			return code;
		rc = call_bring_back(&call, err);
		if (rc == 0)
			rc = ask_start(&call, &silent, err);
	}
	if (rc < 0 && silent)
		return service_start_over(request, err);
	if (rc < 0)
		return ocf_exit_of(err->code);
	ocf_log("INFO", "%s: serving", call.name);
	return OCF_SUCCESS;
}
