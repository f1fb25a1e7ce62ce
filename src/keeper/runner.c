// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * runner: runs a plan in a child, step by step.
 *
 * Theory of operation
 *
 * A step may block in the kernel for ever: a mount on a dead disk, knfsd's mutex. So each
 * operation has one child, which does the steps, moves between the namespaces, and
 * reports the begin and end of each step over a socket. The parent only waits, with a
 * deadline for each step. When one is over, it says which step hangs, and kills the child
 * if that is possible. The child itself undoes a plan that has failed; after a hung step
 * that could be killed, the parent starts a new child to undo it.
 *
 * A step that waits for the disk is not hung as long as something is done: the disk
 * completes requests, or the step uses the processor. The parent looks at both now and
 * then. What was found out lasts for the whole operation: if the disk is dead, the next
 * step does not wait for it as long again.
 *
 * The child ignores that its parent is gone: a killed keeper leaves an operation that
 * goes on to its end, and until then the child holds the service's lock.
 */
#include "keeper/runner.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/reload.h"
#include "keeper/op.h"
#include "keeper/spent.h"
#include "keeper/standing.h"
#include "os/child.h"
#include "os/diskhold.h"
#include "os/expedite.h"
#include "os/guardnote.h"
#include "os/lock.h"
#include "os/progress.h"

/* Time to look up what is standing: longer than another service of this head may hold
 * knfsd's mutex while its threads stop, if its disk answers. */
#define LOOK_MS 35000
/* How often a step that waits for the disk is looked at, within its disk-timeout … */
#define LOOKS 8
/* … and for how many tenths of the time it has to be busy. On a busy machine whoever polls
 * waits for the processor most of the time, but not all of it. */
#define BUSY_TENTHS 9
/* The child says itself that its turn has not come; this is for its death. */
#define TURN_MS 5000
/* How often to check whether somebody else's operation is over. */
#define LOCK_POLL_MS 20
/* How long after SIGKILL; a child that takes longer hangs in the kernel. */
#define KILL_MS 1000

enum report_kind {
	REPORT_BEGIN,
	REPORT_END,
	REPORT_OVER,
};

/* From the child; both ends are the same program, so a struct is enough. */
struct report {
	enum report_kind kind;
	bool undo;
	bool changed;
	bool began;
	enum service_state before;
	int rc;
	double ms;
	struct spent spent;
	unsigned int deadline_ms;
	unsigned int place;
	bool serving;
	const char *step; /* in a static table: the same address in both */
	size_t unsettled;
	char note[OP_NOTE];
	struct err err;
};

const struct step *runner_phase_steps(enum phase phase)
{
	switch (phase) {
	case PHASE_REPIN:
		return repin_steps;
	case PHASE_STANDBY:
		return standby_steps;
	case PHASE_PREPARE:
		return prepare_steps;
	case PHASE_ADMIT:
		return admit_steps;
	case PHASE_START:
		return start_steps;
	case PHASE_SYNC:
		return sync_steps;
	case PHASE_LOSE:
		return lose_steps;
	case PHASE_STOP:
		return stop_steps;
	case PHASE_TEARDOWN:
		return teardown_steps;
	case PHASE_MEND:
		return mend_steps;
	case PHASE_RELOAD:
		return reload_steps;
	case PHASE_END:
		break;
	}
	return NULL;
}

static double now_ms(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1e3 + ts.tv_nsec / 1e6;
}

static void send_report(int fd, const struct report *report)
{
	/* The death of the keeper must not stop an operation. */
	if (send(fd, report, sizeof(*report), MSG_NOSIGNAL) < 0)
		return;
}

/* The disk that was mounted, even if its name leads to another one by now. */
static dev_t find_disk(const struct service *svc)
{
	struct paths paths;
	dev_t disk;

	paths_init(&paths, svc->name);
	disk = diskhold_disk(&paths);
	return disk ? disk : progress_disk(svc->device);
}

/* To avoid "mount: mount /dev/sdb on …". */
static bool begins_with_word(const char *text, const char *word)
{
	size_t n = strlen(word);

	return strncmp(text, word, n) == 0 && text[n] == ' ';
}

static int run_step(struct op *op, const struct step *step, bool undo, int fd,
		    struct err *err)
{
	struct report report = {
		.kind = REPORT_BEGIN,
		.undo = undo,
		.began = true,
		.step = step->name,
		.serving = op->serving,
		.place = step->place,
		.deadline_ms =
			step->deadline_ms +
			(step->place & WAITS_FOR_CLIENTS ? op->svc->drain * 1000 : 0) +
			(step->place & WAITS_FOR_RIVAL ? op->svc->guard_timeout * 1000
						       : 0)
	};
	const dev_t disk = find_disk(op->svc);
	const struct spent before = spent_until_now(disk);
	double began = now_ms(CLOCK_MONOTONIC);
	int rc;

