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

#include "keeper/op.h"
#include "keeper/standing.h"
#include "os/child.h"
#include "os/diskhold.h"
#include "os/lock.h"

/* Time to look up what is standing: longer than another service of this head may hold
 * knfsd's mutex while its threads stop. */
#define LOOK_MS 35000
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
	enum service_state before;
	int rc;
	double ms;
	unsigned int deadline_ms;
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
	case PHASE_STOP:
		return stop_steps;
	case PHASE_TEARDOWN:
		return teardown_steps;
	case PHASE_MEND:
		return mend_steps;
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
		.step = step->name,
		.serving = op->serving,
		.deadline_ms = step->deadline_ms +
			       (step->place == PLACE_CLIENTS ? op->svc->drain * 1000 : 0)
	};
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
	memcpy(report.note, op->note, sizeof(report.note));
	report.unsettled = op->unsettled;
	if (rc < 0)
		report.err = *err;
	send_report(fd, &report);
	return rc;
}

static int run_phase(struct op *op, enum phase phase, bool undo, int fd, struct err *err)
{
	int rc = 0;

	op->serving = phase == PHASE_SYNC;
	for (const struct step *s = runner_phase_steps(phase); s && s->name && rc == 0;
	     s++) {
		rc = run_step(op, s, undo, fd, err);
		/* Undoing goes on after a failure, and reports it. */
		if (undo && rc < 0)
			rc = 0;
	}
	return rc;
}

/* A stop that fails has left something standing, whatever its first reason was. */
static void judge(enum operation operation, const struct op *op, struct err *err)
{
	if (operation == OPERATION_STOP || operation == OPERATION_TEARDOWN ||
	    (operation == OPERATION_HAND_OVER && !op->given_up))
		err->code = BATON_EXIT_STANDING;
}

static void undo(struct op *op, enum phase phase, int fd)
{
	struct err ignored;

	/* Without namespaces a start cannot have left anything. */
	if (op_go(op, PLACE_HEAD, NULL) == 0 && !ns_exists(&op->paths) &&
	    phase == PHASE_STOP)
		return;
	run_phase(op, phase, true, fd, &ignored);
}

static void run_child(const struct service *svc, enum operation operation,
		      const struct peer_connections *told, int lock, int fd)
{
	struct report over = { .kind = REPORT_OVER };
	struct standing standing;
	struct plan plan;
	struct op op;
	int rc;

	prctl(PR_SET_NAME, "baton-runner");
	rc = op_init(&op, svc, &over.err);
	op.lock = lock;
	op.told = told;
	op.planned = operation == OPERATION_HAND_OVER;
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
					     : "standing by");
		for (size_t i = 0; plan.phases[i] != PHASE_END && rc == 0; i++)
			rc = run_phase(&op, plan.phases[i], false, fd, &over.err);
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

static void begin_step(struct runner *runner, const char *step, unsigned int deadline_ms)
{
	runner->step = step;
	runner->step_ms = deadline_ms;
	runner->step_until_ms = child_now_ms() + deadline_ms;
}

static int fork_child(struct runner *runner, enum operation operation, struct err *err)
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
		run_child(runner->svc, operation, runner->told, runner->lock, pair[1]);
	}
	close(pair[1]);
	if (runner->pid < 0) {
		close(pair[0]);
		return err_set(err, BATON_EXIT_RESOURCE, -runner->pid, "fork");
	}
	runner->fd = pair[0];
	begin_step(runner, "look up what is set up", LOOK_MS);
	return 0;
}

/*
 * Allow one operation at a time, whoever asks for it. The child inherits the lock, so it
 * is held until both are done with it.
 */
static int take_lock(struct runner *runner, unsigned int patience_ms, struct err *err)
{
	int64_t until = child_now_ms() + patience_ms;
	struct paths paths;
	int rc;

	paths_init(&paths, runner->svc->name);
	runner->lock = -1;
	if ((mkdir(PATHS_RUN, 0755) < 0 && errno != EEXIST) ||
	    (mkdir(paths.run, 0700) < 0 && errno != EEXIST))
		return err_set(err, BATON_EXIT_RESOURCE, errno, "create %s", paths.run);
	runner->lock = open(paths.lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (runner->lock < 0)
		return err_set(err, BATON_EXIT_RESOURCE, errno, "create %s", paths.lock);
	/* Waiting for a lock has no deadline, so poll. */
	while ((rc = lock_take(runner->lock)) == -EWOULDBLOCK && child_now_ms() < until)
		poll(NULL, 0, LOCK_POLL_MS);
	if (rc == -EWOULDBLOCK) {
		err_set(err, BATON_EXIT_KEEPER, 0,
			"another operation on this service is going on");
		return rc;
	}
	return rc < 0 ? err_set(err, BATON_EXIT_RESOURCE, -rc, "lock %s", paths.lock) : 0;
}

int runner_start(struct runner *runner, const struct service *svc,
		 enum operation operation, const struct peer_connections *told,
		 unsigned int patience_ms, struct err *err)
{
	int rc;

	memset(runner, 0, sizeof(*runner));
	runner->fd = -1;
	runner->svc = svc;
	runner->operation = operation;
	runner->told = told;
	runner->began_ms = child_now_ms();
	rc = take_lock(runner, patience_ms, err);
	if (rc == 0)
		rc = fork_child(runner, operation, err);
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

static struct json_object *record_step(struct runner *runner, const struct report *report)
{
	struct json_object *steps, *o = json_object_new_object();

	json_object_object_add(o, "step", json_object_new_string(report->step));
	json_object_object_add(o, "ms", json_object_new_double(report->ms));
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

/*
 * The step's deadline is over. What a killed start leaves is taken away by a stop. A
 * child that cannot be killed hangs in the kernel, and so will everything that needs the
 * same disk.
 */
static bool give_up(struct runner *runner)
{
	struct err err;

	kill(runner->pid, SIGKILL);
	if (child_wait_gone(runner->pid, KILL_MS) < 0) {
		err_set(&err, BATON_EXIT_STANDING, 0,
			"%s: hangs in the kernel (process %d); is the disk answering?",
			runner->step, runner->pid);
		return finish(runner, &err);
	}
	err_set(&err, BATON_EXIT_STANDING, 0, "%s: not done after %u s", runner->step,
		runner->step_ms / 1000);
	close(runner->fd);
	runner->fd = -1;
	if ((runner->operation != OPERATION_START &&
	     runner->operation != OPERATION_TAKE) ||
	    runner->hung.text[0] || fork_child(runner, OPERATION_STOP, &err) < 0)
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
	ssize_t n = recv(runner->fd, &report, sizeof(report), MSG_DONTWAIT);

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
		begin_step(runner, report.step, report.deadline_ms);
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
