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
 * next keeper waits for that child by the service's lock, which the child inherited. What
 * is asked for during an operation waits its turn: a stop must not fail because the start
 * before it was given up by who asked for it.
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

#define SAMPLE_USEC 1000000
/* For an operation that the keeper before us, or a command without one, left going. */
#define PREDECESSOR_MS 60000
/* Connections that have not asked for anything yet, and how long they may take. */
#define PEERS_MAX 16
#define PEER_MS   5000
/* Requests that wait for the operation before them. */
#define WAITING_MAX 8

/* Somebody who has connected; fd -1 = a free place */
struct peer {
	int fd;
	int64_t until_ms;
	sd_event_source *source;
};

struct waiting {
	int fd;
	enum operation operation;
};

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
	struct peer peers[PEERS_MAX];
	struct waiting waiting[WAITING_MAX];
	size_t n_waiting;
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

static void answer_waiting(int fd, enum operation operation)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "waiting",
			       json_object_new_string(plan_operation_name(operation)));
	talk_send(fd, o);
	json_object_put(o);
}

static void on_step(struct json_object *entry, void *data)
{
	struct keeper *k = data;

	if (k->client >= 0)
		talk_send(k->client, entry);
	/* Those in the queue learn that the keeper is at work. */
	for (size_t i = 0; i < k->n_waiting; i++)
		answer_waiting(k->waiting[i].fd, k->runner.operation);
}

static void tell_systemd(const struct keeper *k)
{
	sd_notifyf(0, "STATUS=%s",
		   k->busy ? plan_operation_name(k->runner.operation)
			   : plan_state_name(k->state));
}

/* Sockets opened inside stay there, wherever the keeper itself is. */
static int open_inside(struct keeper *k)
{
	int rc, back;

	if (k->op.diag)
		return 0;
	rc = op_go(&k->op, PLACE_INSIDE, NULL);
	if (rc == 0)
		rc = op_open_diag(&k->op, NULL);
	back = op_go(&k->op, PLACE_HEAD, NULL);
	return rc < 0 ? rc : back;
}

static void close_inside(struct keeper *k)
{
	diag_close(k->op.diag);
	k->op.diag = NULL;
	ns_close(&k->op.inside);
}

