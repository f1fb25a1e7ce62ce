// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * handover: this head's part in a hand-over.
 *
 * What has to be done when is decided by the table in keeper/handover_table.c; here it is done.
 * The record of a hand-over is put together by every keeper from the messages that all of
 * them see (keeper/move_record.c), so the logs of all heads tell the same.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include "core/json.h"
#include "keeper/internal.h"
#include "keeper/ipc.h"
#include "keeper/ledger.h"
#include "os/child.h"

/* So long the other heads wait for news of a step. */
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
	if (type == MESSAGE_PREPARE)
		memcpy(m.digest, k->svc->digest, sizeof(m.digest));
	if (why && why->text[0]) {
		m.code = why->code;
		snprintf(m.text, sizeof(m.text), "%.200s: %.270s", k->peers.self,
			 why->text);
	}
	peers_send(k, &m);
}

/* ---- the record */

static void publish(struct keeper *k, struct json_object *record)
{
	struct json_object *event;

	if (!record)
		return;
	json_object_put(k->handover.last);
	k->handover.last = record;
	ledger_append(&k->paths, k->svc->name, record);
	event = json_object_new_object();
	json_object_object_add(event, "moved", json_object_get(record));
	requests_tell(k, event);
	json_object_put(event);
}

bool handover_hides(const struct keeper *k)
{
	return k->jobs.job.who == JOB_HANDOVER &&
	       k->jobs.job.operation != OPERATION_START;
}

/* Of whichever head: those who watch here want to see it. */
static void show_step(struct keeper *k, const char *from, struct json_object *entry)
{
	json_object_object_add(entry, "head", json_object_new_string(from));
	requests_tell(k, entry);
	if (k->handover.asker >= 0)
		ipc_send(k->handover.asker, entry);
}

static void show_steps(struct keeper *k, const char *from, struct json_object *body)
{
	struct json_object *steps;

	json_object_object_get_ex(body, "steps", &steps);
	for (size_t i = 0; i < json_object_array_length(steps); i++)
		show_step(k, from, json_object_array_get_idx(steps, i));
}

