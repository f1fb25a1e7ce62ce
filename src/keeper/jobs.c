// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * jobs: operations on the service, one at a time.
 *
 * A request during an operation waits for its turn: a stop must not fail because whoever
 * asked for the start before it gave up. Requests that nobody waits for any more are
 * skipped; those of a hand-over are always carried out.
 */
#include "keeper/jobs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "keeper/jobs_internal.h"
#include "keeper/ledger.h"
#include "os/child.h"

/* How often it is told that a step is still going on. */
#define TELL_MS 10000

enum service_state jobs_state(const struct keeper *k)
{
	return k->jobs->state;
}

bool jobs_is_busy(const struct keeper *k)
{
	return k->jobs->busy;
}

bool jobs_is_ready(const struct keeper *k)
{
	return k->jobs->was_ready;
}

/* Once its own child has had the lock, nobody but this keeper starts the service. */
bool jobs_is_uninformed(const struct keeper *k)
{
	return !k->jobs->was_ready && !k->jobs->runner.turned;
}

const struct err *jobs_why_ended(const struct keeper *k)
{
	return &k->jobs->why_ended;
}

const char *jobs_word(const struct keeper *k)
{
	return k->jobs->busy ? plan_operation_name(k->jobs->job.operation)
			     : plan_state_name(k->jobs->state);
}

static bool stops(const struct job *job)
{
	return job->operation == OPERATION_STOP || job->operation == OPERATION_LOSE ||
	       job->operation == OPERATION_HAND_OVER ||
	       job->operation == OPERATION_TEARDOWN;
}

bool jobs_will_start(const struct keeper *k)
{
	for (size_t i = 0; i < k->jobs->n_waiting; i++)
		if (plan_operation_starts(k->jobs->waiting[i].operation))
			return true;
	return k->jobs->busy && plan_operation_starts(k->jobs->job.operation);
}

bool jobs_has(const struct keeper *k, enum operation operation)
{
	for (size_t i = 0; i < k->jobs->n_waiting; i++)
		if (k->jobs->waiting[i].operation == operation)
			return true;
	return k->jobs->busy && k->jobs->job.operation == operation;
}

static void tell_waiting(struct keeper *k, const struct job *job)
{
	if (job->owner && job->owner->waits)
		job->owner->waits(k, job, k->jobs->job.operation);
}

static void on_step(struct json_object *entry, void *data)
{
	struct keeper *k = data;
	const struct jobs *jobs = k->jobs;
	const struct job *job = &jobs->job;

	/* Those in the queue must see that the keeper is at work. */
	for (size_t i = 0; i < jobs->n_waiting; i++)
		tell_waiting(k, &jobs->waiting[i]);
	if (job->hidden && job->owner->step)
		job->owner->step(k, entry);
	else
		jobs->calls->step(k, job, entry);
}

static void tell_systemd(const struct keeper *k)
{
	sd_notifyf(0, "STATUS=%s", jobs_word(k));
}

static void judge_state(struct jobs *jobs)
{
	const struct runner *runner = &jobs->runner;
	bool failed = runner->result.text[0];

	/* It hangs, or has died half-way. */
	if (!runner->began && runner->touched &&
	    (plan_operation_starts(jobs->job.operation) || stops(&jobs->job)))
		jobs->state = STATE_PARTIAL;
	if (!runner->began)
		return;
	switch (jobs->job.operation) {
	case OPERATION_STANDBY:
		jobs->state =
			runner->before == STATE_ABSENT ? STATE_STANDBY : runner->before;
		break;
	case OPERATION_MEND:
		/* It was changed without the keeper: by a stop. */
		if (runner->before != STATE_SERVING)
			jobs->state = runner->before;
		return;
	case OPERATION_PREPARE:
		/* These report what they found, and change nothing that matters here. */
		return;
	case OPERATION_CONFIRM:
		jobs->state = runner->before;
		return;
	case OPERATION_RELOAD:
		/* It leaves the state as it is; one that hangs has not even reported it. */
		if (!failed)
			jobs->state = runner->before;
		return;
	case OPERATION_START:
	case OPERATION_TAKE:
		jobs->state = failed ? STATE_STANDBY : STATE_SERVING;
		break;
	case OPERATION_STOP:
	case OPERATION_LOSE:
		jobs->state = STATE_STANDBY;
		break;
	case OPERATION_HAND_OVER:
		jobs->state = failed ? STATE_SERVING : STATE_STANDBY;
		break;
	case OPERATION_TEARDOWN:
		jobs->state = STATE_ABSENT;
		break;
	}
	if (failed && runner->result.code == BATON_EXIT_STANDING)
		jobs->state = STATE_PARTIAL;
}

