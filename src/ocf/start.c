// SPDX-License-Identifier: GPL-2.0-or-later
/* start: the action start. */
#include <errno.h>

#include "ocf/service.h"
#include "sys/software.h"

/* What a keeper could tell only in the journal. */
static enum ocf_exit check_installed(const struct call *call, struct err *err)
{
	struct service svc = { 0 };
	enum ocf_exit code = call_load(call, &svc, err);

	service_free(&svc);
	if (code == OCF_SUCCESS && software_check_nfs(err) < 0)
		code = ocf_exit_of(err->code);
	return code;
}

enum ocf_exit service_start(const struct ocf_request *request, struct err *err)
{
	struct call call;
	enum ocf_exit code = call_begin(&call, request, err);
	int rc;

	if (code != OCF_SUCCESS)
		return code;
	rc = call_keeper(&call, call_word("start"), 0, NULL, NULL, err);
	/* One that dies over it has a successor, which goes on where it was. */
	if (rc == -ENOENT || rc == -ECONNRESET) {
		code = check_installed(&call, err);
		if (code != OCF_SUCCESS)
			return code;
		rc = call_bring_back(&call, err);
		if (rc == 0)
			rc = call_keeper(&call, call_word("start"), 0, NULL, NULL, err);
	}
	if (rc < 0)
		return ocf_exit_of(err->code);
	ocf_log("INFO", "%s: serving", call.name);
	return OCF_SUCCESS;
}
