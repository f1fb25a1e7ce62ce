/* SPDX-License-Identifier: GPL-2.0-or-later */
/* jobs: operations on the service, one at a time. */
#ifndef BATON_KEEPER_JOBS_H
#define BATON_KEEPER_JOBS_H

#include <json-c/json.h>

#include "core/asker.h"
#include "core/guard.h"
#include "core/plan.h"
#include "keeper/context.h"
#include "keeper/peer_connections.h"

/* How many requests may wait for the operation before them. */
#define JOBS_WAITING_MAX 8

struct job;

/**
 * struct job_owner - callbacks of whoever wants an operation; members may be NULL
 * @waits: it waits for another operation; called again for each step of that one
 * @step: a step of a hidden operation has ended; @entry is its ledger entry
 * @ended: it ended or could not begin; @err NULL = success. Releases the job's connection
 * @is_gone: nobody waits for it any more? Then release what the job owns, and return true
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
 * @asker: whom the ledger names
 * @hidden: it is part of the owner's own record, so it has none in the ledger
 * @fd: for the owner: a connection, -1 = none
 * @id: for the owner: of a claim or a question
 * @from: for the owner: the head that wants it
 * @until_ms: CLOCK_MONOTONIC, when whoever wants it gives up; 0 = never
 * @patience_ms: how long it waits for an operation that another process left running, if
 *               nobody gives up before
 * @next: of a reload: the service as it shall be; the owner's
 */
struct job {
	enum operation operation;
	const struct job_owner *owner;
	struct asker asker;
	bool hidden;
	int fd;
	uint64_t id;
	char from[MESSAGE_HEAD_MAX + 1];
	unsigned int patience_ms;
	int64_t until_ms;
	const struct service *next;
};

/**
 * struct jobs_calls - callbacks for all jobs
 * @begins: one is about to begin; may refuse it. @told gets what another head has sent
 *          about connections, if the operation should know it; @terms what is known of the
 *          other heads
 * @step: a step of one that is not hidden has ended
 * @slow: a step is still going on; called now and then
 * @ended: @job has ended, and its owner has been told; @changed: it has done something
 */
struct jobs_calls {
	int (*begins)(struct keeper *k, const struct job *job,
		      const struct peer_connections **told, struct guard_terms *terms,
		      struct err *err);
	void (*step)(struct keeper *k, const struct job *job, struct json_object *entry);
	void (*slow)(struct keeper *k, const struct job *job, const char *step,
		     unsigned int seconds);
	void (*ended)(struct keeper *k, const struct job *job, bool changed);
};

/** jobs_open - @calls must stay valid. Return: 0, or -errno. */
int jobs_open(struct keeper *k, const struct jobs_calls *calls, struct err *err);
/**
 * jobs_add - begin an operation now, or when those before it have ended
 * @job: copied; its connection is taken over on success
 *
 * A start that is going on is ended and undone for a stop: nobody wants it any more.
 *
 * Return: 0, or -errno.
 */
int jobs_add(struct keeper *k, const struct job *job, struct err *err);
/** jobs_state - the service's state, as the last operation left it. */
enum service_state jobs_state(const struct keeper *k);
/** jobs_is_busy - is an operation going on? */
bool jobs_is_busy(const struct keeper *k);
/** jobs_is_ready - has the first standby ended? */
bool jobs_is_ready(const struct keeper *k);
/** jobs_is_uninformed - it waits for what an earlier keeper has begun, whatever that is */
bool jobs_is_uninformed(const struct keeper *k);
/** jobs_word - the operation that is going on, else the service's state. */
const char *jobs_word(const struct keeper *k);
/** jobs_will_start - does an operation run or wait that makes this head serve? */
bool jobs_will_start(const struct keeper *k);
/** jobs_has - does such an operation run or wait? */
bool jobs_has(const struct keeper *k, enum operation operation);
/** jobs_why_ended - why the first standby failed and ended the loop. */
const struct err *jobs_why_ended(const struct keeper *k);
/** jobs_close - the child of a running operation goes on. */
void jobs_close(struct keeper *k);

#endif
