/* SPDX-License-Identifier: GPL-2.0-or-later */
/* recovery: the client recovery database on the service's disk, which nfsdcld keeps. */
#ifndef BATON_OS_RECOVERY_H
#define BATON_OS_RECOVERY_H

#include <stdint.h>

#include "core/client.h"
#include "core/paths.h"

/**
 * struct recovery_epochs - nfsdcld's `grace` row (nfs-utils, utils/nfsdcld/sqlite.c)
 * @current: epoch in which clients are recorded
 * @recovery: epoch whose clients may reclaim, 0 if no grace period is open
 */
struct recovery_epochs {
	int64_t current;
	int64_t recovery;
};

/**
 * recovery_prepare - is the database sound?
 * @paths: of the service; its filesystem is mounted, and state_prepare() was called
 * @epochs: before the server starts; zero in a new database
 * @err: names a damaged database (BATON_EXIT_TRACKING), which is never repaired or
 *       removed
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
 * @call: gets what the client calls itself (co_ownerid); the client is in the recovery
 *        epoch but not yet in the current one; a negative return ends the walk. Not
 *        called if no grace period is open
 * @data: for @call
 *
 * Reads only, each query on its own, so it never holds up nfsdcld, which waits 10 s for
 * its turn (nfs-utils, CLD_SQLITE_BUSY_TIMEOUT). While nfsdcld writes, or after a power
 * cut before it has started, the database cannot be read.
 *
 * Return: 0, -EAGAIN if it cannot be read now, -ENOENT without a database, or what @call
 * returned.
 */
int recovery_walk_waiting(const struct paths *paths,
			  int (*call)(const unsigned char *id, size_t len, void *data),
			  void *data);

/* How many names of clients to show, and their length; NFSv4 allows 1024 bytes. */
#define RECOVERY_NAMES 8
#define RECOVERY_NAME  81

/**
 * struct recovery_waiting - clients that may still reclaim
 * @names: what they call themselves, "?" for unprintable characters
 * @n: how many
 * @total: how many there are
 */
struct recovery_waiting {
	char names[RECOVERY_NAMES][RECOVERY_NAME];
	size_t n;
	size_t total;
};

/** recovery_list_waiting - the same, as readable names. Return: as above. */
int recovery_list_waiting(const struct paths *paths, struct recovery_waiting *waiting);

/**
 * recovery_strike - delete the records of clients that have nothing to reclaim
 * @paths: of the service; its filesystem is mounted, neither knfsd nor nfsdcld runs
 * @clients: which ones
 * @struck: gets how many of them were recorded, and no longer are
 * @err: why none was
 *
 * While a grace period is open, a client that is not yet in the current epoch is still
 * waited for; its record stays. A client that is there has said RECLAIM_COMPLETE. It is
 * struck from both epochs, because the next start continues the old one (nfs-utils,
 * sqlite_grace_start).
 *
 * It is one transaction, so one sync with the write-ahead log. A crash leaves all or
 * nothing.
 *
 * Return: 0, or -errno with the database as it was.
 */
int recovery_strike(const struct paths *paths, const struct clients *clients,
		    size_t *struck, struct err *err);

#endif
