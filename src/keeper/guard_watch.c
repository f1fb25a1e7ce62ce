// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * guard_watch: a daemon that asks the disk whether this head, which serves, still may.
 *
 * Theory of operation
 *
 *   asker    READ KEYS once a second; the answer may never come: a path that is cut is
 *            waited for, while clients are still served from the cache. Of a silent service
 *            it also asks the filesystem, by a write: nobody else writes then, so nobody else
 *            would notice that it has failed. If its answer takes long, and there is another
 *            path, another asker begins with that
 *   watcher  takes its answers; it waits for nothing but them and the time
 *   looker   once a minute: is each path registered? It only says so, because only
 *            multipathd can register one before it is written through, and a head that was
 *            preempted meanwhile must not be
 *
 *   the key is registered           confirmed, at the moment when that was asked
 *   another head has removed it     the service is silenced at once; the note says lost; the
 *                                   filesystem is shut down. The keeper ends the rest
 *   not confirmed for guard-timeout, or the disk fails
 *                                   the service is silenced until it is confirmed again, and
 *                                   the filesystem takes a write
 *
 * The keeper may be gone: clients are served without it, so the watch must not depend on
 * it. A start begins the watch, the keeper starts another one if it has died, and it ends
 * when the note says that the disk is given up. A stop notes that before it does so. What
 * the keeper does about a loss, it does when it comes (watch.c guard_sample()).
 */
#include "keeper/guard_watch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/ruleset.h"
#include "keeper/guard_paths.h"
#include "keeper/op.h"
#include "keeper/silence.h"
#include "os/child.h"
#include "os/fsshutdown.h"
#include "os/guardnote.h"
#include "os/lock.h"
#include "os/lowerdisk.h"
#include "os/mountpoint.h"
#include "os/nftable.h"
#include "os/persist.h"
#include "os/state.h"

#define ASK_MS 1000
/* A command that failed is sent again once more before it counts. */
#define RETRY_MS 200
#define FAILURES 2
/* A watch that begins anew does not know how long the disk has been silent. */
#define FIRST_MS 5000
/* An answer that takes longer is worth asking by another path; the next one has twice as long. */
#define LATE_MS 3000
/* How often to look at each path. By default multipathd looks every 20 s whether one has come
 * back (multipath.conf(5), max_polling_interval). */
#define LOOK_MS   60000
#define SETTLE_MS 30000
/* After another asker could not be started. */
#define AGAIN_MS 1000
/* It waits for nothing that could hold up its end. */
#define END_MS 1000

/*
 * struct answer - the asker's
 * @asked_ms: when it asked
 * @registered: 1 or 0; -errno without an answer
 * @paths: by how many it can ask
 * @written: of a silent service: 0 if its filesystem takes writes, or -errno
 */
struct answer {
	int64_t asked_ms;
	int registered;
	unsigned int paths;
	int written;
};

struct watch {
	const struct service *svc;
	struct paths paths;
	struct guardnote note;
	pid_t asker;
	int fd;               /* of its answers, -1 = none */
	int64_t heard_ms;     /* it has begun, or has last answered, at … */
	unsigned int n_paths; /* by which it asks, 0 = not known yet */
	unsigned int turn;    /* which of them is the first */
	int64_t late_ms;      /* how long an answer may take */
	int64_t again_ms;     /* not another one before */
	int64_t confirmed_ms; /* the disk has last confirmed it at … */
	int64_t silent_ms;    /* silenced at …, 0 = not */
	bool stays;           /* silent, though the disk confirms: has been said */
	int failures;         /* of the disk, one after the other */
	pid_t looker;
	int64_t look_ms; /* not another one before */
};

/* Does some work in the service's namespaces, and comes back. */
static int inside(const struct watch *w, int (*work)(struct op *op, struct err *err),
		  struct err *err)
{
	struct op op;
	int rc = op_init(&op, w->svc, err), back;

