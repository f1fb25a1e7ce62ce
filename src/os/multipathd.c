// SPDX-License-Identifier: GPL-2.0-or-later
/* multipathd: has it register a disk's paths that come later, or come back. */
#include "os/multipathd.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/multipath.h"

/* multipathd.socket(5): in the abstract namespace, so of the head's network namespace. */
#define SOCKET_NAME "/org/kernel/linux/storage/multipathd"
/* It answers within 4 s (multipath.conf(5), uxsock_timeout), or not at all. */
#define ANSWER_S   10
#define ANSWER_MAX (1u << 20)
#define COMMAND    160
/* Other work of its own has kept it for those 4 s: it has not begun (multipathd/uxlsnr.c). */
#define BUSY  "fail\ntimeout\n"
#define TRIES 3

/* Anybody could have taken the name while multipathd was down. */
static bool is_roots(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 && peer.uid == 0;
}

static int join(void)
{
	const struct timeval wait = { .tv_sec = ANSWER_S };
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), rc;

	if (fd < 0)
		return -errno;
	memcpy(addr.sun_path + 1, SOCKET_NAME, strlen(SOCKET_NAME));
	errno = 0;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	if (connect(fd, (const struct sockaddr *)&addr,
		    offsetof(struct sockaddr_un, sun_path) + 1 + strlen(SOCKET_NAME)) ==
		    0 &&
	    is_roots(fd))
		return fd;
	rc = errno ? -errno : -EACCES;
	close(fd);
	return rc;
}

static int receive(int fd, void *data, size_t len)
{
	ssize_t n = recv(fd, data, len, MSG_WAITALL);

	return n < 0 ? -errno : (size_t)n == len ? 0 : -EPROTO;
}

/* libmpathcmd's format: a length, then a string with its end. The answer is for the caller to free. */
static int converse(const char *command, char **answer)
{
	_cleanup_close_ int fd = join();
	size_t len = strlen(command) + 1;
	int rc;

	if (fd < 0)
		return fd;
	if (send(fd, &len, sizeof(len), MSG_NOSIGNAL) != sizeof(len) ||
	    send(fd, command, len, MSG_NOSIGNAL) != (ssize_t)len)
		return -EIO;
	rc = receive(fd, &len, sizeof(len));
	if (rc == 0 && (!len || len > ANSWER_MAX))
		rc = -EPROTO;
	if (rc < 0)
		return rc;
	*answer = malloc(len);
	if (!*answer)
		return -ENOMEM;
	rc = receive(fd, *answer, len);
	(*answer)[len - 1] = '\0';
	return rc;
}

/* @map: "" = none; @rest of the command, with its blank. */
static int ask(const char *verb, const char *map, const char *rest, char **answer,
	       struct err *err)
{
	char command[COMMAND];
	int rc = -ETIMEDOUT;

	snprintf(command, sizeof(command), "%s%s%s%s", verb, *map ? " map " : "", map,
		 rest);
	for (int i = 0; i < TRIES && rc == -ETIMEDOUT; i++) {
		free(*answer);
		*answer = NULL;
		rc = converse(command, answer);
		if (rc == 0 && strcmp(*answer, BUSY) == 0)
			rc = -ETIMEDOUT;
	}
	return rc < 0 ? err_set(err, BATON_EXIT_DEVICE, -rc, "multipathd %s", command)
		      : 0;
}

static int tell(const char *verb, const char *map, const char *rest, struct err *err)
{
	_cleanup_free_ char *answer = NULL;
	int rc = ask(verb, map, rest, &answer, err);

	if (rc < 0 || strcmp(answer, "ok\n") == 0)
		return rc;
	answer[strcspn(answer, "\n")] = '\0';
	err_set(err, BATON_EXIT_DEVICE, 0, "%s: multipathd %s: %.80s", map, verb, answer);
	return -EIO;
}

/* One word: what a wildcard stands for (multipathd show wildcards), for a map. */
static int show(const char *map, const char *wildcard, char **word, struct err *err)
{
	char rest[24];
	int rc;

	snprintf(rest, sizeof(rest), " raw format %s", wildcard);
	rc = ask("show", map, rest, word, err);
	if (rc < 0)
		return rc;
	/* It is padded to the width of a column. */
	(*word)[strcspn(*word, " \n")] = '\0';
	return strcmp(*word, "fail") != 0 ? 0
					  : err_set(err, BATON_EXIT_DEVICE, EIO,
						    "multipathd show map %s", map);
}

int multipathd_check(const char *map, struct err *err)
{
	_cleanup_free_ char *hold = NULL, *config = NULL, *wwid = NULL;
	struct err why = { 0 };

	if (ask("getprhold", map, "", &hold, &why) < 0 ||
	    ask("show config local", "", "", &config, &why) < 0 ||
	    show(map, "%w", &wwid, &why) < 0)
		err_set(err, BATON_EXIT_DEVICE, 0, "%s: %.200s", map, why.text);
	/* Which only those know that look again after they have registered a path. */
	else if (strcmp(hold, "set\n") != 0 && strcmp(hold, "unset\n") != 0 &&
		 strcmp(hold, "unknown\n") != 0)
		err_set(err, BATON_EXIT_DEVICE, 0,
			"%s: this multipathd does not register paths that come back in a "
			"way that is safe; multipath-tools does from 0.13 on",
			map);
	else if (!multipath_keeps_keys(config, wwid))
		err_set(err, BATON_EXIT_DEVICE, 0,
			"%s: multipathd keeps no key of it: add `reservation_key file` to "
			"defaults in /etc/multipath.conf, or to its own section if that has "
			"another one, and `multipathd reconfigure`",
			map);
	else
		return 0;
	return -EOPNOTSUPP;
}

int multipathd_check_queue(const char *map, struct err *err)
{
	_cleanup_free_ char *queueing = NULL;
	int rc = show(map, "%Q", &queueing, err);

	/* Else "off", for how long it is on, or "-": nothing is set (snprint_queueing()). */
	if (rc < 0 || strcmp(queueing, "on") == 0)
		return rc;
	err_set(err, BATON_EXIT_DEVICE, 0,
		"%s does not wait for as long as all its paths are gone: clients can get "
		"errors",
		map);
	return -EIO;
}

int multipathd_guard(const char *map, uint64_t key, struct err *err)
{
	_cleanup_free_ char *answer = NULL;
	/* If it is set already, setting it again does nothing. */
	int rc = tell("unsetprstatus", map, "", err);
	char rest[40];

	snprintf(rest, sizeof(rest), " key 0x%" PRIx64 ":aptpl", key);
	if (rc == 0)
		rc = tell("setprkey", map, rest, err);
	/* It registers each path that is up, looks, and says "ok" whatever it has seen. */
	if (rc == 0)
		rc = tell("setprstatus", map, "", err);
	if (rc == 0)
		rc = ask("getprstatus", map, "", &answer, err);
	if (rc < 0 || strcmp(answer, "set\n") == 0)
		return rc;
	err_set(err, BATON_EXIT_DEVICE, 0,
		"multipathd has not registered the paths of %s", map);
	return -EIO;
}

int multipathd_unguard(const char *map, struct err *err)
{
	int rc = tell("unsetprstatus", map, "", err);

	return rc < 0 ? rc : tell("unsetprkey", map, "", err);
}
