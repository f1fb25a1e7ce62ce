/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nfsd: the knfsd of the caller's network and mount namespace, through nfsdfs. */
#ifndef BATON_OS_NFSD_H
#define BATON_OS_NFSD_H

#include "core/client.h"
#include "core/exporttable.h"
#include "core/paths.h"
#include "core/service.h"

/**
 * nfsd_apply_settings - set versions, lease and grace
 *
 * They can be written only while no thread runs (fs/nfsd/nfsctl.c, __write_leasetime).
 * They stay until the network namespace goes. Every write needs a newline at its end.
 *
 * Return: 0, or -errno.
 */
int nfsd_apply_settings(const struct service *svc, struct err *err);

/**
 * nfsd_refuse_delegations - have no knfsd of this head hand out delegations
 *
 * A client locks under a delegation by itself. When its server restarts, it asks for the
 * delegation again. If knfsd refuses that (it has recalled one of that file within the last
 * minute, has too many, or is older than 6.6 and knows none to write), Linux takes the locks
 * for kept and does not ask for them: another client gets them (doc/facts.md, Newer kernels). Without
 * delegations each lock is the server's. knfsd has no switch of its own; the kernel's is the
 * head's.
 *
 * Return: 0, or -errno.
 */
int nfsd_refuse_delegations(struct err *err);

/** nfsd_may_delegate - may a knfsd of this head hand out delegations? */
bool nfsd_may_delegate(void);

/**
 * nfsd_listen - open the listening sockets, one per floating address
 *
 * They are bound to the addresses themselves and passed by descriptor number (nfsctl.c,
 * __write_ports_addfd), so knfsd answers nowhere else. The addresses need not be up. With
 * the first socket the kernel makes the server and contacts rpcbind (os/rpcbind.h).
 *
 * Return: 0, or -errno.
 */
int nfsd_listen(const struct service *svc, const struct paths *paths, struct err *err);

/**
 * nfsd_set_threads - start the server, or with 0 stop it
 *
 * Stopping waits for running calls, keeps the recovery records, and closes the listening
 * sockets.
 *
 * Return: 0, or -errno.
 */
int nfsd_set_threads(unsigned int threads, struct err *err);

/** nfsd_has_server - are there threads, or at least listening sockets? */
bool nfsd_has_server(void);

/** nfsd_get_threads - number of running threads, 0 also without a server, or -errno. */
int nfsd_get_threads(void);

/**
 * nfsd_flush_caches - drop the entries of the export caches, which keep mounts busy
 * Return: 0, or -errno.
 */
int nfsd_flush_caches(struct err *err);

/**
 * nfsd_export - have exactly the exports of the service
 * @svc: the service
 * @paths: of the service
 * @hosts: the addresses of its host names
 * @err: why not
 *
 * Replaces the table that rpc.mountd reads, and makes the kernel ask it again. So a client
 * that was taken out has no access from now on, as after `exportfs -ra`. Unlike with
 * exportfs(8), it is one change, and no name is looked up.
 *
 * Return: 1, 0 if nothing was to be changed, or -errno.
 */
int nfsd_export(const struct service *svc, const struct paths *paths,
		const struct hosts *hosts, struct err *err);

/**
 * nfsd_set_max_block - the longest READ and WRITE, the same on every head; only while there
 * is no server
 *
 * knfsd's default depends on the head's memory (fs/nfsd/nfssvc.c,
 * nfsd_get_default_max_blksize()), and a client keeps to what the first head has said: a
 * head with a smaller one closes the connection at every longer WRITE, for ever
 * (net/sunrpc/svcsock.c, "RPC fragment too large").
 *
 * Return: 0, or -errno.
 */
int nfsd_set_max_block(struct err *err);

/** nfsd_set_lease - only while there is no server. Return: 0, or -errno. */
int nfsd_set_lease(unsigned int seconds, struct err *err);

/**
 * nfsd_set_grace - how long clients may reclaim at most; only while there is no server
 * @seconds: 10..3600
 *
 * knfsd extends this a little while a client reclaims, but never beyond two leases after
 * its start (nfs4state.c, clients_still_reclaiming()).
 *
 * Return: 0, or -errno.
 */
int nfsd_set_grace(unsigned int seconds, struct err *err);

