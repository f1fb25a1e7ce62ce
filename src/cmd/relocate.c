// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * relocate: have Pacemaker move a service, follow the move, and leave no constraint behind.
 *
 * Theory of operation
 *
 *   look       the CIB and crm_mon: is there such a service, and such a head? (core/cluster.c)
 *   rehearse   crm_simulate on a copy: would it go there, and stay? (sys/pacemaker.c);
 *              with --no-rehearsal that is seen when it happens
 *   inquire    the keepers: would the head take it? Up to here nothing has been changed.
 *   ask        `crm_resource --move`: a constraint, with a lifetime should we be killed
 *   follow     the keeper's steps, until one of the keepers says how the move ended
 *   settle     until Pacemaker has nothing more to do with it
 *   clear      `crm_resource --clear`, and see that it stays
 *
 * The constraint goes only when Pacemaker is at rest: between migrate_to and migrate_from it
 * counts the service as running on both heads, and without the constraint it would give up
 * the move, stop it on both and start it anew. So Ctrl-C waits for that too; a second one
 * does not. When the keepers say that the move has failed there is nothing to wait for.
 *
 * During the hand-over nothing is run here: Pacemaker's tools would take the processor from
 * it. Only when the keeper is silent is Pacemaker asked how far it is.
 *
 * A tool is waited for as long as the phase may take (--timeout, then REST_MS), and a signal
 * ends it: before `ask` with all that was planned, after it to go on to `clear`, which alone
 * hears none.
 */
#include "cmd/relocate.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "cmd/show.h"
#include "core/cleanup.h"
#include "core/member.h"
#include "core/output.h"
#include "keeper/ledger.h"
#include "keeper/op.h"
#include "keeper/runner.h"
#include "keeper/talk.h"
#include "sys/child.h"
#include "sys/pacemaker.h"
#include "sys/software.h"

/* The other head is asked; its keeper waits for its disk, and ours 20 s for its answer. */
#define INQUIRE_MS 25000
/* A keeper silent for so long: ask Pacemaker how far it is. */
#define QUIET_MS 5000
/* A tool that takes longer is spoken of. */
#define TELL_MS 5000
/* Between two looks while Pacemaker comes to rest, or as long as the last one has taken. */
#define LOOK_MS 1000
/* Whatever the time-out: for each tool, and for Pacemaker to come to rest after us. */
#define REST_MS 60000
/* How much longer the constraint lives than we wait. */
#define LIFETIME_MORE_S 600

/**
 * struct relocation - a move on its way
 * @from, @to: heads
 * @cold: stopped and started instead of handed over
 * @keeper: its socket, -1 = gone
 * @signals: a signalfd
 * @signal: the first one that came
 * @hurry: a second one came
 * @underway: a step was seen
 * @pace_ms: from one look to the next
 * @record: how it ended, NULL = not told
 * @err: why it failed
 */
struct relocation {
	const struct common_options *options;
	const char *name;
	char from[CLUSTER_NAME];
	char to[CLUSTER_NAME];
	bool cold;
	int keeper;
	int signals;
	int signal;
	bool hurry;
	bool underway;
	int64_t until_ms;
	int64_t pace_ms;
	time_t began;
	struct json_object *record;
	struct json_object *warnings;
	struct cluster_resource resource;
	struct cluster_state state;
	struct err err;
};

/* ---- what is told ---- */

__attribute__((format(printf, 2, 3))) static void warn(struct relocation *r,
						       const char *fmt, ...)
{
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	json_object_array_add(r->warnings, json_object_new_string(text));
	if (!r->options->json)
		fprintf(stderr, "baton: %s: %s\n", r->name, text);
}

static void tell_waiting(const char *program, int64_t left_ms, void *data)
{
	const struct relocation *r = data;

	fprintf(stderr, "baton: %s: waiting for %s, %d s more at most\n", r->name,
		program, (int)((left_ms + 999) / 1000));
}

/* How long for a tool; it does not keep us from hearing a signal. */
static struct child_wait wait_until(struct relocation *r, int64_t until)
{
	return (struct child_wait){ until, r->signals, TELL_MS, tell_waiting, r };
}

static void add_steps(struct json_object *steps, const char *head, enum phase phase)
{
	for (const struct step *s = runner_phase_steps(phase); s && s->name; s++) {
		struct json_object *o = json_object_new_object();

		json_object_object_add(o, "head", json_object_new_string(head));
		json_object_object_add(o, "step", json_object_new_string(s->name));
		json_object_object_add(o, "help", json_object_new_string(s->help));
		json_object_array_add(steps, o);
	}
}