	send_report(fd, &report);
	op->note[0] = '\0';
	op->unsettled = 0;
	rc = op_go(op, step->place, err);
	if (rc == 0)
		rc = step->run(op, err);
	if (rc == 0 && step->verify)
		rc = step->verify(op, err);
	if (rc < 0 && !begins_with_word(err->text, step->name))
		err_wrap(err, rc, "%s", step->name);
	report.kind = REPORT_END;
	report.rc = rc;
	report.ms = now_ms(CLOCK_MONOTONIC) - began;
	report.spent = spent_since(before, disk);
	memcpy(report.note, op->note, sizeof(report.note));
	report.unsettled = op->unsettled;
	if (rc < 0)
		report.err = *err;
	send_report(fd, &report);
	return rc;
}

/* The parent says a single word. */
static int check_cancelled(const struct step *next, int fd, struct err *err)
{
	char word;

	if (recv(fd, &word, 1, MSG_DONTWAIT) <= 0)
		return 0;
	err_set(err, BATON_EXIT_FAILED, 0, "given up before the step %s: a stop came",
		next->name);
	return -ECANCELED;
}

/* With guard = none there may be something to release, or to refuse, from before. */
static bool is_left_out(const struct op *op, const struct step *step)
{
	return step->place & IF_GUARDED && op->svc->guard == GUARD_NONE &&
	       guardnote_read(&op->paths).state == GUARDNOTE_NONE;
}

static int run_steps(struct op *op, enum phase phase, bool undo, int fd, struct err *err)
{
	int rc = 0;

	op->serving = phase == PHASE_SYNC;
	for (const struct step *s = runner_phase_steps(phase); s && s->name && rc == 0;
	     s++) {
		if (!undo)
			rc = check_cancelled(s, fd, err);
		if (rc < 0)
			return rc;
		if (is_left_out(op, s))
			continue;
		rc = run_step(op, s, undo, fd, err);
		/* Undoing goes on after a failure, and reports it. */
		if (undo && rc < 0)
			rc = 0;
	}
	return rc;
}

/* While clients wait, the kernel shall not. */
static int run_phase(struct op *op, enum phase phase, bool undo, int fd, struct err *err)
{
	bool pause = phase == PHASE_STOP || phase == PHASE_START;
	int hurry = pause ? expedite_begin() : -1;
	int rc = run_steps(op, phase, undo, fd, err);

	expedite_end(hurry);
	return rc;
}

/* A stop that fails has left something standing, whatever its first reason was. */
static void judge(enum operation operation, const struct op *op, struct err *err)
{
	if (operation == OPERATION_STOP || operation == OPERATION_LOSE ||
	    operation == OPERATION_TEARDOWN ||
	    (operation == OPERATION_HAND_OVER && !op->given_up))
		err->code = BATON_EXIT_STANDING;
}

/* What the others said before the start proves nothing about what they have done since. */
static void undo(struct op *op, enum phase phase, int fd)
{
	struct guard_terms terms = *op->terms;
	struct err ignored;

	/* Without namespaces a start cannot have left anything. */
	if (op_go(op, PLACE_HEAD, NULL) == 0 && !ns_exists(&op->paths) &&
	    phase == PHASE_STOP)
		return;
	op->starts = false;
	terms.answered = false;
	op->terms = &terms;
	run_phase(op, phase, true, fd, &ignored);
	op->terms = NULL;
}

/* Nothing to read: the parent lives, and has not cancelled it. */
static bool is_wanted(int fd)
{
	char word;

	return recv(fd, &word, 1, MSG_PEEK | MSG_DONTWAIT) < 0;
}

/*
 * One operation at a time, whoever asks for it. The descriptor is the parent's as well,
 * so the lock is held until both are done with it.
 */
static int take_lock(int lock, unsigned int patience_ms, int fd, struct err *err)
{
	int64_t until = child_now_ms() + patience_ms;
	int rc;

	/* Waiting for a lock has no deadline, so poll. */
	while ((rc = lock_take(lock)) == -EWOULDBLOCK && child_now_ms() < until &&
	       is_wanted(fd))
		poll(NULL, 0, LOCK_POLL_MS);
	/* What was not begun when the keeper died must not happen at any later time. */
	if (!is_wanted(fd)) {
		err_set(err, BATON_EXIT_FAILED, 0, "given up before it began");
		return -ECANCELED;
	}
	if (rc == -EWOULDBLOCK) {
		err_set(err, BATON_EXIT_KEEPER, 0,
			"another operation on this service is going on");
		return rc;
	}
	return rc < 0 ? err_set(err, BATON_EXIT_RESOURCE, -rc, "lock the service") : 0;
}

