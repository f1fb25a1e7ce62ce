// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * watch: what the keeper looks after while the service serves, once a second.
 *
 * Connections: when they change, they are recorded on the service's disk, where a head
 * that takes over after a power cut finds which clients to tickle. They are also sent to
 * the other heads, in case the disk was not fast enough. Daemons: rpc.mountd and nfsdcld
 * may die while knfsd goes on; then new clients would be refused or not be recorded, so
 * they are started again. Clients: one that has died holding something is ended some time
 * after its lease (courtesy.c).
 *
 * Usually nothing happens, in many services, and that must cost nothing. To list the
 * connections the kernel walks over the sockets of all namespaces, so they are listed
 * only if the namespace's counters have changed, until the counters are the same before a
 * listing and a second after it (settled). In standby nobody waits for rpc.mountd, and it
 * is looked after every ten seconds.
 */
#include "keeper/watch.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include "core/cleanup.h"
#include "keeper/census.h"
#include "keeper/courtesy.h"
#include "keeper/grace.h"
#include "keeper/guard_watch.h"
#include "keeper/jobs.h"
#include "keeper/op.h"
#include "keeper/peers.h"
#include "keeper/timer.h"
#include "os/child.h"
#include "os/conncount.h"
#include "os/guardnote.h"
#include "os/idmapd.h"
#include "os/lock.h"
#include "os/state.h"

#define SERVING_MS 1000
#define STANDBY_MS 10000
/* In case the counters ever miss a change. */
#define LIST_ANYWAY_MS 60000
/* Pause after an attempt to mend the daemons, whether it helped or not. */
#define MEND_AGAIN_MS 10000
/* Doubled as often for rpc.idmapd: up to 11 minutes. */
#define IDMAPD_TRIES 6

struct watch {
	struct op op; /* sockets inside */
	sd_event_source *timer;
	int counters;              /* of its TCP connections, opened inside; or -errno */
	struct conn_counts counts; /* as last read … */
	bool settled;       /* … and what was listed then is valid until they change */
	int64_t listed_ms;  /* time of the last listing */
	struct conns conns; /* the last that were there … */
	bool unrecorded;    /* … not yet on the disk */
	bool untold;        /* … not yet sent to the other heads */
	bool told;          /* the other heads have a table of ours */
	uint64_t serial;    /* of that table */
	pid_t recorder;
	int64_t mended_ms;
	int64_t idmapd_ms;         /* when it was last mended … */
	unsigned int idmapd_tries; /* … and how often in a row */
	struct census census;
	struct courtesy courtesy;
	struct vigil vigil;
	int64_t lost_ms; /* when the end of a service that has lost its disk was last begun */
	struct peer_connections
		peer_conns;    /* what the serving head, if another one, has sent */
	int64_t peer_conns_ms; /* … when */
};

/* Sockets opened inside stay there, wherever the keeper itself is. */
static int open_inside(struct watch *w)
{
	struct op *op = &w->op;
	int rc, back;

	if (op->diag)
		return 0;
	rc = op_go(op, PLACE_INSIDE, NULL);
	if (rc == 0)
		rc = op_open_diag(op, NULL);
	if (rc == 0) {
		w->counters = conncount_open();
		census_open(&w->census);
		courtesy_open(&w->courtesy);
	}
	back = op_go(op, PLACE_HEAD, NULL);
	if (rc == 0)
		census_open(&w->census);
	return rc < 0 ? rc : back;
}

/* Close the namespaces: they may be new ones, or must be able to go. */
static void forget(struct watch *w)
{
	diag_close(w->op.diag);
	w->op.diag = NULL;
	if (w->counters >= 0)
		close(w->counters);
	w->counters = -1;
	census_forget(&w->census);
	courtesy_forget(&w->courtesy);
	w->settled = false;
	ns_close(&w->op.inside);
}

void watch_operation_begins(struct keeper *k, enum operation operation)
{
	/* What these children do is out of date now, and in the way. */
	if (k->watch->recorder > 0)
		kill(k->watch->recorder, SIGKILL);
	courtesy_pause(&k->watch->courtesy);
	census_pause(&k->watch->census);
	grace_pause(&k->watch->vigil);
	if (operation == OPERATION_TEARDOWN)
		forget(k->watch);
}

static bool has_ended(pid_t *pid)
{
	if (*pid > 0 && waitpid(*pid, NULL, WNOHANG) == *pid)
		*pid = 0;
	return *pid <= 0;
}

/* In a child, as the disk may hang. */
static void record_connections(struct keeper *k, const char *text)
{
	struct op op;

	k->watch->recorder = child_fork(-1, -1);
	if (k->watch->recorder != 0)
		return;
	if (op_init(&op, k->svc, NULL) < 0 || op_go(&op, PLACE_INSIDE, NULL) < 0)
		_exit(1);
	state_replace(&op.paths, op.paths.conns, text, strlen(text));
	_exit(0);
}

