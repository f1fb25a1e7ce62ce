// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * reload: applies a service file that was edited, on all heads.
 *
 * Theory of operation
 *
 *   the head that was asked                      each other head
 *   reads its file, compares
 *            ── reload "look", digest ────────▶  reads its file: the same? can it be applied?
 *            ◀───────────────────── reloaded ──
 *   all can: one after the other, the serving head first
 *            ── reload "apply", digest ───────▶  looks again, OPERATION_RELOAD
 *            ◀───────────────────── reloaded ──
 *
 * If anything is wrong on any head, nothing is applied anywhere. Each head reads its own
 * file; the digest says that they mean the same. A head whose keeper has that file already
 * is not asked, so its keeper may be one that does not know these messages.
 *
 * The keeper's service is replaced when the operation has ended. A keeper that dies before
 * that has changed nothing for good: see reload_steps.c.
 */
#include "keeper/reload.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include "core/config.h"
#include "core/exporttable.h"
#include "core/json.h"
#include "core/reload.h"
#include "keeper/control.h"
#include "keeper/handover.h"
#include "keeper/jobs.h"
#include "keeper/peers.h"
#include "keeper/timer.h"
#include "os/conffile.h"
#include "os/served.h"

/* A keeper only reads a file. */
#define LOOK_MS 5000
/* Less than the command waits for an answer. */
#define APPLY_MS 80000

/** enum part - how far a head has got */
enum part {
	PART_ASKED,    /* it looks */
	PART_AWAY,     /* no keeper runs there */
	PART_HAS,      /* its keeper has that file already */
	PART_CAN,      /* it could apply it */
	PART_APPLYING, /* it does */
	PART_DONE,
	PART_FAILED, /* it cannot, or could not: @why */
};

struct head {
	char name[MESSAGE_HEAD_MAX + 1];
	bool self;
	bool serving;
	enum part part;
	uint64_t id; /* of the message that it has to answer */
	struct err why;
};

struct reload {
	struct service next; /* is being applied here … */
	bool applying;
	/* what a command on this head has asked for */
	int fd; /* -1 = nothing */
	bool dry_run;
	struct service wanted;
	struct reload_changes changes;
	struct head heads[COROSYNC_HEADS_MAX + 1];
	size_t n;
	uint64_t id;
	sd_event_source *deadline;
};

/* ---- on this head ---- */

/* Names may have other addresses by now. */
static bool is_applied(const struct keeper *k, const struct service *wanted)
{
	return reload_is_same(k->svc, wanted) && !exporttable_has_hosts(wanted);
}

/* Could it be applied here now? The operation itself looks again. */
static int check_here(struct keeper *k, const struct service *wanted, struct err *err)
{
	if (k->reload->applying)
		return err_set(err, BATON_EXIT_KEEPER, 0, "a reload is going on");
	if (handover_peer(k))
		return err_set(err, BATON_EXIT_KEEPER, 0,
			       "a hand-over with %s is going on", handover_peer(k));
	return reload_check(k->svc, wanted, jobs_state(k) == STATE_SERVING, err);
}

static void take_next(struct keeper *k)
{
	struct reload *r = k->reload;

	service_free(k->file);
	*k->file = r->next;
	memset(&r->next, 0, sizeof(r->next));
	sd_journal_print(LOG_NOTICE, "%s: %s reloaded", k->svc->name, k->svc->file);
	peers_introduce(k);
}

static void end_applying(struct keeper *k, const struct err *err)
{
	struct reload *r = k->reload;

	r->applying = false;
	if (err)
		service_free(&r->next);
	else
		take_next(k);
}

/* Takes over @next. */
static int apply_here(struct keeper *k, struct service *next, const struct job *how,
		      struct err *err)
{
	struct reload *r = k->reload;
	struct job job = *how;
	int rc;

	r->next = *next;
	r->applying = true;
	job.operation = OPERATION_RELOAD;
	job.next = &r->next;
	rc = jobs_add(k, &job, err);
	if (rc < 0) {
		r->applying = false;
		service_free(&r->next);
	}
	return rc;
}

/* ---- for another head ---- */

static void answer(struct keeper *k, const char *to, uint64_t id, const struct err *why)
{
	struct message m = { .type = MESSAGE_RELOADED, .generation = id };

	snprintf(m.to, sizeof(m.to), "%s", to);
	peers_blame(k, &m, why);
	m.body = json_object_new_object();
	json_object_object_add(m.body, "state",
			       json_object_new_string(plan_state_name(jobs_state(k))));
	peers_send(k, &m);
	message_release(&m);
}

