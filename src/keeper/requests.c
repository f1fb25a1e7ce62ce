// SPDX-License-Identifier: GPL-2.0-or-later
/* requests: what can be asked of the keeper through its socket. */
#include "keeper/requests.h"

#include <errno.h>
#include <string.h>

#include "core/json.h"
#include "keeper/claims.h"
#include "keeper/handover.h"
#include "keeper/peers.h"
#include "keeper/questions.h"
#include "keeper/reload.h"
#include "os/child.h"
#include "os/whois.h"

/* ---- one function for each request: takes over @fd if it returns 0 */

/* The agent says that it is the agent; only root can reach the socket. */
static struct asker who_asks(struct json_object *o, int fd)
{
	return whois_peer(fd,
			  json_member_bool(o, "agent") ? ASKER_PACEMAKER : ASKER_COMMAND);
}

/* When the requester gives up; 0 = never. */
static int64_t until_of(struct json_object *o)
{
	double budget = json_member_double(o, "budget_ms");

	return budget > 0 && budget < INT32_MAX ? child_now_ms() + (int64_t)budget : 0;
}

static int ask_operation(struct keeper *k, enum operation operation,
			 struct json_object *o, int fd, struct err *err)
{
	const struct job job = { .operation = operation,
				 .owner = &control_client,
				 .asker = who_asks(o, fd),
				 .fd = fd,
				 .until_ms = until_of(o),
				 .patience_ms = k->svc->disk_timeout * 1000 };

	handover_overrule(k);
	claims_overrule(k);
	return jobs_add(k, &job, err);
}

static int ask_start(struct keeper *k, struct json_object *o, int fd, struct err *err)
{
	bool agent = json_member_bool(o, "agent");
	const struct claim_terms terms = { json_member_bool(o, "takeover"),
					   agent ? json_member_string(o, "gone") : NULL,
					   json_member_bool(o, "fenced") };
	const struct asker asker = who_asks(o, fd);
	int rc = handover_check_start(k, &terms, err);

	if (rc < 0)
		return rc;
	handover_overrule(k);
	return claims_begin(k, &terms, &asker, until_of(o), fd, err);
}

static int ask_stop(struct keeper *k, struct json_object *o, int fd, struct err *err)
{
	return ask_operation(k, OPERATION_STOP, o, fd, err);
}

static int ask_teardown(struct keeper *k, struct json_object *o, int fd, struct err *err)
{
	return ask_operation(k, OPERATION_TEARDOWN, o, fd, err);
}

static int ask_status(struct keeper *k, struct json_object *o, int fd, struct err *err)
{
	struct json_object *more = json_object_new_object(),
			   *met = json_object_new_array();
	const struct corosync_head *heads;
	size_t n;

	json_object_object_add(more, "head", json_object_new_string(k->self));
	json_object_object_add(more, "version", json_object_new_string(BATON_VERSION));
	json_object_object_add(more, "digest", json_object_new_string(k->svc->digest));
	json_object_object_add(more, "cluster",
			       json_object_new_boolean(peers_are_clustered(k)));
	heads = peers_heads(k, &n);
	for (size_t i = 0; i < n; i++)
		if (peers_introduced(k, heads[i].name))
			json_object_array_add(met, json_object_new_string(heads[i].name));
	json_object_object_add(more, "peers", met);
	control_answer(k, fd, NULL, false, more);
	return 0;
}

static int ask_heads(struct keeper *k, struct json_object *o, int fd, struct err *err)
{
	return questions_ask_heads(k, fd, err);
}

static int ask_inquire(struct keeper *k, struct json_object *o, int fd, struct err *err)
{
	return questions_ask_ready(k, json_member_string(o, "target"), fd, err);
}

static int ask_move(struct keeper *k, struct json_object *o, int fd, struct err *err)
{
	const struct asker asker = who_asks(o, fd);

	if (reload_is_going_on(k))
		return err_set(err, BATON_EXIT_KEEPER, 0, "a reload is going on");
	return handover_begin(k, json_member_string(o, "target"), &asker, until_of(o), fd,
			      err);
}

static int ask_reload(struct keeper *k, struct json_object *o, int fd, struct err *err)
{
	return reload_begin(k, json_member_bool(o, "dry_run"), fd, err);
}

static int ask_follow(struct keeper *k, struct json_object *o, int fd, struct err *err)
{
	return control_follow(k, fd, err);
}

static const struct {
	const char *word;
	int (*ask)(struct keeper *k, struct json_object *o, int fd, struct err *err);
} requests[] = {
	{ "start", ask_start },   { "stop", ask_stop },     { "teardown", ask_teardown },
	{ "status", ask_status }, { "heads", ask_heads },   { "inquire", ask_inquire },
	{ "move", ask_move },     { "follow", ask_follow }, { "reload", ask_reload },
};

int requests_take(struct keeper *k, struct json_object *o, int fd, struct err *err)
{
	const char *word = json_member_string(o, "do");

	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		if (strcmp(word, requests[i].word) == 0)
			return requests[i].ask(k, o, fd, err);
	/* The command may be of a version that was installed since the keeper was started. */
	return err_set(err, BATON_EXIT_USAGE, 0,
		       "the keeper (version %s of baton) does not know this request",
		       BATON_VERSION);
}
