/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nfsdheld: how much the clients of the knfsd whose namespaces the caller is in hold. */
#ifndef BATON_OS_NFSDHELD_H
#define BATON_OS_NFSDHELD_H

#include "core/holding.h"

/* Held by all of this head, whoever's. */
#define NFSDHELD_LOCKS "/proc/locks"

/**
 * nfsdheld_count - count what each client holds
 * @dir: NFSD_CLIENTS
 * @locks: NFSDHELD_LOCKS; NULL = byte ranges are not counted
 * @fs: the service's filesystem, for those locked there
 * @until_ms: of child_now_ms(); then what is left stays uncounted
 * @holdings: filled, also with those that hold nothing; its pace stays
 *
 * For a client with 20,000 the kernel writes 4 MB. What is revoked does not count. Reading
 * @locks keeps all of this head from locking for as long, and some 10 ms before (fs/locks.c,
 * locks_start(): percpu_down_write()); it is done only if there is a lock.
 *
 * Return: 0; -ETIMEDOUT: something is missing; or -errno.
 */
int nfsdheld_count(const char *dir, const char *locks, const char *fs, int64_t until_ms,
		   struct holdings *holdings);

/**
 * nfsdheld_open_calls - what clients have called for
 *
 * Of the caller's namespace, where knfsd counts for each (from 6.9 on, and in stable kernels of
 * 2024); before, of the whole head, in its first one.
 *
 * Return: a descriptor, or -errno.
 */
int nfsdheld_open_calls(void);

/**
 * nfsdheld_read_calls - a number that grows with each call that gives or takes something
 * @fd: of nfsdheld_open_calls()
 * @calls: set on success
 *
 * Return: 0, or -errno.
 */
int nfsdheld_read_calls(int fd, uint64_t *calls);

#endif