static void applied_for(struct keeper *k, const struct job *job, const struct err *err,
			bool changed)
{
	end_applying(k, err);
	answer(k, job->from, job->id, err);
}

static const struct job_owner for_another = { .ended = applied_for };

static int read_same(struct keeper *k, const char *from, const struct message *m,
		     struct service *svc, struct err *err)
{
	int rc = config_load(svc, k->svc->name, NULL, err);

	if (rc < 0 || strcmp(svc->digest, m->digest) == 0)
		return rc;
	return err_set(err, BATON_EXIT_PEER, 0,
		       "its %s differs from that of %s; make them equal", svc->file,
		       from);
}

static void take_request(struct keeper *k, const char *from, const struct message *m)
{
	struct job job = { .owner = &for_another, .fd = -1, .id = m->generation };
	struct service next = { 0 };
	struct err err = { 0 };
	int rc = read_same(k, from, m, &next, &err);

	/* Each of two heads that ask at the same time has to give way. */
	if (rc == 0 && k->reload->fd >= 0)
		rc = err_set(&err, BATON_EXIT_KEEPER, 0, "a reload is going on");
	if (rc == 0)
		rc = check_here(k, &next, &err);
	if (rc == 0 && strcmp(m->text, "apply") == 0 && !is_applied(k, &next)) {
		snprintf(job.from, sizeof(job.from), "%s", from);
		rc = apply_here(k, &next, &job, &err);
		if (rc == 0)
			return;
		memset(&next, 0, sizeof(next));
	}
	answer(k, from, m->generation, rc < 0 ? &err : NULL);
	service_free(&next);
}

/* ---- for a command on this head ---- */

static const char *describe(const struct head *head, bool dry_run)
{
	switch (head->part) {
	case PART_AWAY:
		return "no keeper there; it reads its own file when it starts";
	case PART_HAS:
		return "has it already";
	case PART_CAN:
		return dry_run ? "would be reloaded" : "not reloaded";
	case PART_DONE:
		return "reloaded";
	case PART_ASKED:
	case PART_APPLYING:
	case PART_FAILED:
		break;
	}
	return "not reloaded";
}

static struct json_object *list_heads(const struct reload *r)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < r->n; i++) {
		const struct head *head = &r->heads[i];
		struct json_object *o = json_object_new_object();

		json_object_object_add(o, "head", json_object_new_string(head->name));
		json_object_object_add(o, "self", json_object_new_boolean(head->self));
		json_object_object_add(
			o, "outcome", json_object_new_string(describe(head, r->dry_run)));
		if (head->why.text[0])
			json_object_object_add(o, "error",
					       json_object_new_string(head->why.text));
		json_object_array_add(list, o);
	}
	return list;
}

static void finish(struct keeper *k, const struct err *err)
{
	struct reload *r = k->reload;
	struct json_object *more = json_object_new_object();
	bool changed = false, serving = false;
	int fd = r->fd;

	for (size_t i = 0; i < r->n; i++) {
		changed |= r->heads[i].part == PART_DONE ||
			   (r->dry_run && r->heads[i].part == PART_CAN);
		serving |= r->heads[i].serving;
	}
	/* Some of it waits for the next start, on whichever head it is served. */
	json_object_object_add(more, "changes", reload_to_json(&r->changes, serving));
	json_object_object_add(more, "heads", list_heads(r));
	reload_free(&r->changes);
	r->fd = -1;
	timer_arm(r->deadline, 0);
	service_free(&r->wanted);
	control_answer(k, fd, err, changed, more);
}

/* The first failure, and where the file holds all the same. */
static void fail(struct keeper *k, const struct head *head)
{
	struct reload *r = k->reload;
	struct err err = head->why;
	size_t done = 0;

	for (size_t i = 0; i < r->n; i++)
		if (r->heads[i].part == PART_DONE)
			done = done ? done : i + 1;
	if (done)
		err_set(&err, head->why.code, 0, "%.300s; %.60s has been reloaded",
			head->why.text, r->heads[done - 1].name);
	finish(k, &err);
}

static void send_to(struct keeper *k, struct head *head, const char *what)
{
	struct reload *r = k->reload;
	struct message m = { .type = MESSAGE_RELOAD };

	head->id = m.generation = ++r->id;
	snprintf(m.to, sizeof(m.to), "%s", head->name);
	snprintf(m.text, sizeof(m.text), "%s", what);
	memcpy(m.digest, r->wanted.digest, sizeof(m.digest));
	peers_send(k, &m);
}