/* @err = NULL: success. */
static void tell_owner(struct keeper *k, const struct job *job, const struct err *err,
		       bool changed)
{
	if (job->owner && job->owner->ended)
		job->owner->ended(k, job, err, changed);
}

/* A job that nobody waits for is no longer wanted. */
static bool is_gone(struct keeper *k, const struct job *job)
{
	return job->owner && job->owner->is_gone && job->owner->is_gone(k, job);
}

static int begin(struct keeper *k, const struct job *job, struct err *err);

static void begin_next(struct keeper *k)
{
	struct jobs *jobs = k->jobs;

	while (!jobs->busy && jobs->n_waiting > 0) {
		struct job next = jobs->waiting[0];
		struct err err = { 0 };

		jobs->n_waiting--;
		memmove(jobs->waiting, jobs->waiting + 1, jobs->n_waiting * sizeof(next));
		if (!is_gone(k, &next) && begin(k, &next, &err) < 0)
			tell_owner(k, &next, &err, false);
	}
}

/*
 * Only a service that was served can be granted: a stop that found less, or nothing,
 * proves nothing about what the clients have been told.
 */
static void judge_granting(const struct jobs *jobs, struct err *result)
{
	if (jobs->job.operation == OPERATION_HAND_OVER && !result->text[0] &&
	    jobs->runner.before != STATE_SERVING)
		/* Not FAILED: the same would happen again. */
		err_set(result, BATON_EXIT_STANDING, 0,
			"was %s when it was to be handed over, not serving",
			plan_state_name(jobs->runner.before));
}

static int end_job(struct keeper *k)
{
	struct jobs *jobs = k->jobs;
	struct err result = jobs->runner.result;
	struct job job = jobs->job;
	bool changed = runner_has_changed(&jobs->runner);

	jobs->io = sd_event_source_disable_unref(jobs->io);
	jobs->timer = sd_event_source_disable_unref(jobs->timer);
	judge_state(jobs);
	judge_granting(jobs, &result);
	jobs->busy = false;
	if (changed && !job.hidden) {
		json_object_object_add(jobs->runner.record, "by",
				       asker_to_json(&job.asker));
		ledger_append(&k->paths, k->svc->name, jobs->runner.record);
	}
	runner_release(&jobs->runner);
	tell_owner(k, &job, result.text[0] ? &result : NULL, changed);
	if (!jobs->was_ready && result.text[0]) {
		jobs->why_ended = result;
		return sd_event_exit(k->event, -EIO);
	}
	if (jobs->state == STATE_ABSENT)
		return sd_event_exit(k->event, 0);
	if (!jobs->was_ready)
		sd_notify(0, "READY=1");
	jobs->was_ready = true;
	jobs->calls->ended(k, &job, changed);
	begin_next(k);
	tell_systemd(k);
	return 0;
}

static int arm_timer(struct keeper *k)
{
	struct jobs *jobs = k->jobs;
	int64_t left = runner_left_ms(&jobs->runner);
	uint64_t now;
	int rc = sd_event_now(k->event, CLOCK_MONOTONIC, &now);

	if (left > TELL_MS)
		left = TELL_MS;
	if (rc >= 0)
		rc = sd_event_source_set_time(jobs->timer, now + left * 1000 + 1000);
	if (rc >= 0)
		rc = sd_event_source_set_enabled(jobs->timer, SD_EVENT_ONESHOT);
	return rc;
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *data);

static int watch_runner(struct keeper *k)
{
	struct jobs *jobs = k->jobs;

	jobs->io = sd_event_source_disable_unref(jobs->io);
	return sd_event_add_io(k->event, &jobs->io, jobs->runner.fd, EPOLLIN, on_io, k);
}

static int dispatch(struct keeper *k)
{
	struct jobs *jobs = k->jobs;
	pid_t pid = jobs->runner.pid;
	int rc = 0;

	if (runner_dispatch(&jobs->runner, on_step, k))
		return end_job(k);
	/*
	 * The runner may have started another child, to undo. Its descriptor usually has
	 * the same number as the old one, which epoll has forgotten.
	 */
	if (jobs->runner.pid != pid)
		rc = watch_runner(k);
	return rc < 0 ? rc : arm_timer(k);
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	return dispatch(data);
}

