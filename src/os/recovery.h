/* SPDX-License-Identifier: GPL-2.0-or-later */
/* recovery: the client recovery database on the service's disk, which nfsdcld keeps. */
#ifndef BATON_OS_RECOVERY_H
#define BATON_OS_RECOVERY_H

#include <stdint.h>

#include "core/client.h"
#include "core/paths.h"

/**
 * struct recovery_epochs - nfsdcld's `grace` row (nfs-utils, utils/nfsdcld/sqlite.c)
 * @current: epoch into which clients are recorded
 * @recovery: epoch whose clients may reclaim, 0 when no grace period is open
 */
struct recovery_epochs {
	int64_t current;
	int64_t recovery;
};

/**
 * recovery_prepare - is the database sound?
 * @paths: of the service; its filesystem is mounted, state_prepare() has been there
 * @epochs: as they stand before the server starts; zero in a new database
 * @err: a damaged database is named (BATON_EXIT_TRACKING), never repaired or removed
 *
 * Return: 0, or -errno.
 */
int recovery_prepare(const struct paths *paths, struct recovery_epochs *epochs,
		     struct err *err);

/**
 * recovery_verify - is the running server really recording its clients?
 * @paths: of the service
 * @before: from recovery_prepare()
 * @err: BATON_EXIT_TRACKING
 *
 * Return: 0, or -EPROTO.
 */
int recovery_verify(const struct paths *paths, const struct recovery_epochs *before,
		    struct err *err);

/**
 * recovery_walk_waiting - call for each client that the grace period waits for
 * @paths: of the service; its filesystem is mounted
 * @call: gets what the client calls itself (co_ownerid); recorded in the recovery epoch and
 *	  not yet in the current one; negative ends the walk. None when no grace period is open
 * @data: for @call
 *
 * Reads only, each query on its own: nfsdcld, which waits 10 s for its turn (nfs-utils,
 * CLD_SQLITE_BUSY_TIMEOUT), is never held up. With nfsdcld writing, or after a power cut
 * before it has started, nobody can be asked.
 *
 * Return: 0, -EAGAIN when it cannot be read now, -ENOENT without a database, or what @call
 * returned.
 */
int recovery_walk_waiting(const struct paths *paths,
			  int (*call)(const unsigned char *id, size_t len, void *data),
			  void *data);

/* Names shown of those who are waited for, and their length; NFSv4 allows 1024 bytes. */
#define RECOVERY_NAMES 8
#define RECOVERY_NAME  81

/**
 * struct recovery_waiting - clients that may still reclaim
 * @names: what they call themselves, "?" for what cannot be printed
 * @n: of them
 * @total: how many there are
 */
struct recovery_waiting {
	char names[RECOVERY_NAMES][RECOVERY_NAME];
	size_t n;
	size_t total;
};

/** recovery_list_waiting - the same, as names to be read. Return: as above. */
int recovery_list_waiting(const struct paths *paths, struct recovery_waiting *waiting);

/**
 * recovery_strike - strike clients that have nothing to reclaim
 * @paths: of the service; its filesystem is mounted, neither knfsd nor nfsdcld runs
 * @clients: whom
 * @struck: gets how many of them were recorded, and are no more
 * @err: why none was
 *
 * While a grace period is open, a client that is not in the current epoch yet is still
 * waited for, and stays. One that is has said RECLAIM_COMPLETE; it is struck from both, as
 * the next start takes the old epoch up again (nfs-utils, sqlite_grace_start).
 *
 * One transaction, so one sync with the write-ahead log, and a crash leaves all or nothing.
 *
 * Return: 0, or -errno with the database as it was.
 */
int recovery_strike(const struct paths *paths, const struct clients *clients,
		    size_t *struck, struct err *err);

#endif
