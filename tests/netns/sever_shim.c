// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sever_shim: preloaded, plays a kernel without what SHIM_WITHOUT names:
 *
 * destroy: CONFIG_INET_DIAG_DESTROY: the socket to be destroyed is passed off as a Unix
 *	    socket, for which every kernel answers EOPNOTSUPP (net/core/sock_diag.c,
 *	    __sock_diag_cmd()).
 * orphans: connections without a process stay, as on RHEL 9.3 to 9.5: no socket is
 *	    destroyed, with success.
 * tcp_diag: its sockets are passed off as those of an unknown protocol.
 * nf_tables: and nfnetlink: its socket cannot be opened (net/netlink/af_netlink.c,
 *	      netlink_create()).
 * counters: of TCP connections, in /proc/net/snmp.
 *
 * SHIM_CALLS names a file that is read in place of knfsd's counters, /proc/net/rpc/nfsd.
 * While there is the file that SHIM_STUCK names, corosync takes no message.
 * Each dump of sockets adds a "d" to the file that SHIM_TRACE names, each fork an "f".
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static int is_without(const char *what)
{
	const char *without = getenv("SHIM_WITHOUT");

	return without && strcmp(without, what) == 0;
}

int open64(const char *path, int flags, ...)
{
	__typeof__(&open64) next = (__typeof__(&open64))dlsym(RTLD_NEXT, "open64");
	const char *calls = getenv("SHIM_CALLS");
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
	va_end(args);
	if (is_without("counters") && strcmp(path, "/proc/net/snmp") == 0) {
		errno = ENOENT;
		return -1;
	}
	if (calls && strcmp(path, "/proc/net/rpc/nfsd") == 0)
		path = calls;
	return next(path, flags, mode);
}

int open(const char *path, int flags, ...) __attribute__((alias("open64")));

static void trace(const char *what)
{
	const char *path = getenv("SHIM_TRACE");
	int fd =
		path ? open64(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;

	if (fd < 0)
		return;
	if (write(fd, what, strlen(what)) < 0)
		abort();
	close(fd);
}

pid_t fork(void)
{
	__typeof__(&fork) next = (__typeof__(&fork))dlsym(RTLD_NEXT, "fork");

	trace("f");
	return next();
}

int socket(int domain, int type, int protocol)
{
	__typeof__(&socket) next = (__typeof__(&socket))dlsym(RTLD_NEXT, "socket");

	if (domain == AF_NETLINK && protocol == NETLINK_NETFILTER &&
	    is_without("nf_tables")) {
		errno = EPROTONOSUPPORT;
		return -1;
	}
	return next(domain, type, protocol);
}

ssize_t sendto(int fd, const void *buf, size_t len, int flags, __CONST_SOCKADDR_ARG to,
	       socklen_t to_len)
{
	__typeof__(&sendto) next = (__typeof__(&sendto))dlsym(RTLD_NEXT, "sendto");
	int left = (int)len;

	for (struct nlmsghdr *nlh = (void *)buf; NLMSG_OK(nlh, left);
	     nlh = NLMSG_NEXT(nlh, left)) {
		struct sock_diag_req *req = NLMSG_DATA(nlh);

		if (is_without("destroy") && nlh->nlmsg_type == SOCK_DESTROY)
			req->sdiag_family = AF_UNIX;
		/* The kernel says that it is done, and does nothing. */
		if (is_without("orphans") && nlh->nlmsg_type == SOCK_DESTROY)
			nlh->nlmsg_type = NLMSG_NOOP;
		if (is_without("tcp_diag") && (nlh->nlmsg_type == SOCK_DESTROY ||
					       nlh->nlmsg_type == SOCK_DIAG_BY_FAMILY))
			req->sdiag_protocol = 253; /* for experiments: RFC 3692 */
		if (nlh->nlmsg_type == SOCK_DIAG_BY_FAMILY &&
		    (nlh->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP)
			trace("d");
	}
	return next(fd, buf, len, flags, to, to_len);
}

/* <corosync/cpg.h> */
int cpg_mcast_joined(uint64_t handle, int guarantee, const struct iovec *v,
		     unsigned int n)
{
	__typeof__(&cpg_mcast_joined) next =
		(__typeof__(&cpg_mcast_joined))dlsym(RTLD_NEXT, "cpg_mcast_joined");
	const char *stuck = getenv("SHIM_STUCK");

	return stuck && access(stuck, F_OK) == 0 ? 6 /* CS_ERR_TRY_AGAIN */
						 : next(handle, guarantee, v, n);
}