static void tell(struct keeper *k, const char *text)
{
	struct watch *w = k->watch;
	uint32_t held = census_tell(&w->census);

	w->serial++;
	for (unsigned int i = 0; i < fragments_count(strlen(text)); i++) {
		struct message m = fragments_format(text, w->serial, i, k->svc->digest);

		json_object_object_add(m.body, "held", json_object_new_int64(held));
		peers_send(k, &m);
		message_release(&m);
	}
}

/* It no longer serves, and the disk is newer than what the other heads were sent. */
static void take_back(struct keeper *k)
{
	struct watch *w = k->watch;

	if (jobs_is_busy(k) ||
	    (jobs_state(k) != STATE_STANDBY && jobs_state(k) != STATE_ABSENT))
		return;
	/* The next time it serves, another head may have written to the disk meanwhile. */
	conns_free(&w->conns);
	census_reset(&w->census);
	courtesy_restart(&w->courtesy);
	if (!w->told)
		return;
	tell(k, "");
	w->told = false;
	w->untold = true;
}

/* Without counters they always may have. */
static bool may_have_changed(struct watch *w)
{
	struct conn_counts now = { 0 };
	bool same = conncount_read(w->counters, &now) == 0 &&
		    conn_counts_equal(&now, &w->counts);

	if (same && w->settled && child_now_ms() < w->listed_ms + LIST_ANYWAY_MS)
		return false;
	/* Connections being made now are counted already, but not listed yet. */
	w->settled = same;
	w->counts = now;
	return true;
}

static void look(struct watch *w)
{
	struct conns now = { 0 };

	if (!may_have_changed(w))
		return;
	if (diag_conns(w->op.diag, NFS_PORT, &now, NULL) < 0) {
		w->settled = false;
		return;
	}
	w->listed_ms = child_now_ms();
	w->settled &= conns_are_established(&now);
	/* No clients at all is what a cut network looks like: keep the last list. */
	if (now.n == 0 || conns_equal(&now, &w->conns)) {
		conns_free(&now);
		return;
	}
	conns_free(&w->conns);
	w->conns = now;
	w->unrecorded = w->untold = true;
}

/*
 * A window as wide as the interval contains one full second, or tenth. sd-event prefers
 * that (sleep_between()), so all keepers of a head wake together.
 */
static void arm(struct keeper *k)
{
	unsigned int ms = jobs_state(k) == STATE_SERVING ? SERVING_MS : STANDBY_MS;

	sd_event_source_set_time_accuracy(k->watch->timer, ms * 1000);
	timer_arm(k->watch->timer, ms / 2);
}

/* Look at the connections now, and set the time for the next look. */
static void sample(struct keeper *k)
{
	struct watch *w = k->watch;
	_cleanup_free_ char *text = NULL;
	bool record, others;

	arm(k);
	take_back(k);
	if (jobs_state(k) != STATE_SERVING || jobs_is_busy(k) || open_inside(w) < 0)
		return;
	peer_connections_free(&w->peer_conns);
	look(w);
	/* A disk that hangs must not delay the messages: they wait for nothing. */
	record = has_ended(&w->recorder) && w->unrecorded;
	others = w->untold && peers_have_time(k);
	text = w->conns.n && (record || others) ? conns_format(&w->conns) : NULL;
	if (text && record) {
		record_connections(k, text);
		w->unrecorded = false;
	}
	if (text && others) {
		tell(k, text);
		w->told = true;
		w->untold = false;
	}
}

void watch_operation_ended(struct keeper *k)
{
	forget(k->watch);
	sample(k);
}

void watch_peers_changed(struct keeper *k)
{
	k->watch->untold = true;
}

void watch_message(struct keeper *k, const char *from, const struct message *m)
{
	struct watch *w = k->watch;
	struct err err = { 0 };
	int rc;

	if (m->type != MESSAGE_CONNS || m->protocol != MESSAGE_PROTOCOL ||
	    strcmp(from, k->self) == 0 || jobs_state(k) == STATE_SERVING)
		return;
	rc = peer_connections_take(&w->peer_conns, k->svc, from, m, &err);
	if (rc > 0)
		w->peer_conns_ms = child_now_ms();
	else if (rc < 0)
		sd_journal_print(LOG_WARNING, "%s: message from %s ignored: %s",
				 k->svc->name, from, err.text);
}

struct json_object *watch_describe(const struct keeper *k)
{
	const struct watch *w = k->watch;
	struct json_object *o;

