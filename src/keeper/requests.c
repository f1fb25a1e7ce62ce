// SPDX-License-Identifier: GPL-2.0-or-later
/* requests: what is asked of the keeper through its socket, and who follows what it does. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/json.h"
#include "keeper/internal.h"
#include "keeper/ipc.h"

/* How long somebody who has connected may take to ask. */
#define VISITOR_MS 5000

void requests_answer(struct keeper *k, int fd, const struct err *err, bool changed,
		     struct json_object *more)
{
	struct json_object *o = more ? more : json_object_new_object();
	bool failed = err && err->text[0];

	json_object_object_add(o, "result", json_object_new_int(failed ? err->code : 0));
	if (failed)
		json_object_object_add(o, "error", json_object_new_string(err->text));
	json_object_object_add(o, "changed", json_object_new_boolean(changed));
	json_object_object_add(o, "state", json_object_new_string(jobs_word(k)));
	ipc_send(fd, o);
	json_object_put(o);
	close(fd);
}

static void free_place(struct visitor *v)
{
	v->source = sd_event_source_disable_unref(v->source);
	v->patience = sd_event_source_disable_unref(v->patience);
	v->fd = -1;
}

static void drop(struct visitor *v)
{
	int fd = v->fd;

	free_place(v);
	if (fd >= 0)
		close(fd);
}

static struct visitor *find(struct visitor *places, size_t n, int fd)
{
	for (size_t i = 0; i < n; i++)
		if (places[i].fd == fd)
			return &places[i];
	return NULL;
}

/* ---- each request: takes over @fd if it returns 0 */

static int ask_operation(struct keeper *k, enum operation operation, int fd,
			 struct err *err)
{
	struct job job = { .operation = operation, .who = JOB_CLIENT, .client = fd };

	handover_overrule(k);
	claims_overrule(k);
	return jobs_add(k, &job, 0, err);
}

/*
 * Pacemaker's start overrules a hand-over, as it decides; an administrator's does not, unless
 * he takes over. What has been granted is another head's, until it says otherwise.
 */
static int ask_start(struct keeper *k, struct json_object *o, int fd, struct err *err)
{
	const struct handover_state *h = &k->handover.state;
	bool agent = json_member_bool(o, "agent");
	const struct claim_terms terms = { json_member_bool(o, "takeover"),
					   agent ? json_member_string(o, "gone") : NULL };

	if (!terms.takeover && !handover_table_may_start(h))
		return err_set(err, BATON_EXIT_PEER, 0,
			       "the service was granted to %s, which has not said yet "
			       "whether it serves",
			       h->peer);
	if (!terms.takeover && !agent && h->phase != HANDOVER_IDLE)
		return err_set(err, BATON_EXIT_PEER, 0, "a hand-over with %s is going on",
			       h->peer);
	handover_overrule(k);
	return claims_begin(k, &terms, fd, err);
}

static int ask_stop(struct keeper *k, struct json_object *o, int fd, struct err *err)
{
	return ask_operation(k, OPERATION_STOP, fd, err);
}

static int ask_teardown(struct keeper *k, struct json_object *o, int fd, struct err *err)
{
	return ask_operation(k, OPERATION_TEARDOWN, fd, err);
}

static int ask_status(struct keeper *k, struct json_object *o, int fd, struct err *err)
{
	struct json_object *more = json_object_new_object(),
			   *peers = json_object_new_array();

	json_object_object_add(more, "head", json_object_new_string(k->peers.self));
	json_object_object_add(more, "version", json_object_new_string(BATON_VERSION));
	json_object_object_add(more, "digest", json_object_new_string(k->svc->digest));
	json_object_object_add(more, "cluster",
			       json_object_new_boolean(k->peers.corosync != NULL));
	for (size_t i = 0; i < k->peers.n_known; i++)
		json_object_array_add(peers,
				      json_object_new_string(k->peers.known[i].head));
	json_object_object_add(more, "peers", peers);
	requests_answer(k, fd, NULL, false, more);
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
	double budget = json_member_double(o, "budget_ms");

	return handover_begin(k, json_member_string(o, "target"),
			      budget > 0 && budget < INT32_MAX ? (unsigned int)budget : 0,
			      fd, err);
}

static int on_follower(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	struct keeper *k = data;
	struct visitor *v = find(k->requests.followers, REQUESTS_FOLLOWERS_MAX, fd);

	/* It has nothing more to say: it goes. */
	if (v)
		drop(v);
	return 0;
}

