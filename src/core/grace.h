/* SPDX-License-Identifier: GPL-2.0-or-later */
/* grace: how long a grace period may last, and when it may end. */
#ifndef BATON_CORE_GRACE_H
#define BATON_CORE_GRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/holding.h"

/* The most that knfsd accepts (fs/nfsd/nfsctl.c, __nfsd4_write_time). */
#define GRACE_MAX_S 3600

/**
 * grace_ceiling - how long knfsd shall wait for reclaims if nobody ends it earlier
 * @grace_s: the time in which they have to come back
 * @most: the most that one of them has to reclaim
 * @pace_us: for each item, 0 = not measured
 *
 * A client that comes at the last moment has time to reclaim everything at half that
 * pace.
 *
 * Return: seconds, GRACE_MAX_S at most.
 */
unsigned int grace_ceiling(unsigned int grace_s, uint32_t most, uint32_t pace_us);

/**
 * struct grace_client - a client that has not yet said that it has reclaimed everything
 * @id, @len: what it calls itself; owned
 * @seen: in this look
 * @back: it has come back, and knfsd knows it
 * @count: what it holds now
 * @first, @first_ms: what it held when first seen, and when that was
 * @grown_ms: when @count last grew, or when it came back
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
 * struct grace - the clients that a grace period waits for; all zero, then grace_free()
 * @ranges: byte-range locks, as in struct holdings
 * @pace_us: of the clients no longer waited for
 */
struct grace {
	struct grace_client *v;
	size_t n;
	size_t room;
	uint32_t ranges;
	uint32_t pace_us;
};

/**
 * grace_await - note a client to wait for; grace_sift() drops those not noted again
 * Return: 0, or -ENOMEM.
 */
int grace_await(struct grace *grace, const unsigned char *id, size_t len);

/** grace_sift - after a look: drop the clients that nothing waits for any more. */
void grace_sift(struct grace *grace);

/**
 * grace_note - record what the awaited clients hold now
 * @now: all clients that have come back, also those that hold nothing
 * @now_ms: a monotonic clock
 *
 * When one owner takes more byte-range locks on one file, no client's count grows. But
 * their sum does, and then all clients that are back count as busy.
 */
void grace_note(struct grace *grace, const struct holdings *now, int64_t now_ms);

/** grace_hold - nobody could reclaim until now: clients that are back count as busy. */
void grace_hold(struct grace *grace, int64_t now_ms);

/**
 * grace_is_over - has it lasted long enough?
 * @since_ms: time since it began
 * @grace_s: the time in which clients have to come back
 * @lease_s: a client that is back but has reclaimed nothing for so long does not count as
 *           busy: it died again, it uses NFSv4.0 and so never says that it is done, or it
 *           says so in a way that knfsd does not accept (doc/clients.md)
 *
 * When all clients are done, knfsd ends the grace period earlier by itself.
 *
 * Return: true when nobody is reclaiming and the missing clients have had their time.
 */
bool grace_is_over(const struct grace *grace, int64_t since_ms, unsigned int grace_s,
		   unsigned int lease_s, int64_t now_ms);

/**
 * grace_pace - how long the slowest client took to reclaim one item
 *
 * Counts only clients that took long enough to be measured by looks a second apart.
 *
 * Return: microseconds, 0 = there was none.
 */
uint32_t grace_pace(const struct grace *grace);

/**
 * grace_learn - the pace to assume from now on
 * @known: before; 0 = none
 * @measured: by grace_pace(); 0 = none
 *
 * Return: the slower one; a faster measurement lowers it only gradually.
 */
uint32_t grace_learn(uint32_t known, uint32_t measured);

/** grace_free - forget the clients. */
void grace_free(struct grace *grace);

#endif