static void show_plan(const struct relocation *r, struct json_object *steps)
{
	printf("%s: %s %s %s; would do:\n", r->name, r->from, output_arrow(), r->to);
	for (size_t i = 0; i < json_object_array_length(steps); i++) {
		struct json_object *s = json_object_array_get_idx(steps, i);

		printf("  %s  %-11s %s\n", member_string(s, "head"),
		       member_string(s, "step"), member_string(s, "help"));
	}
}

static struct json_object *make_summary(const struct relocation *r)
{
	struct json_object *o = json_object_new_object();
	bool failed = r->err.text[0];

	json_object_object_add(o, "service", json_object_new_string(r->name));
	json_object_object_add(o, "from",
			       r->from[0] ? json_object_new_string(r->from) : NULL);
	json_object_object_add(o, "to", r->to[0] ? json_object_new_string(r->to) : NULL);
	json_object_object_add(o, "result", json_object_new_int(r->err.code));
	json_object_object_add(o, "error",
			       failed ? json_object_new_string(r->err.text) : NULL);
	json_object_object_add(o, "warnings", json_object_get(r->warnings));
	return o;
}

static void tell_plan(const struct relocation *r)
{
	struct json_object *steps = json_object_new_array(), *o;

	/* As keeper/transfer.c has it, or stop and start. */
	if (!r->cold)
		add_steps(steps, r->to, PHASE_PREPARE);
	add_steps(steps, r->from, PHASE_SYNC);
	add_steps(steps, r->from, PHASE_STOP);
	if (r->cold)
		add_steps(steps, r->to, PHASE_ADMIT);
	add_steps(steps, r->to, PHASE_START);
	if (r->options->json) {
		o = make_summary(r);
		json_object_object_add(o, "dry_run", json_object_new_boolean(true));
		json_object_object_add(o, "steps", json_object_get(steps));
		output_json(stdout, o);
		json_object_put(o);
	} else {
		show_plan(r, steps);
	}
	json_object_put(steps);
}

static void show_success(const struct relocation *r)
{
	double pause = member_double(r->record, "pause_ms");

	printf("%s: %s %s %s", r->name, r->from, output_arrow(), r->to);
	if (pause > 0)
		printf(", pause %.2f s", pause / 1000);
	else if (!r->record)
		printf("; the keepers have told of no hand-over");
	printf("\n");
}

static int tell(const struct relocation *r)
{
	bool failed = r->err.text[0];

	if (r->options->json) {
		struct json_object *o = make_summary(r);

		json_object_object_add(o, "record", json_object_get(r->record));
		output_json(stdout, o);
		json_object_put(o);
	} else {
		if (r->record)
			show_record(r->record);
		if (!failed)
			show_success(r);
	}
	if (failed)
		fprintf(stderr, "baton: %s: %s\n", r->name, r->err.text);
	if (r->signal)
		return 128 + r->signal;
	return failed && !r->err.code ? BATON_EXIT_FAILED : (int)r->err.code;
}

/* ---- before anything is changed ---- */

static void start_clock(struct relocation *r)
{
	r->until_ms = child_now_ms() + r->options->timeout * 1000LL;
}

/* A tool that was slow: what gives it more time, and what goes without it. */
static int explain(struct relocation *r, int rc, const char *without)
{
	const struct err why = r->err;

	if (rc == -ETIMEDOUT)
		err_set(&r->err, why.code, 0,
			"%.100s; --timeout gives it more than %d s%s", why.text,
			r->options->timeout, without);
	return rc;
}

static void find_last_source(const struct relocation *r, char head[CLUSTER_NAME])
{
	struct json_object *records;
	struct paths paths;

	paths_init(&paths, r->name);
	if (ledger_load(&paths, &records, NULL) < 0)
		return;
	for (size_t i = json_object_array_length(records); i > 0 && !head[0]; i--) {
		struct json_object *o = json_object_array_get_idx(records, i - 1);

		if (strcmp(member_string(o, "op"), "move") == 0 &&
		    strcmp(member_string(o, "outcome"), "done") == 0)
			snprintf(head, CLUSTER_NAME, "%s", member_string(o, "from"));
	}
	json_object_put(records);
}

