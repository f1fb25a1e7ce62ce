// SPDX-License-Identifier: GPL-2.0-or-later
/* reload: the action reload-agent. */
#include "core/json.h"
#include "ocf/service.h"

enum ocf_exit service_reload(const struct ocf_request *request, struct err *err)
{
	struct call call;
	enum ocf_exit code = call_begin(&call, request, err);
	struct json_object *result = NULL;

	if (code != OCF_SUCCESS)
		return code;
	if (call_keeper(&call, call_word(&call, "reload"), 0, NULL, &result, err) < 0)
		code = ocf_exit_of(err->code);
	else
		ocf_log("INFO", "%s: %s", call.name,
			json_member_bool(result, "changed") ? "reloaded" : "already so");
	json_object_put(result);
	return code;
}
