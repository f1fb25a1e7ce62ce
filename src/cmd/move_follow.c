// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * move_follow: the move itself: ask, follow, settle, clear.
 *
 * Theory of operation
 *
 * The constraint is removed only when Pacemaker is at rest: between migrate_to and
 * migrate_from it counts the service as running on both heads; without the constraint it
 * would give up the move, stop it on both and start it again. So Ctrl-C waits for that
 * too; a second Ctrl-C does not. If the keepers say that the move has failed, there is
 * nothing to wait for.
 *
 * During the hand-over nothing is run here: Pacemaker's tools would take processor time
 * from it. Pacemaker is asked how far it is only when the keeper is silent.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/move_internal.h"
#include "core/json.h"
#include "keeper/ipc.h"
#include "keeper/ledger.h"
#include "os/pacemaker.h"

/* If the keeper is silent for this long, ask Pacemaker how far it is. */
#define QUIET_MS 5000
/* Time between looks until Pacemaker is at rest, or as long as the last look took. */
#define LOOK_MS 1000
/* Whatever --timeout says: for each tool, and until Pacemaker is at rest afterwards. */
#define REST_MS 60000
/* How much longer than our wait the constraint lives. */
#define LIFETIME_MORE_S 600

/* Waits for the keeper, a signal or the time. Returns true if the keeper sent news. */
static bool wait_for_news(struct move_run *r, int64_t until)
{
	/* poll(2) skips a descriptor of -1. */
	struct pollfd p[2] = { { r->signals, POLLIN, 0 }, { r->keeper, POLLIN, 0 } };
	int64_t left = until - child_now_ms();

	if (poll(p, 2, left > 0 ? (int)left : 0) <= 0)
		return false;
	if (p[0].revents)
		move_take_signal(r);
	return r->keeper >= 0 && p[1].revents;
}

static void take_record(struct move_run *r, struct json_object *record)
{
	const char *outcome = json_member_string(record, "outcome");

	r->record = json_object_get(record);
	if (strcmp(outcome, "done") == 0)
		return;
	err_set(&r->err, BATON_EXIT_PEER, 0, "the move %s: %s",
		strcmp(outcome, "refused") == 0 ? "was refused" : "has failed",
		json_member_string(record, "error"));
}

static void take_news(struct move_run *r)
{
	struct json_object *o, *record;

	if (ipc_receive(r->keeper, &o) < 0) {
		close(r->keeper);
		r->keeper = -1;
		return;
	}
	if (json_object_object_get_ex(o, "step", NULL) ||
	    json_object_object_get_ex(o, "slow", NULL)) {
		r->underway = true;
		if (!r->options->json && isatty(STDOUT_FILENO))
			common_show_step(o, NULL);
	} else if (json_object_object_get_ex(o, "moved", &record) &&
		   strcmp(json_member_string(record, "to"), r->to) == 0) {
		take_record(r, record);
	}
	json_object_put(o);
}

static int follow_keeper(struct move_run *r)
{
	struct json_object *o = json_object_new_object();
	struct paths paths;
	int rc;

	paths_init(&paths, r->name);
	r->keeper = ipc_connect(&paths, r->name, &r->err);
	json_object_object_add(o, "do", json_object_new_string("follow"));
	rc = r->keeper < 0 ? r->keeper : ipc_send(r->keeper, o);
	json_object_put(o);
	if (r->keeper >= 0 && rc < 0)
		err_set(&r->err, BATON_EXIT_KEEPER, -rc, "the keeper went away");
	return rc;
}

static int64_t larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* Where does it run, and what is still to be done? Returns 0, or why nobody knows. */
static int expect(struct move_run *r, int64_t until)
{
	const struct child_wait wait = move_wait_until(r, until);
	struct err err = { 0 };
	int64_t began = child_now_ms();
	int rc = pacemaker_expect(&r->state, r->resource.primitive, &wait, &err);

	/* On a slow machine, use at most half of the time for looks. */
	r->pace_ms = larger(LOOK_MS, child_now_ms() - began);
	if (rc == -EINTR)
		move_take_signal(r);
	return rc;
}

/* Is it over? Idle twice elsewhere: the first time it may not have begun yet. */
static bool is_over(struct move_run *r, int *rests)
{
	if (expect(r, r->until_ms) < 0)
		return false;
	if (cluster_is_settled(&r->state, &r->resource, r->to))
		return true;
	*rests = cluster_is_idle(&r->state, &r->resource) ? *rests + 1 : 0;
	return *rests > 1;
}

/* Until the keepers report how it ended, or Pacemaker shows that it is over (true). */
static bool follow(struct move_run *r)
{
	int64_t next = child_now_ms() + QUIET_MS;
	bool over = false;
	int rests = 0;

	while (!over && !r->record && !r->signal && child_now_ms() < r->until_ms) {
		if (wait_for_news(r, next < r->until_ms ? next : r->until_ms))
			take_news(r);
		else if (!r->signal && child_now_ms() >= next)
			over = is_over(r, &rests);
		else
			continue;
		next = child_now_ms() +
		       larger(r->pace_ms, r->keeper < 0 ? LOOK_MS : QUIET_MS);
	}
	return over;
}

