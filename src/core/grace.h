/* SPDX-License-Identifier: GPL-2.0-or-later */
/* grace: how long a grace period may last, and when it has lasted long enough. */
#ifndef BATON_CORE_GRACE_H
#define BATON_CORE_GRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/holding.h"

/* What knfsd takes at most (fs/nfsd/nfsctl.c, __nfsd4_write_time). */
#define GRACE_MAX_S 3600

/**
 * grace_ceiling - how long knfsd shall wait for clients to reclaim, should nobody end it
 * @grace_s: within which they have to come back
 * @most: how much one of them has to reclaim, at most
 * @pace_us: for each, 0 = not measured
 *
 * One that comes at the last moment has time for all of it, at half the pace.
 *
 * Return: seconds, GRACE_MAX_S at most.
 */
unsigned int grace_ceiling(unsigned int grace_s, uint32_t most, uint32_t pace_us);

/**
 * struct grace_client - a client that has not said that it has reclaimed all
 * @id, @len: what it calls itself; owned
 * @seen: in this look
 * @back: it has come back, and knfsd knows it
 * @count: what it holds by now
 * @first, @first_ms: what it held when it was seen for the first time, and when
 * @grown_ms: when that last became more, or it came back
 */
struct grace_client {
	unsigned char *id;
	size_t len;
	bool seen;
	bool back;
	uint32_t count;
	uint32_t first;
	int64_t first_ms;
	int64_t grown_ms;
};

/**
 * struct grace - those whom a grace period waits for; all zero, then grace_free()
 * @ranges: of byte-range locks, as in struct holdings
 * @pace_us: of those who are not waited for any more
 */
struct grace {
	struct grace_client *v;
	size_t n;
	size_t room;
	uint32_t ranges;
	uint32_t pace_us;
};

/**
 * grace_await - one is waited for; those that were and are not any more, grace_sift() drops
 * Return: 0, or -ENOMEM.
 */
int grace_await(struct grace *grace, const unsigned char *id, size_t len);

/** grace_sift - after a look: forget those whom nothing waits for any more. */
void grace_sift(struct grace *grace);

/**
 * grace_note - what those who are waited for hold now
 * @now: all clients that have come back, also those that hold nothing
 * @now_ms: a monotonic clock
 *
 * With byte-range locks that one owner has on one file no count grows; as their sum does,
 * all who are back count as busy.
 */
void grace_note(struct grace *grace, const struct holdings *now, int64_t now_ms);

/** grace_hold - nobody could reclaim until now: who is back counts as busy. */
void grace_hold(struct grace *grace, int64_t now_ms);

/**
 * grace_is_over - has it lasted long enough?
 * @since_ms: since it began
 * @grace_s: within which clients have to come back
 * @lease_s: one that is back and has reclaimed nothing for so long does not count as busy: it
 *	     died again, is of NFSv4.0 and so never says that it is done, or says it in a way
 *	     that knfsd does not take (doc/clients.md)
 *
 * When all are done knfsd ends it by itself, sooner.
 *
 * Return: true when nobody is reclaiming, and who is missing has had its time.
 */
bool grace_is_over(const struct grace *grace, int64_t since_ms, unsigned int grace_s,
		   unsigned int lease_s, int64_t now_ms);

/**
 * grace_pace - how long the slowest of them took to reclaim one
 *
 * Only of those that took long enough to be measured by looks a second apart.
 *
 * Return: microseconds, 0 = nobody did.
 */
uint32_t grace_pace(const struct grace *grace);

/**
 * grace_learn - the pace to reckon with from now on
 * @known: before; 0 = none
 * @measured: by grace_pace(); 0 = none
 *
 * Return: the slower one; a quick one draws it down bit by bit.
 */
uint32_t grace_learn(uint32_t known, uint32_t measured);

/** grace_free - forget them. */
void grace_free(struct grace *grace);

#endif
