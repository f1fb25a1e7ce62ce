/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tickle: the rounds after the first, in a process that nobody waits for. */
#ifndef BATON_OS_TICKLE_H
#define BATON_OS_TICKLE_H

#include "os/diag.h"
#include "os/rawsock.h"

/**
 * struct tickle - whom to tickle again
 * @raw, @diag: of the namespace that has the floating addresses
 * @port: the service's, host order
 * @conns: the connections; those of clients that have come back are dropped
 * @announce: called before each round: a switch may have missed what was announced. False:
 *	      the addresses have left, and with them the rounds end: they may be announced
 *	      by another head already
 * @data: for @announce
 * @lock: a descriptor that the rounds let go of, -1 = none
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
 * tickle_again - up to two more rounds, in a child with a session of its own
 *
 * A client may have missed the first round, and whoever started the service need not wait for
 * more.
 */
void tickle_again(const struct tickle *tickle);

#endif