static void run_child(const struct runner *runner, enum operation operation,
		      unsigned int patience_ms, int fd)
{
	const struct report look = { .kind = REPORT_BEGIN,
				     .step = "look up what is set up",
				     .place = WAITS_FOR_KNFSD,
				     .deadline_ms = LOOK_MS };
	struct report over = { .kind = REPORT_OVER };
	struct standing standing;
	struct plan plan;
	struct op op;
	int rc;

	prctl(PR_SET_NAME, "baton-runner");
	over.rc = take_lock(runner->lock, patience_ms, fd, &over.err);
	if (over.rc < 0) {
		send_report(fd, &over);
		_exit(0);
	}
	over.began = true;
	send_report(fd, &look);
	rc = op_init(&op, runner->svc, &over.err);
	op.lock = runner->lock;
	op.told = runner->told;
	op.until_ms = runner->until_ms;
	op.planned = operation == OPERATION_HAND_OVER;
	op.starts = plan_operation_starts(operation);
	op.lost = operation == OPERATION_LOSE;
	op.terms = &runner->terms;
	if (rc == 0)
		rc = standing_look(&op, &standing, &over.err);
	if (rc == 0) {
		plan = plan_make(operation, &standing);
		over.before = plan_state(&standing);
		/* Nobody else can be about to mount it: that would need the lock. */
		if (over.before == STATE_STANDBY || over.before == STATE_ABSENT)
			diskhold_drop(&op.paths);
		over.changed =
			plan.phases[0] != PHASE_END && operation != OPERATION_PREPARE;
		if (plan.refused)
			rc = err_set(&over.err, BATON_EXIT_FAILED, 0, "is %s, not %s",
				     plan_state_name(over.before),
				     operation == OPERATION_CONFIRM
					     ? "serving as its keeper "
					       "believed"
				     : operation == OPERATION_RELOAD
					     ? "serving or in standby; stop it first"
					     : "standing by");
		/* What can be changed depends on the state, which was looked up just now. */
		if (rc == 0 && runner->next)
			rc = reload_check(runner->svc, runner->next,
					  over.before == STATE_SERVING, &over.err);
		if (rc < 0) {
			plan = (struct plan){ .undo = PHASE_END };
			over.changed = false;
		}
		if (runner->next)
			op.svc = runner->next;
		for (size_t i = 0; plan.phases[i] != PHASE_END && rc == 0; i++)
			rc = run_phase(&op, plan.phases[i], false, fd, &over.err);
		op.svc = runner->svc;
		if (rc < 0 && plan.undo != PHASE_END)
			undo(&op, plan.undo, fd);
	}
	/* The standby may have completed what was partial. */
	if (rc == 0 && operation == OPERATION_STANDBY && over.before != STATE_ABSENT &&
	    op_go(&op, PLACE_HEAD, NULL) == 0 && standing_look(&op, &standing, NULL) == 0)
		over.before = plan_state(&standing);
	if (rc < 0)
		judge(operation, &op, &over.err);
	over.rc = rc;
	send_report(fd, &over);
	op_release(&op);
	_exit(0);
}

static void begin_step(struct runner *runner, const char *step, unsigned int place,
		       unsigned int deadline_ms)
{
	runner->step = step;
	runner->place = place;
	runner->step_began_ms = child_now_ms();
	runner->step_until_ms = runner->step_began_ms + deadline_ms;
}

static int fork_child(struct runner *runner, enum operation operation,
		      unsigned int patience_ms, struct err *err)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_set(err, BATON_EXIT_RESOURCE, errno, "socketpair");
	runner->pid = child_fork(runner->lock, pair[1]);
	if (runner->pid == 0) {
		sigset_t none;

		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		/* The terminal's Ctrl-C is for the command, not for half a mount. */
		setpgid(0, 0);
		run_child(runner, operation, patience_ms, pair[1]);
	}
	close(pair[1]);
	if (runner->pid < 0) {
		close(pair[0]);
		return err_set(err, BATON_EXIT_RESOURCE, -runner->pid, "fork");
	}
	runner->fd = pair[0];
	runner->seen.busy_ms = 0;
	begin_step(runner, "wait for another operation on this service", PLACE_HEAD,
		   patience_ms + TURN_MS);
	return 0;
}

