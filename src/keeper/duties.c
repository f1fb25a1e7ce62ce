// SPDX-License-Identifier: GPL-2.0-or-later
/* duties: what comes from the channels, and which duties it goes to. */
#include "keeper/duties.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "keeper/claims.h"
#include "keeper/control.h"
#include "keeper/handover.h"
#include "keeper/jobs.h"
#include "keeper/peers.h"
#include "keeper/questions.h"
#include "keeper/reload.h"
#include "keeper/requests.h"
#include "keeper/watch.h"

/*
 * Events go to them in this order: claims and questions report what the hand-over and the
 * watch have learned from the same event.
 */
static const struct {
	const char *name;
	int (*open)(struct keeper *k, struct err *err);
	void (*message)(struct keeper *k, const char *from, const struct message *m);
	void (*peers_changed)(struct keeper *k);
	void (*close)(struct keeper *k);
} duties[] = {
	{ "handover", handover_open, handover_message, handover_peers_changed,
	  handover_close },
	{ "claims", claims_open, claims_message, claims_peers_changed, claims_close },
	{ "watch", watch_open, watch_message, watch_peers_changed, watch_close },
	{ "questions", questions_open, questions_message, NULL, questions_close },
	{ "reload", reload_open, reload_message, reload_peers_changed, reload_close },
};

#define N_DUTIES (sizeof(duties) / sizeof(duties[0]))

/* ---- from the channels to the duties */

static void say_hello(struct keeper *k, struct message *hello)
{
	hello->generation = handover_generation(k);
	hello->body = json_object_new_object();
	json_object_object_add(hello->body, "holds",
			       json_object_new_boolean(claims_may_hold(k)));
}

/* What was said before a start proves nothing to the head that has made it. */
static bool ends_start(const struct message *m)
{
	return m->type == MESSAGE_UNCLAIM || m->type == MESSAGE_SERVING;
}

static void on_message(struct keeper *k, const char *from, const struct message *m)
{
	if (k->svc->guard == GUARD_RESERVATION && ends_start(m) &&
	    strcmp(from, k->self) != 0)
		peers_introduce(k);
	for (size_t i = 0; i < N_DUTIES; i++)
		duties[i].message(k, from, m);
}

static void on_peers_changed(struct keeper *k)
{
	for (size_t i = 0; i < N_DUTIES; i++)
		if (duties[i].peers_changed)
			duties[i].peers_changed(k);
}

static const struct peers_calls peers_calls = { say_hello, on_message, on_peers_changed };

static int on_job_begins(struct keeper *k, const struct job *job,
			 const struct peer_connections **told, struct guard_terms *terms,
			 struct err *err)
{
	/* What a hand-over that is given up starts again is this head's. */
	bool anew = job->operation == OPERATION_START && !handover_is_resuming(k);
	const char *holder = anew ? peers_holder(k) : NULL;
	int rc = claims_check_operation(k, job->operation, err);

	if (rc < 0)
		return rc;
	/* It has come while this start waited for its turn. */
	if (holder)
		return err_set(err, BATON_EXIT_PEER, EBUSY,
			       "%s has not released the disk", holder);
	watch_operation_begins(k, job->operation);
	/* A head that hands over has left its record on the disk, and it is exact. */
	if (job->operation == OPERATION_START)
		*told = watch_told(k);
	snprintf(terms->self, sizeof(terms->self), "%s", k->self);
	if (gethostname(terms->alias, sizeof(terms->alias) - 1) < 0)
		terms->alias[0] = '\0';
	terms->answered = peers_have_released(k);
	if (job->operation == OPERATION_TAKE && handover_peer(k))
		snprintf(terms->source, sizeof(terms->source), "%s", handover_peer(k));
	if (job->operation == OPERATION_START)
		claims_tell_terms(k, job->id, terms);
	return 0;
}

static void on_job_step(struct keeper *k, const struct job *job,
			struct json_object *entry)
{
	control_show_step(k, job->fd, entry);
}

static void on_job_slow(struct keeper *k, const struct job *job, const char *step,
			unsigned int seconds)
{
	control_show_slow(k, job->fd, step, seconds);
}

static void on_job_ended(struct keeper *k, const struct job *job, bool changed)
{
	/* Whom it has preempted may have begun after its last word. */
	if (changed && plan_operation_starts(job->operation))
		peers_doubt(k);
	watch_operation_ended(k);
}

static const struct jobs_calls jobs_calls = { on_job_begins, on_job_step, on_job_slow,
					      on_job_ended };

int duties_open(struct keeper *k, struct err *err)
{
	int rc = jobs_open(k, &jobs_calls, err);

	if (rc == 0)
		rc = control_open(k, requests_take, err);
	for (size_t i = 0; i < N_DUTIES && rc == 0; i++)
		rc = duties[i].open(k, err);
	if (rc == 0)
		rc = peers_open(k, &peers_calls, err);
	return rc;
}

void duties_close(struct keeper *k)
{
	control_close(k);
	jobs_close(k);
	peers_close(k);
	for (size_t i = N_DUTIES; i > 0; i--)
		duties[i - 1].close(k);
}
