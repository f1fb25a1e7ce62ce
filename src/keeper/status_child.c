// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * status_child: a child that looks up the state of the service on this head and reports
 * it as JSON.
 */
#include "keeper/status_child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keeper/guard_paths.h"
#include "keeper/standing.h"
#include "os/child.h"
#include "os/guardnote.h"
#include "os/idmapd.h"
#include "os/lock.h"
#include "os/served.h"
#include "os/timed_child.h"

#define REPORT_MAX_LEN 65536

/* Nothing is in use where nothing is set up. */
static void add_file(struct json_object *o, const struct service *svc)
{
	struct err why;
	bool edited = served_is_edited(svc, &why);

	json_object_object_add(o, "file_edited", json_object_new_boolean(edited));
	if (why.text[0])
		json_object_object_add(o, "file_error", json_object_new_string(why.text));
}

static void add_guard(struct json_object *o, const struct op *op,
		      const struct standing *standing)
{
	const struct guardnote note = guardnote_read(&op->paths);
	struct json_object *guard = json_object_new_object();
	char path[32];

	json_object_object_add(
		guard, "kind",
		json_object_new_string(service_guard_name(op->svc->guard)));
	json_object_object_add(guard, "state",
			       json_object_new_string(guardnote_state_name(note.state)));
	json_object_object_add(guard, "silent",
			       json_object_new_boolean(standing->silent));
	if (note.state != GUARDNOTE_NONE) {
		json_object_object_add(guard, "since", json_object_new_int64(note.since));
		json_object_object_add(
			guard, "unproven",
			json_object_new_boolean(guard_key_is_unproven(note.key)));
	}
	if (note.state == GUARDNOTE_HELD && guard_paths_read(&op->paths, path))
		json_object_object_add(guard, "unregistered",
				       json_object_new_string(path));
	json_object_object_add(o, "guard", guard);
}

static struct json_object *describe(struct op *op, status_child_more more,
				    struct err *err)
{
	struct json_object *o = json_object_new_object();
	struct standing standing;
	enum service_state state;

	if (standing_look(op, &standing, err) < 0)
		goto fail;
	state = plan_state(&standing);
	/* An unmount that hangs has already removed the mount point. */
	if (state == STATE_STANDBY && lock_is_held(op->paths.lock))
		state = STATE_PARTIAL;
	json_object_object_add(o, "state",
			       json_object_new_string(plan_state_name(state)));
	json_object_object_add(o, "threads", json_object_new_int(standing.threads));
	json_object_object_add(o, "mounted", json_object_new_boolean(standing.attached));
	json_object_object_add(o, "failed", json_object_new_boolean(standing.failed));
	json_object_object_add(o, "held", json_object_new_boolean(standing.held));
	json_object_object_add(o, "lost", json_object_new_boolean(standing.lost));
	json_object_object_add(o, "link_up", json_object_new_boolean(standing.link_up));
	json_object_object_add(
		o, "mountd",
		json_object_new_boolean(child_daemon_pid(op->paths.mountd_pid) > 0));
	json_object_object_add(o, "nfsdcld", json_object_new_boolean(standing.nfsdcld));
	json_object_object_add(
		o, "idmapd",
		json_object_new_boolean(!idmapd_is_missed(&op->paths, op->svc)));
	json_object_object_add(o, "address", json_object_new_boolean(standing.address));
	json_object_object_add(o, "carrier", json_object_new_boolean(standing.carrier));
	add_guard(o, op, &standing);
	if (state != STATE_ABSENT)
		add_file(o, op->svc);
	if (more && more(op, &standing, o, err) < 0)
		goto fail;
	return o;
fail:
	json_object_put(o);
	return NULL;
}

