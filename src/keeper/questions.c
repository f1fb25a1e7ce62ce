// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * questions: what heads ask each other: "facts" (what is your state?) goes to all,
 * "ready" (would you take the service now?) to one.
 *
 * A command on this head asks; its question goes to the group, and the answers that
 * arrive in time are returned to it together. A child looks up the facts, an operation
 * the readiness.
 */
#include "keeper/questions.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/json.h"
#include "keeper/control.h"
#include "keeper/handover.h"
#include "keeper/jobs.h"
#include "keeper/peers.h"
#include "keeper/status_child.h"
#include "keeper/watch.h"
#include "os/software.h"

/* A head that needs longer than LOOK_MS to look says so itself. */
#define LOOK_MS  1500
#define FACTS_MS 1900
/* As long as a target may take to look at its disk. */
#define READY_MS 20000

#define QUESTIONS_MAX 8

/* From a command on this head; id 0 = a free place. */
struct question {
	uint64_t id;
	int fd;
	char target[MESSAGE_HEAD_MAX + 1]; /* "" = all heads, for their facts */
	struct json_object *answers;
	sd_event_source *deadline;
};

/* From another head; a child of ours is looking up the answer. */
struct inquiry {
	struct status_child child;
	uint64_t id;
	char from[MESSAGE_HEAD_MAX + 1];
	sd_event_source *io;
	sd_event_source *deadline;
	struct keeper *k;
};

struct questions {
	struct question asked[QUESTIONS_MAX];
	struct inquiry looking[QUESTIONS_MAX];
	uint64_t last;
	struct json_object *software;
};

static void answer(struct keeper *k, const char *to, uint64_t id,
		   struct json_object *body, const struct err *why)
{
	struct message m = { .type = MESSAGE_ANSWER, .generation = id, .body = body };

	snprintf(m.to, sizeof(m.to), "%s", to);
	peers_blame(k, &m, why);
	peers_send(k, &m);
	json_object_put(body);
}

/* ---- answering: facts */

static void end_looking(struct inquiry *q, unsigned int ms)
{
	q->io = sd_event_source_disable_unref(q->io);
	q->deadline = sd_event_source_disable_unref(q->deadline);
	status_child_end(&q->child, ms);
	q->id = 0;
}

static void tell_facts(struct keeper *k, const char *to, uint64_t id,
		       struct json_object *facts, const struct err *err)
{
	struct json_object *body = json_object_new_object(), *replica;

	json_object_object_add(body, "digest", json_object_new_string(k->svc->digest));
	json_object_object_add(body, "last", json_object_get(handover_last(k)));
	if (facts && (replica = watch_describe(k)))
		json_object_object_add(facts, "replica", replica);
	if (facts) {
		json_object_object_add(facts, "software",
				       json_object_get(k->questions->software));
		json_object_object_add(body, "facts", facts);
	} else {
		json_object_object_add(body, "error", json_object_new_string(err->text));
	}
	answer(k, to, id, body, NULL);
}

static int on_facts(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	struct inquiry *q = data;
	struct json_object *facts;
	struct err err = { 0 };

	if (status_child_take(&q->child, &facts, &err) == -EAGAIN)
		return 0;
	tell_facts(q->k, q->from, q->id, facts, &err);
	end_looking(q, STATUS_CHILD_GO_MS);
	return 0;
}

static int on_looked_too_long(sd_event_source *source, uint64_t usec, void *data)
{
	struct inquiry *q = data;
	struct err err;

	err_set(&err, BATON_EXIT_FAILED, ETIMEDOUT, "look up what is set up");
	tell_facts(q->k, q->from, q->id, NULL, &err);
	/* It probably hangs, and this loop must not. */
	end_looking(q, 0);
	return 0;
}

/* A place whose last child hangs is not free, or there would soon be very many of them. */
static struct inquiry *find_place(struct questions *all)
{
	struct inquiry *place = NULL;

	for (size_t i = 0; i < QUESTIONS_MAX; i++)
		if (!all->looking[i].id && status_child_is_gone(&all->looking[i].child))
			place = &all->looking[i];
	return place;
}

static void look(struct keeper *k, const char *from, uint64_t id)
{
	struct inquiry *q = find_place(k->questions);
	struct err err = { 0 };

	if (!q)
		err_set(&err, BATON_EXIT_FAILED, 0,
			"look up what is set up: %d earlier looks have not ended",
			QUESTIONS_MAX);
	if (!q ||
	    status_child_begin(&q->child, k->svc, status_child_add_clients, &err) < 0) {
		tell_facts(k, from, id, NULL, &err);
		return;
	}
	q->id = id;
	q->k = k;
	snprintf(q->from, sizeof(q->from), "%s", from);
	if (sd_event_add_io(k->event, &q->io, q->child.fd, EPOLLIN, on_facts, q) < 0 ||
	    sd_event_add_time_relative(k->event, &q->deadline, CLOCK_MONOTONIC,
				       LOOK_MS * 1000, 0, on_looked_too_long, q) < 0)
		end_looking(q, STATUS_CHILD_GO_MS);
}