/* Messages cost both heads time that the steps lack: they go together. */
static void send_steps(struct keeper *k)
{
	struct handover *t = &k->handover;
	struct message m = { .type = MESSAGE_STEPS, .generation = t->state.generation };

	if (!t->held)
		return;
	keeper_arm(t->flush, 0);
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

bool handover_step(struct keeper *k, struct json_object *entry)
{
	struct handover *t = &k->handover;

	if (!handover_hides(k))
		return false;
	show_step(k, k->peers.self, entry);
	if (!t->held) {
		t->held = json_object_new_array();
		keeper_arm(t->flush, FLUSH_MS);
	}
	json_object_array_add(t->held, json_object_get(entry));
	/* From here on all heads count the pause. */
	if (json_member_bool(entry, "serving"))
		send_steps(k);
	return true;
}

/* ---- what the table says */

static void apply(struct keeper *k, struct handover_todo todo);

static void happen(struct keeper *k, enum handover_event event, const struct err *why)
{
	apply(k, handover_table_step(&k->handover.state, event, why));
}

static void answer_asker(struct keeper *k)
{
	struct handover *t = &k->handover;
	struct json_object *more = json_object_new_object();
	struct err why = t->state.reason;
	struct json_object *generation;
	int fd = t->asker;

	t->asker = -1;
	if (fd < 0) {
		json_object_put(more);
		return;
	}
	if (why.text[0] && t->changed && k->state == STATE_SERVING)
		err_set(&why, why.code, 0, "%.400s; %.60s serves it again",
			t->state.reason.text, k->peers.self);
	if (json_object_object_get_ex(t->last, "generation", &generation) &&
	    (uint64_t)json_object_get_int64(generation) == t->state.generation)
		json_object_object_add(more, "record", json_object_get(t->last));
	requests_answer(k, fd, &why, t->changed, more);
}

static void end(struct keeper *k, bool told)
{
	struct handover *t = &k->handover;
	const struct err *why = &t->state.reason;

	/* Otherwise our own message closes it, at every head alike. */
	if (!told && why->text[0] && t->move.generation == t->state.generation)
		publish(k, move_record_close(&t->move, why->text,
					     seconds(CLOCK_MONOTONIC) * 1e3));
	if (why->text[0])
		sd_journal_print(LOG_WARNING, "%s: hand-over %s %s: %s", k->svc->name,
				 t->asker >= 0 ? "to" : "with", t->state.peer, why->text);
	answer_asker(k);
}

/* Who has asked waits so long and no longer. */
static unsigned int within_budget(const struct handover *t, unsigned int ms)
{
	int64_t left = t->until_ms - child_now_ms();

	if (!ms || t->asker < 0 || !t->until_ms || left >= ms)
		return ms;
	return left > 0 ? left : 1;
}

static void apply(struct keeper *k, struct handover_todo todo)
{
	struct handover *t = &k->handover;
	struct job job = { .operation = todo.operation, .who = JOB_HANDOVER };
	struct err err = { 0 };

	if (!todo.known)
		return;
	/* Nothing goes before the word that the other head waits for. */
	if (todo.type != MESSAGE_GRANTED)
		send_steps(k);
	keeper_arm(t->deadline, within_budget(t, todo.deadline_ms));
	if (todo.sends)
		send_to(k, t->state.peer, todo.type, t->state.generation,
			&t->state.reason);
	send_steps(k);
	if (todo.ends)
		end(k, todo.sends);
	if (!todo.begins)
		return;
	t->changed |= todo.operation == OPERATION_HAND_OVER;
	if (jobs_add(k, &job, 0, &err) < 0)
		happen(k, HANDOVER_BROKEN, &err);
}

static int on_deadline(sd_event_source *source, uint64_t usec, void *data)
{
	happen(data, HANDOVER_LATE, NULL);
	return 0;
}

void handover_ended(struct keeper *k, const struct err *err)
{
	happen(k, err ? HANDOVER_BROKEN : HANDOVER_DONE, err);
}

void handover_overrule(struct keeper *k)
{
	happen(k, HANDOVER_OVERRULED, NULL);
}

void handover_peers_changed(struct keeper *k)
{
	struct handover *t = &k->handover;
	const struct corosync_head *head;

	if (t->state.phase != HANDOVER_IDLE) {
		head = peers_find(k, t->state.peer);
		if (!head || !head->joined)
			happen(k, HANDOVER_LEFT, NULL);
	}
	/* Nobody else will tell how it has ended. */
	head = t->move.record ? peers_find(k, t->move.to) : NULL;
	if (t->move.record && (!head || !head->joined))
		publish(k,
			move_record_close(&t->move, "the head it was to move to has gone",
					  seconds(CLOCK_MONOTONIC) * 1e3));
}

/* ---- may it be? */

int handover_check_target(struct keeper *k, const char *target, struct err *err)
{
	const struct corosync_head *head = peers_find(k, target);
	const struct peer *peer = peers_introduced(k, target);

	if (!k->peers.corosync)
		return err_set(err, BATON_EXIT_CLUSTER, 0,
			       "this head is in no cluster: %s", k->peers.why.text);
	if (!head)
		return err_set(err, BATON_EXIT_PEER, 0,
			       "there is no head '%.60s' in this cluster", target);
	if (head->self)
		return err_set(err, BATON_EXIT_PEER, 0, "%s is this head itself", target);
	if (!head->online)
		return err_set(err, BATON_EXIT_PEER, 0, "%s is offline", target);
	if (!head->joined || !peer)
		return err_set(err, BATON_EXIT_PEER, 0,
			       "%s: no keeper runs there (systemctl start baton@%s)",
			       target, k->svc->name);
	if (peer->protocol != MESSAGE_PROTOCOL)
		return err_set(err, BATON_EXIT_PEER, 0,
			       "%s: baton %s there speaks protocol %d, %s here %d",
			       target, peer->version, peer->protocol, BATON_VERSION,
			       MESSAGE_PROTOCOL);
	if (strcmp(peer->digest, k->svc->digest) != 0)
		return err_set(
			err, BATON_EXIT_PEER, 0,
			"%s: its keeper has another %s; make the files equal, then "
			"`systemctl restart baton@%s` on both",
			target, k->svc->file, k->svc->name);
	return 0;
}

int handover_check_source(struct keeper *k, const char *from, const struct message *m,
			  struct err *err)
{
	if (m->protocol != MESSAGE_PROTOCOL)
		return err_set(err, BATON_EXIT_PEER, 0,
			       "baton %s on %s speaks protocol %d, %s here %d",
			       m->version, from, m->protocol, BATON_VERSION,
			       MESSAGE_PROTOCOL);
	if (strcmp(m->digest, k->svc->digest) != 0)
		return err_set(err, BATON_EXIT_PEER, 0,
			       "the keeper here has another %s than that of %s; make the "
			       "files equal, then `systemctl restart baton@%s` on both",
			       k->svc->file, from, k->svc->name);
	if (k->handover.state.phase != HANDOVER_IDLE)
		return err_set(err, BATON_EXIT_PEER, 0,
			       "a hand-over with %s is going on already",
			       k->handover.state.peer);
	return 0;
}

/* ---- messages */

static void take_prepare(struct keeper *k, const char *from, const struct message *m)
{
	struct handover *t = &k->handover;
	struct err err = { 0 };

	if (handover_check_source(k, from, m, &err) < 0) {
		send_to(k, from, MESSAGE_REFUSE, m->generation, &err);
		return;
	}
	t->changed = false;
	handover_table_begin(&t->state, m->generation, from);
	happen(k, HANDOVER_MESSAGE + MESSAGE_PREPARE, NULL);
}

/* A generation is used once. Returns false for one that has been seen. */
static bool is_new(struct keeper *k, const char *from, const struct message *m)
{
	struct handover *t = &k->handover;
	struct err err;

	if (m->generation > t->generation) {
		t->generation = m->generation;
		return true;
	}
	err_set(&err, BATON_EXIT_PEER, 0,
		"hand-over %llu was seen before; a message of %s ignored",
		(unsigned long long)m->generation, from);
	sd_journal_print(LOG_WARNING, "%s: %s", k->svc->name, err.text);
	/* Two have begun at the same moment, and ours came second. */
	if (strcmp(from, k->peers.self) == 0)
		happen(k, HANDOVER_MESSAGE + MESSAGE_REFUSE, &err);
	return false;
}

void handover_message(struct keeper *k, const char *from, const struct message *m)
{
	struct handover *t = &k->handover;
	bool to_us = strcmp(m->to, k->peers.self) == 0;
	bool from_us = strcmp(from, k->peers.self) == 0;
	struct err why = { .code = m->code };

	if (m->type == MESSAGE_HELLO && m->generation > t->generation)
		t->generation = m->generation;
	if (m->type > MESSAGE_STEPS ||
	    (m->type == MESSAGE_PREPARE && !is_new(k, from, m)))
		return;
	/* Of another protocol only the beginning is understood. */
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

int handover_begin(struct keeper *k, const char *target, unsigned int budget_ms, int fd,
		   struct err *err)
{
	struct handover *t = &k->handover;
	int rc = handover_check_target(k, target, err);

	if (rc < 0)
		return rc;
	if (k->state != STATE_SERVING)
		return err_set(err, BATON_EXIT_FAILED, 0, "is %s here, not serving",
			       plan_state_name(k->state));
	if (t->state.phase != HANDOVER_IDLE)
		return err_set(err, BATON_EXIT_KEEPER, 0,
			       "a hand-over with %s is going on already", t->state.peer);
	t->asker = fd;
	t->until_ms = budget_ms ? child_now_ms() + budget_ms : 0;
	t->changed = false;
	handover_table_begin(&t->state, t->generation + 1, target);
	happen(k, HANDOVER_WANTED, NULL);
	return 0;
}

/* The last one before this keeper was started. */
static struct json_object *remember_record(struct keeper *k)
{
	struct json_object *records, *last = NULL;

	if (ledger_load(&k->paths, &records, NULL) < 0)
		return NULL;
	for (size_t i = json_object_array_length(records); i > 0 && !last; i--) {
		struct json_object *r = json_object_array_get_idx(records, i - 1);

		if (strcmp(json_member_string(r, "op"), "move") == 0)
			last = json_object_get(r);
	}
	json_object_put(records);
	return last;
}

int handover_open(struct keeper *k, struct err *err)
{
	struct handover *t = &k->handover;
	int rc = sd_event_add_time_relative(k->event, &t->deadline, CLOCK_MONOTONIC, 0, 0,
					    on_deadline, k);

	if (rc < 0)
		return err_set(err, BATON_EXIT_RESOURCE, -rc, "event loop");
	rc = sd_event_add_time_relative(k->event, &t->flush, CLOCK_MONOTONIC, 0, 0,
					on_flush, k);
	if (rc < 0)
		return err_set(err, BATON_EXIT_RESOURCE, -rc, "event loop");
	keeper_arm(t->deadline, 0);
	keeper_arm(t->flush, 0);
	/* Above all that keepers before this one may have used; hello corrects it. */
	t->generation = (uint64_t)seconds(CLOCK_REALTIME) * 1000;
	t->last = remember_record(k);
	return 0;
}

void handover_close(struct keeper *k)
{
	sd_event_source_disable_unref(k->handover.deadline);
	sd_event_source_disable_unref(k->handover.flush);
	json_object_put(k->handover.held);
	json_object_put(k->handover.move.record);
	json_object_put(k->handover.last);
}