	if (rc == 0)
		rc = op_go(&op, PLACE_INSIDE, err);
	if (rc == 0)
		rc = work(&op, err);
	back = op_go(&op, PLACE_HEAD, NULL);
	op_release(&op);
	return rc < 0 ? rc : back;
}

/* The disk does not keep anybody waiting, it fails. */
static bool is_failure(int registered)
{
	return registered == -EIO || registered == -ENXIO || registered == -ENODEV ||
	       registered == -ENOENT;
}

/* ---- the asker */

/* Another disk that has its name for a moment says nothing about it. */
static int open_disk(struct lowerdisk *disk, const char *device,
		     const struct guardnote *note)
{
	int rc = lowerdisk_open(device, disk, NULL);

	return rc < 0 || strcmp(disk->wwid, note->disk) == 0 ? rc : -EAGAIN;
}

/* So that another path is asked first. */
static void rotate(struct lowerdisk *disk, unsigned int turn)
{
	struct diskpath before[DISKPATH_MAX];

	memcpy(before, disk->path, sizeof(before));
	for (size_t i = 0; i < disk->paths; i++)
		disk->path[i] = before[(i + turn) % disk->paths];
}

static int ask(struct lowerdisk *disk, const struct watch *w, uint64_t *seen)
{
	struct pr_reservation reservation = { 0 };
	const struct guardnote *note = &w->note;
	struct pr_keys keys;
	uint64_t other = 0;
	int rc = 0;

	if (!disk->paths) {
		rc = open_disk(disk, w->svc->device, note);
		rotate(disk, w->turn);
	}

	if (rc == 0)
		rc = persist_read_reservation(disk, &reservation, NULL);
	/* Somebody has cleared it, and left this head registered. */
	if (rc == 0 && !reservation.type)
		rc = persist_do(disk, PR_RESERVE, note->key, 0, NULL);
	if (rc == -EBADE || (rc == 0 && reservation.type && reservation.key != note->key))
		return 0;
	if (rc == 0)
		rc = persist_read_keys(disk, &keys, NULL);
	if (rc == 0 && disk->is_multipath)
		other = guard_find_intruder(&keys, note->key, w->svc->name, seen);
	if (other)
		persist_do(disk, PR_PREEMPT_AND_ABORT, note->key, other, NULL);
	if (rc == 0)
		return guard_has_key(&keys, note->key);
	lowerdisk_close(disk);
	return rc;
}

static int write_to_it(struct op *op, struct err *err)
{
	return state_pulse(&op->paths, err);
}

/* A disk that was away for long comes back without its filesystem. */
static int try_filesystem(const struct watch *w, int registered)
{
	struct err err;

	if (!w->silent_ms || (registered <= 0 && !is_failure(registered)))
		return 0;
	return inside(w, write_to_it, &err);
}

static void run_asker(const struct watch *w, int fd)
{
	struct lowerdisk disk = { 0 };
	uint64_t seen = 0;

	prctl(PR_SET_NAME, "baton-guard-ask");
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		struct answer answer = { .asked_ms = child_now_ms() };
		int64_t left;

		answer.registered = ask(&disk, w, &seen);
		answer.paths = disk.paths;
		answer.written = try_filesystem(w, answer.registered);
		if (write(fd, &answer, sizeof(answer)) < 0)
			_exit(1);
		left = answer.asked_ms - child_now_ms() +
		       (is_failure(answer.registered) ? RETRY_MS : ASK_MS);
		poll(NULL, 0, left > 0 ? left : 0);
	}
}

/* ---- the watcher */

__attribute__((format(printf, 3, 4))) static void
say(const struct watch *w, const char *level, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	dprintf(STDERR_FILENO, "%s%s: guard: ", level, w->svc->name);
	vdprintf(STDERR_FILENO, fmt, ap);
	dprintf(STDERR_FILENO, "\n");
	va_end(ap);
}

static int unsilence(struct op *op, struct err *err)
{
	return silence_end(err);
}

static int shut_down(struct op *op, struct err *err)
{
	return mountpoint_exists(op->paths.fs) ? fsshutdown_do(op->paths.fs, err) : 0;
}

