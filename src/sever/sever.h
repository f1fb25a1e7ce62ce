/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sever: what an address needs that moves between heads with an NFS server each, beside
 * what the stock agents do for it.
 *
 * Theory of operation
 *
 * The address is another's: an IPaddr2 resource brings it before sever_start() and takes
 * it away after sever_stop(). Between the two stands a table of nftables, one for each
 * address and port: asleep while the address is served here, awake from the stop on. So
 * nothing of what is destroyed here is told to a client, which would answer by looking for
 * a server that is not there yet; and what the table says is all that is remembered:
 *
 *   absent	nothing was done here since the head booted, or somebody flushed the rules, or
 *		start has refused
 *   asleep	started
 *   awake	stopped; the next start puts it to sleep
 *
 *   stop:  mute -> look (connections, clients) -> record -> sever -> release
 *   start: mute -> sever -> unmute -> announce -> tickle
 *
 * Stop mutes first: from then on the connections do not change any more. All its steps are
 * done whatever becomes of the others, can be repeated, and take what is missing for done.
 * A crash leaves a muted address, and the monitor's record of some seconds before.
 *
 * The record lies on the shared disk, which leaves this head right afterwards, so it is
 * written by a child that may hang, and whose end is waited for only so long.
 */
#ifndef BATON_SEVER_SEVER_H
#define BATON_SEVER_SEVER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/paths.h"
#include "sever/client_record.h"

/* Where each head keeps what was told to all; no service can have this name. */
#define SEVER_RECORDS PATHS_RUN "/.records"

/* With the name of a record, its path is shorter than PATH_MAX. */
#define SEVER_STATE_MAX 3900

/**
 * struct sever - an address that moves
 * @ip, @port: the address, and the server's TCP port
 * @state: the directory of the record, absolute
 * @cluster: no disk moves along: the record is told to all heads, each of which keeps it in
 *	     @state, SEVER_RECORDS
 * @release: let go of the NFSv4 state of its clients at stop
 * @tickle: make its clients connect anew at start
 * @until_ms: CLOCK_MONOTONIC
 * @say: called with what an administrator should read: what was done, and what was not but
 *	 shall not harm
 */
struct sever {
	struct ipaddr ip;
	uint16_t port;
	const char *state;
	bool cluster;
	bool release;
	bool tickle;
	int64_t until_ms;
	void (*say)(bool warning, const char *text);
};

/** sever_set_state - a directory, or the word "cluster"; NULL is allowed. */
void sever_set_state(struct sever *sever, const char *state);

/**
 * sever_stop - the address is about to leave
 *
 * Pacemaker calls it also after a start that has failed, and goes on with the rest of the
 * group: where start refuses, nothing is done.
 *
 * What fails is said as a warning, and the rest is done: to keep the address here, or to
 * have the head fenced, would be worse.
 */
void sever_stop(const struct sever *sever);

/**
 * sever_start - the address has come
 * @sever: the address
 * @err: why not
 *
 * Does nothing if it has been done since the last stop: what is connected stays so.
 *
 * Return: 0, -EADDRNOTAVAIL (the address is not here), -EOPNOTSUPP (this kernel cannot do
 * it), or -errno.
 */
int sever_start(const struct sever *sever, struct err *err);

/**
 * sever_is_here - is the address on this head, and not muted?
 * @err: why not, if this kernel cannot do it, or why it cannot be told
 *
 * Return: 1 or 0, or -errno: it cannot be told.
 */
int sever_is_here(const struct sever *sever, struct err *err);

/**
 * sever_release - let go of the NFSv4 state of the address's clients
 * @sever: @state may be NULL: no filesystem is known
 * @err: why not, or not all
 *
 * Return: 0, or -errno.
 */
int sever_release(const struct sever *sever, struct err *err);

/**
 * sever_tickle - have the recorded clients connect anew; the address has to be here
 * Return: 0, or -errno.
 */
int sever_tickle(const struct sever *sever, struct err *err);

/** sever_record - keep the record fresh; what fails is said as a warning. */
void sever_record(const struct sever *sever);

/**
 * sever_receive - keep what the agents tell with @cluster; does not end
 * @say: called with what was wrong with a message
 * @err: why it could not begin
 *
 * Return: -errno.
 */
int sever_receive(void (*say)(bool warning, const char *text), struct err *err);

/**
 * sever_check - could it be done on this head?
 * Return: 0, or -errno.
 */
int sever_check(const struct sever *sever, struct err *err);

#endif
