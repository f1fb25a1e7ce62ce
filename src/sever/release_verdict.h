/* SPDX-License-Identifier: GPL-2.0-or-later */
/* release_verdict: which NFSv4 clients must lose their state when an address leaves this head. */
#ifndef BATON_SEVER_RELEASE_VERDICT_H
#define BATON_SEVER_RELEASE_VERDICT_H

#include "core/client.h"
#include "core/conn.h"

/**
 * struct holding - what a client holds, all in all
 * @any: an open, lock, delegation or layout that has not been revoked
 * @here: some of it is of the filesystem asked for
 */
struct holding {
	bool any;
	bool here;
};

/**
 * holding_add - add one to what a client holds
 * @holding: start from all zero
 * @held: one of the client's
 * @fs: device of the filesystem whose state is @here; 0 = none
 */
void holding_add(struct holding *holding, const struct held *held, dev_t fs);

/** enum release - what is to be done about a client */
enum release {
	RELEASE_NOTHING, /* it holds nothing, or comes by other addresses */
	RELEASE_DUE,     /* end it */
	RELEASE_SHARED,  /* it comes by another address, and keeps files of ours open */
};

/**
 * release_judge - what is to be done about a client
 * @client: where its EXCHANGE_ID came from counts: knfsd tells no more
 * @holding: what it holds; @here is of the filesystem that is to leave
 * @known: there is such a filesystem; else @here says nothing
 * @ours: the connections of the address that leaves, whatever has become of them
 * @others: those of the other addresses of this head
 *
 * A client whose connection has changed since its EXCHANGE_ID is known by its address
 * alone. Who has no connection to this head at all is dead: its state is kept by courtesy,
 * or holds the filesystem as long as its lease lasts.
 */
enum release release_judge(const struct client *client, const struct holding *holding,
			   bool known, const struct conns *ours,
			   const struct conns *others);

/** release_came_by - did it come by one of these connections, as far as can be told? */
bool release_came_by(const struct client *client, const struct conns *conns);

#endif
