/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipc: requests to a keeper and its answers: one JSON object per packet, root to root. */
#ifndef BATON_KEEPER_IPC_H
#define BATON_KEEPER_IPC_H

#include <json-c/json.h>

#include "core/err.h"
#include "core/paths.h"

/*
 * Request:  {"do": "start" | "stop" | "teardown"}   an operation on this head
 *           {"do": "move", "target": HEAD}          hand the service over
 *           each of these with "budget_ms": N       after which the requester gives up, and
 *                          "agent": true            if it is Pacemaker's agent
 *           {"do": "inquire", "target": HEAD}       would that head take it now?
 *           {"do": "status"}   + head, version, digest, cluster, peers in the result
 *           {"do": "heads"}    + heads: [{head, self, online, keeper, version, digest,
 *                                         agrees, conflict, facts | error, last}] in the
 *                                         result. agrees: may the service move between
 *                                         it and this head, as far as files and versions
 *                                         go? conflict: why not
 *           {"do": "reload", "dry_run": BOOL}       apply the service file on all heads;
 *                                                   + changes, heads in the result
 *           {"do": "follow"}   {"following": true}, then steps, and {"moved": RECORD} after
 *                              each hand-over, until the requester hangs up
 * Answers:  {"step": …, "ms": …, "outcome": …, "note": …, "head": …}   after each step
 *           {"slow": STEP, "s": N, "head": …}   now and then during a step of N seconds
 *           {"waiting": OPERATION}   now and then, while it waits for that one
 *           {"result": CODE, "error": TEXT, "changed": BOOL, "state": …}   at the end;
 *           for a move also "record", as in the ledger
 */
#define IPC_MAX_LEN 131072

/** ipc_listen - the keeper's end: a listening socket only root can reach. Return: fd or -errno. */
int ipc_listen(const struct paths *paths, struct err *err);

/** ipc_accept - accept a peer, if it is root. Return: fd, or -errno. */
int ipc_accept(int listener);

/**
 * ipc_connect - connect as a command
 * Return: fd, or -ENOENT / -ECONNREFUSED with BATON_EXIT_KEEPER: no keeper.
 */
int ipc_connect(const struct paths *paths, const char *name, struct err *err);

/** ipc_send - send one object; it stays the caller's. Return: 0, or -errno. */
int ipc_send(int fd, struct json_object *o);

/**
 * ipc_receive - receive one object
 * @fd: blocking or not
 * @o: gets it; owned by the caller
 *
 * Return: 0, -EAGAIN, -ECONNRESET at the end, -EPROTO for anything that is not an object.
 */
int ipc_receive(int fd, struct json_object **o);

/**
 * ipc_ask - send a whole object as a request and wait for the result
 * @request: stays the caller's
 *
 * The other parameters are those of ipc_request().
 */
int ipc_ask(int fd, struct json_object *request, int deadline_ms,
	    void (*on_step)(struct json_object *, void *), void *data,
	    struct json_object **result, struct err *err);

/**
 * ipc_request - ask, pass what it says about steps to @on_step, and wait for the result
 * @fd: from ipc_connect()
 * @what: the request's word
 * @deadline_ms: the longest time without any answer
 * @on_step: gets each {"step": …} and {"slow": …}; may be NULL
 * @data: for @on_step
 * @result: gets the last answer, owned by the caller; may be NULL
 * @err: the keeper's own failure, or that it went silent
 *
 * Return: 0, or -1.
 */
int ipc_request(int fd, const char *what, int deadline_ms,
		void (*on_step)(struct json_object *, void *), void *data,
		struct json_object **result, struct err *err);

#endif