static void go_on(struct keeper *k);

static void applied_here(struct keeper *k, const struct job *job, const struct err *err,
			 bool changed)
{
	struct head *self = &k->reload->heads[0];

	end_applying(k, err);
	self->part = err ? PART_FAILED : PART_DONE;
	if (err)
		self->why = *err;
	go_on(k);
}

static const struct job_owner for_command = { .waits = control_tell_waiting,
					      .ended = applied_here };

static void apply(struct keeper *k, struct head *head)
{
	struct reload *r = k->reload;
	const struct job job = { .owner = &for_command, .fd = r->fd };
	struct service next;

	head->part = PART_APPLYING;
	timer_arm(r->deadline, head->self ? 0 : APPLY_MS);
	if (!head->self) {
		send_to(k, head, "apply");
		return;
	}
	if (check_here(k, &r->wanted, &head->why) == 0 &&
	    config_parse(&next, k->svc->name, r->wanted.file, r->wanted.text,
			 strlen(r->wanted.text), &head->why) == 0 &&
	    apply_here(k, &next, &job, &head->why) == 0)
		return;
	head->part = PART_FAILED;
	go_on(k);
}

static struct head *find_part(struct reload *r, enum part part, bool serving)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->heads[i].part == part && (!serving || r->heads[i].serving))
			return &r->heads[i];
	return NULL;
}

/* Called whenever something new is known. */
static void go_on(struct keeper *k)
{
	struct reload *r = k->reload;
	struct head *head = find_part(r, PART_FAILED, false);

	if (head) {
		fail(k, head);
		return;
	}
	if (find_part(r, PART_ASKED, false) || find_part(r, PART_APPLYING, false))
		return;
	head = find_part(r, PART_CAN, true);
	if (!head)
		head = find_part(r, PART_CAN, false);
	if (head && !r->dry_run)
		apply(k, head);
	else
		finish(k, NULL);
}

static void give_up_on(struct keeper *k, struct head *head, const char *why)
{
	const struct peer *peer = peers_introduced(k, head->name);

	if (head->part == PART_ASKED && !why)
		err_set(&head->why, BATON_EXIT_PEER, 0,
			"%.60s: its keeper (baton %s) does not answer; an older one does "
			"not know reload",
			head->name, peer ? peer->version : "?");
	else
		err_set(&head->why, BATON_EXIT_PEER, 0, "%.60s %s", head->name,
			why ? why : "does not say whether it has reloaded");
	head->part = PART_FAILED;
}

static int on_late(sd_event_source *source, uint64_t usec, void *data)
{
	struct keeper *k = data;
	struct reload *r = k->reload;

	for (size_t i = 0; i < r->n; i++)
		if (r->heads[i].part == PART_ASKED || r->heads[i].part == PART_APPLYING)
			give_up_on(k, &r->heads[i], NULL);
	go_on(k);
	return 0;
}

static void take_answer(struct keeper *k, const char *from, const struct message *m)
{
	struct reload *r = k->reload;

	for (size_t i = 0; r->fd >= 0 && i < r->n; i++) {
		struct head *head = &r->heads[i];

		if (head->self || strcmp(head->name, from) != 0 ||
		    head->id != m->generation ||
		    (head->part != PART_ASKED && head->part != PART_APPLYING))
			continue;
		head->serving =
			strcmp(json_member_string(m->body, "state"), "serving") == 0;
		if (m->code)
			err_set(&head->why, m->code, 0, "%s", m->text);
		head->part = m->code                    ? PART_FAILED
			     : head->part == PART_ASKED ? PART_CAN
							: PART_DONE;
		go_on(k);
		return;
	}
}

static void add_head(struct keeper *k, const struct corosync_head *known)
{
	struct reload *r = k->reload;
	struct head *head = &r->heads[r->n++];
	const struct peer *peer = peers_introduced(k, known->name);

	memset(head, 0, sizeof(*head));
	snprintf(head->name, sizeof(head->name), "%s", known->name);
	if (!known->joined) {
		head->part = PART_AWAY;
	} else if (peer && peer->protocol != MESSAGE_PROTOCOL) {
		head->part = PART_FAILED;
		err_set(&head->why, BATON_EXIT_PEER, 0,
			"%s: baton %s there speaks protocol %d, %s here %d", head->name,
			peer->version, peer->protocol, BATON_VERSION, MESSAGE_PROTOCOL);
	} else if (peer && strcmp(peer->digest, r->wanted.digest) == 0 &&
		   !exporttable_has_hosts(&r->wanted)) {
		head->part = PART_HAS;
	} else {
		head->part = PART_ASKED;
		send_to(k, head, "look");
	}
}

