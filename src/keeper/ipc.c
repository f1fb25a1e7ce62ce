// SPDX-License-Identifier: GPL-2.0-or-later
/* ipc: requests to a keeper and its answers. */
#include "keeper/ipc.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* How long a command waits for a place in the keeper's queue. */
#define CONNECT_S 5

static void set_path(struct sockaddr_un *sa, const struct paths *paths)
{
	memset(sa, 0, sizeof(*sa));
	sa->sun_family = AF_UNIX;
	snprintf(sa->sun_path, sizeof(sa->sun_path), "%s", paths->sock);
}

int ipc_listen(const struct paths *paths, struct err *err)
{
	struct sockaddr_un sa;
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mode_t mask;
	int rc;

	if (fd < 0)
		return err_set(err, BATON_EXIT_RESOURCE, errno, "socket");
	set_path(&sa, paths);
	/* Left by a keeper that was killed: we hold the keeper's lock. */
	unlink(sa.sun_path);
	mask = umask(0177);
	rc = bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 || listen(fd, 16) < 0
		     ? errno
		     : 0;
	umask(mask);
	if (rc == 0)
		return fd;
	close(fd);
	return err_set(err, BATON_EXIT_RESOURCE, rc, "listen on %s", paths->sock);
}

int ipc_accept(int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (fd < 0)
		return -errno;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0 || cred.uid != 0) {
		close(fd);
		return -EPERM;
	}
	return fd;
}

int ipc_connect(const struct paths *paths, const char *name, struct err *err)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct timeval patience = { .tv_sec = CONNECT_S };
	struct sockaddr_un sa;
	int rc;

	if (fd < 0)
		return err_set(err, BATON_EXIT_RESOURCE, errno, "socket");
	set_path(&sa, paths);
	/* A keeper that hangs accepts nobody, and connect(2) waits for a place in its queue. */
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0)
		return fd;
	rc = errno;
	close(fd);
	if (rc == EACCES || rc == EPERM)
		return err_set(err, BATON_EXIT_SOFTWARE, rc,
			       "talk to the keeper as root");
	if (rc == EAGAIN)
		err_set(err, BATON_EXIT_KEEPER, 0, "the keeper takes no requests");
	else
		err_set(err, BATON_EXIT_KEEPER, 0,
			"no keeper here; start it with `systemctl start baton@%s`", name);
	return -rc;
}

int ipc_send(int fd, struct json_object *o)
{
	const char *text = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN);

	return send(fd, text, strlen(text), MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int ipc_receive(int fd, struct json_object **o)
{
	char buf[IPC_MAX_LEN];
	ssize_t n = recv(fd, buf, sizeof(buf) - 1, MSG_TRUNC);

	*o = NULL;
	if (n < 0)
		return -errno;
	if (n == 0)
		return -ECONNRESET;
	if ((size_t)n >= sizeof(buf))
		return -EPROTO;
	buf[n] = '\0';
	*o = json_tokener_parse(buf);
	if (json_object_is_type(*o, json_type_object))
		return 0;
	json_object_put(*o);
	*o = NULL;
	return -EPROTO;
}

static int take_result(struct json_object *o, struct err *err)
{
	struct json_object *code, *text;

	json_object_object_get_ex(o, "result", &code);
	if (json_object_get_int(code) == 0)
		return 0;
	json_object_object_get_ex(o, "error", &text);
	err_set(err, json_object_get_int(code), 0, "%s",
		text ? json_object_get_string(text) : "the keeper gave no reason");
	return -1;
}

int ipc_ask(int fd, struct json_object *request, int deadline_ms,
	    void (*on_step)(struct json_object *, void *), void *data,
	    struct json_object **result, struct err *err)
{
	struct json_object *o;
	int rc = ipc_send(fd, request);

	while (rc == 0) {
		struct pollfd p = { .fd = fd, .events = POLLIN };

		rc = poll(&p, 1, deadline_ms);
		if (rc == 0)
			return err_set(err, BATON_EXIT_KEEPER, 0,
				       "the keeper is silent for %d s",
				       deadline_ms / 1000);
		rc = ipc_receive(fd, &o);
		if (rc < 0)
			break;
		if (json_object_object_get_ex(o, "result", NULL)) {
			rc = take_result(o, err);
			if (result)
				*result = json_object_get(o);
			json_object_put(o);
			return rc;
		}
		if (on_step && (json_object_object_get_ex(o, "step", NULL) ||
				json_object_object_get_ex(o, "slow", NULL)))
			on_step(o, data);
		json_object_put(o);
	}
	return err_set(err, BATON_EXIT_KEEPER, -rc, "the keeper went away");
}

int ipc_request(int fd, const char *what, int deadline_ms,
		void (*on_step)(struct json_object *, void *), void *data,
		struct json_object **result, struct err *err)
{
	struct json_object *o = json_object_new_object();
	int rc;

	json_object_object_add(o, "do", json_object_new_string(what));
	rc = ipc_ask(fd, o, deadline_ms, on_step, data, result, err);
	json_object_put(o);
	return rc;
}