static int choose_head(struct relocation *r)
{
	const char *head = r->options->head;

	if (!head)
		head = cluster_pick_home(&r->state, &r->resource);
	if (head)
		snprintf(r->to, sizeof(r->to), "%s", head);
	else
		find_last_source(r, r->to);
	if (r->to[0])
		return 0;
	return err_set(
		&r->err, BATON_EXIT_CLUSTER, 0,
		"no location constraint prefers a head that is online, and no move "
		"is known here; say where: baton move %s HEAD",
		r->name);
}

static int look(struct relocation *r, char **cib)
{
	const struct child_wait wait = wait_until(r, r->until_ms);
	int rc = pacemaker_query(cib, &wait, &r->err);

	if (rc == 0)
		rc = cluster_read_resource(&r->resource, *cib, strlen(*cib), r->name,
					   time(NULL), &r->err);
	if (rc == 0)
		rc = pacemaker_look(&r->state, r->resource.primitive, &wait, &r->err);
	if (rc == 0)
		rc = choose_head(r);
	if (rc == 0 && r->state.n_heads == 1)
		snprintf(r->from, sizeof(r->from), "%s", r->state.heads[0]);
	return rc;
}

static int rehearse(struct relocation *r, const char *cib)
{
	static struct cluster_state forth, back;
	const struct child_wait wait = wait_until(r, r->until_ms);
	int rc = pacemaker_rehearse(cib, &r->resource, r->to, &forth, &back, &wait,
				    &r->err);

	if (rc == 0)
		rc = cluster_check_forth(&forth, &r->resource, r->to, &r->cold, &r->err);
	if (rc == 0)
		rc = cluster_check_back(&back, &r->resource, r->to, &r->err);
	if (rc < 0)
		return rc;
	if (r->cold)
		warn(r,
		     "Pacemaker would stop and start it, with a longer pause: set "
		     "allow-migrate=true for %s",
		     r->resource.primitive);
	for (size_t i = 0; i < forth.n_actions; i++) {
		const struct cluster_action *a = &forth.actions[i];

		if (strcmp(a->resource, r->resource.primitive) != 0)
			warn(r, "Pacemaker would also %s %s%s%s%s%s", a->action,
			     a->resource, a->source[0] ? " from " : "", a->source,
			     a->dest[0] ? " to " : "", a->dest);
	}
	return 0;
}

static int inquire(struct relocation *r)
{
	struct json_object *o;
	struct paths paths;
	int fd, rc;

	paths_init(&paths, r->name);
	fd = talk_connect(&paths, r->name, &r->err);
	if (fd < 0)
		return fd;
	o = json_object_new_object();
	json_object_object_add(o, "do", json_object_new_string("inquire"));
	json_object_object_add(o, "target", json_object_new_string(r->to));
	rc = talk_ask(fd, o, INQUIRE_MS, NULL, NULL, NULL, &r->err);
	json_object_put(o);
	close(fd);
	return rc;
}

static int prepare(struct relocation *r)
{
	_cleanup_free_ char *cib = NULL;
	int rc;

	start_clock(r);
	rc = look(r, &cib);
	if (rc < 0)
		return explain(r, rc, "");
	/* To give back what is at home already is no mistake. */
	if (!r->options->head && strcmp(r->from, r->to) == 0)
		return 0;
	rc = cluster_check_move(&r->state, &r->resource, r->to, &r->err);
	if (rc == 0 && !r->options->no_rehearsal)
		rc = explain(r, rehearse(r, cib),
			     ", --no-rehearsal does without the rehearsal");
	if (rc == 0)
		rc = inquire(r);
	return rc;
}

/* ---- the move ---- */

static void take_signal(struct relocation *r)
{
	struct signalfd_siginfo info;

	if (read(r->signals, &info, sizeof(info)) != sizeof(info))
		return;
	r->hurry = r->signal;
	if (!r->signal)
		r->signal = info.ssi_signo;
}

/* Waits for the keeper, a signal or the time; returns whether the keeper has said something. */
static bool wait_for_news(struct relocation *r, int64_t until)
{
	/* A descriptor of -1 is passed over. */
	struct pollfd p[2] = { { r->signals, POLLIN, 0 }, { r->keeper, POLLIN, 0 } };
	int64_t left = until - child_now_ms();

	if (poll(p, 2, left > 0 ? (int)left : 0) <= 0)
		return false;
	if (p[0].revents)
		take_signal(r);
	return r->keeper >= 0 && p[1].revents;
}