/* In a child: the disk may hang. */
static void record_connections(struct keeper *k, const char *text)
{
	struct op op;

	k->recorder = fork();
	if (k->recorder != 0)
		return;
	child_close_others(-1, -1);
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
	if (k->state != STATE_SERVING || k->busy || k->recorder > 0 || open_inside(k) < 0)
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

static void drop_peer(struct peer *peer)
{
	sd_event_source_disable_unref(peer->source);
	if (peer->fd >= 0)
		close(peer->fd);
	peer->fd = -1;
	peer->source = NULL;
}

static int on_sample(sd_event_source *source, uint64_t usec, void *data)
{
	struct keeper *k = data;

	sample(k);
	for (size_t i = 0; i < PEERS_MAX; i++)
		if (k->peers[i].fd >= 0 && child_now_ms() > k->peers[i].until_ms)
			drop_peer(&k->peers[i]);
	sd_event_source_set_time(source, usec + SAMPLE_USEC);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
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

/* Has somebody who waits for an operation gone? Then it is not wanted any more. */
static bool has_gone(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

static int begin_operation(struct keeper *k, enum operation operation, int client,
			   unsigned int patience_ms, struct err *err);

static void begin_next(struct keeper *k)
{
	while (!k->busy && k->n_waiting > 0) {
		struct waiting next = k->waiting[0];
		struct err err = { 0 };

		k->n_waiting--;
		memmove(k->waiting, k->waiting + 1, k->n_waiting * sizeof(next));
		if (!has_gone(next.fd)) {
			if (begin_operation(k, next.operation, next.fd, 0, &err) == 0)
				return;
			answer_result(next.fd, &err, false, plan_state_name(k->state));
		}
		close(next.fd);
	}
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
	if (k->state == STATE_ABSENT)
		return sd_event_exit(k->event, 0);
	if (first && result.text[0]) {
		k->err = result;
		return sd_event_exit(k->event, -EIO);
	}
	if (first)
		sd_notify(0, "READY=1");
	/* The namespaces may be new ones. */
	close_inside(k);
	sample(k);
	begin_next(k);
	tell_systemd(k);
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

static int on_runner_io(sd_event_source *source, int fd, uint32_t revents, void *data);

static int watch_runner(struct keeper *k)
{
	k->runner_io = sd_event_source_disable_unref(k->runner_io);
	return sd_event_add_io(k->event, &k->runner_io, k->runner.fd, EPOLLIN,
			       on_runner_io, k);
}

static int dispatch_runner(struct keeper *k)
{
	pid_t pid = k->runner.pid;
	int rc = 0;

	if (runner_dispatch(&k->runner, on_step, k))
		return end_operation(k);
	/*
	 * The runner may have begun anew with another child, to undo. Its descriptor mostly
	 * has the number of the old one, which epoll has forgotten.
	 */
	if (k->runner.pid != pid)
		rc = watch_runner(k);
	return rc < 0 ? rc : arm_timer(k);
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
			   unsigned int patience_ms, struct err *err)
{
	int rc;

	/* What it writes on the disk is out of date now, and in the way. */
	if (k->recorder > 0)
		kill(k->recorder, SIGKILL);
	if (operation == OPERATION_TEARDOWN)
		close_inside(k);
	rc = runner_start(&k->runner, k->svc, operation, patience_ms, err);
	if (rc < 0)
		return rc;
	rc = watch_runner(k);
	if (rc >= 0)
		rc = sd_event_add_time(k->event, &k->runner_timer, CLOCK_MONOTONIC, 0,
				       1000, on_runner_timer, k);
	if (rc >= 0)
		rc = arm_timer(k);
	if (rc < 0) {
		/* Out of memory: the child does its work unseen, as without a keeper. */
		k->runner_io = sd_event_source_disable_unref(k->runner_io);
		k->runner_timer = sd_event_source_disable_unref(k->runner_timer);
		runner_release(&k->runner);
		return err_set(err, BATON_EXIT_RESOURCE, -rc, "event loop");
	}
	k->busy = true;
	k->client = client;
	tell_systemd(k);
	return 0;
}

static const struct {
	const char *word;
	enum operation operation;
} requests[] = {
	{ "start", OPERATION_START },
	{ "stop", OPERATION_STOP },
	{ "teardown", OPERATION_TEARDOWN },
};

/* A request that is no operation. */
#define STATUS 1

/* Returns 0 with the operation, STATUS, or -ENOENT. */
static int find_request(struct json_object *o, enum operation *operation)
{
	struct json_object *word = NULL;
	const char *text;

	if (!json_object_object_get_ex(o, "do", &word) ||
	    !json_object_is_type(word, json_type_string))
		return -ENOENT;
	text = json_object_get_string(word);
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		if (strcmp(text, requests[i].word) != 0)
			continue;
		*operation = requests[i].operation;
		return 0;
	}
	return strcmp(text, "status") == 0 ? STATUS : -ENOENT;
}

/* Begins an operation or puts it into the queue; @fd is kept if that went well. */
static int take_operation(struct keeper *k, enum operation operation, int fd,
			  struct err *err)
{
	if (!k->busy)
		return begin_operation(k, operation, fd, 0, err);
	if (k->n_waiting == WAITING_MAX)
		return err_set(err, BATON_EXIT_KEEPER, 0,
			       "%s is going on, and %d requests wait for its end",
			       plan_operation_name(k->runner.operation), WAITING_MAX);
	k->waiting[k->n_waiting++] = (struct waiting){ fd, operation };
	answer_waiting(fd, k->runner.operation);
	return 0;
}

/* Takes over @fd. */
static void take_request(struct keeper *k, int fd)
{
	struct err err = { .code = BATON_EXIT_USAGE,
			   .text = "no request the keeper knows" };
	enum operation operation;
	struct json_object *o;
	int rc = talk_receive(fd, &o), found;

	/* Gone without a word. */
	if (rc == -ECONNRESET) {
		close(fd);
		return;
	}
	found = rc == 0 ? find_request(o, &operation) : -ENOENT;
	json_object_put(o);
	if (found == STATUS)
		err.text[0] = '\0';
	else if (found == 0 && take_operation(k, operation, fd, &err) == 0)
		return;
	answer_result(fd, &err, false,
		      k->busy ? plan_operation_name(k->runner.operation)
			      : plan_state_name(k->state));
	close(fd);
}

static int on_request(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	struct keeper *k = data;

	for (size_t i = 0; i < PEERS_MAX; i++) {
		if (k->peers[i].fd != fd)
			continue;
		k->peers[i].fd = -1;
		drop_peer(&k->peers[i]);
		take_request(k, fd);
		break;
	}
	return 0;
}

static int on_connection(sd_event_source *source, int listener, uint32_t revents,
			 void *data)
{
	struct keeper *k = data;
	int fd = talk_accept(listener);

	for (size_t i = 0; i < PEERS_MAX && fd >= 0; i++) {
		struct peer *peer = &k->peers[i];

		if (peer->fd >= 0)
			continue;
		if (sd_event_add_io(k->event, &peer->source, fd, EPOLLIN, on_request, k) <
		    0)
			break;
		peer->fd = fd;
		peer->until_ms = child_now_ms() + PEER_MS;
		return 0;
	}
	if (fd >= 0)
		close(fd);
	return 0;
}

static int become_the_keeper(struct keeper *k, struct err *err)
{
	int rc;

	if ((mkdir(PATHS_RUN, 0755) < 0 && errno != EEXIST) ||
	    (mkdir(k->paths.run, 0700) < 0 && errno != EEXIST))
		return err_set(err, BATON_EXIT_RESOURCE, errno, "create %s",
			       k->paths.run);
	k->lock = open(k->paths.keeper, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (k->lock < 0)
		return err_set(err, BATON_EXIT_RESOURCE, errno, "create %s",
			       k->paths.keeper);
	rc = lock_take(k->lock);
	if (rc == -EWOULDBLOCK)
		return err_set(err, BATON_EXIT_KEEPER, 0, "another keeper is running");
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
	for (size_t i = 0; i < PEERS_MAX; i++)
		k.peers[i].fd = -1;
	rc = op_init(&k.op, svc, err);
	paths_init(&k.paths, svc->name);
	if (rc == 0)
		rc = become_the_keeper(&k, err);
	if (rc == 0)
		rc = k.listener = talk_listen(&k.paths, err);
	if (rc >= 0)
		rc = set_up_loop(&k, err);
	if (rc == 0)
		rc = begin_operation(&k, OPERATION_STANDBY, -1, PREDECESSOR_MS, err);
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
