/* SPDX-License-Identifier: GPL-2.0-or-later */
/* jobs: operations on the service, one at a time. */
#ifndef BATON_KEEPER_JOBS_H
#define BATON_KEEPER_JOBS_H

#include <json-c/json.h>

#include "core/plan.h"
#include "keeper/context.h"
#include "keeper/peer_connections.h"

/* Requests that wait for the operation before them. */
#define JOBS_WAITING_MAX 8

struct job;

/**
 * struct job_owner - who wants an operation; members may be NULL
 * @waits: it waits for another operation; called again with each step of that one
 * @step: a step of a hidden operation has ended; @entry is the ledger's
 * @ended: it has ended, or could not begin; @err NULL = well. Lets go of the job's connection
 * @is_gone: nobody waits for it any more. If so it lets go of what the job has, and returns true
 */
struct job_owner {
	void (*waits)(struct keeper *k, const struct job *job, enum operation before);
	void (*step)(struct keeper *k, struct json_object *entry);
	void (*ended)(struct keeper *k, const struct job *job, const struct err *err,
		      bool changed);
	bool (*is_gone)(struct keeper *k, const struct job *job);
};

/**
 * struct job - an operation that runs or waits
 * @owner: who wants it; NULL = the keeper itself
 * @hidden: part of the owner's own record, so it has none in the ledger
 * @fd: the owner's: a connection, -1 = none
 * @id: the owner's: of a claim, of a question
 * @from: the owner's: the head that wants it
 */
struct job {
	enum operation operation;
	const struct job_owner *owner;
	bool hidden;
	int fd;
	uint64_t id;
	char from[MESSAGE_HEAD_MAX + 1];
};

/**
 * struct jobs_calls - whom jobs tell what happens to all of them
 * @begins: one is about to begin; may refuse it. @told gets what another head has told of the
 *          connections, if the operation should know it
 * @step: a step has ended of one that is not hidden
 * @ended: one has ended, and its owner knows it
 */
struct jobs_calls {
	int (*begins)(struct keeper *k, const struct job *job,
		      const struct peer_connections **told, struct err *err);
	void (*step)(struct keeper *k, const struct job *job, struct json_object *entry);
	void (*ended)(struct keeper *k);
};

/** jobs_open - @calls must stay. Return: 0, or -errno. */
int jobs_open(struct keeper *k, const struct jobs_calls *calls, struct err *err);
/**
 * jobs_add - begin an operation now, or when those before it have ended
 * @job: copied; its connection is taken over if this goes well
 * @patience_ms: for an operation that somebody else left going
 *
 * Return: 0, or -errno.
 */
int jobs_add(struct keeper *k, const struct job *job, unsigned int patience_ms,
	     struct err *err);
/** jobs_state - the service's state, as the last operation left it. */
enum service_state jobs_state(const struct keeper *k);
/** jobs_is_busy - is one going on? */
bool jobs_is_busy(const struct keeper *k);
/** jobs_is_ready - has the first standby ended? */
bool jobs_is_ready(const struct keeper *k);
/** jobs_word - the operation that is going on, else the service's state. */
const char *jobs_word(const struct keeper *k);
/** jobs_will_start - does one go on or wait that makes this head serve? */
bool jobs_will_start(const struct keeper *k);
/** jobs_why_ended - why the first standby failed, which has ended the loop. */
const struct err *jobs_why_ended(const struct keeper *k);
/** jobs_close - the child of one that is going on goes on. */
void jobs_close(struct keeper *k);

#endif
