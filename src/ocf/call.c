// SPDX-License-Identifier: GPL-2.0-or-later
/* call: one action on one service. */
#include "ocf/call.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/json.h"
#include "keeper/ipc.h"
#include "keeper/ledger.h"
#include "os/child.h"
#include "os/conffile.h"
#include "os/diskhold.h"
#include "os/lock.h"
#include "os/ns.h"
#include "os/served.h"
#include "os/software.h"

enum ocf_exit call_begin(struct call *call, const struct ocf_request *request,
			 struct err *err)
{
	call->request = request;
	call->name = ocf_parameter(request, "service");
	if (!call->name) {
		err_set(err, 0, 0, "the parameter service is missing");
		return OCF_ERR_CONFIGURED;
	}
	if (service_check_name(call->name, err) < 0)
		return OCF_ERR_CONFIGURED;
	if (software_check_root(err) < 0)
		return OCF_ERR_PERM;
	paths_init(&call->paths, call->name);
	return OCF_SUCCESS;
}

static enum ocf_exit take_service(const struct call *call, struct service *svc, int rc,
				  const struct err *err)
{
	if (rc == 0)
		return OCF_SUCCESS;
	memcpy(svc->name, call->name, strlen(call->name) + 1);
	return rc == -ENOENT ? OCF_ERR_INSTALLED : ocf_exit_of(err->code);
}

enum ocf_exit call_load(const struct call *call, struct service *svc, struct err *err)
{
	int rc = config_load(svc, call->name, NULL, err);

	return take_service(call, svc, rc, err);
}

enum ocf_exit call_load_served(const struct call *call, struct service *svc,
			       struct err *err)
{
	int rc = served_load(svc, call->name, err);

	return take_service(call, svc, rc, err);
}

bool call_is_absent(const struct call *call)
{
	return ns_count_pins(&call->paths) == 0 && !diskhold_exists(&call->paths) &&
	       !lock_is_held(call->paths.lock);
}

struct json_object *call_word(const struct call *call, const char *word)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "do", json_object_new_string(word));
	json_object_object_add(o, "budget_ms",
			       json_object_new_int64(ocf_left_ms(call->request)));
	/* Who asks, for the ledger. */
	json_object_object_add(o, "agent", json_object_new_boolean(true));
	return o;
}

static int take_result(struct json_object *o, struct err *err)
{
	int code = json_member_double(o, "result");
	const char *text = json_member_string(o, "error");

	if (code == 0)
		return 0;
	err_set(err, code, 0, "%s", *text ? text : "the keeper gave no reason");
	return -EREMOTEIO;
}

static int await_answer(const struct call *call, int fd, unsigned int silence_ms,
			struct json_object **o, struct err *err)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int64_t left = ocf_left_ms(call->request);
	int rc;

	if (silence_ms && left > silence_ms)
		left = silence_ms;
	rc = poll(&p, 1, left < INT_MAX ? left : INT_MAX);
	if (rc == 0) {
		err_set(err, BATON_EXIT_KEEPER, 0, "the keeper is silent");
		return -ETIMEDOUT;
	}
	rc = rc < 0 ? -errno : ipc_receive(fd, o);
	if (rc == 0)
		return 0;
	err_set(err, BATON_EXIT_KEEPER, rc == -ECONNRESET ? 0 : -rc,
		"the keeper went away");
	return -ECONNRESET;
}

static int converse(const struct call *call, int fd, struct json_object *request,
		    unsigned int silence_ms,
		    void (*on_step)(struct json_object *, void *),
		    struct json_object **result, struct err *err)
{
	struct json_object *o;
	int rc = ipc_send(fd, request);

	if (rc < 0) {
		err_set(err, BATON_EXIT_KEEPER, -rc, "the keeper went away");
		return -ECONNRESET;
	}
	for (;;) {
		rc = await_answer(call, fd, silence_ms, &o, err);
		if (rc < 0)
			return rc;
		if (json_object_object_get_ex(o, "result", NULL))
			break;
		if (on_step && json_object_object_get_ex(o, "step", NULL))
			on_step(o, NULL);
		json_object_put(o);
	}
	rc = take_result(o, err);
	if (result)
		*result = json_object_get(o);
	json_object_put(o);
	return rc;
}

int call_keeper(const struct call *call, struct json_object *request,
		unsigned int silence_ms, void (*on_step)(struct json_object *, void *),
		struct json_object **result, struct err *err)
{
	int fd = ipc_connect(&call->paths, call->name, err), rc;

	/* Its own advice is for heads without a cluster. */
	if (fd == -EAGAIN)
		rc = -ETIMEDOUT;
	else if (fd < 0)
		rc = err_set(err, BATON_EXIT_KEEPER, ENOENT, "no keeper");
	else
		rc = converse(call, fd, request, silence_ms, on_step, result, err);
	if (fd >= 0)
		close(fd);
	json_object_put(request);
	return rc;
}

/* Why did the standby of a keeper started at @since (UNIX time) or later fail? */
static void tell_reason(const struct call *call, double since, struct err *err)
{
	struct json_object *last = ledger_find_last(&call->paths, NULL, NULL);
	const char *error = last ? json_member_string(last, "error") : "";

	if (*error && strcmp(json_member_string(last, "op"), "standby") == 0 &&
	    json_member_double(last, "began") >= since)
		err_set(err, BATON_EXIT_KEEPER, 0, "%s", error);
	json_object_put(last);
}

int call_bring_back(const struct call *call, struct err *err)
{
	char unit[sizeof("baton@.service") + SERVICE_NAME_MAX];
	const char *const argv[] = { "systemctl", "--no-ask-password", "start", unit,
				     NULL };
	double since = time(NULL);
	int rc;

	snprintf(unit, sizeof(unit), "baton@%s.service", call->name);
	rc = child_run(argv, ocf_left_ms(call->request), err);
	if (rc == -ECANCELED)
		tell_reason(call, since, err);
	if (rc < 0)
		return err_wrap(err, rc, "start the keeper");
	ocf_log("INFO", "%s: the keeper was missing and has been started", call->name);
	return 0;
}
