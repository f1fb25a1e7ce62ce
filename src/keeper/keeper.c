// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * keeper: the one process per service and head that owns the service's local state.
 *
 * Theory of operation
 *
 *   start of the process -> operation "standby" -> READY=1 -> requests, one at a time
 *
 * The loop never blocks: what may block is done by a child (runner.h), what the loop does
 * itself are netlink dumps and its own sockets. What stands is looked up by each operation
 * afresh, so nothing has to be remembered over a restart: a keeper that is killed leaves a
 * service that serves on and, if an operation was under way, a child that finishes it; the
 * next keeper waits for that child by the lock it inherited.
 *
 * While the service serves, its connections are sampled once a second and, when they have
 * changed, noted on its disk, where a head that takes over after a power cut finds whom to
 * tickle.
 */
#include "keeper/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "keeper/ledger.h"
#include "keeper/op.h"
#include "keeper/runner.h"
#include "keeper/talk.h"
#include "sys/child.h"
#include "sys/file.h"
#include "sys/lock.h"

#define SAMPLE_USEC      1000000
#define PREDECESSOR_MS   60000
#define PREDECESSOR_STEP 50

struct keeper {
	const struct service *svc;
	struct paths paths;
	sd_event *event;
	struct err err;
	int lock;
	int listener;

	struct runner runner;
	bool busy;
	int client; /* who asked for the running operation, -1 = nobody is waiting */
	sd_event_source *runner_io;
	sd_event_source *runner_timer;

	enum service_state state;
	struct op op; /* sockets inside, for sampling */
	sd_event_source *sample_timer;
	struct conns recorded;
	pid_t recorder;
};

static void answer_result(int fd, const struct err *err, bool changed, const char *state)
{
	struct json_object *o = json_object_new_object();
	bool failed = err && err->text[0];

	json_object_object_add(o, "result", json_object_new_int(failed ? err->code : 0));
	if (failed)
		json_object_object_add(o, "error", json_object_new_string(err->text));
	json_object_object_add(o, "changed", json_object_new_boolean(changed));
	json_object_object_add(o, "state", json_object_new_string(state));
	talk_send(fd, o);
	json_object_put(o);
}

static void on_step(struct json_object *entry, void *data)
{
	struct keeper *k = data;

	if (k->client >= 0)
		talk_send(k->client, entry);
}

static void tell_systemd(const struct keeper *k)
{
	sd_notifyf(0, "STATUS=%s", plan_state_name(k->state));
}

/* In a child: the disk may hang. */
static void record_connections(struct keeper *k, const char *text)
{
	struct op op;

	if (k->recorder > 0 && waitpid(k->recorder, NULL, WNOHANG) == 0)
		return;
	k->recorder = fork();
	if (k->recorder != 0)
		return;
	if (op_init(&op, k->svc, NULL) == 0 && op_go(&op, PLACE_INSIDE, NULL) == 0)
		file_replace(op.paths.conns, text, strlen(text), 1);
	_exit(0);
}

static void sample(struct keeper *k)
{
	struct conns now = { 0 };
	_cleanup_free_ char *text = NULL;

	if (k->recorder > 0 && waitpid(k->recorder, NULL, WNOHANG) == k->recorder)
		k->recorder = 0;
	if (k->state != STATE_SERVING || k->busy || k->recorder)
		return;
	/* No clients at all is what a cut network looks like: keep what we know. */
	if (diag_conns(k->op.diag, OP_NFS_PORT, &now, NULL) < 0 || now.n == 0 ||
	    conns_equal(&now, &k->recorded)) {
		conns_free(&now);
		return;
	}
	text = conns_format(&now);
	if (text)
		record_connections(k, text);
	conns_free(&k->recorded);
	k->recorded = now;
}

