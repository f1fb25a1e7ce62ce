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

/** survey_begin - send a child to look. Return: 0, or -errno; survey_end() it if 0. */
int survey_begin(struct survey *survey, const struct service *svc, struct err *err);

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
 * @deadline_ms: then the child is given up
 * @facts: gets an object the caller owns
 * @err: why not
 *
 * Return: 0, -ETIMEDOUT, or -errno.
 */
int survey_collect(const struct service *svc, unsigned int deadline_ms,
		   struct json_object **facts, struct err *err);

#endif
