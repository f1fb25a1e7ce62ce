// SPDX-License-Identifier: GPL-2.0-or-later
/* stop_standalone: the action stop without a keeper. */
#include "keeper/standalone.h"
#include "ocf/service.h"
#include "os/whois.h"

enum ocf_exit service_stop_alone(const struct ocf_request *request, struct err *err)
{
	const struct asker asker = whois_self(ASKER_PACEMAKER);
	struct service svc = { 0 };
	struct call call;
	enum ocf_exit code = call_begin(&call, request, err);
	bool changed;
	int rc;

	if (code != OCF_SUCCESS)
		return code;
	if (call_load_served(&call, &svc, err) != OCF_SUCCESS) {
		err_wrap(err, 0, "cannot stop without a keeper");
		service_free(&svc);
		return OCF_ERR_GENERIC;
	}
	ocf_log("WARNING", "%s: stopping without a keeper", call.name);
	rc = standalone_run(&svc, OPERATION_STOP, &asker, ocf_left_ms(request),
			    request->until_ms, NULL, NULL, &changed, err);
	service_free(&svc);
	if (rc < 0)
		return OCF_ERR_GENERIC;
	ocf_log("INFO", "%s: not serving any more", call.name);
	return OCF_SUCCESS;
}
