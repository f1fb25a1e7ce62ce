// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * keeper: the one process per service and head that owns the service's local state.
 *
 * Theory of operation
 *
 *   start of the process -> operation "standby" -> READY=1 -> whatever comes
 *
 * The loop never blocks: a child does whatever may block (runner.h); the loop itself does
 * only netlink dumps and its own sockets. Each operation looks up afresh what is
 * standing, so nothing has to be remembered over a restart. A keeper that is killed
 * leaves a service that goes on serving and, if an operation was under way, a child that
 * finishes it. The next keeper waits for that child by the service's lock, which the
 * child has inherited.
 *
 * There are three storeys. Nothing calls upwards: what comes from below is passed on
 * here, by duties[] and by the tables of callbacks.
 *
 *   duties     what this head does
 *     requests.c    for a command or the agent
 *     handover.c    in a hand-over; handover_table.c says what to do when
 *     claims.c      before it starts the service: is it allowed to?
 *     questions.c   for other heads that ask something
 *     reload.c      when the service file was edited
 *     watch.c       by itself while the service serves: connections and daemons,
 *                   census.c: how much clients hold, grace.c: the end of the grace period,
 *                   courtesy.c: clients that have died
 *   channels   who it talks to
 *     control.c     the socket
 *     peers.c       the keepers on the other heads, by corosync
 *     jobs.c        operations on the service, one at a time
 *   steps      what an operation does: runner.c, standby.c, start.c, stop.c …
 */
#include "keeper/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "keeper/claims.h"
#include "keeper/control.h"
#include "keeper/handover.h"
#include "keeper/jobs.h"
#include "keeper/peers.h"
#include "keeper/questions.h"
#include "keeper/reload.h"
#include "keeper/requests.h"
#include "keeper/watch.h"
#include "os/lock.h"

/* How long to wait for an operation that an earlier keeper or a command left running: as
 * long as a slow disk may take it. systemd is told to be patient (jobs.c). */
#define PREDECESSOR_MS 600000

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
}

static void on_message(struct keeper *k, const char *from, const struct message *m)
{
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
			 const struct peer_connections **told, struct err *err)
{
	int rc = claims_check_operation(k, job->operation, err);

	if (rc < 0)
		return rc;
	watch_operation_begins(k, job->operation);
	/* A head that hands over has left its record on the disk, and it is exact. */
	if (job->operation == OPERATION_START)
		*told = watch_told(k);
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

static const struct jobs_calls jobs_calls = { on_job_begins, on_job_step, on_job_slow,
					      watch_operation_ended };

/* ---- the process */

static int become_the_keeper(const struct keeper *k, int *lock, struct err *err)
{
	int rc;

	if ((mkdir(PATHS_RUN, 0755) < 0 && errno != EEXIST) ||
	    (mkdir(k->paths.run, 0700) < 0 && errno != EEXIST))
		return err_set(err, BATON_EXIT_RESOURCE, errno, "create %s",
			       k->paths.run);
	*lock = open(k->paths.keeper, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (*lock < 0)
		return err_set(err, BATON_EXIT_RESOURCE, errno, "create %s",
			       k->paths.keeper);
	rc = lock_take(*lock);
	if (rc == -EWOULDBLOCK)
		return err_set(err, BATON_EXIT_KEEPER, 0, "another keeper is running");
	return rc < 0 ? err_set(err, BATON_EXIT_RESOURCE, -rc, "lock %s", k->paths.keeper)
		      : 0;
}

static int set_up_loop(struct keeper *k, struct err *err)
{
	sigset_t mask;
	int rc;

	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGINT);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	rc = sd_event_new(&k->event);
	if (rc >= 0)
		rc = sd_event_add_signal(k->event, NULL, SIGTERM, NULL, NULL);
	if (rc >= 0)
		rc = sd_event_add_signal(k->event, NULL, SIGINT, NULL, NULL);
	if (rc >= 0)
		rc = sd_event_set_watchdog(k->event, true);
	return rc < 0 ? err_set(err, BATON_EXIT_RESOURCE, -rc, "event loop") : 0;
}

static int open_all(struct keeper *k, struct err *err)
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

static void close_all(struct keeper *k)
{
	control_close(k);
	jobs_close(k);
	peers_close(k);
	for (size_t i = N_DUTIES; i > 0; i--)
		duties[i - 1].close(k);
}

static int run(struct keeper *k, struct err *err)
{
	const struct job standby = { .operation = OPERATION_STANDBY,
				     .fd = -1,
				     .patience_ms = PREDECESSOR_MS };
	int rc = set_up_loop(k, err);

	if (rc == 0)
		rc = open_all(k, err);
	if (rc == 0)
		rc = jobs_add(k, &standby, err);
	if (rc == 0) {
		rc = sd_event_loop(k->event);
		if (rc < 0)
			*err = *jobs_why_ended(k);
	}
	return rc;
}

int keeper_run(struct service *svc, struct err *err)
{
	struct keeper k = { .svc = svc, .file = svc };
	_cleanup_close_ int lock = -1;
	int rc;

	paths_init(&k.paths, svc->name);
	rc = become_the_keeper(&k, &lock, err);
	if (rc == 0)
		rc = run(&k, err);
	sd_notify(0, "STOPPING=1");
	close_all(&k);
	sd_event_unref(k.event);
	return rc;
}