static void take_record(struct relocation *r, struct json_object *record)
{
	const char *outcome = member_string(record, "outcome");

	r->record = json_object_get(record);
	if (strcmp(outcome, "done") == 0)
		return;
	err_set(&r->err, BATON_EXIT_PEER, 0, "the move %s: %s",
		strcmp(outcome, "refused") == 0 ? "was refused" : "has failed",
		member_string(record, "error"));
}

static void take_news(struct relocation *r)
{
	struct json_object *o, *record;

	if (talk_receive(r->keeper, &o) < 0) {
		close(r->keeper);
		r->keeper = -1;
		return;
	}
	if (json_object_object_get_ex(o, "step", NULL)) {
		r->underway = true;
		if (!r->options->json && isatty(STDOUT_FILENO))
			common_show_step(o, NULL);
	} else if (json_object_object_get_ex(o, "moved", &record) &&
		   strcmp(member_string(record, "to"), r->to) == 0) {
		take_record(r, record);
	}
	json_object_put(o);
}

static int follow_keeper(struct relocation *r)
{
	struct json_object *o = json_object_new_object();
	struct paths paths;
	int rc;

	paths_init(&paths, r->name);
	r->keeper = talk_connect(&paths, r->name, &r->err);
	json_object_object_add(o, "do", json_object_new_string("follow"));
	rc = r->keeper < 0 ? r->keeper : talk_send(r->keeper, o);
	json_object_put(o);
	if (r->keeper >= 0 && rc < 0)
		err_set(&r->err, BATON_EXIT_KEEPER, -rc, "the keeper went away");
	return rc;
}

static int64_t larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* Where does it run, and what is still to be done? 0, or why nobody knows. */
static int expect(struct relocation *r, int64_t until)
{
	const struct child_wait wait = wait_until(r, until);
	struct err err = { 0 };
	int64_t began = child_now_ms();
	int rc = pacemaker_expect(&r->state, r->resource.primitive, &wait, &err);

	/* Half of a slow machine at most. */
	r->pace_ms = larger(LOOK_MS, child_now_ms() - began);
	if (rc == -EINTR)
		take_signal(r);
	return rc;
}

/* Is it over, one way or the other? Twice at rest elsewhere: it may not have begun yet. */
static bool is_over(struct relocation *r, int *rests)
{
	if (expect(r, r->until_ms) < 0)
		return false;
	if (cluster_is_settled(&r->state, &r->resource, r->to))
		return true;
	*rests = cluster_is_idle(&r->state, &r->resource) ? *rests + 1 : 0;
	return *rests > 1;
}

/* Until the keepers have told how it ended, or Pacemaker shows that it is over: true. */
static bool follow(struct relocation *r)
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

/* Until Pacemaker has come to rest, on the target if @there; false if it has not. */
static bool settle(struct relocation *r, bool there, int64_t until)
{
	for (;;) {
		/* One look at least, and time for it. */
		bool known = expect(r, larger(until, child_now_ms() + REST_MS)) == 0;

		if (known && cluster_is_settled(&r->state, &r->resource, r->to))
			return true;
		if (known && !there && cluster_is_idle(&r->state, &r->resource))
			return true;
		if (r->hurry || child_now_ms() + r->pace_ms > until)
			return false;
		/* What the keeper has to say now comes too late, but not unheard. */
		if (wait_for_news(r, child_now_ms() + r->pace_ms))
			take_news(r);
	}
}

/* Until nothing that was begun is still going on. */
static void let_end(struct relocation *r)
{
	int64_t until = child_now_ms() + REST_MS;

	while (!r->hurry && child_now_ms() < until) {
		int rc = expect(r, until);

		/* What the first signal has interrupted is begun again. */
		if (rc != -EINTR && (rc < 0 || !cluster_is_busy(&r->state)))
			return;
		if (!r->hurry && wait_for_news(r, child_now_ms() + r->pace_ms))
			take_news(r);
	}
}

static void clear_constraint(struct relocation *r)
{
	/* Whatever signals come. */
	struct child_wait wait = wait_until(r, child_now_ms() + REST_MS);
	struct err err = { 0 };

	wait.interrupt_fd = -1;
	if (pacemaker_clear(r->resource.id, &wait, &err) == 0)
		return;
	/* It ends by itself, but who knows that it is there? */
	fprintf(stderr,
		"baton: %s: %s; the constraint cli-prefer-%s stays for %d min: `crm_resource "
		"--clear --resource %s`\n",
		r->name, err.text, r->resource.id,
		(r->options->timeout + LIFETIME_MORE_S) / 60, r->resource.id);
}

