// SPDX-License-Identifier: GPL-2.0-or-later
/* stop: the action stop, by the keeper or without it. */
#include <errno.h>

#include "ocf/service.h"

/* A working keeper says something at each step, and every 10 s; a hanging one is ended by
 * systemd's watchdog after 30 s. The time left is enough for a stop without it. */
#define SILENCE_MS 40000

enum ocf_exit service_stop(const struct ocf_request *request, struct err *err)
{
	struct call call;
	enum ocf_exit code = call_begin(&call, request, err);
	int64_t half = ocf_left_ms(request) / 2;
	bool alone;
	int rc;

	if (code != OCF_SUCCESS)
		return code;
	rc = call_keeper(&call, call_word(&call, "stop"),
			 half < SILENCE_MS ? half : SILENCE_MS, NULL, NULL, err);
	/* Anything it still does holds the service's lock, and is waited for. */
	alone = rc == -ENOENT || rc == -ECONNRESET || rc == -ETIMEDOUT;
	if (alone && !call_is_absent(&call))
		return service_stop_alone(request, err);
	if (rc < 0 && !alone)
		return OCF_ERR_GENERIC;
	ocf_log("INFO", "%s: not serving any more", call.name);
	return OCF_SUCCESS;
}
