/* SPDX-License-Identifier: GPL-2.0-or-later */
/* internal: what the files of src/sever share. */
#ifndef BATON_SEVER_INTERNAL_H
#define BATON_SEVER_INTERNAL_H

#include <stddef.h>

#include "core/ruleset.h"
#include "os/diag.h"
#include "os/nft.h"
#include "os/nftable.h"
#include "os/rtnl.h"
#include "sever/sever.h"

/* "[2001:db8::50]:2049" */
#define SEVER_TEXT (IPADDR_TEXT + 8)

/** sever_name - the address and port, for messages, into @text. Return: @text. */
const char *sever_name(const struct sever *sever, char text[SEVER_TEXT]);

/** sever_say - a line to the administrator. */
__attribute__((format(printf, 3, 4))) void sever_say(const struct sever *sever,
						     bool warning, const char *fmt, ...);

/** sever_until - when patience, or else the operation's time, is at its end */
int64_t sever_until(const struct sever *sever, int64_t patience_ms);

/* site.c: the head as it is. */

/** sever_find_address - where the address is. Return: 1, 0 = not on this head, or -errno. */
int sever_find_address(const struct sever *sever, struct rtnl_addr *found,
		       struct err *err);

/**
 * sever_look - what is there of the address' table?
 * Return: an enum nftable_standing, or -errno: this head cannot do it, so nothing was ever started.
 */
int sever_look(const struct sever *sever, struct diag *diag, struct err *err);

/** sever_mute - silence the address, at once if the table is here. Return: 0 or -errno. */
int sever_mute(const struct sever *sever, struct err *err);

/** sever_unmute - let it speak; the table stays, asleep. Return: 0 or -errno. */
int sever_unmute(const struct sever *sever, struct err *err);

/**
 * sever_list - the connections of the port
 * @ours: receives those of the address, sorted
 * @others: receives those of all other addresses; NULL = not wanted
 *
 * Return: 0, or -errno.
 */
int sever_list(const struct sever *sever, struct diag *diag, struct conns *ours,
	       struct conns *others, struct err *err);

/* record.c: the state directory. */

/**
 * record_open_directory - the state directory itself: no link, nor on the root filesystem
 * Return: a descriptor (O_PATH), or -errno, -ENOENT if it is missing.
 */
int record_open_directory(const struct sever *sever, struct err *err);

/**
 * record_store - write the record unless it is so already; nothing for no connections
 *
 * The directory is made if it is missing: who was found running was never started.
 *
 * Return: 0, or -errno.
 */
int record_store(const struct sever *sever, const struct client_record *record,
		 struct err *err);

/**
 * record_load - read it, empty if there is none
 * @make: the directory, if it is missing
 * @err: why not
 *
 * Return: 0, or -errno.
 */
int record_load(const struct sever *sever, bool make, struct client_record *record,
		struct err *err);

/* release.c: the clients' NFSv4 state. */

/**
 * release_count_lockers - how many clients of these connections hold locks
 * @conns: the connections
 *
 * Only a warning hangs on it, so it is counted for a second and no longer.
 */
unsigned int release_count_lockers(const struct sever *sever, const struct conns *conns);

/**
 * release_state - let go of it, and say so
 * @ours, @others: the connections of the address, and those of all others
 * @revoke: of the filesystem as a whole where the kernel can, whoever holds it
 * @err: why not of all
 *
 * Return: 0, or -errno.
 */
int release_state(const struct sever *sever, const struct conns *ours,
		  const struct conns *others, bool revoke, struct err *err);

#endif
