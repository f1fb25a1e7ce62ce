/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nfsdcld: the daemon that keeps the client recovery database, one for each service. */
#ifndef BATON_OS_NFSDCLD_H
#define BATON_OS_NFSDCLD_H

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/err.h"
#include "core/paths.h"

/**
 * nfsdcld_start - start nfsdcld, unless it runs in this namespace already
 *
 * Call it only with the disk mounted: it keeps the epochs in its own memory, so there
 * must never be two on one database, nor one that outlives the mount.
 *
 * Return: 0, or -errno.
 */
int nfsdcld_start(const struct paths *paths, struct err *err);

/**
 * nfsdcld_wait - wait until nfsdcld can answer
 *
 * Once it watches rpc_pipefs, the kernel's up-call pipe will be served. If knfsd starts
 * earlier, it waits 10 x 100 ms and goes on without tracking (fs/nfsd/nfs4recover.c,
 * nfsd4_cld_tracking_init).
 *
 * It reads its database first, so this may take as long as the disk does.
 *
 * Return: 0, or -ESRCH when it has died.
 */
int nfsdcld_wait(const struct paths *paths, struct err *err);

/**
 * nfsdcld_hurry - let nfsdcld run before everything else until nfsdcld_unprefer()
 *
 * From Linux 6.6 on (EEVDF) its nice value does not do this any more: whatever wakes up
 * runs first, and the start of nfsdcld takes three times as long as its own work.
 */
void nfsdcld_hurry(const struct paths *paths);

/* The settings before nfsdcld_prefer(); @moved: it and the caller were put on one CPU. */
struct nfsdcld_preferred {
	pid_t pid;
	bool moved;
	cpu_set_t own;
	cpu_set_t daemon;
};

/**
 * nfsdcld_prefer - let nfsdcld run before the caller whenever it can
 * @paths: of the service
 * @before: for nfsdcld_unprefer()
 *
 * The start of the threads makes the up-call pipe, checks once whether somebody has
 * opened it, and sleeps 100 ms if not (fs/nfsd/nfs4recover.c, nfsd4_cld_tracking_init).
 * inotify tells nfsdcld of the pipe at once, but still too late. On the caller's CPU,
 * with a real-time policy, it runs at the next point where the kernel may reschedule,
 * which is before that check. If this does not help, or is not allowed, only those 100 ms
 * are lost.
 */
void nfsdcld_prefer(const struct paths *paths, struct nfsdcld_preferred *before);

/** nfsdcld_unprefer - restore the settings */
void nfsdcld_unprefer(const struct nfsdcld_preferred *before);

/** nfsdcld_stop - end nfsdcld, and wait until it is gone: as long as the disk hangs. */
void nfsdcld_stop(const struct paths *paths);

/** nfsdcld_pid - the service's nfsdcld, as in child_daemon_pid(). */
pid_t nfsdcld_pid(const struct paths *paths);

/**
 * nfsdcld_age_ms - how long has it been running? A grace period begins with its start.
 *
 * Return: milliseconds, to a hundredth of a second; 0 if it does not run.
 */
int64_t nfsdcld_age_ms(const struct paths *paths);

#endif