static int is_silent(struct op *op, struct err *err)
{
	return nftable_is_awake(RULESET_SILENCE, err);
}

/* A stop gives the key up; a start after it has registered another one. */
static bool is_over(const struct watch *w)
{
	const struct guardnote note = guardnote_read(&w->paths);

	return note.key != w->note.key || note.state != GUARDNOTE_HELD;
}

static bool silence(struct watch *w)
{
	struct err err = { 0 };

	if (inside(w, silence_begin, &err) < 0)
		say(w, SD_CRIT, "cannot hold clients off: %s", err.text);
	else
		w->silent_ms = child_now_ms();
	return w->silent_ms != 0;
}

static bool is_lost(const struct watch *w)
{
	const struct guardnote note = guardnote_read(&w->paths);

	return note.key == w->note.key && note.state == GUARDNOTE_LOST;
}

/* Whatever stands in the way: until both are done, or the service is stopped. */
static void lose(struct watch *w)
{
	struct err err = { 0 };
	bool silenced = silence(w), is_down = false;

	guardnote_set_state(&w->paths, GUARDNOTE_LOST);
	for (;;) {
		if (!is_down && inside(w, shut_down, &err) < 0)
			say(w, SD_CRIT, "%s", err.text);
		else
			is_down = true;
		if (silenced && is_down)
			break;
		poll(NULL, 0, AGAIN_MS);
		if (!is_lost(w))
			return;
		silenced = silenced || silence(w);
	}
	say(w, SD_CRIT, "another head has taken the disk; this head is silent");
}

static void end_asker(struct watch *w)
{
	if (w->fd >= 0)
		close(w->fd);
	w->fd = -1;
	/* One that hangs in the kernel ends when it can. */
	if (w->asker > 0)
		kill(w->asker, SIGKILL);
	w->asker = 0;
	w->again_ms = 0;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

/* An answer to what was asked before the silence proves nothing. */
static void confirm(struct watch *w, const struct answer *answer)
{
	struct err err = { 0 };

	w->confirmed_ms = answer->asked_ms;
	if (!w->silent_ms || answer->asked_ms <= w->silent_ms)
		return;
	/* Clients would get errors. Held off, they wait for the next head or the next start. */
	if (answer->written < 0) {
		if (!w->stays)
			say(w, SD_CRIT,
			    "the disk answers again, but the filesystem has failed meanwhile "
			    "(%s); clients stay held off",
			    strerror(-answer->written));
		w->stays = true;
		return;
	}
	if (inside(w, unsilence, &err) < 0) {
		say(w, SD_CRIT, "cannot let clients in again: %s", err.text);
		return;
	}
	w->silent_ms = 0;
	w->stays = false;
	end_asker(w);
	say(w, SD_NOTICE,
	    "the disk has confirmed the reservation; clients are served again");
}

static void check_time(struct watch *w)
{
	bool fails = w->failures >= FAILURES;
	bool due = fails ||
		   child_now_ms() >= w->confirmed_ms + w->svc->guard_timeout * 1000ll;
	struct err err;

	if (w->silent_ms || !due || !silence(w))
		return;
	/* A stop has come in between, and has put the filters to sleep already. */
	if (is_over(w)) {
		inside(w, unsilence, &err);
		return;
	}
	/* The next one writes. */
	end_asker(w);
	if (fails)
		say(w, SD_CRIT, "the disk fails; clients are held off until it answers");
	else
		say(w, SD_CRIT,
		    "the disk has not confirmed the reservation for %u s; clients are held "
		    "off until it does",
		    w->svc->guard_timeout);
}

static void begin_asker(struct watch *w)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0) {
		w->again_ms = child_now_ms() + AGAIN_MS;
		return;
	}
	w->asker = child_fork(ends[1], -1);
	if (w->asker == 0)
		run_asker(w, ends[1]);
	close(ends[1]);
	w->fd = ends[0];
	w->heard_ms = child_now_ms();
	if (w->asker < 0) {
		end_asker(w);
		w->again_ms = child_now_ms() + AGAIN_MS;
	}
}

