// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * jobs: operations on the service, one at a time.
 *
 * What is asked for during an operation waits its turn: a stop must not fail because the
 * start before it was given up by who asked for it. Who does not wait any more is passed
 * over; what the hand-over wants always has its turn.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "keeper/internal.h"
#include "keeper/ipc.h"
#include "keeper/ledger.h"

const char *jobs_word(const struct keeper *k)
{
	return k->jobs.busy ? plan_operation_name(k->jobs.job.operation)
			    : plan_state_name(k->state);
}

static bool starts(const struct job *job)
{
	return job->operation == OPERATION_START || job->operation == OPERATION_TAKE;
}

bool jobs_will_start(const struct keeper *k)
{
	for (size_t i = 0; i < k->jobs.n_waiting; i++)
		if (starts(&k->jobs.waiting[i]))
			return true;
	return k->jobs.busy && starts(&k->jobs.job);
}

static void answer_waiting(int fd, enum operation operation)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "waiting",
			       json_object_new_string(plan_operation_name(operation)));
	ipc_send(fd, o);
	json_object_put(o);
}

static void on_step(struct json_object *entry, void *data)
{
	struct keeper *k = data;
	struct jobs *jobs = &k->jobs;

	/* Those in the queue learn that the keeper is at work. */
	for (size_t i = 0; i < jobs->n_waiting; i++)
		if (jobs->waiting[i].who == JOB_CLIENT)
			answer_waiting(jobs->waiting[i].client, jobs->job.operation);
	if (handover_step(k, entry))
		return;
	json_object_object_add(entry, "head", json_object_new_string(k->peers.self));
	if (jobs->job.who == JOB_CLIENT)
		ipc_send(jobs->job.client, entry);
	requests_tell(k, entry);
	json_object_object_del(entry, "head");
}

static void tell_systemd(const struct keeper *k)
{
	sd_notifyf(0, "STATUS=%s", jobs_word(k));
}

static void judge_state(struct keeper *k)
{
	const struct runner *runner = &k->jobs.runner;
	bool failed = runner->result.text[0];

	switch (k->jobs.job.operation) {
	case OPERATION_STANDBY:
		k->state =
			runner->before == STATE_ABSENT ? STATE_STANDBY : runner->before;
		break;
	case OPERATION_MEND:
		/* Somebody else has changed it: a stop without the keeper. */
		if (runner->before != STATE_SERVING)
			k->state = runner->before;
		return;
	case OPERATION_PREPARE:
		/* They tell what they have found, and change nothing that counts here. */
		return;
	case OPERATION_CONFIRM:
		k->state = runner->before;
		return;
	case OPERATION_START:
	case OPERATION_TAKE:
		k->state = failed ? STATE_STANDBY : STATE_SERVING;
		break;
	case OPERATION_STOP:
		k->state = STATE_STANDBY;
		break;
	case OPERATION_HAND_OVER:
		k->state = failed ? STATE_SERVING : STATE_STANDBY;
		break;
	case OPERATION_TEARDOWN:
		k->state = STATE_ABSENT;
		break;
	}
	if (failed && runner->result.code == BATON_EXIT_STANDING)
		k->state = STATE_PARTIAL;
}

