/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nfsdheld: how much clients hold, in the knfsd of the caller's namespaces. */
#ifndef BATON_OS_NFSDHELD_H
#define BATON_OS_NFSDHELD_H

#include "core/holding.h"

/* All locks of this head, whoever holds them. */
#define NFSDHELD_LOCKS "/proc/locks"

/**
 * nfsdheld_count - count what each client holds
 * @dir: NFSD_CLIENTS
 * @locks: NFSDHELD_LOCKS; NULL = byte ranges are not counted
 * @fs: the service's filesystem, whose byte ranges count
 * @until_ms: of child_now_ms(); after this, the rest stays uncounted
 * @holdings: filled, including clients that hold nothing; its pace is kept
 *
 * For a client with 20,000 items the kernel writes 4 MB. Revoked state does not count.
 * Reading @locks blocks all locking on this head meanwhile, and for some 10 ms before
 * (fs/locks.c, locks_start(): percpu_down_write()), so it is done only if there is a
 * lock.
 *
 * Return: 0; -ETIMEDOUT: something is missing; or -errno.
 */
int nfsdheld_count(const char *dir, const char *locks, const char *fs, int64_t until_ms,
		   struct holdings *holdings);

/**
 * nfsdheld_open_calls - open knfsd's counters of clients' calls
 *
 * They cover the caller's namespace if knfsd counts per namespace (since 6.9, and in
 * stable kernels of 2024). In older kernels the first namespace has the counts of the
 * whole head.
 *
 * Return: a descriptor, or -errno.
 */
int nfsdheld_open_calls(void);

/**
 * nfsdheld_read_calls - how many operations have been executed
 * @fd: from nfsdheld_open_calls()
 * @calls: set on success
 *
 * Return: 0, or -errno.
 */
int nfsdheld_read_calls(int fd, struct holding_calls *calls);

#endif
