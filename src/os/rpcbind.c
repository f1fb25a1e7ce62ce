// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rpcbind: a stand-in for rpcbind while knfsd starts. There is none in the namespace, and
 * the kernel would wait for it.
 */
#include "os/rpcbind.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/rpc.h"
#include "os/child.h"

/* Where the kernel looks (net/sunrpc/rpcb_clnt.c, RPCBIND_SOCK_PATHNAME). */
static const char *const directories[] = { "", "/var", "/var/run" };
#define SOCKET "/var/run/rpcbind.sock"

static int listen_below(const char *root)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	char path[sizeof(addr.sun_path)];
	int fd;

	if (snprintf(addr.sun_path, sizeof(addr.sun_path), "%s" SOCKET, root) >=
	    (int)sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", root, directories[i]);
		if (mkdir(path, 0700) < 0 && errno != EEXIST)
			return -errno;
	}
	unlink(addr.sun_path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && bind(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0 &&
	    listen(fd, 4) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -errno;
}

static bool receive(int fd, uint8_t *buf, size_t len)
{
	return recv(fd, buf, len, MSG_WAITALL) == (ssize_t)len;
}

static void answer_calls(int fd)
{
	uint8_t call[RPC_REPLY_MAX], answer[RPC_TRUE_LEN], mark[RPC_MARK_LEN];
	size_t len;

	while (receive(fd, mark, sizeof(mark)) && rpc_parse_mark(mark, &len, NULL) == 0 &&
	       receive(fd, call, len) && rpc_build_true(answer, call, len) == 0)
		if (send(fd, answer, sizeof(answer), MSG_NOSIGNAL) != sizeof(answer))
			return;
}

static void be_rpcbind(int listener)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0)
			_exit(1);
		answer_calls(fd);
		close(fd);
	}
}

void rpcbind_stand_in(const char *root, struct rpcbind *rpcbind)
{
	int listener = listen_below(root);

	*rpcbind = (struct rpcbind){ .root = -1 };
	if (listener < 0)
		return;
	rpcbind->root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	rpcbind->pid = rpcbind->root < 0 ? -1 : child_fork(listener, -1);
	if (rpcbind->pid == 0)
		be_rpcbind(listener);
	close(listener);
	if (rpcbind->pid > 0 && chroot(root) == 0)
		return;
	rpcbind_leave(rpcbind);
}

void rpcbind_leave(struct rpcbind *rpcbind)
{
	/* Paths opened after this must lead to the head's files. */
	if (rpcbind->root >= 0) {
		if (fchdir(rpcbind->root) < 0 || chroot(".") < 0)
			_exit(1);
		close(rpcbind->root);
	}
	if (rpcbind->pid > 0) {
		kill(rpcbind->pid, SIGKILL);
		waitpid(rpcbind->pid, NULL, 0);
	}
	*rpcbind = (struct rpcbind){ .root = -1 };
}
