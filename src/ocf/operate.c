// SPDX-License-Identifier: GPL-2.0-or-later
/* operate: the actions start and stop. */
#include <errno.h>

#include "keeper/alone.h"
#include "ocf/service.h"
#include "sys/software.h"

/* A keeper that works says something at each step; one that hangs is ended by systemd's
 * watchdog after 30 s. Then the rest is enough for a stop without it. */
#define SILENCE_MS 40000

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

static enum ocf_exit stop_alone(const struct call *call, struct err *err)
{
	struct service svc = { 0 };
	bool changed;
	int rc;

	if (call_stands_nothing(call))
		return OCF_SUCCESS;
	if (call_load(call, &svc, err) != OCF_SUCCESS) {
		err_wrap(err, 0, "cannot stop without a keeper");
		service_free(&svc);
		return OCF_ERR_GENERIC;
	}
	ocf_log("WARNING", "%s: stopping without a keeper", call->name);
	rc = alone_run(&svc, OPERATION_STOP, ocf_left_ms(call->request),
		       call->request->until_ms, NULL, NULL, &changed, err);
	service_free(&svc);
	return rc < 0 ? OCF_ERR_GENERIC : OCF_SUCCESS;
}

enum ocf_exit service_stop(const struct ocf_request *request, struct err *err)
{
	struct call call;
	enum ocf_exit code = call_begin(&call, request, err);
	int64_t half = ocf_left_ms(request) / 2;
	int rc;

	if (code != OCF_SUCCESS)
		return code;
	rc = call_keeper(&call, call_word("stop"), half < SILENCE_MS ? half : SILENCE_MS,
			 NULL, NULL, err);
	/* What it is doing all the same has the service's lock, and is waited for. */
	if (rc == -ENOENT || rc == -ECONNRESET || rc == -ETIMEDOUT)
		code = stop_alone(&call, err);
	else if (rc < 0)
		code = OCF_ERR_GENERIC;
	if (code == OCF_SUCCESS)
		ocf_log("INFO", "%s: not serving any more", call.name);
	return code;
}
