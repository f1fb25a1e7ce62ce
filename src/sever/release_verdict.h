/* SPDX-License-Identifier: GPL-2.0-or-later */
/* release_verdict: which NFSv4 clients must lose their state when an address leaves. */
#ifndef BATON_SEVER_RELEASE_VERDICT_H
#define BATON_SEVER_RELEASE_VERDICT_H

#include "core/client.h"
#include "core/conn.h"

/**
 * struct holding - what a client holds in total
 * @any: an open, lock, delegation or layout that has not been revoked
 * @here: some of it is on the given filesystem
 */
struct holding {
	bool any;
	bool here;
};

/**
 * holding_add - add an item to what a client holds
 * @holding: start from all zero
 * @held: one of the client's items
 * @fs: device of the filesystem that sets @here; 0 = none
 */
void holding_add(struct holding *holding, const struct held *held, dev_t fs);

/** enum release - what to do with a client */
enum release {
	RELEASE_NOTHING, /* it holds nothing, or uses other addresses */
	RELEASE_DUE,     /* end it */
	RELEASE_SHARED,  /* it uses another address, and keeps files of ours open */
};

/**
 * release_judge - decide what to do with a client
 * @client: identified by where its EXCHANGE_ID came from: knfsd tells no more
 * @holding: what it holds; @here is about the filesystem that is to leave
 * @known: there is such a filesystem; else @here means nothing
 * @ours: the connections of the address that leaves, even if they are gone by now
 * @others: those of the other addresses of this head
 *
 * A client whose connection has changed since its EXCHANGE_ID is known only by its
 * address. A client without any connection to this head is dead: its state is kept by
 * courtesy, or holds the filesystem until its lease expires.
 */
enum release release_judge(const struct client *client, const struct holding *holding,
			   bool known, const struct conns *ours,
			   const struct conns *others);

/** release_came_by - did it use one of these connections, as far as is known? */
bool release_came_by(const struct client *client, const struct conns *conns);

#endif