	if (!w->peer_conns.conns.n)
		return NULL;
	o = json_object_new_object();
	json_object_object_add(o, "head", json_object_new_string(w->peer_conns.from));
	json_object_object_add(o, "connections",
			       json_object_new_int64(w->peer_conns.conns.n));
	json_object_object_add(o, "held", json_object_new_int64(w->peer_conns.held));
	json_object_object_add(o, "age_ms",
			       json_object_new_int64(child_now_ms() - w->peer_conns_ms));
	return o;
}

/* One that cannot live, as its configuration is wrong, is tried less and less often. */
static bool misses_idmapd(const struct keeper *k)
{
	struct watch *w = k->watch;
	int64_t pause_ms = MEND_AGAIN_MS << w->idmapd_tries;

	if (idmapd_is_missed(&k->paths, k->svc))
		return child_now_ms() > w->idmapd_ms + pause_ms;
	if (child_now_ms() > w->idmapd_ms + 2 * pause_ms)
		w->idmapd_tries = 0;
	return false;
}

static void mend(struct keeper *k)
{
	bool serving = jobs_state(k) == STATE_SERVING;
	bool idmapd = misses_idmapd(k);
	bool missed = idmapd || !lock_is_held(k->paths.mountd_pid) ||
		      (serving && !lock_is_held(k->paths.nfsdcld_pid));
	struct job job = { .fd = -1,
			   .operation = serving ? OPERATION_MEND : OPERATION_STANDBY };

	if (!missed || !(serving || jobs_state(k) == STATE_STANDBY))
		return;
	k->watch->mended_ms = child_now_ms();
	if (idmapd) {
		k->watch->idmapd_ms = child_now_ms();
		k->watch->idmapd_tries += k->watch->idmapd_tries < IDMAPD_TRIES;
	}
	jobs_add(k, &job, NULL);
}

/* The watch itself has silenced the service, and goes on without a keeper. */
static void guard_sample(struct keeper *k)
{
	const struct job lose = { .operation = OPERATION_LOSE,
				  .fd = -1,
				  .patience_ms = k->svc->disk_timeout * 1000 };
	struct watch *w = k->watch;
	struct guardnote note;
	struct err err = { 0 };

	if (k->svc->guard == GUARD_NONE || !jobs_is_ready(k) ||
	    (jobs_state(k) != STATE_SERVING && jobs_state(k) != STATE_PARTIAL))
		return;
	note = guardnote_read(&k->paths);
	if (note.state == GUARDNOTE_HELD && !lock_is_held(k->paths.guard_pid) &&
	    guard_watch_start(k->svc, &k->paths, &err) < 0)
		sd_journal_print(LOG_ERR, "%s: guard: %s", k->svc->name, err.text);
	if (note.state != GUARDNOTE_LOST || jobs_has(k, OPERATION_LOSE) ||
	    child_now_ms() < w->lost_ms + MEND_AGAIN_MS)
		return;
	w->lost_ms = child_now_ms();
	if (jobs_add(k, &lose, &err) < 0)
		sd_journal_print(LOG_ERR, "%s: guard: %s", k->svc->name, err.text);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *data)
{
	struct keeper *k = data;

	k->watch->untold |= census_sample(k, &k->watch->census);
	sample(k);
	grace_sample(k, &k->watch->vigil);
	guard_sample(k);
	courtesy_sample(k, &k->watch->courtesy);
	if (jobs_is_ready(k) && !jobs_is_busy(k) &&
	    child_now_ms() > k->watch->mended_ms + MEND_AGAIN_MS)
		mend(k);
	return 0;
}

const struct peer_connections *watch_told(const struct keeper *k)
{
	return &k->watch->peer_conns;
}

int watch_open(struct keeper *k, struct err *err)
{
	struct watch *w = calloc(1, sizeof(*w));
	int rc;

	if (!w)
		return err_set(err, BATON_EXIT_RESOURCE, ENOMEM, "keeper");
	k->watch = w;
	w->mended_ms = w->idmapd_ms = w->lost_ms = -MEND_AGAIN_MS;
	w->counters = -1;
	census_init(&w->census);
	courtesy_init(&w->courtesy);
	rc = op_init(&w->op, k->svc, err);
	if (rc < 0)
		return rc;
	rc = sd_event_add_time_relative(k->event, &w->timer, CLOCK_MONOTONIC,
					STANDBY_MS * 1000, 0, on_timer, k);
	return rc < 0 ? err_set(err, BATON_EXIT_RESOURCE, -rc, "event loop") : 0;
}

void watch_close(struct keeper *k)
{
	struct watch *w = k->watch;

	if (!w)
		return;
	sd_event_source_disable_unref(w->timer);
	conns_free(&w->conns);
	peer_connections_free(&w->peer_conns);
	if (w->timer) {
		grace_pause(&w->vigil);
		census_close(&w->census);
		courtesy_pause(&w->courtesy);
		forget(w);
		op_release(&w->op);
	}
	free(w);
	k->watch = NULL;
}