/* Whoever waits shall see that a long step is not forgotten. */
static void tell_slow(struct keeper *k)
{
	const struct jobs *jobs = k->jobs;
	unsigned int seconds = runner_step_s(&jobs->runner);

	if (seconds < TELL_MS / 1000)
		return;
	for (size_t i = 0; i < jobs->n_waiting; i++)
		tell_waiting(k, &jobs->waiting[i]);
	jobs->calls->slow(k, &jobs->job, jobs->runner.step, seconds);
	/* systemd.service(5): only before READY=1. */
	if (!jobs->was_ready)
		sd_notifyf(0, "EXTEND_TIMEOUT_USEC=%d", 3 * TELL_MS * 1000);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *data)
{
	tell_slow(data);
	return dispatch(data);
}

static int begin(struct keeper *k, const struct job *job, struct err *err)
{
	struct jobs *jobs = k->jobs;
	const struct peer_connections *told = NULL;
	struct guard_terms terms = { 0 };
	int64_t left = job->until_ms - child_now_ms();
	unsigned int patience_ms = job->patience_ms;
	int rc;

	rc = jobs->calls->begins(k, job, &told, &terms, err);
	if (rc < 0)
		return rc;
	if (job->until_ms)
		patience_ms = left > 0 ? left : 0;
	rc = runner_start(&jobs->runner, k->svc, job->operation, told, &terms, job->next,
			  patience_ms, job->until_ms, err);
	if (rc < 0)
		return rc;
	rc = watch_runner(k);
	if (rc >= 0)
		rc = sd_event_add_time(k->event, &jobs->timer, CLOCK_MONOTONIC, 0, 1000,
				       on_timer, k);
	if (rc >= 0)
		rc = arm_timer(k);
	if (rc < 0) {
		/* Out of memory: the child works on unwatched, as without a keeper. */
		jobs->io = sd_event_source_disable_unref(jobs->io);
		jobs->timer = sd_event_source_disable_unref(jobs->timer);
		runner_release(&jobs->runner);
		return err_set(err, BATON_EXIT_RESOURCE, -rc, "event loop");
	}
	jobs->busy = true;
	jobs->job = *job;
	tell_systemd(k);
	return 0;
}

int jobs_add(struct keeper *k, const struct job *job, struct err *err)
{
	struct jobs *jobs = k->jobs;

	if (!jobs->busy && jobs->n_waiting == 0)
		return begin(k, job, err);
	for (size_t i = 0; i < jobs->n_waiting;)
		if (is_gone(k, &jobs->waiting[i]))
			memmove(&jobs->waiting[i], &jobs->waiting[i + 1],
				(--jobs->n_waiting - i) * sizeof(jobs->waiting[0]));
		else
			i++;
	if (jobs->n_waiting == JOBS_WAITING_MAX)
		return err_set(err, BATON_EXIT_KEEPER, 0,
			       "%s is going on, and %d requests wait for its end",
			       jobs_word(k), JOBS_WAITING_MAX);
	jobs->waiting[jobs->n_waiting++] = *job;
	if (job->operation == OPERATION_STOP || job->operation == OPERATION_TEARDOWN)
		runner_cancel(&jobs->runner);
	tell_waiting(k, job);
	return 0;
}

int jobs_open(struct keeper *k, const struct jobs_calls *calls, struct err *err)
{
	struct jobs *jobs = calloc(1, sizeof(*jobs));

	if (!jobs)
		return err_set(err, BATON_EXIT_RESOURCE, ENOMEM, "keeper");
	jobs->calls = calls;
	jobs->runner.fd = jobs->runner.lock = -1;
	k->jobs = jobs;
	return 0;
}

/* Whoever waits at a job's connection shall see at once that the keeper goes away. */
static void hang_up(const struct job *job)
{
	if (job->fd >= 0)
		close(job->fd);
}

void jobs_close(struct keeper *k)
{
	struct jobs *jobs = k->jobs;

	if (!jobs)
		return;
	sd_event_source_disable_unref(jobs->io);
	sd_event_source_disable_unref(jobs->timer);
	if (jobs->busy)
		hang_up(&jobs->job);
	for (size_t i = 0; i < jobs->n_waiting; i++)
		hang_up(&jobs->waiting[i]);
	runner_release(&jobs->runner);
	free(jobs);
	k->jobs = NULL;
}
