// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * keeper: the one process per service and head that owns the service's local state.
 *
 * Theory of operation
 *
 *   start of the process -> operation "standby" -> READY=1 -> whatever comes
 *
 * The loop never blocks: what may block is done by a child (runner.h), what the loop does
 * itself are netlink dumps and its own sockets. What stands is looked up by each operation
 * afresh, so nothing has to be remembered over a restart: a keeper that is killed leaves a
 * service that serves on and, if an operation was under way, a child that finishes it; the
 * next keeper waits for that child by the service's lock, which the child inherited.
 *
 *   requests.c   what commands and the agent ask through the socket
 *   peers.c      the keepers on the other heads
 *   handover.c   hand-overs between them: what to do when is keeper/handover_table.c
 *   claims.c     which of them may start the service
 *   questions.c  what they ask each other
 *   jobs.c       operations on the service, one at a time, by runner.c
 *   watch.c      connections and daemons of a service that serves
 *   census.c     how much its clients hold
 *   grace.c      when the grace period has lasted long enough
 */
#include "keeper/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "keeper/internal.h"
#include "os/lock.h"

/* For an operation that the keeper before us, or a command without one, left going. */
#define PREDECESSOR_MS 60000

void keeper_arm(sd_event_source *timer, unsigned int ms)
{
	if (ms)
		sd_event_source_set_time_relative(timer, ms * 1000ull);
	sd_event_source_set_enabled(timer, ms ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

static int become_the_keeper(struct keeper *k, struct err *err)
{
	int rc;

	if ((mkdir(PATHS_RUN, 0755) < 0 && errno != EEXIST) ||
	    (mkdir(k->paths.run, 0700) < 0 && errno != EEXIST))
		return err_set(err, BATON_EXIT_RESOURCE, errno, "create %s",
			       k->paths.run);
	k->lock = open(k->paths.keeper, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (k->lock < 0)
		return err_set(err, BATON_EXIT_RESOURCE, errno, "create %s",
			       k->paths.keeper);
	rc = lock_take(k->lock);
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

static int run(struct keeper *k, struct err *err)
{
	const struct job standby = { .operation = OPERATION_STANDBY, .who = JOB_KEEPER };
	int rc = become_the_keeper(k, err);

	if (rc == 0)
		rc = set_up_loop(k, err);
	if (rc == 0)
		rc = requests_open(k, err);
	if (rc == 0)
		rc = watch_open(k, err);
	if (rc == 0)
		rc = handover_open(k, err);
	if (rc == 0)
		rc = claims_open(k, err);
	if (rc == 0)
		rc = peers_open(k, err);
	if (rc == 0)
		rc = jobs_add(k, &standby, PREDECESSOR_MS, err);
	if (rc == 0) {
		rc = sd_event_loop(k->event);
		if (rc < 0)
			*err = k->err;
	}
	return rc;
}

int keeper_run(const struct service *svc, struct err *err)
{
	struct keeper k = { .svc = svc, .lock = -1 };
	int rc;

	k.jobs.runner.fd = k.jobs.runner.lock = -1;
	k.handover.asker = -1;
	paths_init(&k.paths, svc->name);
	rc = run(&k, err);
	sd_notify(0, "STOPPING=1");
	requests_close(&k);
	jobs_release(&k);
	questions_close(&k);
	claims_close(&k);
	peers_close(&k);
	handover_close(&k);
	watch_close(&k);
	sd_event_unref(k.event);
	cleanup_close(&k.lock);
	return rc;
}
