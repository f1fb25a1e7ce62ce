/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rpcbind: a stand-in for rpcbind while knfsd starts. There is none in the namespace, and
 * the kernel would wait for it.
 */
#ifndef BATON_OS_RPCBIND_H
#define BATON_OS_RPCBIND_H

#include <sys/types.h>

/** struct rpcbind - the stand-in, and our former root; pid 0 = there is none */
struct rpcbind {
	pid_t pid;
	int root;
};

/**
 * rpcbind_stand_in - answer for rpcbind until rpcbind_leave()
 * @root: its root directory (struct paths); made if it is missing
 * @rpcbind: for rpcbind_leave()
 *
 * A new knfsd first withdraws old registrations, whatever versions it serves
 * (net/sunrpc/svc.c, svc_rpcb_setup). The kernel looks for rpcbind at
 * /var/run/rpcbind.sock as the calling process sees it, then by TCP at 127.0.0.1. If it
 * is refused and tries again too soon, it waits 3 s (net/sunrpc/xprtsock.c, xs_connect,
 * XS_TCP_INIT_REEST_TO) with knfsd's mutex held. If the head's own rpcbind were there,
 * the registrations of the head's own NFS server would be withdrawn. So the process
 * meanwhile has a root of its own, in which a child answers at that path.
 *
 * Without the stand-in, only time is lost.
 */
void rpcbind_stand_in(const char *root, struct rpcbind *rpcbind);

/** rpcbind_leave - end it and return to the former root. */
void rpcbind_leave(struct rpcbind *rpcbind);

#endif