static int on_sample(sd_event_source *source, uint64_t usec, void *data)
{
	struct keeper *k = data;

	sample(k);
	sd_event_source_set_time(source, usec + SAMPLE_USEC);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

/* Sockets opened inside stay there, wherever the keeper itself is. */
static int open_inside(struct keeper *k)
{
	int rc, back;

	if (k->op.diag)
		return 0;
	rc = op_go(&k->op, PLACE_INSIDE, &k->err);
	if (rc == 0)
		rc = op_open_diag(&k->op, &k->err);
	back = op_go(&k->op, PLACE_HEAD, &k->err);
	return rc < 0 ? rc : back;
}

static void close_inside(struct keeper *k)
{
	diag_close(k->op.diag);
	k->op.diag = NULL;
	ns_close(&k->op.inside);
}

static void judge_state(struct keeper *k)
{
	bool failed = k->runner.result.text[0];

	switch (k->runner.operation) {
	case OPERATION_STANDBY:
		k->state = k->runner.before == STATE_ABSENT ? STATE_STANDBY
							    : k->runner.before;
		break;
	case OPERATION_START:
		k->state = failed ? STATE_STANDBY : STATE_SERVING;
		break;
	case OPERATION_STOP:
		k->state = STATE_STANDBY;
		break;
	case OPERATION_TEARDOWN:
		k->state = STATE_ABSENT;
		break;
	}
	if (failed && k->runner.result.code == BATON_EXIT_STANDING)
		k->state = STATE_PARTIAL;
}

static int end_operation(struct keeper *k)
{
	struct err result = k->runner.result;
	bool first = k->runner.operation == OPERATION_STANDBY;

	k->runner_io = sd_event_source_disable_unref(k->runner_io);
	k->runner_timer = sd_event_source_disable_unref(k->runner_timer);
	k->busy = false;
	judge_state(k);
	if (k->client >= 0) {
		answer_result(k->client, &result, k->runner.changed,
			      plan_state_name(k->state));
		close(k->client);
		k->client = -1;
	}
	if (k->runner.changed)
		ledger_append(&k->paths, k->svc->name, k->runner.record);
	runner_release(&k->runner);
	tell_systemd(k);
	if (k->state == STATE_ABSENT) {
		k->err = result;
		return sd_event_exit(k->event, 0);
	}
	if (first && result.text[0]) {
		k->err = result;
		return sd_event_exit(k->event, -EIO);
	}
	if (first) {
		int rc = open_inside(k);

		if (rc < 0)
			return sd_event_exit(k->event, rc);
		sd_notify(0, "READY=1");
	}
	sample(k);
	return 0;
}

static int arm_timer(struct keeper *k)
{
	uint64_t now;
	int rc = sd_event_now(k->event, CLOCK_MONOTONIC, &now);

	if (rc >= 0)
		rc = sd_event_source_set_time(
			k->runner_timer, now + runner_left_ms(&k->runner) * 1000 + 1000);
	if (rc >= 0)
		rc = sd_event_source_set_enabled(k->runner_timer, SD_EVENT_ONESHOT);
	return rc;
}

static int dispatch_runner(struct keeper *k)
{
	int fd = k->runner.fd;

	if (runner_dispatch(&k->runner, on_step, k))
		return end_operation(k);
	/* The runner may have begun anew with another child, to undo. */
	if (k->runner.fd != fd)
		sd_event_source_set_io_fd(k->runner_io, k->runner.fd);
	return arm_timer(k);
}

static int on_runner_io(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	return dispatch_runner(data);
}

static int on_runner_timer(sd_event_source *source, uint64_t usec, void *data)
{
	return dispatch_runner(data);
}

static int begin_operation(struct keeper *k, enum operation operation, int client,
			   struct err *err)
{
	int rc;

	if (k->busy)
		return err_set(err, BATON_EXIT_KEEPER, 0, "%s is going on",
			       plan_operation_name(k->runner.operation));
	if (operation == OPERATION_TEARDOWN)
		close_inside(k);
	rc = runner_start(&k->runner, k->svc, operation, err);
	if (rc < 0)
		return rc;
	k->busy = true;
	k->client = client;
	rc = sd_event_add_io(k->event, &k->runner_io, k->runner.fd, EPOLLIN, on_runner_io,
			     k);
	if (rc >= 0)
		rc = sd_event_add_time(k->event, &k->runner_timer, CLOCK_MONOTONIC, 0,
				       1000, on_runner_timer, k);
	if (rc >= 0)
		rc = arm_timer(k);
	return rc < 0 ? err_set(err, BATON_EXIT_RESOURCE, -rc, "event loop") : 0;
}

static const struct {
	const char *word;
	enum operation operation;
} requests[] = {
	{ "start", OPERATION_START },
	{ "stop", OPERATION_STOP },
	{ "teardown", OPERATION_TEARDOWN },
};

/* Takes over @fd. */
static int take_request(struct keeper *k, int fd)
{
	struct json_object *o, *word = NULL;
	struct err err = { .code = BATON_EXIT_USAGE,
			   .text = "no request the keeper knows" };
	const char *text;
	int rc = talk_receive(fd, &o);

	if (rc < 0) {
		close(fd);
		return 0;
	}
	json_object_object_get_ex(o, "do", &word);
	text = word ? json_object_get_string(word) : "";
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		if (strcmp(text, requests[i].word) != 0)
			continue;
		rc = begin_operation(k, requests[i].operation, fd, &err);
		if (rc == 0) {
			json_object_put(o);
			return 0;
		}
		break;
	}
	if (strcmp(text, "status") == 0)
		err.text[0] = '\0';
	answer_result(fd, &err, false,
		      k->busy ? plan_operation_name(k->runner.operation)
			      : plan_state_name(k->state));
	json_object_put(o);
	close(fd);
	return 0;
}

