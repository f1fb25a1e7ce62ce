/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tickle: the second and later rounds of tickles, in a process that nobody waits for. */
#ifndef BATON_OS_TICKLE_H
#define BATON_OS_TICKLE_H

#include "os/diag.h"
#include "os/rawsock.h"

/**
 * struct tickle - which clients to tickle again
 * @raw, @diag: of the namespace that has the floating addresses
 * @port: the service's, host order
 * @conns: the connections; those of clients that have come back are dropped
 * @announce: called before each round, because a switch may have missed the announcement.
 *            It returns false when the addresses have left. That ends the rounds, because
 *            another head may announce them already
 * @data: for @announce
 * @lock: a descriptor that the rounds close, -1 = none
 */
struct tickle {
	struct rawsock *raw;
	struct diag *diag;
	uint16_t port;
	struct conns *conns;
	bool (*announce)(void *data);
	void *data;
	int lock;
};

/**
 * tickle_again - up to two more rounds, in a child with its own session
 *
 * A client may have missed the first round, and the caller that started the service need
 * not wait for more.
 */
void tickle_again(const struct tickle *tickle);

#endif
