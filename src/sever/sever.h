/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sever: what an address needs when it moves between heads that each have an NFS server,
 * in addition to the stock agents.
 *
 * Theory of operation
 *
 * The address is not ours: an IPaddr2 resource adds it before sever_start() and removes
 * it after sever_stop(). Each address and port has a table of nftables. It is asleep
 * while the address is served here, and awake from the stop on. So no client hears of
 * what is destroyed here; it would answer by looking for a server that is not there yet.
 * The state of the table is all that is remembered:
 *
 *   absent	nothing was done here since the head booted, or somebody flushed the
 *		rules, or start has refused
 *   asleep	started
 *   awake	stopped; the next start puts it to sleep
 *
 *   stop:  mute -> look (connections, clients) -> record -> sever -> release
 *   start: mute -> sever -> unmute -> announce -> tickle
 *
 * Stop mutes first: from then on the connections do not change. Each step runs even if
 * others fail, can be repeated, and counts as done if its object is missing. A crash
 * leaves a muted address, and the record that the monitor made some seconds earlier.
 *
 * The record is on the shared disk, which leaves this head right afterwards. So a child
 * that may hang writes it, and the wait for that child is limited.
 */
#ifndef BATON_SEVER_SEVER_H
#define BATON_SEVER_SEVER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/paths.h"
#include "sever/client_record.h"

/* Where each head keeps records sent to all; no service can have this name. */
#define SEVER_RECORDS PATHS_RUN "/.records"

/* Leaves room for the name of a record below PATH_MAX. */
#define SEVER_STATE_MAX 3900

/**
 * struct sever - an address that moves
 * @ip, @port: the address, and the server's TCP port
 * @state: the directory of the record, absolute
 * @cluster: no disk moves along: records are sent to all heads, each of which keeps them
 *           in @state, SEVER_RECORDS
 * @release: release the NFSv4 state of its clients at stop
 * @tickle: make its clients reconnect at start
 * @until_ms: CLOCK_MONOTONIC
 * @say: called with lines for the administrator: what was done, and what failed without
 *       harm
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

/** sever_set_state - set a directory, or the word "cluster"; NULL is allowed. */
void sever_set_state(struct sever *sever, const char *state);

/**
 * sever_stop - the address is about to leave
 *
 * Pacemaker calls this also after a failed start, and goes on with the rest of the group.
 * So where start refuses, this does nothing.
 *
 * Failures become warnings, and the rest is done: to keep the address here, or to have
 * the head fenced, would be worse.
 */
void sever_stop(const struct sever *sever);

/**
 * sever_start - the address has come
 * @sever: the address
 * @err: why not
 *
 * Does nothing if it was done since the last stop, so present connections stay.
 *
 * Return: 0, -EADDRNOTAVAIL (the address is not here), -EOPNOTSUPP (this kernel cannot do
 * it), or -errno.
 */
int sever_start(const struct sever *sever, struct err *err);

/**
 * sever_is_here - is the address on this head, and not muted?
 * @err: why this kernel cannot do it, or why the answer is unknown
 *
 * Return: 1 or 0, or -errno if it is unknown.
 */
int sever_is_here(const struct sever *sever, struct err *err);

/**
 * sever_release - release the NFSv4 state of the address's clients
 * @sever: @state may be NULL: no filesystem is known
 * @err: why nothing, or not everything, was released
 *
 * Return: 0, or -errno.
 */
int sever_release(const struct sever *sever, struct err *err);

/**
 * sever_tickle - make the recorded clients reconnect; the address has to be here
 * Return: 0, or -errno.
 */
int sever_tickle(const struct sever *sever, struct err *err);

/** sever_record - refresh the record; failures become warnings. */
void sever_record(const struct sever *sever);

/**
 * sever_receive - keep the records that agents send with @cluster; does not return
 * @say: called with what was wrong with a message
 * @err: why it could not start
 *
 * Return: -errno.
 */
int sever_receive(void (*say)(bool warning, const char *text), struct err *err);

/**
 * sever_check - would it work on this head?
 * Return: 0, or -errno.
 */
int sever_check(const struct sever *sever, struct err *err);

#endif
