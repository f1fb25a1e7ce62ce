// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sever_shim: preloaded under `baton sever`, plays a kernel without
 * CONFIG_INET_DIAG_DESTROY: what is to be destroyed is said to be a Unix socket, and of those
 * every kernel answers EOPNOTSUPP (net/core/sock_diag.c, __sock_diag_cmd()).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <sys/socket.h>

ssize_t sendto(int fd, const void *buf, size_t len, int flags, __CONST_SOCKADDR_ARG to,
	       socklen_t to_len)
{
	__typeof__(&sendto) next = (__typeof__(&sendto))dlsym(RTLD_NEXT, "sendto");
	int left = (int)len;

	for (struct nlmsghdr *nlh = (void *)buf; NLMSG_OK(nlh, left);
	     nlh = NLMSG_NEXT(nlh, left))
		if (nlh->nlmsg_type == SOCK_DESTROY)
			((struct sock_diag_req *)NLMSG_DATA(nlh))->sdiag_family = AF_UNIX;
	return next(fd, buf, len, flags, to, to_len);
}