static int open_lock(struct runner *runner, struct err *err)
{
	struct paths paths;

	paths_init(&paths, runner->svc->name);
	runner->lock = -1;
	if ((mkdir(PATHS_RUN, 0755) < 0 && errno != EEXIST) ||
	    (mkdir(paths.run, 0700) < 0 && errno != EEXIST))
		return err_set(err, BATON_EXIT_RESOURCE, errno, "create %s", paths.run);
	runner->lock = open(paths.lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (runner->lock < 0)
		return err_set(err, BATON_EXIT_RESOURCE, errno, "create %s", paths.lock);
	return 0;
}

/* Return: has anything been done that the step may wait for, since the last look? */
static bool look_again(struct runner *runner)
{
	const struct runner_look before = runner->seen;
	struct runner_look *now = &runner->seen;

	*now = (struct runner_look){ child_now_ms(),
				     progress_read(find_disk(runner->svc), 0).requests,
				     diskhold_requests(),
				     progress_read(0, runner->pid).busy_ms };
	return (runner->place & WAITS_FOR_KNFSD ? now->all != before.all
						: now->requests != before.requests) ||
	       (int64_t)(now->busy_ms - before.busy_ms) * 10 >
		       (now->at_ms - before.at_ms) * BUSY_TENTHS;
}

int runner_start(struct runner *runner, const struct service *svc,
		 enum operation operation, const struct peer_connections *told,
		 const struct guard_terms *terms, const struct service *next,
		 unsigned int patience_ms, int64_t until_ms, struct err *err)
{
	int rc;

	memset(runner, 0, sizeof(*runner));
	runner->fd = -1;
	runner->svc = svc;
	runner->operation = operation;
	runner->told = told;
	if (terms)
		runner->terms = *terms;
	runner->next = next;
	runner->until_ms = until_ms;
	look_again(runner);
	runner->began_ms = runner->done_ms = runner->seen.at_ms;
	rc = open_lock(runner, err);
	if (rc == 0)
		rc = fork_child(runner, operation, patience_ms, err);
	if (rc < 0) {
		runner_release(runner);
		return rc;
	}
	runner->record = json_object_new_object();
	json_object_object_add(runner->record, "op",
			       json_object_new_string(plan_operation_name(operation)));
	json_object_object_add(runner->record, "began",
			       json_object_new_double(now_ms(CLOCK_REALTIME) / 1e3));
	json_object_object_add(runner->record, "steps", json_object_new_array());
	return 0;
}

int64_t runner_left_ms(const struct runner *runner)
{
	int64_t left = runner->step_until_ms - child_now_ms();

	return left > 0 ? left : 0;
}

bool runner_has_changed(const struct runner *runner)
{
	return runner->changed || (!runner->began && runner->touched &&
				   runner->operation != OPERATION_PREPARE);
}

unsigned int runner_step_s(const struct runner *runner)
{
	return (child_now_ms() - runner->step_began_ms) / 1000;
}

static struct json_object *record_step(struct runner *runner, const struct report *report)
{
	struct json_object *steps, *o = json_object_new_object();

	json_object_object_add(o, "step", json_object_new_string(report->step));
	json_object_object_add(o, "ms", json_object_new_double(report->ms));
	json_object_object_add(o, "requests",
			       json_object_new_int64(report->spent.requests));
	json_object_object_add(o, "cpu_ms", json_object_new_double(report->spent.cpu_ms));
	json_object_object_add(o, "outcome",
			       json_object_new_string(report->rc < 0 ? "failed"
						      : report->undo ? "undone"
								     : "done"));
	if (report->serving)
		json_object_object_add(o, "serving", json_object_new_boolean(true));
	if (report->unsettled)
		json_object_object_add(o, "unsettled",
				       json_object_new_int64(report->unsettled));
	if (report->note[0] || report->rc < 0)
		json_object_object_add(o, "note",
				       json_object_new_string(report->rc < 0
								      ? report->err.text
								      : report->note));
	json_object_object_get_ex(runner->record, "steps", &steps);
	json_object_array_add(steps, o);
	return o;
}

static bool finish(struct runner *runner, const struct err *err)
{
	struct json_object *o = runner->record;

	/* The process may have been killed, or that of a keeper before. */
	expedite_repair();
	if (err)
		runner->result = *err;
	json_object_object_add(
		o, "ms",
		json_object_new_double((double)(child_now_ms() - runner->began_ms)));
	json_object_object_add(o, "outcome",
			       json_object_new_string(err ? "failed" : "done"));
	if (err)
		json_object_object_add(o, "error", json_object_new_string(err->text));
	if (runner->fd >= 0)
		close(runner->fd);
	runner->fd = -1;
	return true;
}

void runner_cancel(struct runner *runner)
{
	/* The undoing of a start that hung is not to be cancelled. */
	if (plan_operation_starts(runner->operation) && !runner->hung.text[0] &&
	    runner->fd >= 0 && send(runner->fd, "", 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		return;
}

/* Something may be done yet, if the step waits for a disk. */
static bool is_moving(struct runner *runner)
{
	int64_t window = runner->svc->disk_timeout * 1000ll, look_ms = window / LOOKS,
		now;

	if (!(runner->place & (WAITS_FOR_DISK | WAITS_FOR_KNFSD)))
		return false;
	if (look_again(runner))
		runner->done_ms = runner->seen.at_ms;
	now = runner->seen.at_ms;
	if (now >= runner->done_ms + window)
		return false;
	if (look_ms > runner->done_ms + window - now)
		look_ms = runner->done_ms + window - now;
	runner->step_until_ms = now + look_ms;
	return true;
}

/*
 * The step's deadline is over. What a killed start leaves is taken away by a stop. A
 * child that cannot be killed hangs in the kernel, and so will everything that needs the
 * same disk.
 */
static bool give_up(struct runner *runner)
{
	unsigned int s = runner_step_s(runner);
	struct err err;

	if (is_moving(runner))
		return false;
	kill(runner->pid, SIGKILL);
	if (child_wait_gone(runner->pid, KILL_MS) < 0) {
		err_set(&err, BATON_EXIT_STANDING, 0,
			"%s: hangs in the kernel for %u s (process %d); is the disk "
			"answering?",
			runner->step, s, runner->pid);
		return finish(runner, &err);
	}
	err_set(&err, BATON_EXIT_STANDING, 0, "%s: not done after %u s", runner->step, s);
	close(runner->fd);
	runner->fd = -1;
	runner->terms.answered = false;
	if (!plan_operation_starts(runner->operation) || runner->hung.text[0] ||
	    fork_child(runner, OPERATION_STOP, 0, &err) < 0)
		return finish(runner, &err);
	runner->hung = err;
	runner->hung.code = BATON_EXIT_FAILED;
	return false;
}

bool runner_dispatch(struct runner *runner, void (*on_step)(struct json_object *, void *),
		     void *data)
{
	struct report report;
	struct err err;
	ssize_t n;

	/* An error comes first if the child has ended without reading that it was cancelled. */
	do
		n = recv(runner->fd, &report, sizeof(report), MSG_DONTWAIT);
	while (n < 0 && errno == ECONNRESET);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return runner_left_ms(runner) == 0 ? give_up(runner) : false;
	if (n != sizeof(report)) {
		waitpid(runner->pid, NULL, 0);
		err_set(&err, BATON_EXIT_STANDING, 0, "%s: the process doing it died",
			runner->step);
		return finish(runner, &err);
	}
	switch (report.kind) {
	case REPORT_BEGIN:
		/* Meanwhile nobody asked anything of the disk. */
		if (!(runner->place & (WAITS_FOR_DISK | WAITS_FOR_KNFSD)))
			runner->done_ms += child_now_ms() - runner->step_began_ms;
		runner->turned = true;
		runner->touched |= report.began;
		begin_step(runner, report.step, report.place, report.deadline_ms);
		break;
	case REPORT_END: {
		struct json_object *entry = record_step(runner, &report);

		/* The first failure is the reason for those after it. */
		if (report.undo && report.rc < 0 && !runner->failed) {
			runner->failed = true;
			runner->result = report.err;
		}
		if (on_step)
			on_step(entry, data);
		break;
	}
	case REPORT_OVER:
		runner->changed = report.changed;
		runner->began = report.began;
		runner->before = report.before;
		waitpid(runner->pid, NULL, 0);
		/* This was the stop after a start that hung. */
		if (runner->hung.text[0] && report.rc == 0)
			return finish(runner, &runner->hung);
		/* A failure to undo matters more than why it was undone. */
		if (runner->failed) {
			err = report.err;
			err.code = BATON_EXIT_STANDING;
			snprintf(err.text, sizeof(err.text),
				 "%.200s; and undoing it: %.200s", report.err.text,
				 runner->result.text);
			return finish(runner, &err);
		}
		return finish(runner, report.rc < 0 ? &report.err : NULL);
	}
	return false;
}

void runner_release(struct runner *runner)
{
	json_object_put(runner->record);
	if (runner->fd >= 0)
		close(runner->fd);
	if (runner->lock >= 0)
		close(runner->lock);
	memset(runner, 0, sizeof(*runner));
	runner->fd = -1;
	runner->lock = -1;
}