/* Waits until Pacemaker is at rest, on the target if @there; false if it is not. */
static bool settle(struct move_run *r, bool there, int64_t until)
{
	for (;;) {
		/* At least one look, with enough time for it. */
		bool known = expect(r, larger(until, child_now_ms() + REST_MS)) == 0;

		if (known && cluster_is_settled(&r->state, &r->resource, r->to))
			return true;
		if (known && !there && cluster_is_idle(&r->state, &r->resource))
			return true;
		if (r->hurry || child_now_ms() + r->pace_ms > until)
			return false;
		/* The keeper's news comes too late now, but is still shown. */
		if (wait_for_news(r, child_now_ms() + r->pace_ms))
			take_news(r);
	}
}

/* Until nothing that was begun is still going on. */
static void let_end(struct move_run *r)
{
	int64_t until = child_now_ms() + REST_MS;

	while (!r->hurry && child_now_ms() < until) {
		int rc = expect(r, until);

		/* A tool that the first signal interrupted is run again. */
		if (rc != -EINTR && (rc < 0 || !cluster_is_busy(&r->state)))
			return;
		if (!r->hurry && wait_for_news(r, child_now_ms() + r->pace_ms))
			take_news(r);
	}
}

static void clear_constraint(struct move_run *r)
{
	/* Signals do not end this wait. */
	struct child_wait wait = move_wait_until(r, child_now_ms() + REST_MS);
	struct err err = { 0 };

	wait.interrupt_fd = -1;
	if (pacemaker_clear(r->resource.id, &wait, &err) == 0)
		return;
	/* The constraint expires, but somebody has to know that it is there. */
	fprintf(stderr,
		"baton: %s: %s; the constraint cli-prefer-%s stays for %d min: `crm_resource "
		"--clear --resource %s`\n",
		r->name, err.text, r->resource.id,
		(r->options->timeout + LIFETIME_MORE_S) / 60, r->resource.id);
}

static void say_interrupted(struct move_run *r)
{
	/* The tools are slow: say something before they run. */
	if (r->underway && !r->record)
		fprintf(stderr,
			"baton: %s: interrupted; the move goes on, waiting for its end "
			"(again: do not wait)\n",
			r->name);
	else
		fprintf(stderr, "baton: %s: interrupted\n", r->name);
}

/* The keepers' last word may have been lost together with our own keeper. */
static void find_record(struct move_run *r)
{
	struct json_object *last;
	struct paths paths;

	paths_init(&paths, r->name);
	last = ledger_find_last(&paths, "move", NULL);
	if (last && strcmp(json_member_string(last, "to"), r->to) == 0 &&
	    json_member_double(last, "began") >= (double)r->began - 1)
		take_record(r, last);
	json_object_put(last);
}

static void judge(struct move_run *r)
{
	char text[300], why[sizeof(r->err.text)];

	if (cluster_is_settled(&r->state, &r->resource, r->to)) {
		/* The hand-over failed and a start did not: the service is there. */
		if (r->err.text[0])
			move_warn(r, "%s; Pacemaker has started it there all the same",
				  r->err.text);
		memset(&r->err, 0, sizeof(r->err));
		return;
	}
	cluster_describe(&r->state, text, sizeof(text));
	memcpy(why, r->err.text, sizeof(why));
	if (why[0])
		err_set(&r->err, r->err.code, 0, "%s; Pacemaker has it %s", why, text);
	else if (r->signal)
		err_set(&r->err, BATON_EXIT_CLUSTER, 0,
			"interrupted; Pacemaker has it %s", text);
	else if (cluster_is_idle(&r->state, &r->resource))
		err_set(&r->err, BATON_EXIT_CLUSTER, 0,
			"Pacemaker did not move it, and has it %s; `crm_mon -1` shows "
			"what failed",
			text);
	else
		err_set(&r->err, BATON_EXIT_CLUSTER, 0,
			"not done in %d s; Pacemaker has it %s", r->options->timeout,
			text);
}

/*
 * Removes the constraint at the right time, and sees how things end; @settled if
 * Pacemaker has just been seen at rest.
 */
static void conclude(struct move_run *r, bool settled)
{
	while (wait_for_news(r, 0))
		take_news(r);
	if (r->signal)
		say_interrupted(r);
	else if (!settled && r->record && !r->err.text[0])
		settled = settle(r, true, r->until_ms);
	if (!settled && !r->err.text[0])
		let_end(r);
	clear_constraint(r);
	settle(r, false,
	       r->signal ? child_now_ms()
			 : larger(r->until_ms, child_now_ms() + REST_MS));
	if (!r->record)
		find_record(r);
	judge(r);
}

void move_carry_out(struct move_run *r)
{
	struct child_wait wait;
	int rc;

	r->began = time(NULL);
	move_start_clock(r);
	if (follow_keeper(r) < 0)
		return;
	wait = move_wait_until(r, r->until_ms);
	rc = pacemaker_move(r->resource.id, r->to, r->options->timeout + LIFETIME_MORE_S,
			    &wait, &r->err);
	move_explain(r, rc, "");
	if (rc == -EINTR) {
		move_take_signal(r);
		memset(&r->err, 0, sizeof(r->err));
	}
	/* After an interruption nobody knows whether Pacemaker has heard it. */
	if (rc == 0 || rc == -EINTR) {
		conclude(r, follow(r));
	} else if (rc != -EEXIST) {
		/* It may have got through all the same, unless the service runs there already. */
		clear_constraint(r);
	}
}
