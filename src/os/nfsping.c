// SPDX-License-Identifier: GPL-2.0-or-later
/* nfsping: does an NFS server answer? */
#include "os/nfsping.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/rpc.h"
#include "os/child.h"

static socklen_t set_sockaddr(struct sockaddr_storage *ss, const struct ipaddr *ip,
			      uint16_t port)
{
	memset(ss, 0, sizeof(*ss));
	ss->ss_family = ip->family;
	if (ip->family == AF_INET) {
		struct sockaddr_in *sin = (void *)ss;

		sin->sin_addr = ip->v4;
		sin->sin_port = htons(port);
		return sizeof(*sin);
	}
	struct sockaddr_in6 *sin6 = (void *)ss;

	sin6->sin6_addr = ip->v6;
	sin6->sin6_port = htons(port);
	return sizeof(*sin6);
}

static int wait_for(int fd, short events, int64_t until_ms)
{
	for (;;) {
		struct pollfd p = { .fd = fd, .events = events };
		int64_t left = until_ms - child_now_ms();

		if (left <= 0)
			return -ETIMEDOUT;
		if (poll(&p, 1, left < INT_MAX ? left : INT_MAX) > 0)
			return 0;
	}
}

static int connect_from_itself(const struct ipaddr *ip, uint16_t port, int64_t until_ms)
{
	int fd = socket(ip->family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	const struct linger reset = { .l_onoff = 1 };
	struct sockaddr_storage own, server;
	socklen_t size = set_sockaddr(&own, ip, 0);
	int rc = 0, failure = 0;
	socklen_t len = sizeof(failure);

	set_sockaddr(&server, ip, port);
	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)) < 0 ||
	    bind(fd, (struct sockaddr *)&own, size) < 0)
		rc = -errno;
	else if (connect(fd, (struct sockaddr *)&server, size) < 0)
		rc = errno == EINPROGRESS ? wait_for(fd, POLLOUT, until_ms) : -errno;
	if (rc == 0 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &len) < 0)
		rc = -errno;
	if (rc == 0)
		rc = -failure;
	if (rc == 0)
		return fd;
	close(fd);
	return rc;
}

static int read_all(int fd, uint8_t *buf, size_t size, int64_t until_ms)
{
	for (size_t have = 0; have < size;) {
		int rc = wait_for(fd, POLLIN, until_ms);
		ssize_t n;

		if (rc < 0)
			return rc;
		n = recv(fd, buf + have, size - have, 0);
		if (n == 0)
			return -ECONNRESET;
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		if (n > 0)
			have += n;
	}
	return 0;
}

int nfsping_call(const struct ipaddr *ip, uint16_t port, int64_t until_ms,
		 struct err *err)
{
	uint8_t call[RPC_NULL_LEN], mark[RPC_MARK_LEN], reply[RPC_REPLY_MAX];
	uint32_t xid = (uint32_t)child_now_ms() ^ (uint32_t)getpid() << 16;
	char text[IPADDR_TEXT];
	_cleanup_close_ int fd = connect_from_itself(ip, port, until_ms);
	size_t len;
	int rc = fd < 0 ? fd : 0;

	ipaddr_format(ip, text);
	rpc_build_null(call, xid, RPC_PROGRAM_NFS, RPC_VERSION_NFS);
	/* There is always room for the first bytes of a connection. */
	if (rc == 0 && send(fd, call, sizeof(call), MSG_NOSIGNAL) != sizeof(call))
		rc = -errno;
	if (rc == 0)
		rc = read_all(fd, mark, sizeof(mark), until_ms);
	if (rc < 0)
		return err_set(err, BATON_EXIT_FAILED, -rc, "NFS call to %s", text);
	rc = rpc_parse_mark(mark, &len, err);
	if (rc == 0) {
		rc = read_all(fd, reply, len, until_ms);
		if (rc < 0)
			err_set(err, BATON_EXIT_FAILED, -rc, "its reply");
		else
			rc = rpc_parse_reply(reply, len, xid, err);
	}
	return rc < 0 ? err_wrap(err, rc, "NFS call to %s", text) : 0;
}
