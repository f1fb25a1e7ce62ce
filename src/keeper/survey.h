/* SPDX-License-Identifier: GPL-2.0-or-later */
/* survey: what of a service stands on this head, by a child that may block, as JSON. */
#ifndef BATON_KEEPER_SURVEY_H
#define BATON_KEEPER_SURVEY_H

#include <json-c/json.h>
#include <sys/types.h>

#include "core/err.h"
#include "core/service.h"

/**
 * struct survey - a child that looks, and reports as JSON
 * @fd: readable when survey_take() has something to do
 */
struct survey {
	pid_t pid;
	int fd;
	char *buf;
	size_t len;
};

struct op;
struct standing;

/** survey_more - what else the child is to look at; a failure is the survey's */
typedef int (*survey_more)(struct op *op, const struct standing *standing,
			   struct json_object *facts, struct err *err);

/**
 * survey_add_clients - a survey_more: connections, clients, and whom the grace period awaits
 *
 * By reference only, for it needs sqlite: a monitor does without.
 */
int survey_add_clients(struct op *op, const struct standing *standing,
		       struct json_object *facts, struct err *err);

/**
 * survey_begin - send a child to look
 * @svc: at this service
 * @more: and at what else; NULL = nothing
 *
 * Return: 0, or -errno; survey_end() it if 0.
 */
int survey_begin(struct survey *survey, const struct service *svc, survey_more more,
		 struct err *err);

/**
 * survey_take - what has it found?
 * @facts: gets an object the caller owns
 *
 * Return: 0, -EAGAIN while it is looking, or -errno with @err.
 */
int survey_take(struct survey *survey, struct json_object **facts, struct err *err);

/** survey_end - give it up, or clean up after it. */
void survey_end(struct survey *survey);

/**
 * survey_collect - the same, waiting
 * @svc: the service
 * @more: as for survey_begin()
 * @deadline_ms: then the child is given up
 * @facts: gets an object the caller owns
 * @err: why not
 *
 * Return: 0, -ETIMEDOUT, or -errno.
 */
int survey_collect(const struct service *svc, survey_more more, unsigned int deadline_ms,
		   struct json_object **facts, struct err *err);

#endif