static int ask_follow(struct keeper *k, struct json_object *o, int fd, struct err *err)
{
	struct visitor *v = find(k->requests.followers, REQUESTS_FOLLOWERS_MAX, -1);
	struct json_object *answer;

	if (!v)
		return err_set(err, BATON_EXIT_KEEPER, 0, "%d follow already",
			       REQUESTS_FOLLOWERS_MAX);
	if (sd_event_add_io(k->event, &v->source, fd, EPOLLIN, on_follower, k) < 0)
		return err_set(err, BATON_EXIT_RESOURCE, ENOMEM, "follow");
	v->fd = fd;
	answer = json_object_new_object();
	json_object_object_add(answer, "following", json_object_new_boolean(true));
	ipc_send(fd, answer);
	json_object_put(answer);
	return 0;
}

static const struct {
	const char *word;
	int (*ask)(struct keeper *k, struct json_object *o, int fd, struct err *err);
} requests[] = {
	{ "start", ask_start },   { "stop", ask_stop },     { "teardown", ask_teardown },
	{ "status", ask_status }, { "heads", ask_heads },   { "inquire", ask_inquire },
	{ "move", ask_move },     { "follow", ask_follow },
};

/* ---- the socket */

void requests_tell(struct keeper *k, struct json_object *event)
{
	for (size_t i = 0; i < REQUESTS_FOLLOWERS_MAX; i++) {
		struct visitor *v = &k->requests.followers[i];

		/* One that does not read what is told is not told any more. */
		if (v->fd >= 0 && ipc_send(v->fd, event) < 0)
			drop(v);
	}
}

static int take_request(struct keeper *k, struct json_object *o, int fd, struct err *err)
{
	const char *word = json_member_string(o, "do");

	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		if (strcmp(word, requests[i].word) == 0)
			return requests[i].ask(k, o, fd, err);
	return err_set(err, BATON_EXIT_USAGE, 0, "no request the keeper knows");
}

static int on_request(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	struct keeper *k = data;
	struct visitor *v = find(k->requests.visitors, REQUESTS_VISITORS_MAX, fd);
	struct json_object *o;
	struct err err = { 0 };
	int rc;

	if (!v)
		return 0;
	free_place(v);
	rc = ipc_receive(fd, &o);
	/* Gone without a word. */
	if (rc == -ECONNRESET) {
		close(fd);
		return 0;
	}
	/* What is no object has no member either. */
	if (take_request(k, o, fd, &err) < 0)
		requests_answer(k, fd, &err, false, NULL);
	json_object_put(o);
	return 0;
}

/* It has not asked for anything. */
static int on_silence(sd_event_source *source, uint64_t usec, void *data)
{
	drop(data);
	return 0;
}

static int on_connection(sd_event_source *source, int listener, uint32_t revents,
			 void *data)
{
	struct keeper *k = data;
	int fd = ipc_accept(listener);
	struct visitor *v = find(k->requests.visitors, REQUESTS_VISITORS_MAX, -1);

	if (fd < 0)
		return 0;
	if (!v) {
		close(fd);
		return 0;
	}
	v->fd = fd;
	if (sd_event_add_io(k->event, &v->source, fd, EPOLLIN, on_request, k) < 0 ||
	    sd_event_add_time_relative(k->event, &v->patience, CLOCK_MONOTONIC,
				       VISITOR_MS * 1000, 0, on_silence, v) < 0)
		drop(v);
	return 0;
}

int requests_open(struct keeper *k, struct err *err)
{
	struct requests *r = &k->requests;
	int rc;

	for (size_t i = 0; i < REQUESTS_VISITORS_MAX; i++)
		r->visitors[i].fd = -1;
	for (size_t i = 0; i < REQUESTS_FOLLOWERS_MAX; i++)
		r->followers[i].fd = -1;
	r->listener = ipc_listen(&k->paths, err);
	if (r->listener < 0)
		return r->listener;
	rc = sd_event_add_io(k->event, NULL, r->listener, EPOLLIN, on_connection, k);
	return rc < 0 ? err_set(err, BATON_EXIT_RESOURCE, -rc, "event loop") : 0;
}

void requests_close(struct keeper *k)
{
	struct requests *r = &k->requests;

	/* Whoever never got as far as requests_open() has no descriptors here. */
	if (r->listener <= 0)
		return;
	for (size_t i = 0; i < REQUESTS_VISITORS_MAX; i++)
		drop(&r->visitors[i]);
	for (size_t i = 0; i < REQUESTS_FOLLOWERS_MAX; i++)
		drop(&r->followers[i]);
	close(r->listener);
	unlink(k->paths.sock);
}
