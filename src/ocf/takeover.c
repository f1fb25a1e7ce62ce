// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * takeover: the action start, repeated with what Pacemaker knows of silent heads.
 *
 * A keeper starts nothing while a head of the cluster does not answer. Agents are not told of
 * fencing, so the states of the nodes are looked up: a node that is not unclean has been
 * fenced, has left in order, or is online, where the service has been probed and stopped.
 *
 * What somebody starts by hand on a node that is online, Pacemaker does not know. The
 * keeper there does. So where a keeper is missing, its successor is waited for first.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/claim.h"
#include "ocf/service.h"
#include "os/pacemaker.h"

#define AGAIN_MS 500
/* systemd replaces a keeper after 2 s (baton@.service). */
#define SUCCESSOR_MS 10000

/* The tools may fail in the middle of a takeover; the service's start must not. */
static int look(const struct call *call, struct cluster_state *state, struct err *err)
{
	const char *resource = getenv("OCF_RESOURCE_INSTANCE");
	const int64_t until = child_now_ms() + ocf_left_ms(call->request) / 2;
	int rc;

	do {
		const struct child_wait wait = child_wait_for(until - child_now_ms());

		rc = pacemaker_look(state, resource ? resource : call->name, &wait, err);
	} while (rc < 0 && child_now_ms() + AGAIN_MS < until &&
		 poll(NULL, 0, AGAIN_MS) == 0);
	return rc;
}

/*
 * The nodes that Pacemaker does not consider unclean; with fencing off, all of them.
 * Those that are online only if @online.
 */
static void list_gone(const struct call *call, const struct cluster_state *state,
		      bool online, char *names, size_t size)
{
	size_t len = 0;

	names[0] = '\0';
	for (size_t i = 0; i < state->n_nodes; i++) {
		const struct cluster_node *node = &state->nodes[i];
		int more;

		if ((node->unclean && state->stonith) || (node->online && !online))
			continue;
		if (!state->stonith && !node->online)
			ocf_log("WARNING",
				"%s: fencing is off (stonith-enabled): nobody knows whether "
				"%s has let go of the disk",
				call->name, node->name);
		/* If the nodelist has no names, corosync's heads go by their numbers. */
		more = snprintf(names + len, size - len, "%s%s %s", len ? " " : "",
				node->name, node->id);
		if (more >= 0 && (size_t)more < size - len)
			len += more;
		else
			names[len] = '\0';
	}
}

static int ask_start(const struct call *call, const char *gone, bool fenced, bool *silent,
		     struct err *err)
{
	struct json_object *start = call_word(call, "start"), *result = NULL;
	int rc;

	json_object_object_add(start, "agent", json_object_new_boolean(true));
	json_object_object_add(start, "gone", json_object_new_string(gone));
	json_object_object_add(start, "fenced", json_object_new_boolean(fenced));
	rc = call_keeper(call, start, 0, NULL, &result, err);
	*silent = rc < 0 && json_object_object_get_ex(result, "silent", NULL);
	json_object_put(result);
	return rc;
}

enum ocf_exit service_start_over(const struct ocf_request *request, struct err *err)
{
	int64_t until = child_now_ms(), quarter = ocf_left_ms(request) / 4;
	struct cluster_state state;
	char gone[CLAIM_GONE_MAX];
	bool silent, online, died = false;
	struct call call;
	enum ocf_exit code = call_begin(&call, request, err);
	int rc;

	if (code != OCF_SUCCESS)
		return code;
	until += quarter < SUCCESSOR_MS ? quarter : SUCCESSOR_MS;
	do {
		online = child_now_ms() >= until;
		if (look(&call, &state, err) < 0) {
			err_wrap(err, 0, "look up which heads Pacemaker has fenced");
			return OCF_ERR_GENERIC;
		}
		list_gone(&call, &state, online, gone, sizeof(gone));
		rc = ask_start(&call, gone, state.stonith && !online, &silent, err);
		/* If the keeper dies over it, its successor goes on where it was. */
		died = rc == -ECONNRESET && !died && call_bring_back(&call, err) == 0;
	} while (died || (silent && !online && poll(NULL, 0, AGAIN_MS) == 0));
	if (rc < 0)
		return ocf_exit_of(err->code);
	if (online)
		ocf_log("WARNING",
			"%s: a head that is online has no keeper: only Pacemaker says "
			"that the service is stopped there",
			call.name);
	ocf_log("INFO", "%s: serving; silent heads are fenced or off, says Pacemaker",
		call.name);
	return OCF_SUCCESS;
}