/* Has somebody who waits for an operation gone? Then it is not wanted any more. */
static bool has_gone(const struct job *job)
{
	char byte;

	return job->who == JOB_CLIENT &&
	       recv(job->client, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

/* @err = NULL: well. */
static void tell_owner(struct keeper *k, const struct job *job, const struct err *err,
		       bool changed)
{
	struct err why = { 0 };

	switch (job->who) {
	case JOB_CLIENT:
		if (job->claim)
			claims_ended(k, job->claim);
		if (err && job->operation == OPERATION_CONFIRM &&
		    claims_unconfirmed(k, job->client, &why) == 0)
			break;
		requests_answer(k, job->client, why.text[0] ? &why : err, changed, NULL);
		break;
	case JOB_HANDOVER:
		handover_ended(k, err);
		break;
	case JOB_QUESTION:
		questions_job_ended(k, job, err);
		break;
	case JOB_KEEPER:
		break;
	}
}

static int begin(struct keeper *k, const struct job *job, unsigned int patience_ms,
		 struct err *err);

static void begin_next(struct keeper *k)
{
	struct jobs *jobs = &k->jobs;

	while (!jobs->busy && jobs->n_waiting > 0) {
		struct job next = jobs->waiting[0];
		struct err err = { 0 };

		jobs->n_waiting--;
		memmove(jobs->waiting, jobs->waiting + 1, jobs->n_waiting * sizeof(next));
		if (has_gone(&next)) {
			close(next.client);
			if (next.claim)
				claims_ended(k, next.claim);
		} else if (begin(k, &next, 0, &err) < 0)
			tell_owner(k, &next, &err, false);
	}
}

/*
 * Only what was served can be granted: a stop that found less, or nothing, proves nothing
 * about what the clients have been told.
 */
static void judge_granting(const struct jobs *jobs, struct err *result)
{
	if (jobs->job.who == JOB_HANDOVER && jobs->job.operation == OPERATION_HAND_OVER &&
	    !result->text[0] && jobs->runner.before != STATE_SERVING)
		err_set(result, BATON_EXIT_FAILED, 0,
			"was %s when it was to be handed over, not serving",
			plan_state_name(jobs->runner.before));
}

static int end_job(struct keeper *k)
{
	struct jobs *jobs = &k->jobs;
	struct err result = jobs->runner.result;
	struct job job = jobs->job;
	bool changed = jobs->runner.changed;

	jobs->io = sd_event_source_disable_unref(jobs->io);
	jobs->timer = sd_event_source_disable_unref(jobs->timer);
	judge_state(k);
	judge_granting(jobs, &result);
	jobs->busy = false;
	if (changed && !handover_hides(k))
		ledger_append(&k->paths, k->svc->name, jobs->runner.record);
	runner_release(&jobs->runner);
	tell_owner(k, &job, result.text[0] ? &result : NULL, changed);
	if (k->state == STATE_ABSENT)
		return sd_event_exit(k->event, 0);
	if (!jobs->was_ready && result.text[0]) {
		k->err = result;
		return sd_event_exit(k->event, -EIO);
	}
	if (!jobs->was_ready)
		sd_notify(0, "READY=1");
	jobs->was_ready = true;
	/* The namespaces may be new ones. */
	watch_forget(k);
	watch_sample(k);
	begin_next(k);
	tell_systemd(k);
	return 0;
}

static int arm_timer(struct keeper *k)
{
	struct jobs *jobs = &k->jobs;
	uint64_t now;
	int rc = sd_event_now(k->event, CLOCK_MONOTONIC, &now);

	if (rc >= 0)
		rc = sd_event_source_set_time(
			jobs->timer, now + runner_left_ms(&jobs->runner) * 1000 + 1000);
	if (rc >= 0)
		rc = sd_event_source_set_enabled(jobs->timer, SD_EVENT_ONESHOT);
	return rc;
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *data);

static int watch_runner(struct keeper *k)
{
	struct jobs *jobs = &k->jobs;

	jobs->io = sd_event_source_disable_unref(jobs->io);
	return sd_event_add_io(k->event, &jobs->io, jobs->runner.fd, EPOLLIN, on_io, k);
}

static int dispatch(struct keeper *k)
{
	struct jobs *jobs = &k->jobs;
	pid_t pid = jobs->runner.pid;
	int rc = 0;

	if (runner_dispatch(&jobs->runner, on_step, k))
		return end_job(k);
	/*
	 * The runner may have begun anew with another child, to undo. Its descriptor mostly
	 * has the number of the old one, which epoll has forgotten.
	 */
	if (jobs->runner.pid != pid)
		rc = watch_runner(k);
	return rc < 0 ? rc : arm_timer(k);
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	return dispatch(data);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *data)
{
	return dispatch(data);
}

static int begin(struct keeper *k, const struct job *job, unsigned int patience_ms,
		 struct err *err)
{
	struct jobs *jobs = &k->jobs;
	const struct peer_connections *told = NULL;
	int rc;

	if (starts(job) && claims_is_foreign(k))
		return err_set(err, BATON_EXIT_PEER, 0, "%s has taken over",
			       k->claims.holder);
	watch_pause(k);
	if (job->operation == OPERATION_TEARDOWN)
		watch_forget(k);
	/* A head that hands over has left its record on the disk, and it is exact. */
	if (job->operation == OPERATION_START)
		told = &k->watch.peer_conns;
	rc = runner_start(&jobs->runner, k->svc, job->operation, told, patience_ms, err);
	if (rc < 0)
		return rc;
	rc = watch_runner(k);
	if (rc >= 0)
		rc = sd_event_add_time(k->event, &jobs->timer, CLOCK_MONOTONIC, 0, 1000,
				       on_timer, k);
	if (rc >= 0)
		rc = arm_timer(k);
	if (rc < 0) {
		/* Out of memory: the child does its work unseen, as without a keeper. */
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

int jobs_add(struct keeper *k, const struct job *job, unsigned int patience_ms,
	     struct err *err)
{
	struct jobs *jobs = &k->jobs;

	if (!jobs->busy && jobs->n_waiting == 0)
		return begin(k, job, patience_ms, err);
	if (jobs->n_waiting == JOBS_WAITING_MAX)
		return err_set(err, BATON_EXIT_KEEPER, 0,
			       "%s is going on, and %d requests wait for its end",
			       jobs_word(k), JOBS_WAITING_MAX);
	jobs->waiting[jobs->n_waiting++] = *job;
	if (job->who == JOB_CLIENT)
		answer_waiting(job->client, jobs->job.operation);
	return 0;
}

void jobs_release(struct keeper *k)
{
	struct jobs *jobs = &k->jobs;

	sd_event_source_disable_unref(jobs->io);
	sd_event_source_disable_unref(jobs->timer);
	if (jobs->busy && jobs->job.who == JOB_CLIENT)
		close(jobs->job.client);
	runner_release(&jobs->runner);
}