/**
 * nfsd_end_grace - end the grace period now
 *
 * Kernels with "nfsd: provide locking for v4_end_grace" (early 2026) end it a moment
 * later.
 *
 * Return: 0, or -errno; -EBUSY from those kernels if it was over already.
 */
int nfsd_end_grace(struct err *err);

/** nfsd_in_grace - 1 while clients may only reclaim, 0 if not, or -errno. */
int nfsd_in_grace(void);

/**
 * nfsd_get_times - lease and grace, in seconds; 0 for what cannot be read
 */
void nfsd_get_times(unsigned int *lease, unsigned int *grace);

/* Where knfsd shows its NFSv4 clients, one directory each. */
#define NFSD_CLIENTS PATHS_NFSD "/clients"
#define NFSD_UNLOCK  PATHS_NFSD "/unlock_filesystem"

/**
 * nfsd_list_clients - all NFSv4 clients
 * @dir: NFSD_CLIENTS
 * @clients: gets them; a client that goes meanwhile may be missing
 * @err: why not
 *
 * Return: 0, or -errno if some are missing because they could not be read or parsed.
 */
int nfsd_list_clients(const char *dir, struct clients *clients, struct err *err);

/**
 * nfsd_walk_clients - call for each NFSv4 client
 * @dir: NFSD_CLIENTS
 * @call: gets the client, whose id it must free, and its number in @dir; a negative
 *        return is remembered, and the walk continues
 * @data: for @call
 *
 * Return: 0, or -errno of the last failure; -ENOENT if there is no knfsd.
 */
int nfsd_walk_clients(const char *dir,
		      int (*call)(const char *dir, const char *number,
				  struct client *client, void *data),
		      void *data);

/**
 * nfsd_walk_held - call for each open, lock, delegation and layout of a client
 * @dir: NFSD_CLIENTS
 * @number: the client's
 * @call: any return but 0 ends the walk; called 100,000 times at most
 * @data: for @call
 *
 * Return: 0, -E2BIG if there are more, -errno, or what @call returned.
 */
int nfsd_walk_held(const char *dir, const char *number,
		   int (*call)(const struct held *held, void *data), void *data);

/**
 * nfsd_expire_client - end a client, whatever it holds
 * @dir: NFSD_CLIENTS
 * @number: the client's
 *
 * Its recovery record goes as well, so use this only if its locks need not survive. Waits
 * until its calls have ended.
 *
 * Return: 0, also if it is gone already, or -errno.
 */
int nfsd_expire_client(const char *dir, const char *number);

/**
 * nfsd_release_filesystem - make the kernel release what clients hold on a filesystem
 * @file: NFSD_UNLOCK
 * @fd: any directory on that filesystem
 * @err: why not
 *
 * Releases the locks of NFSv3. Since 6.9 it also revokes all NFSv4 state (nfsctl.c,
 * write_unlock_fs(): nfsd4_revoke_states()); before, it does not. What clients hold
 * afterwards shows which it was. Revoking a pNFS layout hangs in some kernels: run this
 * in a child (os/timed_child.h).
 *
 * Return: 0, or -errno.
 */
int nfsd_release_filesystem(const char *file, int fd, struct err *err);

/**
 * nfsd_expire_clients - end courtesy clients
 * @dir: NFSD_CLIENTS
 * @seconds: only those that have not renewed for this long
 * @expired: called for each client that was ended
 * @data: for @expired
 *
 * Ending a client drops what it held and its record, so no grace period waits for it. A
 * client that comes back between the check and the end a moment later is ended as well:
 * the kernel offers no way to do both at once. Waits until its calls have ended.
 *
 * Return: the number of seconds until the next could be ended at the earliest, or -errno
 * of the last failure. 0: one was due, but the kernel has not marked it yet.
 */
int nfsd_expire_clients(const char *dir, unsigned int seconds,
			void (*expired)(const struct client *client, void *data),
			void *data);

/**
 * nfsd_list_uses - which clients hold something on which filesystems?
 * @dir: NFSD_CLIENTS
 * @call: called once for each client and filesystem; a negative return ends the walk of
 *        that client
 * @data: for @call
 * @err: why some are missing
 *
 * Return: 0, or -errno.
 */
int nfsd_list_uses(const char *dir,
		   int (*call)(const struct client *client, dev_t dev, void *data),
		   void *data, struct err *err);

#endif
