// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sever_shim: preloaded, plays a kernel without what SHIM_WITHOUT names:
 *
 * destroy: CONFIG_INET_DIAG_DESTROY: what is to be destroyed is said to be a Unix socket, and
 *	    of those every kernel answers EOPNOTSUPP (net/core/sock_diag.c, __sock_diag_cmd()).
 * tcp_diag: its sockets are said to be of a protocol that nobody has.
 * nf_tables: nor nfnetlink: its socket cannot be opened (net/netlink/af_netlink.c,
 *	      netlink_create()).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static int is_without(const char *what)
{
	const char *without = getenv("SHIM_WITHOUT");

	return without && strcmp(without, what) == 0;
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
		if (is_without("tcp_diag") && (nlh->nlmsg_type == SOCK_DESTROY ||
					       nlh->nlmsg_type == SOCK_DIAG_BY_FAMILY))
			req->sdiag_protocol = 253; /* for experiments: RFC 3692 */
	}
	return next(fd, buf, len, flags, to, to_len);
}