/* Returns false when the watch is over. */
static bool take_answer(struct watch *w)
{
	struct answer answer;

	if (read(w->fd, &answer, sizeof(answer)) != sizeof(answer)) {
		end_asker(w);
		w->again_ms = child_now_ms() + AGAIN_MS;
		return true;
	}
	w->heard_ms = child_now_ms();
	w->late_ms = LATE_MS;
	if (answer.paths)
		w->n_paths = answer.paths;
	w->failures = is_failure(answer.registered) ? w->failures + 1 : 0;
	if (answer.registered > 0)
		confirm(w, &answer);
	return answer.registered != 0;
}

/* It may hang where one path hangs, until the kernel gives that up. */
static void try_another_path(struct watch *w)
{
	if (w->fd < 0 || w->n_paths == 1 || child_now_ms() < w->heard_ms + w->late_ms)
		return;
	end_asker(w);
	w->turn++;
	w->late_ms *= 2;
}

static void mind_paths(struct watch *w)
{
	if (child_now_ms() < w->look_ms ||
	    (w->looker > 0 && waitpid(w->looker, NULL, WNOHANG) == 0))
		return;
	w->look_ms = child_now_ms() + LOOK_MS;
	w->looker = child_fork(-1, -1);
	if (w->looker != 0)
		return;
	prctl(PR_SET_NAME, "baton-guard-look");
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	guard_paths_look(w->svc, &w->paths, &w->note, SETTLE_MS);
	_exit(0);
}

static void run_watch(struct watch *w)
{
	while (!is_over(w)) {
		struct pollfd p = { .events = POLLIN };

		try_another_path(w);
		if (w->fd < 0 && child_now_ms() >= w->again_ms)
			begin_asker(w);
		/* A negative one only waits. */
		p.fd = w->fd;
		if (poll(&p, 1, AGAIN_MS) > 0 && !take_answer(w)) {
			if (!is_over(w))
				lose(w);
			break;
		}
		if (!is_over(w))
			check_time(w);
		mind_paths(w);
	}
	end_asker(w);
}

static void begin(const struct service *svc, const struct paths *paths)
{
	struct watch w = { .svc = svc, .paths = *paths, .fd = -1, .late_ms = LATE_MS };
	int64_t known_ms = svc->guard_timeout * 1000ll - FIRST_MS;
	sigset_t none;
	struct err err;

	prctl(PR_SET_NAME, "baton-guard");
	/* The keeper's loop has blocked some. */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	w.note = guardnote_read(paths);
	w.look_ms = child_now_ms() + LOOK_MS;
	w.confirmed_ms = child_now_ms() - (known_ms > 0 ? known_ms : 0);
	/* Another watch has done so before this one. */
	if (inside(&w, is_silent, &err) > 0)
		w.silent_ms = child_now_ms();
	run_watch(&w);
}

void guard_watch_end(const struct paths *paths)
{
	pid_t pid = child_daemon_pid(paths->guard_pid);

	if (pid <= 0)
		return;
	kill(pid, SIGKILL);
	child_wait_gone(pid, END_MS);
}

int guard_watch_start(const struct service *svc, const struct paths *paths,
		      struct err *err)
{
	/* Held by the daemon through this open file. */
	_cleanup_close_ int fd = open(paths->guard_pid, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	int rc = fd < 0 ? -errno : lock_take(fd);
	pid_t pid;

	if (rc == -EWOULDBLOCK)
		return 0;
	if (rc < 0)
		return err_set(err, BATON_EXIT_RESOURCE, -rc, "lock %s",
			       paths->guard_pid);
	pid = child_fork(fd, -1);
	if (pid < 0)
		return err_set(err, BATON_EXIT_RESOURCE, -pid, "fork");
	if (pid == 0) {
		/* Its parent shall not have to wait for it. */
		if (fork() != 0)
			_exit(0);
		setsid();
		if (child_write_pid(fd, getpid()) == 0)
			begin(svc, paths);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	return 0;
}
