// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * handover: this head's part in a hand-over.
 *
 * The table in keeper/handover_table.c decides what has to be done when; here it is done.
 * Every keeper builds the record of a hand-over from the messages that all of them see
 * (keeper/move_record.c), so the logs of all heads agree.
 */
#include "keeper/handover.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include "core/json.h"
#include "keeper/control.h"
#include "keeper/handover_internal.h"
#include "keeper/ipc.h"
#include "keeper/ledger.h"
#include "keeper/peers.h"
#include "keeper/timer.h"
#include "os/child.h"

/* How long news of steps is held back before it is sent to the other heads. */
#define FLUSH_MS 1000

static double seconds(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void send_to(struct keeper *k, const char *to, enum message_type type,
		    uint64_t generation, const struct err *why)
{
	struct message m = { .type = type, .generation = generation };

	snprintf(m.to, sizeof(m.to), "%s", to);
	if (type == MESSAGE_PREPARE) {
		memcpy(m.digest, k->svc->digest, sizeof(m.digest));
		m.body = json_object_new_object();
		json_object_object_add(m.body, "by", asker_to_json(&k->handover->by));
	}
	peers_blame(k, &m, why);
	peers_send(k, &m);
	message_release(&m);
}

/* ---- the record */

static void publish(struct keeper *k, struct json_object *record)
{
	struct json_object *event;

	if (!record)
		return;
	json_object_put(k->handover->last);
	k->handover->last = record;
	ledger_append(&k->paths, k->svc->name, record);
	event = json_object_new_object();
	json_object_object_add(event, "moved", json_object_get(record));
	control_tell(k, event);
	json_object_put(event);
}

/* Steps of any head: those who follow here want to see them all. */
static void show_step(struct keeper *k, const char *from, struct json_object *entry)
{
	json_object_object_add(entry, "head", json_object_new_string(from));
	control_tell(k, entry);
	if (k->handover->asker >= 0)
		ipc_send(k->handover->asker, entry);
}

static void show_steps(struct keeper *k, const char *from, struct json_object *body)
{
	struct json_object *steps;

	json_object_object_get_ex(body, "steps", &steps);
	for (size_t i = 0; i < json_object_array_length(steps); i++)
		show_step(k, from, json_object_array_get_idx(steps, i));
}

/* Messages cost both heads time that the steps need, so several steps go in one. */
static void send_steps(struct keeper *k)
{
	struct handover *t = k->handover;
	struct message m = { .type = MESSAGE_STEPS, .generation = t->state.generation };

	if (!t->held)
		return;
	timer_arm(t->flush, 0);
	m.body = json_object_new_object();
	json_object_object_add(m.body, "steps", t->held);
	t->held = NULL;
	peers_send(k, &m);
	message_release(&m);
}

static int on_flush(sd_event_source *source, uint64_t usec, void *data)
{
	send_steps(data);
	return 0;
}

static void take_step(struct keeper *k, struct json_object *entry)
{
	struct handover *t = k->handover;

	show_step(k, k->self, entry);
	if (!t->held) {
		t->held = json_object_new_array();
		timer_arm(t->flush, FLUSH_MS);
	}
	json_object_array_add(t->held, json_object_get(entry));
	/* From here on all heads count the pause. */
	if (json_member_bool(entry, "serving"))
		send_steps(k);
}

/* ---- what the table says */

static void apply(struct keeper *k, struct handover_todo todo);

static void happen(struct keeper *k, enum handover_event event, const struct err *why)
{
	apply(k, handover_table_step(&k->handover->state, event, why));
}

static void job_ended(struct keeper *k, const struct job *job, const struct err *err,
		      bool changed)
{
	const struct handover *t = k->handover;
	struct err late;

	/* Whoever asked has given up, and will have the target stopped again. */
	if (!err && t->state.phase == HANDOVER_STOPPING && t->asker >= 0 && t->until_ms &&
	    child_now_ms() > t->until_ms) {
		err_set(&late, BATON_EXIT_FAILED, 0, "no time was left for %s",
			t->state.peer);
		err = &late;
	}
	happen(k, err ? HANDOVER_BROKEN : HANDOVER_DONE, err);
}

static const struct job_owner owner = { .step = take_step, .ended = job_ended };

static void answer_asker(struct keeper *k)
{
	struct handover *t = k->handover;
	struct json_object *more = json_object_new_object();
	struct err why = t->state.reason;
	struct json_object *generation;
	int fd = t->asker;

	t->asker = -1;
	if (fd < 0) {
		json_object_put(more);
		return;
	}
	if (why.text[0] && t->changed && jobs_state(k) == STATE_SERVING)
		err_set(&why, why.code, 0, "%.400s; %.60s serves it again",
			t->state.reason.text, k->self);
	if (json_object_object_get_ex(t->last, "generation", &generation) &&
	    (uint64_t)json_object_get_int64(generation) == t->state.generation)
		json_object_object_add(more, "record", json_object_get(t->last));
	control_answer(k, fd, &why, t->changed, more);
}

static void end(struct keeper *k, bool told)
{
	struct handover *t = k->handover;
	const struct err *why = &t->state.reason;

	/* Otherwise our own message closes it, on every head alike. */
	if (!told && why->text[0] && t->move.generation == t->state.generation)
		publish(k, move_record_close(&t->move, why->text,
					     seconds(CLOCK_MONOTONIC) * 1e3));
	if (why->text[0])
		sd_journal_print(LOG_WARNING, "%s: hand-over %s %s: %s", k->svc->name,
				 t->asker >= 0 ? "to" : "with", t->state.peer, why->text);
	answer_asker(k);
}

/* The requester does not wait longer than its budget; without one, UINT_MAX = 49 days. */
static unsigned int within_budget(const struct handover *t, unsigned int ms)
{
	int64_t left = t->until_ms - child_now_ms();

	if (!ms || t->asker < 0 || !t->until_ms || left >= ms)
		return ms;
	return left > 0 ? left : 1;
}

static void apply(struct keeper *k, struct handover_todo todo)
{
	struct handover *t = k->handover;
	/* A start that restores the service is an ordinary start, so it is not hidden. */
	const struct job job = { .operation = todo.operation,
				 .owner = &owner,
				 .hidden = todo.operation != OPERATION_START,
				 .fd = -1,
				 .until_ms = t->asker >= 0 ? t->until_ms : 0 };
	struct err err = { 0 };

	if (!todo.known)
		return;
	/* `granted` goes first: the other head is waiting for it. */
	if (todo.type != MESSAGE_GRANTED)
		send_steps(k);
	timer_arm(t->deadline, within_budget(t, todo.deadline_ms));
	if (todo.sends)
		send_to(k, t->state.peer, todo.type, t->state.generation,
			&t->state.reason);
	send_steps(k);
	if (todo.ends)
		end(k, todo.sends);
	if (!todo.begins)
		return;
	t->changed |= todo.operation == OPERATION_HAND_OVER;
	if (jobs_add(k, &job, &err) < 0)
		happen(k, HANDOVER_BROKEN, &err);
}

static int on_deadline(sd_event_source *source, uint64_t usec, void *data)
{
	happen(data, HANDOVER_LATE, NULL);
	return 0;
}

void handover_overrule(struct keeper *k)
{
	happen(k, HANDOVER_OVERRULED, NULL);
}

void handover_peers_changed(struct keeper *k)
{
	struct handover *t = k->handover;
	const struct corosync_head *head;

	if (t->state.phase != HANDOVER_IDLE) {
		head = peers_find(k, t->state.peer);
		if (!head || !head->joined)
			happen(k, HANDOVER_LEFT, NULL);
	}
	/* Nobody else will say how it ended. */
	head = t->move.record ? peers_find(k, t->move.to) : NULL;
	if (t->move.record && (!head || !head->joined))
		publish(k,
			move_record_close(&t->move, "the head it was to move to has gone",
					  seconds(CLOCK_MONOTONIC) * 1e3));
}

/* ---- is it allowed? */

int handover_check_source(struct keeper *k, const char *from, const struct message *m,
			  struct err *err)
{
	int rc = peers_check_sender(k, from, m, err);

	if (rc == 0 && handover_peer(k))
		return err_set(err, BATON_EXIT_PEER, 0,
			       "a hand-over with %s is going on already",
			       handover_peer(k));
	return rc;
}

int handover_check_start(const struct keeper *k, const struct claim_terms *terms,
			 struct err *err)
{
	const struct handover_state *state = &k->handover->state;

	if (terms->takeover)
		return 0;
	if (!handover_table_may_start(state))
		return err_set(err, BATON_EXIT_PEER, 0,
			       "the service was granted to %s, which has not said yet "
			       "whether it serves",
			       state->peer);
	if (!terms->gone && handover_peer(k))
		return err_set(err, BATON_EXIT_PEER, 0, "a hand-over with %s is going on",
			       state->peer);
	return 0;
}

const char *handover_peer(const struct keeper *k)
{
	const struct handover_state *state = &k->handover->state;

	return state->phase == HANDOVER_IDLE ? NULL : state->peer;
}

bool handover_is_resuming(const struct keeper *k)
{
	return k->handover->state.phase == HANDOVER_RESUMING;
}

uint64_t handover_generation(const struct keeper *k)
{
	return k->handover->generation;
}

struct json_object *handover_last(const struct keeper *k)
{
	return k->handover->last;
}

/* ---- messages */

static void take_prepare(struct keeper *k, const char *from, const struct message *m)
{
	struct handover *t = k->handover;
	struct err err = { 0 };

	if (handover_check_source(k, from, m, &err) < 0) {
		send_to(k, from, MESSAGE_REFUSE, m->generation, &err);
		return;
	}
	t->changed = false;
	handover_table_begin(&t->state, m->generation, from);
	happen(k, HANDOVER_MESSAGE + MESSAGE_PREPARE, NULL);
}

/* A generation is used only once. Returns false for one that has been seen. */
static bool is_new(struct keeper *k, const char *from, const struct message *m)
{
	struct handover *t = k->handover;
	struct err err;

	if (m->generation > t->generation) {
		t->generation = m->generation;
		return true;
	}
	err_set(&err, BATON_EXIT_PEER, 0,
		"hand-over %llu was seen before; a message of %s ignored",
		(unsigned long long)m->generation, from);
	sd_journal_print(LOG_WARNING, "%s: %s", k->svc->name, err.text);
	/* Two hand-overs began at the same moment, and ours came second. */
	if (strcmp(from, k->self) == 0)
		happen(k, HANDOVER_MESSAGE + MESSAGE_REFUSE, &err);
	return false;
}

void handover_message(struct keeper *k, const char *from, const struct message *m)
{
	struct handover *t = k->handover;
	bool to_us = strcmp(m->to, k->self) == 0;
	bool from_us = strcmp(from, k->self) == 0;
	struct err why = { .code = m->code };

	if (m->type == MESSAGE_HELLO && m->generation > t->generation)
		t->generation = m->generation;
	if (message_topic(m->type) != TOPIC_HANDOVER ||
	    (m->type == MESSAGE_PREPARE && !is_new(k, from, m)))
		return;
	/* Of a message of another protocol only the beginning is understood. */
	if (m->protocol == MESSAGE_PROTOCOL)
		publish(k, move_record_take(&t->move, from, m,
					    seconds(CLOCK_MONOTONIC) * 1e3,
					    seconds(CLOCK_REALTIME)));
	if (m->type == MESSAGE_STEPS) {
		if (!from_us && m->protocol == MESSAGE_PROTOCOL &&
		    m->generation == t->move.generation)
			show_steps(k, from, m->body);
		return;
	}
	if (!to_us || from_us)
		return;
	if (m->type == MESSAGE_PREPARE) {
		take_prepare(k, from, m);
		return;
	}
	if (m->protocol != MESSAGE_PROTOCOL || m->generation != t->state.generation ||
	    strcmp(from, t->state.peer) != 0) {
		sd_journal_print(LOG_WARNING, "%s: '%s' of %s for hand-over %llu ignored",
				 k->svc->name, message_word(m->type), from,
				 (unsigned long long)m->generation);
		return;
	}
	snprintf(why.text, sizeof(why.text), "%s", m->text);
	happen(k, HANDOVER_MESSAGE + m->type, &why);
}

int handover_begin(struct keeper *k, const char *target, const struct asker *asker,
		   int64_t until_ms, int fd, struct err *err)
{
	struct handover *t = k->handover;
	int rc = peers_check(k, target, err);

	if (rc < 0)
		return rc;
	if (jobs_state(k) != STATE_SERVING)
		return err_set(err, BATON_EXIT_FAILED, 0, "is %s here, not serving",
			       plan_state_name(jobs_state(k)));
	if (t->state.phase != HANDOVER_IDLE)
		return err_set(err, BATON_EXIT_KEEPER, 0,
			       "a hand-over with %s is going on already", t->state.peer);
	t->asker = fd;
	t->by = *asker;
	t->until_ms = until_ms;
	t->changed = false;
	/* Even if our last `prepare` has not come back: it will. */
	t->begun = (t->begun > t->generation ? t->begun : t->generation) + 1;
	handover_table_begin(&t->state, t->begun, target);
	happen(k, HANDOVER_WANTED, NULL);
	return 0;
}

int handover_open(struct keeper *k, struct err *err)
{
	struct handover *t = calloc(1, sizeof(*t));
	int rc = t ? 0 : -ENOMEM;

	k->handover = t;
	if (rc == 0) {
		t->asker = -1;
		rc = timer_add(k->event, &t->deadline, 0, on_deadline, k);
	}
	if (rc == 0)
		rc = timer_add(k->event, &t->flush, 0, on_flush, k);
	if (rc < 0)
		return err_set(err, BATON_EXIT_RESOURCE, -rc, "event loop");
	/* Higher than any that earlier keepers may have used; hello corrects it. */
	t->generation = (uint64_t)seconds(CLOCK_REALTIME) * 1000;
	/* The last hand-over before this keeper was started. */
	t->last = ledger_find_last(&k->paths, "move", NULL);
	return 0;
}

void handover_close(struct keeper *k)
{
	struct handover *t = k->handover;

	if (!t)
		return;
	sd_event_source_disable_unref(t->deadline);
	sd_event_source_disable_unref(t->flush);
	json_object_put(t->held);
	json_object_put(t->move.record);
	json_object_put(t->last);
	free(t);
	k->handover = NULL;
}