/* ---- answering: ready */

static void look_ended(struct keeper *k, const struct job *job, const struct err *err,
		       bool changed)
{
	answer(k, job->from, job->id, NULL, err);
}

static const struct job_owner asker = { .ended = look_ended };

static void consider(struct keeper *k, const char *from, const struct message *m)
{
	struct job job = { .operation = OPERATION_PREPARE,
			   .owner = &asker,
			   .fd = -1,
			   .id = m->generation };
	struct err err = { 0 };

	snprintf(job.from, sizeof(job.from), "%s", from);
	if (handover_check_source(k, from, m, &err) < 0 || jobs_add(k, &job, &err) < 0)
		answer(k, from, m->generation, NULL, &err);
}

/* ---- asking */

static struct json_object *find_answer(struct json_object *answers, const char *head)
{
	struct json_object *o = NULL;

	json_object_object_get_ex(answers, head, &o);
	return o;
}

/* Could the service be moved between the two, as far as keys and versions go? */
static void describe_agreement(struct keeper *k, struct json_object *o,
			       const struct peer *peer)
{
	struct err why = { 0 };
	bool agrees;

	if (!peer || peer->protocol != MESSAGE_PROTOCOL)
		return;
	agrees = peers_check_service(k, peer, &why) == 0;
	json_object_object_add(o, "agrees", json_object_new_boolean(agrees));
	if (!agrees)
		json_object_object_add(o, "conflict", json_object_new_string(why.text));
}

static struct json_object *describe_head(struct keeper *k, const struct question *q,
					 const char *name, bool online, bool joined,
					 bool self)
{
	struct json_object *o = json_object_new_object(),
			   *found = find_answer(q->answers, name), *value;
	static const char *const told[] = { "digest", "last", "facts", "error" };
	const struct peer *peer = peers_introduced(k, name);

	json_object_object_add(o, "head", json_object_new_string(name));
	json_object_object_add(o, "self", json_object_new_boolean(self));
	json_object_object_add(o, "online", json_object_new_boolean(online));
	json_object_object_add(o, "keeper", json_object_new_boolean(joined));
	json_object_object_add(o, "cluster",
			       json_object_new_boolean(peers_are_clustered(k)));
	if (joined)
		json_object_object_add(o, "version",
				       json_object_new_string(self   ? BATON_VERSION
							      : peer ? peer->version
								     : "?"));
	describe_agreement(k, o, peer);
	if (found) {
		for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++)
			if (json_object_object_get_ex(found, told[i], &value))
				json_object_object_add(o, told[i],
						       json_object_get(value));
	} else if (joined) {
		json_object_object_add(o, "error",
				       json_object_new_string("does not answer"));
	}
	return o;
}

static struct json_object *describe_heads(struct keeper *k, const struct question *q)
{
	struct json_object *more = json_object_new_object(),
			   *rows = json_object_new_array();
	size_t n;
	const struct corosync_head *heads = peers_heads(k, &n);

	if (!peers_are_clustered(k))
		json_object_array_add(rows,
				      describe_head(k, q, k->self, true, true, true));
	for (size_t i = 0; i < n; i++)
		json_object_array_add(rows,
				      describe_head(k, q, heads[i].name, heads[i].online,
						    heads[i].joined, heads[i].self));
	json_object_object_add(more, "heads", rows);
	return more;
}

static void end_question(struct keeper *k, struct question *q, const struct err *err)
{
	struct json_object *more = q->target[0] ? NULL : describe_heads(k, q);

	control_answer(k, q->fd, err, false, more);
	json_object_put(q->answers);
	q->deadline = sd_event_source_disable_unref(q->deadline);
	q->id = 0;
}

static struct question *find_question(struct keeper *k, uint64_t id)
{
	for (size_t i = 0; i < QUESTIONS_MAX; i++)
		if (k->questions->asked[i].id == id)
			return &k->questions->asked[i];
	return NULL;
}

static int on_late(sd_event_source *source, uint64_t usec, void *data)
{
	struct keeper *k = data;
	struct err err;

	for (size_t i = 0; i < QUESTIONS_MAX; i++) {
		struct question *q = &k->questions->asked[i];

		if (q->id && q->deadline == source) {
			err_set(&err, BATON_EXIT_PEER, 0, "%s does not answer",
				q->target);
			end_question(k, q, q->target[0] ? &err : NULL);
			break;
		}
	}
	return 0;
}

