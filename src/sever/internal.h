/* SPDX-License-Identifier: GPL-2.0-or-later */
/* internal: shared by the files of src/sever. */
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

/** sever_name - write address and port to @text, for messages. Return: @text. */
const char *sever_name(const struct sever *sever, char text[SEVER_TEXT]);

/** sever_say - send a line to the administrator. */
__attribute__((format(printf, 3, 4))) void sever_say(const struct sever *sever,
						     bool warning, const char *fmt, ...);

/** sever_until - when @patience_ms, or earlier the operation's time, is over */
int64_t sever_until(const struct sever *sever, int64_t patience_ms);

/* address_state.c: the present state of the head. */

/** sever_find_address - find the address. Return: 1, 0 = not on this head, or -errno. */
int sever_find_address(const struct sever *sever, struct rtnl_addr *found,
		       struct err *err);

/**
 * sever_look - what is the state of the address's table?
 * Return: an enum nftable_standing, or -errno: this head cannot do it, so nothing was
 * started.
 */
int sever_look(const struct sever *sever, struct diag *diag, struct err *err);

/** sever_mute - silence the address, at once if the table exists. Return: 0 or -errno. */
int sever_mute(const struct sever *sever, struct err *err);

/** sever_unmute - let it send again; the table stays, asleep. Return: 0 or -errno. */
int sever_unmute(const struct sever *sever, struct err *err);

/**
 * sever_list - list the connections of the port
 * @ours: gets those of the address, sorted
 * @others: gets those of all other addresses; NULL = not wanted
 *
 * Return: 0, or -errno.
 */
int sever_list(const struct sever *sever, struct diag *diag, struct conns *ours,
	       struct conns *others, struct err *err);

/* record.c: the state directory. */

/**
 * record_open_directory - open it; not through a link, nor on the root filesystem
 * Return: a descriptor (O_PATH), or -errno, -ENOENT if it is missing.
 */
int record_open_directory(const struct sever *sever, struct err *err);

/**
 * record_store - write the record if it has changed; nothing without connections
 *
 * Makes the directory if it is missing: an address found running was never started.
 *
 * Return: 0, or -errno.
 */
int record_store(const struct sever *sever, const struct client_record *record,
		 struct err *err);

/**
 * record_load - read the record, empty if there is none
 * @make: make the directory if it is missing
 * @err: why not
 *
 * Return: 0, or -errno.
 */
int record_load(const struct sever *sever, bool make, struct client_record *record,
		struct err *err);

/* release.c: the clients' NFSv4 state. */

/**
 * release_count_lockers - how many clients of these connections may hold locks
 * @conns: the connections
 *
 * Only a warning depends on it, so it counts for at most a second.
 */
unsigned int release_count_lockers(const struct sever *sever, const struct conns *conns);

/**
 * release_state - release it, and say so
 * @ours, @others: the connections of the address, and those of all others
 * @revoke: if the kernel can, revoke the state of the whole filesystem, whoever holds it
 * @err: why some was not released
 *
 * Return: 0, or -errno.
 */
int release_state(const struct sever *sever, const struct conns *ours,
		  const struct conns *others, bool revoke, struct err *err);

#endif
