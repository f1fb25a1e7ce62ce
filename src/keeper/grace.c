// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * grace: ends the grace period when it has lasted long enough.
 *
 * Theory of operation
 *
 * A start lets knfsd wait as long as the client that holds most may need to reclaim
 * (start.c). Usually all clients come back, and knfsd ends the period itself when the
 * last one has said that it is done. For a client that does not come back it would wait
 * to the end. So a child watches the period: it looks which clients are back and which
 * are still reclaiming, and ends the period when none is and the missing ones have had
 * `grace` seconds (core/grace.c). It begins a second after the start, so that clients
 * that come at once have the processors for themselves.
 *
 * Nothing is remembered: the next keeper starts a child of its own, which looks up when
 * the period began. Without a child the period lasts as long as it was set.
 */
#include "keeper/grace.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/grace.h"
#include "keeper/jobs.h"
#include "keeper/op.h"
#include "keeper/ledger.h"
#include "os/child.h"
#include "os/nfsd.h"
#include "os/nfsdcld.h"
#include "os/nfsdheld.h"
#include "os/state.h"

/* At least a second between looks, and a tenth of the time at most for looking. */
#define LOOK_MS 1000
#define SHARE   10
/* Of a shorter period nobody is told, if nobody is missing. */
#define TOLD_MS 3000
/* A look that takes longer says nothing. */
#define COUNT_MS 60000
/* Newer kernels end the period a moment after they are told to. */
#define END_MS   5000
#define AGAIN_MS 10000

/* ---- the child */

/**
 * struct sitting
 * @lease_s, @ceiling_s: as set in knfsd
 * @before: what clients held before the move
 * @grace: the clients that it waits for
 * @since_ms: time from the beginning of the period to the last look
 * @lasted_ms: to its end
 * @ended: we ended the period
 */
struct sitting {
	struct op *op;
	unsigned int lease_s;
	unsigned int ceiling_s;
	struct holdings before;
	struct grace grace;
	int64_t since_ms;
	int64_t lasted_ms;
	bool ended;
};

static int await_one(const unsigned char *id, size_t len, void *data)
{
	return grace_await(data, id, len);
}

/* Return: true if the period can be ended. */
static bool look(struct sitting *s)
{
	_cleanup_holdings_ struct holdings now = { 0 };
	int64_t now_ms = child_now_ms();

	if (recovery_walk_waiting(&s->op->paths, await_one, &s->grace) < 0)
		return false;
	grace_sift(&s->grace);
	if (nfsdheld_count(NFSD_CLIENTS, NFSDHELD_LOCKS, s->op->paths.fs,
			   now_ms + COUNT_MS, &now) < 0)
		return false;
	grace_note(&s->grace, &now, now_ms);
	s->since_ms = nfsdcld_age_ms(&s->op->paths);
	return grace_is_over(&s->grace, s->since_ms, s->op->svc->grace, s->lease_s,
			     now_ms);
}

/*
 * If the disk stood still, that is why nobody has reclaimed anything, and a look does not
 * notice it: it reads memory only. So a write has to reach the disk first, however long
 * it takes.
 */
static bool disk_is_slow(const struct sitting *s)
{
	int64_t began = child_now_ms();

	if (state_pulse(&s->op->paths, NULL) < 0)
		return false;
	return child_now_ms() - began >= LOOK_MS;
}

static void end_period(struct sitting *s)
{
	int64_t until = child_now_ms() + END_MS;

	s->ended = nfsd_end_grace(NULL) == 0;
	while (nfsd_in_grace() == 1 && child_now_ms() < until)
		poll(NULL, 0, 10);
}

/* knfsd gives no event at the end of the period that one could wait for. */
static void sit(struct sitting *s)
{
	while (nfsd_in_grace() == 1) {
		int64_t began = child_now_ms(), took;

		if (look(s)) {
			if (disk_is_slow(s))
				grace_hold(&s->grace, child_now_ms());
			else
				end_period(s);
		}
		took = child_now_ms() - began;
		poll(NULL, 0, SHARE * took > LOOK_MS ? SHARE * took : LOOK_MS);
	}
	s->lasted_ms = nfsdcld_age_ms(&s->op->paths);
	/* It may have been replaced. */
	if (s->lasted_ms < s->since_ms)
		s->lasted_ms = s->since_ms;
}

static uint32_t held_before(const struct sitting *s, const struct grace_client *c)
{
	const struct holding *h = holdings_find(&s->before, c->id, c->len);

	return h ? h->count : 0;
}

/* Appends a client to a list in words; of many, only the first ones. */
static void name_one(char *text, size_t size, const struct sitting *s,
		     const struct grace_client *c, unsigned int nth)
{
	size_t len = strlen(text);
	char name[81];

	if (nth == 0)
		snprintf(text, size, "'%.80s' has %u of %u",
			 client_name(c->id, c->len, name, sizeof(name)), c->count,
			 held_before(s, c));
	else if (nth == 1)
		snprintf(text + len, size - len, "; and others");
}

static void add_step(struct json_object *o, const struct sitting *s, const char *note)
{
	struct json_object *steps = json_object_new_array(),
			   *step = json_object_new_object();

	json_object_object_add(step, "step", json_object_new_string("reclaim"));
	json_object_object_add(step, "ms", json_object_new_double((double)s->lasted_ms));
	json_object_object_add(step, "outcome", json_object_new_string("done"));
	if (note[0])
		json_object_object_add(step, "note", json_object_new_string(note));
	json_object_array_add(steps, step);
	json_object_object_add(o, "steps", steps);
}