static int on_request(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	sd_event_source_set_enabled(source, SD_EVENT_OFF);
	sd_event_source_unref(source);
	return take_request(data, fd);
}

static int on_connection(sd_event_source *source, int listener, uint32_t revents,
			 void *data)
{
	struct keeper *k = data;
	int fd = talk_accept(listener);

	if (fd < 0)
		return 0;
	if (sd_event_add_io(k->event, &source, fd, EPOLLIN, on_request, k) < 0)
		close(fd);
	return 0;
}

/* The keeper before us, or an operation it left going, holds the lock a little longer. */
static int become_the_keeper(struct keeper *k, struct err *err)
{
	int64_t until = child_now_ms() + PREDECESSOR_MS;
	int rc;

	if ((mkdir(PATHS_RUN, 0755) < 0 && errno != EEXIST) ||
	    (mkdir(k->paths.run, 0700) < 0 && errno != EEXIST))
		return err_set(err, BATON_EXIT_RESOURCE, errno, "create %s",
			       k->paths.run);
	k->lock = open(k->paths.keeper, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (k->lock < 0)
		return err_set(err, BATON_EXIT_RESOURCE, errno, "create %s",
			       k->paths.keeper);
	while ((rc = lock_take(k->lock)) == -EWOULDBLOCK && child_now_ms() < until)
		poll(NULL, 0, PREDECESSOR_STEP);
	if (rc == -EWOULDBLOCK)
		return err_set(err, BATON_EXIT_KEEPER, 0, "%s: another keeper is running",
			       k->svc->name);
	return rc < 0 ? err_set(err, BATON_EXIT_RESOURCE, -rc, "lock %s", k->paths.keeper)
		      : 0;
}

static int set_up_loop(struct keeper *k, struct err *err)
{
	sigset_t mask;
	int rc;

	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGINT);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	rc = sd_event_new(&k->event);
	if (rc >= 0)
		rc = sd_event_add_signal(k->event, NULL, SIGTERM, NULL, NULL);
	if (rc >= 0)
		rc = sd_event_add_signal(k->event, NULL, SIGINT, NULL, NULL);
	if (rc >= 0)
		rc = sd_event_add_io(k->event, NULL, k->listener, EPOLLIN, on_connection,
				     k);
	if (rc >= 0)
		rc = sd_event_add_time_relative(k->event, &k->sample_timer,
						CLOCK_MONOTONIC, SAMPLE_USEC, 0,
						on_sample, k);
	if (rc >= 0)
		rc = sd_event_set_watchdog(k->event, true);
	return rc < 0 ? err_set(err, BATON_EXIT_RESOURCE, -rc, "event loop") : 0;
}

int keeper_run(const struct service *svc, struct err *err)
{
	struct keeper k = { .svc = svc, .lock = -1, .listener = -1, .client = -1 };
	int rc;

	k.runner.fd = k.runner.lock = -1;
	rc = op_init(&k.op, svc, err);
	paths_init(&k.paths, svc->name);
	if (rc == 0)
		rc = become_the_keeper(&k, err);
	if (rc == 0)
		rc = k.listener = talk_listen(&k.paths, err);
	if (rc >= 0)
		rc = set_up_loop(&k, err);
	if (rc == 0)
		rc = begin_operation(&k, OPERATION_STANDBY, -1, err);
	if (rc == 0) {
		rc = sd_event_loop(k.event);
		if (rc < 0)
			*err = k.err;
	}
	sd_notify(0, "STOPPING=1");
	if (k.listener >= 0) {
		close(k.listener);
		unlink(k.paths.sock);
	}
	sd_event_source_unref(k.runner_io);
	sd_event_source_unref(k.runner_timer);
	sd_event_source_unref(k.sample_timer);
	sd_event_unref(k.event);
	runner_release(&k.runner);
	conns_free(&k.recorded);
	op_release(&k.op);
	cleanup_close(&k.lock);
	return rc;
}