static void say_interrupted(struct relocation *r)
{
	/* The tools are slow: a word before they run. */
	if (r->underway && !r->record)
		fprintf(stderr,
			"baton: %s: interrupted; the move goes on, waiting for its end "
			"(again: do not wait)\n",
			r->name);
	else
		fprintf(stderr, "baton: %s: interrupted\n", r->name);
}

/* The keepers' last word may have been lost with our own keeper. */
static void find_record(struct relocation *r)
{
	struct json_object *records, *last;
	struct paths paths;

	paths_init(&paths, r->name);
	if (ledger_load(&paths, &records, NULL) < 0)
		return;
	last = json_object_array_get_idx(records, json_object_array_length(records) - 1);
	if (last && strcmp(member_string(last, "op"), "move") == 0 &&
	    strcmp(member_string(last, "to"), r->to) == 0 &&
	    member_double(last, "began") >= (double)r->began - 1)
		take_record(r, last);
	json_object_put(records);
}

static void judge(struct relocation *r)
{
	char text[300], why[sizeof(r->err.text)];

	if (cluster_is_settled(&r->state, &r->resource, r->to)) {
		/* A hand-over that failed, and a start that did not: it is there. */
		if (r->err.text[0])
			warn(r, "%s; Pacemaker has started it there all the same",
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
 * Takes the constraint away at the right time, and sees what becomes of it; @settled if it
 * has just been seen at rest.
 */
static void conclude(struct relocation *r, bool settled)
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

static void carry_out(struct relocation *r)
{
	struct child_wait wait;
	int rc;

	r->began = time(NULL);
	start_clock(r);
	if (follow_keeper(r) < 0)
		return;
	wait = wait_until(r, r->until_ms);
	rc = pacemaker_move(r->resource.id, r->to, r->options->timeout + LIFETIME_MORE_S,
			    &wait, &r->err);
	explain(r, rc, "");
	if (rc == -EINTR) {
		take_signal(r);
		memset(&r->err, 0, sizeof(r->err));
	}
	/* Who interrupted it knows as little as we whether Pacemaker has heard it. */
	if (rc == 0 || rc == -EINTR) {
		conclude(r, follow(r));
	} else if (rc != -EEXIST) {
		/* It may have come so far; where it runs there already it has not. */
		clear_constraint(r);
	}
}

/* ---- the command ---- */

static int open_signals(struct relocation *r)
{
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGHUP);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	/* A reader that has gone must not leave the constraint behind. */
	signal(SIGPIPE, SIG_IGN);
	r->signals = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	return r->signals < 0 ? err_set(&r->err, BATON_EXIT_RESOURCE, errno, "signalfd")
			      : 0;
}

static int run(struct relocation *r)
{
	int rc = open_signals(r);

	if (rc == 0)
		rc = prepare(r);
	wait_for_news(r, 0);
	if (r->signal && (rc == 0 || rc == -EINTR))
		rc = err_set(&r->err, BATON_EXIT_FAILED, 0,
			     "interrupted; nothing has been changed");
	if (rc < 0)
		return tell(r);
	if (strcmp(r->from, r->to) == 0) {
		if (r->options->json)
			return tell(r);
		printf("%s: already on %s\n", r->name, r->to);
		return BATON_EXIT_OK;
	}
	if (r->options->dry_run) {
		tell_plan(r);
		return BATON_EXIT_OK;
	}
	carry_out(r);
	return tell(r);
}

int relocate(const struct common_options *options)
{
	static struct relocation r;
	struct service svc = { 0 };
	int rc;

	r = (struct relocation){
		.options = options, .name = options->name, .keeper = -1, .signals = -1
	};
	if (service_check_name(r.name, &r.err) < 0 || software_check_root(&r.err) < 0)
		return common_fail(&r.err);
	rc = common_load(&svc, r.name);
	service_free(&svc);
	if (rc)
		return rc;
	r.warnings = json_object_new_array();
	rc = run(&r);
	if (r.signals >= 0)
		close(r.signals);
	if (r.keeper >= 0)
		close(r.keeper);
	json_object_put(r.warnings);
	json_object_put(r.record);
	return rc;
}
