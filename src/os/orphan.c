// SPDX-License-Identifier: GPL-2.0-or-later
/* orphan: can this kernel destroy a connection that no process holds any more? */
#include "os/orphan.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/cleanup.h"

/* Return: the server's end, not blocking, or -errno. */
static int connect_pair(int listener, int client, struct sockaddr_in *sa)
{
	static const struct timeval patience = { .tv_sec = 1 };
	static const int little = 4096;
	socklen_t len = sizeof(*sa);
	int server = -1;

	setsockopt(listener, SOL_SOCKET, SO_SNDBUF, &little, sizeof(little));
	setsockopt(client, SOL_SOCKET, SO_RCVBUF, &little, sizeof(little));
	/* A filter may drop what it gets. */
	setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	*sa = (struct sockaddr_in){ .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	if (bind(listener, (void *)sa, len) == 0 && listen(listener, 1) == 0 &&
	    getsockname(listener, (void *)sa, &len) == 0 &&
	    connect(client, (void *)sa, len) == 0)
		server = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	return server < 0 ? -errno : server;
}

/* Nobody reads: what the client has no room for stays unsent. */
static void fill(int fd)
{
	static const char text[65536];

	while (send(fd, text, sizeof(text), MSG_NOSIGNAL) > 0)
		;
}

int orphan_check(struct diag *diag, struct err *err)
{
	_cleanup_close_ int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	_cleanup_close_ int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	/* The port may be in use on other addresses of the head. */
	const struct ipaddr loopback = { .family = AF_INET,
					 .v4.s_addr = htonl(INADDR_LOOPBACK) };
	struct err why = { 0 };
	struct sockaddr_in sa;
	int server = connect_pair(listener, client, &sa), rc;

	if (server < 0)
		return err_set(err, BATON_EXIT_SOFTWARE, -server,
			       "connect over the loopback");
	fill(server);
	close(server);
	rc = diag_sever(diag, &loopback, 1, ntohs(sa.sin_port), NULL, &why);
	if (rc == 0)
		return 0;
	/* A dump that failed says nothing of the kernel. */
	if (why.code != BATON_EXIT_STANDING) {
		*err = why;
		return rc;
	}
	err_set(err, BATON_EXIT_SOFTWARE, 0,
		"this kernel does not destroy connections that no process holds: %s",
		why.text);
	return -ENOSYS;
}
