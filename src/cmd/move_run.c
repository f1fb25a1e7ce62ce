// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * move_run: have Pacemaker move a service, follow the move, and leave no constraint behind.
 *
 * Theory of operation
 *
 * In move_plan.c, which changes nothing:
 *
 *   look       the CIB and crm_mon: do service and head exist? (core/cluster_*.c)
 *   rehearse   crm_simulate on a copy: would it go there, and stay? (os/pacemaker.c);
 *              --no-rehearsal skips this: then the move itself shows it
 *   inquire    the keepers: would the head take it?
 *
 * In move_follow.c:
 *
 *   ask        `crm_resource --move`: a constraint, with a lifetime in case we are killed
 *   follow     the keeper's steps, until one of the keepers says how the move ended
 *   settle     until Pacemaker has nothing more to do with it
 *   clear      `crm_resource --clear`, and check that the service stays
 *
 * A tool may take as long as its phase (--timeout, then REST_MS). A signal ends it:
 * before `ask` together with the whole command, after `ask` to go on to `clear`, which
 * ignores signals.
 */
#include "cmd/move_run.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cmd/move_internal.h"
#include "cmd/show.h"
#include "core/json.h"
#include "core/output.h"
#include "keeper/ledger.h"
#include "os/software.h"

/* A tool that takes longer is mentioned. */
#define TELL_MS 5000

/* ---- what both parts use ---- */

void move_warn(struct move_run *r, const char *fmt, ...)
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
	const struct move_run *r = data;

	fprintf(stderr, "baton: %s: waiting for %s, %d s more at most\n", r->name,
		program, (int)((left_ms + 999) / 1000));
}

struct child_wait move_wait_until(struct move_run *r, int64_t until)
{
	return (struct child_wait){ until, r->signals, TELL_MS, tell_waiting, r };
}

void move_start_clock(struct move_run *r)
{
	r->until_ms = child_now_ms() + r->options->timeout * 1000LL;
}

int move_explain(struct move_run *r, int rc, const char *without)
{
	const struct err why = r->err;

	if (rc == -ETIMEDOUT)
		err_set(&r->err, why.code, 0,
			"%.100s; --timeout gives it more than %d s%s", why.text,
			r->options->timeout, without);
	return rc;
}

void move_take_signal(struct move_run *r)
{
	struct signalfd_siginfo info;

	if (read(r->signals, &info, sizeof(info)) != sizeof(info))
		return;
	r->hurry = r->signal;
	if (!r->signal)
		r->signal = info.ssi_signo;
}

struct json_object *move_summary(const struct move_run *r)
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

/* ---- the command ---- */

void move_show_success(const char *name, const char *from, const char *to,
		       struct json_object *record)
{
	double pause = json_member_double(record, "pause_ms");

	printf("%s: %s %s %s", name, from, output_arrow(), to);
	if (pause > 0)
		printf(", pause %.2f s", pause / 1000);
	else if (!record)
		printf("; the keepers have reported no hand-over");
	printf("\n");
}

/* These calls were not executed exactly once, even if all else went well. */
static void warn_unsettled(struct move_run *r, struct json_object *record)
{
	struct json_object *steps;

	if (!json_object_object_get_ex(record, "steps", &steps) ||
	    !json_object_is_type(steps, json_type_array))
		return;
	for (size_t i = 0; i < json_object_array_length(steps); i++) {
		struct json_object *step = json_object_array_get_idx(steps, i);

		if (json_member_double(step, "unsettled") > 0)
			move_warn(r, "replies %s", json_member_string(step, "note"));
	}
}

/* After a failed hand-over Pacemaker stops the service; a stop here left a record. */
static void warn_of_stop(struct move_run *r)
{
	struct json_object *records;
	struct paths paths;

	paths_init(&paths, r->name);
	if (!r->began || ledger_load(&paths, &records, NULL) < 0)
		return;
	for (size_t i = 0; i < json_object_array_length(records); i++) {
		struct json_object *record = json_object_array_get_idx(records, i);

		if (strcmp(json_member_string(record, "op"), "stop") == 0 &&
		    json_member_double(record, "began") >= (double)r->began)
			warn_unsettled(r, record);
	}
	json_object_put(records);
}

static int tell(struct move_run *r)
{
	bool failed = r->err.text[0];

	warn_unsettled(r, r->record);
	warn_of_stop(r);
	if (r->options->json) {
		struct json_object *o = move_summary(r);

		json_object_object_add(o, "record", json_object_get(r->record));
		output_json(stdout, o);
		json_object_put(o);
	} else {
		if (r->record)
			show_record(r->record);
		if (!failed)
			move_show_success(r->name, r->from, r->to, r->record);
	}
	if (failed)
		fprintf(stderr, "baton: %s: %s\n", r->name, r->err.text);
	if (r->signal)
		return 128 + r->signal;
	return failed && !r->err.code ? BATON_EXIT_FAILED : (int)r->err.code;
}

static int open_signals(struct move_run *r)
{
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGHUP);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	/* The constraint must not stay because the reader of our output has gone. */
	signal(SIGPIPE, SIG_IGN);
	r->signals = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	return r->signals < 0 ? err_set(&r->err, BATON_EXIT_RESOURCE, errno, "signalfd")
			      : 0;
}

static int run(struct move_run *r)
{
	int rc = open_signals(r);

	if (rc == 0)
		rc = move_prepare(r);
	move_take_signal(r);
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
		move_show_plan(r);
		return BATON_EXIT_OK;
	}
	move_carry_out(r);
	return tell(r);
}

int move_run(const struct common_options *options)
{
	static struct move_run r;
	struct service svc = { 0 };
	int rc;

	r = (struct move_run){
		.options = options, .name = options->name, .keeper = -1, .signals = -1
	};
	if (service_check_name(r.name, &r.err) < 0 || software_check_root(&r.err) < 0)
		return common_fail(&r.err);
	rc = common_load_served(&svc, r.name);
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
