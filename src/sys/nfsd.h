/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nfsd: the knfsd of the network and mount namespace the caller is in, through nfsdfs. */
#ifndef BATON_SYS_NFSD_H
#define BATON_SYS_NFSD_H

#include "core/paths.h"
#include "core/service.h"

/**
 * nfsd_apply_settings - versions, lease and grace
 *
 * They can be written only while no thread runs (fs/nfsd/nfsctl.c, __write_leasetime) and
 * stay until the network namespace goes. Every write needs its closing newline.
 *
 * Return: 0, or -errno.
 */
int nfsd_apply_settings(const struct service *svc, struct err *err);

/**
 * nfsd_listen - open the listening sockets, one per floating address
 *
 * They are bound to the addresses themselves and handed over by descriptor number
 * (nfsctl.c, __write_ports_addfd), so knfsd answers nowhere else. The addresses need not
 * be up. With the first of them the kernel makes the server, and asks for rpcbind
 * (sys/rpcbind.h).
 *
 * Return: 0, or -errno.
 */
int nfsd_listen(const struct service *svc, const struct paths *paths, struct err *err);

/**
 * nfsd_set_threads - start, or with 0 stop, the server
 *
 * Stopping waits for the calls being executed, keeps the recovery records, and closes
 * the listening sockets.
 *
 * Return: 0, or -errno.
 */
int nfsd_set_threads(unsigned int threads, struct err *err);

/** nfsd_has_server - are there threads, or at least listening sockets? */
bool nfsd_has_server(void);

/** nfsd_get_threads - running threads, 0 also if there is no server, or -errno. */
int nfsd_get_threads(void);

/**
 * nfsd_flush_caches - forget the export caches' entries, which hold mounts busy
 * Return: 0, or -errno.
 */
int nfsd_flush_caches(struct err *err);

/**
 * nfsd_export - register every export of the service with exportfs(8)
 * @svc: the service
 * @paths: of it
 * @err: exportfs' own last line
 *
 * Return: 0, or -errno.
 */
int nfsd_export(const struct service *svc, const struct paths *paths, struct err *err);

/** nfsd_in_grace - 1 while clients may only reclaim, 0 if not, or -errno. */
int nfsd_in_grace(void);

/** struct nfsd_clients - NFSv4 clients as /proc/fs/nfsd/clients tells them */
struct nfsd_clients {
	unsigned int total;
	unsigned int holding;  /* hold an open, lock, delegation or layout */
	unsigned int courtesy; /* lease ran out, state kept until it is in the way */
};

/** nfsd_count_clients - count them. Return: 0, or -errno. */
int nfsd_count_clients(struct nfsd_clients *clients);

#endif
