// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * writeback: the step sync: what clients have written goes to the disk before the pause.
 *
 * A client that writes on and on fills memory again during syncfs(2), which writes only
 * what was there when it was called. So it is called again, as long as there is less left
 * each time: the pause has to wait for the rest. How long that takes is known from what the
 * disk has just written.
 */
#include "keeper/writeback.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "os/child.h"
#include "os/diskhold.h"
#include "os/progress.h"
#include "os/unwritten.h"

#define LOOK_MS 250
/* So short a rest is not worth another round: a fraction of the shortest pause. */
#define ENOUGH_MS 50
/* How often in a row there may be no less left than before. */
#define IN_VAIN 2
/* The same, if it was short before. */
#define BURSTS 5
#define SECTOR 512
/* A day: longer than anybody waits. */
#define REST_MAX_MS 86400000

/**
 * struct writeback - how far it has got
 * @disk: its number
 * @until_ms: when it has to be done, so that there is time for the rest; 0 = any time
 * @began_ms: when it began
 * @before: what the disk had done then
 * @left: bytes to be written
 * @rest_ms: about how long that takes
 */
struct writeback {
	dev_t disk;
	int64_t until_ms;
	int64_t began_ms;
	struct progress before;
	uint64_t left;
	unsigned int rest_ms;
};

/* In a child: the disk may hang. Return: 0; -ETIME or -EIO: it goes on, or hangs. */
static int sync_once(struct op *op, const struct writeback *w)
{
	/* A little before the runner takes this step for dead. */
	int64_t stall_ms = op->svc->disk_timeout * 750ll;
	struct progress_watch watch = progress_watch_begin(w->disk);
	pid_t pid = child_fork(-1, -1);
	int rc = 0;

	/* This costs only time. */
	if (pid < 0)
		return 0;
	if (pid == 0) {
		int fs = open(op->paths.fs, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		_exit(fs < 0 || syncfs(fs) < 0);
	}
	while (child_wait_gone(pid, LOOK_MS) < 0) {
		if (w->until_ms && child_now_ms() > w->until_ms)
			rc = -ETIME;
		else if (progress_idle_ms(&watch) > stall_ms)
			rc = -EIO;
		else
			continue;
		op->syncing = pid;
		break;
	}
	return rc;
}

static void look(struct writeback *w)
{
	struct progress now = progress_read(w->disk, 0);
	uint64_t written = (now.sectors - w->before.sectors) * SECTOR;
	int64_t ms = child_now_ms() - w->began_ms, left = unwritten_bytes(w->disk);
	double rest_ms = 0;

	/* What is not known is left to syncfs(2). A disk that has written nothing says
	 * nothing about its speed. */
	w->left = left > 0 ? left : 0;
	if (written)
		rest_ms = (double)w->left * (double)ms / (double)written;
	w->rest_ms = rest_ms < REST_MAX_MS ? rest_ms : REST_MAX_MS;
}

static int give_up(struct op *op, const struct writeback *w, int why, struct err *err)
{
	unsigned int s = (child_now_ms() - w->began_ms) / 1000;
	unsigned long long mb = w->left / 1000000;
	char more[40] = "";

	op->given_up = true;
	/* Or it would still be in the way of the stop that may follow. */
	if (op->syncing > 0)
		kill(op->syncing, SIGKILL);
	if (w->rest_ms >= 1000)
		snprintf(more, sizeof(more), ", about %u s more", w->rest_ms / 1000);
	if (why == -EIO)
		err_set(err, BATON_EXIT_DEVICE, 0,
			"the disk completes nothing, with %llu MB still to be written; the "
			"service stays here",
			mb);
	else
		err_set(err, BATON_EXIT_FAILED, 0,
			"%llu MB are still to be written to the disk after %u s%s; the "
			"service stays here",
			mb, s, more);
	return why;
}

bool writeback_goes_on(struct writeback_rounds *r, unsigned int rest_ms,
		       unsigned int short_ms)
{
	unsigned int least_ms = rest_ms > short_ms ? r->best_ms : r->best_ms / 4 * 3;
	/* Many have come at once, after a rest that was short: that passes. */
	bool burst = rest_ms > short_ms && r->best_ms <= short_ms;

	if (rest_ms <= ENOUGH_MS)
		return false;
	if (rest_ms >= least_ms)
		return ++r->in_vain < (burst ? BURSTS : IN_VAIN);
	r->best_ms = rest_ms;
	r->in_vain = 0;
	return true;
}

/* Return: 0 = clients can wait for the rest, and it gets no shorter; or why not. */
static int write_back(struct op *op, struct writeback *w)
{
	struct writeback_rounds rounds = WRITEBACK_ROUNDS;
	unsigned int short_ms = op->svc->lease * 500;
	bool is_short = false;
	int rc;

	do {
		rc = sync_once(op, w);
		look(w);
		/* In the midst of a round nothing may have been written yet to judge by. */
		if (rc == 0)
			is_short = w->rest_ms <= short_ms;
	} while (rc == 0 && writeback_goes_on(&rounds, w->rest_ms, short_ms));
	if (is_short && rc != -EIO)
		return 0;
	return rc < 0 ? rc : -ETIME;
}

int writeback_run(struct op *op, struct err *err)
{
	int64_t left_ms = op->until_ms - child_now_ms();
	struct writeback w = { .disk = diskhold_disk(&op->paths),
			       .began_ms = child_now_ms() };
	unsigned int s;
	int rc;

	/* The other half is for what follows. */
	if (op->until_ms)
		w.until_ms = w.began_ms + (left_ms > 0 ? left_ms / 2 : 1);
	w.before = progress_read(w.disk, 0);
	rc = write_back(op, &w);
	if (rc < 0 && op->planned)
		return give_up(op, &w, rc, err);
	s = (child_now_ms() - w.began_ms) / 1000;
	if (rc < 0)
		snprintf(op->note, sizeof(op->note), "not done after %u s: %llu MB left",
			 s, (unsigned long long)w.left / 1000000);
	else if (w.rest_ms > ENOUGH_MS)
		snprintf(op->note, sizeof(op->note),
			 "clients write as fast as the disk: %llu MB left, about %.1f s",
			 (unsigned long long)w.left / 1000000, w.rest_ms / 1e3);
	return 0;
}