static int ask(struct keeper *k, const char *target, const char *what, unsigned int ms,
	       int fd, struct err *err)
{
	struct message m = { .type = MESSAGE_ASK };
	struct question *q = find_question(k, 0);

	if (!q)
		return err_set(err, BATON_EXIT_KEEPER, 0,
			       "%d questions already wait for an answer", QUESTIONS_MAX);
	if (sd_event_add_time_relative(k->event, &q->deadline, CLOCK_MONOTONIC, ms * 1000,
				       0, on_late, k) < 0)
		return err_set(err, BATON_EXIT_RESOURCE, ENOMEM, "event loop");
	q->id = m.generation = ++k->questions->last;
	q->fd = fd;
	q->answers = json_object_new_object();
	snprintf(q->target, sizeof(q->target), "%s", target);
	snprintf(m.to, sizeof(m.to), "%s", target);
	snprintf(m.text, sizeof(m.text), "%s", what);
	memcpy(m.digest, k->svc->digest, sizeof(m.digest));
	peers_send(k, &m);
	return 0;
}

int questions_ask_heads(struct keeper *k, int fd, struct err *err)
{
	return ask(k, "", "facts", FACTS_MS, fd, err);
}

int questions_ask_ready(struct keeper *k, const char *target, int fd, struct err *err)
{
	const struct job look = { .operation = OPERATION_PREPARE,
				  .owner = &control_client,
				  .fd = fd };
	int rc;

	/* The other head will say what it thinks of it when it is asked to hand over. */
	if (peers_are_clustered(k) && strcmp(target, k->self) == 0)
		return jobs_add(k, &look, err);
	rc = peers_check(k, target, err);
	return rc < 0 ? rc : ask(k, target, "ready", READY_MS, fd, err);
}

static bool all_have_answered(struct keeper *k, const struct question *q)
{
	size_t n;
	const struct corosync_head *heads = peers_heads(k, &n);

	for (size_t i = 0; i < n; i++)
		if (heads[i].joined && !find_answer(q->answers, heads[i].name))
			return false;
	return true;
}

static void take_answer(struct keeper *k, const char *from, const struct message *m)
{
	struct question *q = m->generation ? find_question(k, m->generation) : NULL;
	struct err err = { .code = m->code };

	if (!q)
		return;
	if (q->target[0]) {
		snprintf(err.text, sizeof(err.text), "%s", m->text);
		if (strcmp(from, q->target) == 0)
			end_question(k, q, &err);
		return;
	}
	json_object_object_add(q->answers, from,
			       m->body ? json_object_get(m->body)
				       : json_object_new_object());
	if (all_have_answered(k, q))
		end_question(k, q, NULL);
}

/* A later version asks it, and would wait in vain. */
static void decline(struct keeper *k, const char *from, const struct message *m)
{
	struct err err;

	err_set(&err, BATON_EXIT_PEER, 0,
		"version %s of baton here does not know the question '%.40s' of version %s",
		BATON_VERSION, m->text, m->version[0] ? m->version : "?");
	answer(k, from, m->generation, NULL, &err);
}

void questions_message(struct keeper *k, const char *from, const struct message *m)
{
	bool to_us = strcmp(m->to, k->self) == 0;

	if (m->type == MESSAGE_ANSWER && to_us)
		take_answer(k, from, m);
	else if (m->type == MESSAGE_ASK && strcmp(m->text, "facts") == 0 &&
		 (to_us || !m->to[0]))
		look(k, from, m->generation);
	else if (m->type == MESSAGE_ASK && strcmp(m->text, "ready") == 0 && to_us)
		consider(k, from, m);
	else if (m->type == MESSAGE_ASK && m->protocol == MESSAGE_PROTOCOL && to_us)
		decline(k, from, m);
}

int questions_open(struct keeper *k, struct err *err)
{
	k->questions = calloc(1, sizeof(*k->questions));
	if (!k->questions)
		return err_set(err, BATON_EXIT_RESOURCE, ENOMEM, "keeper");
	/* Once: a look has not much time. */
	k->questions->software = software_describe();
	return 0;
}

void questions_close(struct keeper *k)
{
	if (!k->questions)
		return;
	for (size_t i = 0; i < QUESTIONS_MAX; i++) {
		struct question *q = &k->questions->asked[i];

		if (k->questions->looking[i].id)
			end_looking(&k->questions->looking[i], 0);
		if (!q->id)
			continue;
		sd_event_source_disable_unref(q->deadline);
		json_object_put(q->answers);
		close(q->fd);
	}
	json_object_put(k->questions->software);
	free(k->questions);
	k->questions = NULL;
}
