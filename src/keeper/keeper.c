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
 * There are three storeys. Nothing calls upwards: what comes from below is passed on in
 * duties.c, by duties[] and by the tables of callbacks.
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
#include "keeper/duties.h"
#include "keeper/jobs.h"
#include "os/lock.h"

/* How long to wait for an operation that an earlier keeper or a command left running: as
 * long as a slow disk may take it. systemd is told to be patient (jobs.c). */
#define PREDECESSOR_MS 600000

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

static int run(struct keeper *k, struct err *err)
{
	const struct job standby = { .operation = OPERATION_STANDBY,
				     .fd = -1,
				     .patience_ms = PREDECESSOR_MS };
	int rc = set_up_loop(k, err);

	if (rc == 0)
		rc = duties_open(k, err);
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
	duties_close(&k);
	sd_event_unref(k.event);
	return rc;
}