static void list_all(struct keeper *k)
{
	struct reload *r = k->reload;
	size_t n;
	const struct corosync_head *heads = peers_heads(k, &n);

	r->heads[0] = (struct head){ .self = true };
	snprintf(r->heads[0].name, sizeof(r->heads[0].name), "%s", k->self);
	r->heads[0].serving = jobs_state(k) == STATE_SERVING;
	r->heads[0].part = is_applied(k, &r->wanted) ? PART_HAS : PART_CAN;
	r->n = 1;
	for (size_t i = 0; i < n && i < COROSYNC_HEADS_MAX; i++)
		if (!heads[i].self)
			add_head(k, &heads[i]);
}

int reload_begin(struct keeper *k, bool dry_run, int fd, struct err *err)
{
	struct reload *r = k->reload;
	int rc;

	if (r->fd >= 0)
		return err_set(err, BATON_EXIT_KEEPER, 0, "a reload is going on");
	rc = config_load(&r->wanted, k->svc->name, NULL, err);
	if (rc == 0)
		rc = check_here(k, &r->wanted, err);
	if (rc == 0 && reload_compare(&r->changes, k->svc, &r->wanted) < 0)
		rc = err_set(err, BATON_EXIT_RESOURCE, ENOMEM, "compare the files");
	if (rc < 0) {
		service_free(&r->wanted);
		reload_free(&r->changes);
	} else {
		r->fd = fd;
		r->dry_run = dry_run;
		timer_arm(r->deadline, LOOK_MS);
		list_all(k);
		go_on(k);
	}
	return rc;
}

bool reload_is_going_on(const struct keeper *k)
{
	return k->reload->applying || k->reload->fd >= 0;
}

/* ---- events ---- */

void reload_message(struct keeper *k, const char *from, const struct message *m)
{
	if (message_topic(m->type) != TOPIC_RELOAD || strcmp(m->to, k->self) != 0 ||
	    strcmp(from, k->self) == 0 || m->protocol != MESSAGE_PROTOCOL)
		return;
	if (m->type == MESSAGE_RELOAD)
		take_request(k, from, m);
	else
		take_answer(k, from, m);
}

void reload_peers_changed(struct keeper *k)
{
	struct reload *r = k->reload;
	bool gone = false;

	for (size_t i = 0; r->fd >= 0 && i < r->n; i++) {
		struct head *head = &r->heads[i];
		const struct corosync_head *known = peers_find(k, head->name);

		if (head->self || (known && known->joined) ||
		    (head->part != PART_ASKED && head->part != PART_APPLYING))
			continue;
		give_up_on(k, head, "has gone");
		gone = true;
	}
	if (gone)
		go_on(k);
}

/* Restarting a keeper changes nothing silently. */
static void tell_if_edited(const struct keeper *k)
{
	struct err why;

	if (!served_is_edited(k->svc, &why))
		return;
	sd_journal_print(LOG_WARNING,
			 "%s: %s was edited while it was served, and is not in use; "
			 "`baton reload %s` applies it%s%s",
			 k->svc->name, k->svc->file, k->svc->name,
			 why.text[0] ? "; but " : "", why.text);
}

int reload_open(struct keeper *k, struct err *err)
{
	int rc;

	k->reload = calloc(1, sizeof(*k->reload));
	rc = k->reload ? timer_add(k->event, &k->reload->deadline, 0, on_late, k)
		       : -ENOMEM;
	if (rc < 0)
		return err_set(err, BATON_EXIT_RESOURCE, -rc, "event loop");
	k->reload->fd = -1;
	tell_if_edited(k);
	return 0;
}

void reload_close(struct keeper *k)
{
	struct reload *r = k->reload;

	if (!r)
		return;
	sd_event_source_disable_unref(r->deadline);
	/* The operation's connection was closed with it. */
	if (r->fd >= 0 && !r->applying)
		close(r->fd);
	reload_free(&r->changes);
	service_free(&r->wanted);
	service_free(&r->next);
	free(r);
	k->reload = NULL;
}
