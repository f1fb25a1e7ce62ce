// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * watch: what is looked after once a second.
 *
 * The service's connections: when they have changed, they are noted on its disk, where a
 * head that takes over after a power cut finds whom to tickle. Its daemons: rpc.mountd and
 * nfsdcld may die, and knfsd goes on; new clients would be refused or not be recorded, so
 * they are started again. Its clients: one that has died holding something would be kept
 * for a day (kernels from 5.19 on), and each grace period wait for it in vain; so it is
 * ended some time after its lease.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "keeper/internal.h"
#include "sys/child.h"
#include "sys/file.h"
#include "sys/nfsd.h"

#define INTERVAL_MS 1000
#define EXPIRE_MS   10000
/* After an attempt to mend the daemons, whether it helped or not. */
#define MEND_AGAIN_MS 10000

/* Sockets opened inside stay there, wherever the keeper itself is. */
static int open_inside(struct op *op)
{
	int rc, back;

	if (op->diag)
		return 0;
	rc = op_go(op, PLACE_INSIDE, NULL);
	if (rc == 0)
		rc = op_open_diag(op, NULL);
	back = op_go(op, PLACE_HEAD, NULL);
	return rc < 0 ? rc : back;
}

void watch_forget(struct keeper *k)
{
	diag_close(k->watch.op.diag);
	k->watch.op.diag = NULL;
	ns_close(&k->watch.op.inside);
}

void watch_pause(struct keeper *k)
{
	/* What they do is out of date now, and in the way. */
	if (k->watch.recorder > 0)
		kill(k->watch.recorder, SIGKILL);
	if (k->watch.expirer > 0)
		kill(k->watch.expirer, SIGKILL);
}

/* A child inside the service, as disk and knfsd may hang. Return: true in the child. */
static bool begin_inside(struct keeper *k, pid_t *pid, struct op *op)
{
	*pid = fork();
	if (*pid != 0)
		return false;
	child_close_others(-1, -1);
	if (op_init(op, k->svc, NULL) < 0 || op_go(op, PLACE_INSIDE, NULL) < 0)
		_exit(1);
	return true;
}

static bool has_ended(pid_t *pid)
{
	if (*pid > 0 && waitpid(*pid, NULL, WNOHANG) == *pid)
		*pid = 0;
	return *pid <= 0;
}

static void record_connections(struct keeper *k, const char *text)
{
	struct op op;

	if (!begin_inside(k, &k->watch.recorder, &op))
		return;
	file_replace(op.paths.conns, text, strlen(text), 1);
	_exit(0);
}

/* The journal's own socket was closed with the others. */
static void tell_expired(const struct client *client, void *data)
{
	const struct service *svc = data;
	char name[80], ip[IPADDR_TEXT];

	fprintf(stderr,
		SD_NOTICE
		"%s: client '%s' (%s) silent for %lld s: what it held is let go\n",
		svc->name, client_name(client->id, client->len, name, sizeof(name)),
		ipaddr_format(&client->ip, ip), (long long)client->renewed_s);
}

static void expire_clients(struct keeper *k)
{
	struct watch *w = &k->watch;
	struct op op;

	if (!has_ended(&w->expirer) || k->state != STATE_SERVING || k->jobs.busy ||
	    child_now_ms() < w->expired_ms + EXPIRE_MS)
		return;
	w->expired_ms = child_now_ms();
	if (!begin_inside(k, &w->expirer, &op))
		return;
	nfsd_expire_clients(NFSD_CLIENTS, k->svc->lease + k->svc->courtesy, tell_expired,
			    (void *)k->svc);
	_exit(0);
}

void watch_sample(struct keeper *k)
{
	struct watch *w = &k->watch;
	struct conns now = { 0 };
	_cleanup_free_ char *text = NULL;

	if (!has_ended(&w->recorder) || k->state != STATE_SERVING || k->jobs.busy ||
	    open_inside(&w->op) < 0)
		return;
	/* No clients at all is what a cut network looks like: keep what we know. */
	if (diag_conns(w->op.diag, OP_NFS_PORT, &now, NULL) < 0 || now.n == 0 ||
	    conns_equal(&now, &w->recorded)) {
		conns_free(&now);
		return;
	}
	text = conns_format(&now);
	if (text)
		record_connections(k, text);
	conns_free(&w->recorded);
	w->recorded = now;
}

static void mend(struct keeper *k)
{
	bool mountd = child_daemon_pid(k->paths.mountd_pid) > 0;
	bool nfsdcld = child_daemon_pid(k->paths.nfsdcld_pid) > 0;
	struct job job = { .who = JOB_KEEPER };

	if (k->state == STATE_SERVING && !(mountd && nfsdcld))
		job.operation = OPERATION_MEND;
	else if (k->state == STATE_STANDBY && !mountd)
		job.operation = OPERATION_STANDBY;
	else
		return;
	k->watch.mended_ms = child_now_ms();
	jobs_add(k, &job, 0, NULL);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *data)
{
	struct keeper *k = data;

	requests_expire(k);
	watch_sample(k);
	expire_clients(k);
	if (k->jobs.was_ready && !k->jobs.busy &&
	    child_now_ms() > k->watch.mended_ms + MEND_AGAIN_MS)
		mend(k);
	keeper_arm(source, INTERVAL_MS);
	return 0;
}

int watch_open(struct keeper *k, struct err *err)
{
	int rc = op_init(&k->watch.op, k->svc, err);

	k->watch.mended_ms = -MEND_AGAIN_MS;
	if (rc < 0)
		return rc;
	rc = sd_event_add_time_relative(k->event, &k->watch.timer, CLOCK_MONOTONIC,
					INTERVAL_MS * 1000, 0, on_timer, k);
	return rc < 0 ? err_set(err, BATON_EXIT_RESOURCE, -rc, "event loop") : 0;
}

void watch_close(struct keeper *k)
{
	sd_event_source_disable_unref(k->watch.timer);
	conns_free(&k->watch.recorded);
	if (k->watch.timer)
		op_release(&k->watch.op);
}