/* @last: who was the last to be done; NULL = somebody was not */
static struct json_object *describe(const struct sitting *s, const char *late,
				    const char *absent, const struct grace_client *last)
{
	struct json_object *o = json_object_new_object();
	char text[200] = "", name[81];

	json_object_object_add(o, "op", json_object_new_string("grace"));
	json_object_object_add(
		o, "began",
		json_object_new_double((double)time(NULL) - (double)s->lasted_ms / 1000));
	json_object_object_add(o, "ms", json_object_new_double((double)s->lasted_ms));
	json_object_object_add(o, "outcome",
			       json_object_new_string(late[0] ? "failed" : "done"));
	if (late[0]) {
		snprintf(text, sizeof(text), "not reclaimed in time: %s", late);
		json_object_object_add(o, "error", json_object_new_string(text));
	}
	text[0] = '\0';
	if (absent[0])
		snprintf(text, sizeof(text), "did not come back: %s", absent);
	else if (last)
		snprintf(text, sizeof(text),
			 "the last client was '%.80s', with %u opens and locks",
			 client_name(last->id, last->len, name, sizeof(name)),
			 held_before(s, last));
	add_step(o, s, text);
	return o;
}

/* Of those that were not done at the last look: it held most. */
static const struct grace_client *find_last(const struct sitting *s)
{
	const struct grace_client *last = NULL;

	for (size_t i = 0; i < s->grace.n; i++)
		if (s->grace.v[i].back &&
		    (!last || held_before(s, &s->grace.v[i]) > held_before(s, last)))
			last = &s->grace.v[i];
	return s->lasted_ms >= TOLD_MS ? last : NULL;
}

/*
 * Which clients were not done at the end? If knfsd ended the period before its time, all
 * were. An NFSv4.0 client never says that it is done; it has what it had.
 */
static void account(const struct sitting *s, struct json_object *facts)
{
	bool all = !s->ended && s->since_ms + LOOK_MS < s->ceiling_s * 1000LL;
	char late[160] = "", absent[160] = "";
	const struct grace_client *last = all ? find_last(s) : NULL;
	unsigned int n_late = 0, n_absent = 0;
	struct json_object *record;
	uint64_t lost = 0;

	for (size_t i = 0; !all && i < s->grace.n; i++) {
		const struct grace_client *c = &s->grace.v[i];
		uint32_t before = held_before(s, c);

		if (!c->back) {
			name_one(absent, sizeof(absent), s, c, n_absent++);
		} else if (c->count < before) {
			name_one(late, sizeof(late), s, c, n_late++);
			lost += before - c->count;
		}
	}
	if (n_late + n_absent == 0 && !last)
		return;
	record = describe(s, late, absent, last);
	json_object_object_add(record, "late", json_object_new_int64(lost));
	json_object_object_add(record, "absent", json_object_new_int64(n_absent));
	json_object_object_add(facts, "grace", record);
}

static void learn(struct sitting *s)
{
	uint32_t pace = grace_learn(s->before.pace_us, grace_pace(&s->grace));

	if (pace == s->before.pace_us)
		return;
	s->before.pace_us = pace;
	reclaim_save(&s->op->paths, &s->before);
}

static int sit_through(struct op *op, const struct standing *standing,
		       struct json_object *facts, struct err *err)
{
	struct sitting s = { .op = op };
	int rc;

	if (!standing->pinned || standing->threads <= 0)
		return 0;
	/* The next keeper starts another. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	rc = op_go(op, PLACE_INSIDE, err);
	if (rc < 0 || nfsd_in_grace() != 1)
		return rc;
	nfsd_get_times(&s.lease_s, &s.ceiling_s);
	reclaim_load(&op->paths, &s.before, NULL);
	sit(&s);
	account(&s, facts);
	learn(&s);
	holdings_free(&s.before);
	grace_free(&s.grace);
	return 0;
}

/* ---- the keeper */

static void end(struct vigil *v)
{
	v->io = sd_event_source_disable_unref(v->io);
	if (v->child.buf)
		status_child_end(&v->child, STATUS_CHILD_GO_MS);
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	struct vigil *v = data;
	struct keeper *k = v->k;
	struct json_object *facts, *record;
	int rc = status_child_take(&v->child, &facts, NULL);

	if (rc == -EAGAIN)
		return 0;
	end(v);
	/* The child died: the period may not be over. */
	if (rc < 0) {
		v->begun = false;
		v->next_ms = child_now_ms() + AGAIN_MS;
		return 0;
	}
	if (json_object_object_get_ex(facts, "grace", &record) &&
	    json_object_is_type(record, json_type_object))
		ledger_append(&k->paths, k->svc->name, record);
	json_object_put(facts);
	return 0;
}

void grace_sample(struct keeper *k, struct vigil *v)
{
	if (v->begun || jobs_state(k) != STATE_SERVING || jobs_is_busy(k) ||
	    child_now_ms() < v->next_ms || !status_child_is_gone(&v->child))
		return;
	v->k = k;
	v->next_ms = child_now_ms() + AGAIN_MS;
	if (status_child_begin(&v->child, k->svc, sit_through, NULL) < 0)
		return;
	if (sd_event_add_io(k->event, &v->io, v->child.fd, EPOLLIN, on_io, v) < 0) {
		end(v);
		return;
	}
	v->begun = true;
}

void grace_pause(struct vigil *v)
{
	end(v);
	v->begun = false;
	v->next_ms = 0;
}
