// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * control: the keeper's socket: requests, answers, and connections that follow events.
 *
 * A connection has to send its request within a few seconds. The requests are not known
 * here (requests.c); the connection is passed along with the request, until somebody
 * answers it.
 */
#include "keeper/control.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "keeper/ipc.h"

/* How long a new connection may take to send its request. */
#define VISITOR_MS 5000

/* Connections that have not sent a request yet, and those that follow. */
#define VISITORS_MAX  16
#define FOLLOWERS_MAX 8

/* A connection; fd -1 = a free place. */
struct visitor {
	int fd;
	sd_event_source *source;
	sd_event_source *patience;
};

struct control {
	control_request_fn *on_request;
	int listener;
	struct visitor visitors[VISITORS_MAX];
	struct visitor followers[FOLLOWERS_MAX];
};

void control_answer(struct keeper *k, int fd, const struct err *err, bool changed,
		    struct json_object *more)
{
	struct json_object *o = more ? more : json_object_new_object();
	bool failed = err && err->text[0];

	json_object_object_add(o, "result", json_object_new_int(failed ? err->code : 0));
	if (failed)
		json_object_object_add(o, "error", json_object_new_string(err->text));
	json_object_object_add(o, "changed", json_object_new_boolean(changed));
	json_object_object_add(o, "state", json_object_new_string(jobs_word(k)));
	ipc_send(fd, o);
	json_object_put(o);
	close(fd);
}

static void free_place(struct visitor *v)
{
	v->source = sd_event_source_disable_unref(v->source);
	v->patience = sd_event_source_disable_unref(v->patience);
	v->fd = -1;
}

static void drop(struct visitor *v)
{
	int fd = v->fd;

	free_place(v);
	if (fd >= 0)
		close(fd);
}

static struct visitor *find(struct visitor *places, size_t n, int fd)
{
	for (size_t i = 0; i < n; i++)
		if (places[i].fd == fd)
			return &places[i];
	return NULL;
}

/* ---- followers */

void control_tell(struct keeper *k, struct json_object *event)
{
	for (size_t i = 0; i < FOLLOWERS_MAX; i++) {
		struct visitor *v = &k->control->followers[i];

		/* A follower that does not read is dropped. */
		if (v->fd >= 0 && ipc_send(v->fd, event) < 0)
			drop(v);
	}
}

void control_show_step(struct keeper *k, int fd, struct json_object *entry)
{
	json_object_object_add(entry, "head", json_object_new_string(k->self));
	if (fd >= 0)
		ipc_send(fd, entry);
	control_tell(k, entry);
	json_object_object_del(entry, "head");
}

void control_show_slow(struct keeper *k, int fd, const char *step, unsigned int seconds)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "slow", json_object_new_string(step));
	json_object_object_add(o, "s", json_object_new_int(seconds));
	json_object_object_add(o, "head", json_object_new_string(k->self));
	if (fd >= 0)
		ipc_send(fd, o);
	control_tell(k, o);
	json_object_put(o);
}

static int on_follower(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	struct keeper *k = data;
	struct visitor *v = find(k->control->followers, FOLLOWERS_MAX, fd);

	/* A follower has nothing more to say: close it. */
	if (v)
		drop(v);
	return 0;
}

int control_follow(struct keeper *k, int fd, struct err *err)
{
	struct visitor *v = find(k->control->followers, FOLLOWERS_MAX, -1);
	struct json_object *answer;

	if (!v)
		return err_set(err, BATON_EXIT_KEEPER, 0, "%d already follow",
			       FOLLOWERS_MAX);
	if (sd_event_add_io(k->event, &v->source, fd, EPOLLIN, on_follower, k) < 0)
		return err_set(err, BATON_EXIT_RESOURCE, ENOMEM, "follow");
	v->fd = fd;
	answer = json_object_new_object();
	json_object_object_add(answer, "following", json_object_new_boolean(true));
	ipc_send(fd, answer);
	json_object_put(answer);
	return 0;
}

/* ---- connections that wait for an operation */

bool control_is_gone(struct keeper *k, const struct job *job)
{
	char byte;

	if (recv(job->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) != 0)
		return false;
	close(job->fd);
	return true;
}

void control_tell_waiting(struct keeper *k, const struct job *job, enum operation before)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "waiting",
			       json_object_new_string(plan_operation_name(before)));
	ipc_send(job->fd, o);
	json_object_put(o);
}

/* ---- the socket */

static int on_request(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	struct keeper *k = data;
	struct visitor *v = find(k->control->visitors, VISITORS_MAX, fd);
	struct json_object *o;
	struct err err = { 0 };
	int rc;

	if (!v)
		return 0;
	free_place(v);
	rc = ipc_receive(fd, &o);
	/* Hung up without a request. */
	if (rc == -ECONNRESET) {
		close(fd);
		return 0;
	}
	/* Anything but an object has no members either. */
	if (k->control->on_request(k, o, fd, &err) < 0)
		control_answer(k, fd, &err, false, NULL);
	json_object_put(o);
	return 0;
}

/* It has not sent a request in time. */
static int on_silence(sd_event_source *source, uint64_t usec, void *data)
{
	drop(data);
	return 0;
}

static int on_connection(sd_event_source *source, int listener, uint32_t revents,
			 void *data)
{
	struct keeper *k = data;
	int fd = ipc_accept(listener);
	struct visitor *v = find(k->control->visitors, VISITORS_MAX, -1);

	if (fd < 0)
		return 0;
	if (!v) {
		close(fd);
		return 0;
	}
	v->fd = fd;
	if (sd_event_add_io(k->event, &v->source, fd, EPOLLIN, on_request, k) < 0 ||
	    sd_event_add_time_relative(k->event, &v->patience, CLOCK_MONOTONIC,
				       VISITOR_MS * 1000, 0, on_silence, v) < 0)
		drop(v);
	return 0;
}

int control_open(struct keeper *k, control_request_fn *on_request_fn, struct err *err)
{
	struct control *c = calloc(1, sizeof(*c));
	int rc;

	if (!c)
		return err_set(err, BATON_EXIT_RESOURCE, ENOMEM, "keeper");
	k->control = c;
	c->on_request = on_request_fn;
	for (size_t i = 0; i < VISITORS_MAX; i++)
		c->visitors[i].fd = -1;
	for (size_t i = 0; i < FOLLOWERS_MAX; i++)
		c->followers[i].fd = -1;
	c->listener = ipc_listen(&k->paths, err);
	if (c->listener < 0)
		return c->listener;
	rc = sd_event_add_io(k->event, NULL, c->listener, EPOLLIN, on_connection, k);
	return rc < 0 ? err_set(err, BATON_EXIT_RESOURCE, -rc, "event loop") : 0;
}

void control_close(struct keeper *k)
{
	struct control *c = k->control;

	if (!c)
		return;
	for (size_t i = 0; i < VISITORS_MAX; i++)
		drop(&c->visitors[i]);
	for (size_t i = 0; i < FOLLOWERS_MAX; i++)
		drop(&c->followers[i]);
	if (c->listener >= 0) {
		close(c->listener);
		unlink(k->paths.sock);
	}
	free(c);
	k->control = NULL;
}
