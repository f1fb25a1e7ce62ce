/* SPDX-License-Identifier: GPL-2.0-or-later */
/* control: the keeper's socket: who asks, who waits for an answer, who follows. */
#ifndef BATON_KEEPER_CONTROL_H
#define BATON_KEEPER_CONTROL_H

#include <json-c/json.h>

#include "keeper/context.h"
#include "keeper/jobs.h"

/**
 * control_request_fn - what somebody who has connected asks for
 * @fd: taken over if this returns 0
 *
 * Return: 0, or -errno with why: then control.c answers it.
 */
typedef int control_request_fn(struct keeper *k, struct json_object *request, int fd,
			       struct err *err);

/** control_open - listen. Return: 0, or -errno. */
int control_open(struct keeper *k, control_request_fn *on_request, struct err *err);
/**
 * control_answer - the last answer to a request; closes its connection
 * @more: members to add, taken over; may be NULL
 */
void control_answer(struct keeper *k, int fd, const struct err *err, bool changed,
		    struct json_object *more);
/** control_tell - an event, to all who follow. */
void control_tell(struct keeper *k, struct json_object *event);
/**
 * control_show_step - a step of this head, to all who follow
 * @fd: and to who has asked for it; -1 = nobody
 * @entry: of the ledger
 */
void control_show_step(struct keeper *k, int fd, struct json_object *entry);
/** control_follow - @fd is told what happens from now on; taken over if this returns 0. */
int control_follow(struct keeper *k, int fd, struct err *err);
/** control_is_gone - a job_owner's: has the job's connection been hung up? Then it is closed. */
bool control_is_gone(struct keeper *k, const struct job *job);
/** control_tell_waiting - a job_owner's: the job's connection learns what it waits for. */
void control_tell_waiting(struct keeper *k, const struct job *job, enum operation before);
/** control_client - owns what is done for nobody but the job's connection, which it answers. */
extern const struct job_owner control_client;
void control_close(struct keeper *k);

#endif
