/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * status_child: a child that looks up the state of the service on this head and reports
 * it as JSON.
 */
#ifndef BATON_KEEPER_STATUS_CHILD_H
#define BATON_KEEPER_STATUS_CHILD_H

#include <json-c/json.h>
#include <stdbool.h>
#include <sys/types.h>

#include "core/err.h"
#include "core/service.h"

/**
 * struct status_child - a child that looks and reports as JSON
 * @pid: 0 = it is gone
 * @fd: readable when status_child_take() has something to do
 */
struct status_child {
	pid_t pid;
	int fd;
	char *buf;
	size_t len;
};

struct op;
struct standing;

/** status_child_more - what else the child looks at; if it fails, the whole look fails */
typedef int (*status_child_more)(struct op *op, const struct standing *standing,
				 struct json_object *facts, struct err *err);

/**
 * status_child_add_clients - a status_child_more: connections, clients, which clients
 * the grace period waits for, and how full the filesystem is
 *
 * Always passed as a pointer, because it needs sqlite and a monitor does without.
 */
int status_child_add_clients(struct op *op, const struct standing *standing,
			     struct json_object *facts, struct err *err);

/**
 * status_child_begin - start a child that looks
 * @svc: at this service
 * @more: and at what else; NULL = nothing
 *
 * Return: 0, or -errno; after 0, call status_child_end().
 */
int status_child_begin(struct status_child *child, const struct service *svc,
		       status_child_more more, struct err *err);

/**
 * status_child_take - what has it found?
 * @facts: gets an object owned by the caller
 *
 * Return: 0, -EAGAIN while it is still looking, or -errno with @err.
 */
int status_child_take(struct status_child *child, struct json_object **facts,
		      struct err *err);

/* How long a child that has reported or was killed usually takes to go. */
#define STATUS_CHILD_GO_MS 100

/**
 * status_child_end - give up on it, or clean up after it
 * @ms: how long to wait until it is gone; if it hangs in the kernel, that may never be
 */
void status_child_end(struct status_child *child, unsigned int ms);

/** status_child_is_gone - after its end: may another begin in its place? Reaps it. */
bool status_child_is_gone(struct status_child *child);

/**
 * status_child_collect - the same, waiting for the result
 * @svc: the service
 * @more: as for status_child_begin()
 * @deadline_ms: then the child is given up
 * @facts: gets an object owned by the caller
 * @err: the reason
 *
 * Return: 0, -ETIMEDOUT, or -errno.
 */
int status_child_collect(const struct service *svc, status_child_more more,
			 unsigned int deadline_ms, struct json_object **facts,
			 struct err *err);

#endif