static void child_describe(const struct service *svc, status_child_more more, int fd)
{
	struct json_object *o = NULL;
	struct err err = { 0 };
	const char *text;
	struct op op;

	/* If the child hangs, nobody must wait for output that it might still print. */
	timed_child_let_go();
	if (op_init(&op, svc, &err) == 0)
		o = describe(&op, more, &err);
	if (!o) {
		o = json_object_new_object();
		json_object_object_add(o, "error", json_object_new_string(err.text));
	}
	text = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN);
	if (write(fd, text, strlen(text)) < 0)
		_exit(1);
	_exit(0);
}

int status_child_begin(struct status_child *q, const struct service *svc,
		       status_child_more more, struct err *err)
{
	int out[2], errnum;

	*q = (struct status_child){ .fd = -1, .buf = malloc(REPORT_MAX_LEN) };
	if (!q->buf || pipe2(out, O_CLOEXEC) < 0) {
		errnum = q->buf ? errno : ENOMEM;
		status_child_end(q, STATUS_CHILD_GO_MS);
		return err_set(err, BATON_EXIT_RESOURCE, errnum,
			       "look up what is set up");
	}
	q->pid = child_fork(out[1], -1);
	if (q->pid == 0)
		child_describe(svc, more, out[1]);
	close(out[1]);
	q->fd = out[0];
	if (q->pid < 0) {
		errnum = -q->pid;
		status_child_end(q, STATUS_CHILD_GO_MS);
		return err_set(err, BATON_EXIT_RESOURCE, errnum, "fork");
	}
	fcntl(q->fd, F_SETFL, O_NONBLOCK);
	return 0;
}

static int understand(const char *text, struct json_object **facts, struct err *err)
{
	struct json_object *error;

	*facts = json_tokener_parse(text);
	if (*facts && !json_object_object_get_ex(*facts, "error", &error))
		return 0;
	err_set(err, BATON_EXIT_FAILED, 0, "look up what is set up: %s",
		*facts ? json_object_get_string(error) : "no answer");
	json_object_put(*facts);
	*facts = NULL;
	return -EIO;
}

int status_child_take(struct status_child *q, struct json_object **facts, struct err *err)
{
	*facts = NULL;
	for (;;) {
		ssize_t n = read(q->fd, q->buf + q->len, REPORT_MAX_LEN - 1 - q->len);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return -EAGAIN;
		if (n > 0) {
			q->len += n;
			continue;
		}
		q->buf[q->len] = '\0';
		return understand(q->buf, facts, err);
	}
}

void status_child_end(struct status_child *q, unsigned int ms)
{
	pid_t hangs = 0;

	/* If it is stuck in the kernel it cannot be reaped now; it ends when it can. */
	if (q->pid > 0) {
		kill(q->pid, SIGKILL);
		if (child_wait_gone(q->pid, ms) < 0)
			hangs = q->pid;
	}
	if (q->fd >= 0)
		close(q->fd);
	free(q->buf);
	*q = (struct status_child){ .fd = -1, .pid = hangs };
}

bool status_child_is_gone(struct status_child *q)
{
	if (q->pid > 0 && waitpid(q->pid, NULL, WNOHANG) == q->pid)
		q->pid = 0;
	return q->pid <= 0;
}

int status_child_collect(const struct service *svc, status_child_more more,
			 unsigned int deadline_ms, struct json_object **facts,
			 struct err *err)
{
	int64_t until = child_now_ms() + deadline_ms, left;
	struct status_child q;
	int rc = status_child_begin(&q, svc, more, err);

	*facts = NULL;
	if (rc < 0)
		return rc;
	while ((rc = status_child_take(&q, facts, err)) == -EAGAIN &&
	       (left = until - child_now_ms()) > 0) {
		struct pollfd p = { .fd = q.fd, .events = POLLIN };

		poll(&p, 1, left);
	}
	if (rc == -EAGAIN)
		rc = err_set(err, BATON_EXIT_FAILED, ETIMEDOUT, "look up what is set up");
	status_child_end(&q, STATUS_CHILD_GO_MS);
	return rc;
}
