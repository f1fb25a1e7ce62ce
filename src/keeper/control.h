/* SPDX-License-Identifier: GPL-2.0-or-later */
/* control: the keeper's socket: requests, answers, and connections that follow events. */
#ifndef BATON_KEEPER_CONTROL_H
#define BATON_KEEPER_CONTROL_H

#include <json-c/json.h>

#include "keeper/context.h"
#include "keeper/jobs.h"

/**
 * control_request_fn - handle a request
 * @fd: its connection, taken over if this returns 0
 *
 * Return: 0, or -errno with the reason, which control.c sends as the answer.
 */
typedef int control_request_fn(struct keeper *k, struct json_object *request, int fd,
			       struct err *err);

/** control_open - listen. Return: 0, or -errno. */
int control_open(struct keeper *k, control_request_fn *on_request, struct err *err);
/**
 * control_answer - send the last answer to a request and close its connection
 * @more: members to add, taken over; may be NULL
 */
void control_answer(struct keeper *k, int fd, const struct err *err, bool changed,
		    struct json_object *more);
/** control_tell - send an event to all followers. */
void control_tell(struct keeper *k, struct json_object *event);
/**
 * control_show_step - send a step of this head to all followers
 * @fd: also to this one, which asked for the operation; -1 = none
 * @entry: the step's entry in the ledger
 */
void control_show_step(struct keeper *k, int fd, struct json_object *entry);
/** control_show_slow - the same for a step that is still going on. */
void control_show_slow(struct keeper *k, int fd, const char *step, unsigned int seconds);
/** control_follow - send events to @fd from now on; taken over if this returns 0. */
int control_follow(struct keeper *k, int fd, struct err *err);
/** control_is_gone - for a job_owner: has the job's connection hung up? Then close it. */
bool control_is_gone(struct keeper *k, const struct job *job);
/** control_tell_waiting - for a job_owner: tell its connection what it waits for. */
void control_tell_waiting(struct keeper *k, const struct job *job, enum operation before);
/** control_client - the owner of jobs that only their connection wants; answers it. */
extern const struct job_owner control_client;
void control_close(struct keeper *k);

#endif
