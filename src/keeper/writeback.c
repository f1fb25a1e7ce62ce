// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * writeback: the step sync: what clients have written goes to the disk before the pause.
 *
 * A client that writes on and on fills memory again during syncfs(2), which writes only
 * what was there when it was called. So it is called again, as long as there is less left
 * each time. How long the rest would take is known from what the disk has just written.
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
/* How often in a row there may be no less left than before. */
#define IN_VAIN 2
#define SECTOR  512
/* A day: longer than anybody waits. */
#define REST_MAX_S 86400

/**
 * struct writeback - how far it has got
 * @disk: its number
 * @until_ms: when it has to be done, so that there is time for the rest; 0 = any time
 * @began_ms: when it began
 * @before: what the disk had done then
 * @left: bytes to be written
 * @rest_s: about how long that takes
 */
struct writeback {
	dev_t disk;
	int64_t until_ms;
	int64_t began_ms;
	struct progress before;
	uint64_t left;
	unsigned int rest_s;
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
	double rest_s = 0;

	/* What is not known is left to syncfs(2). A disk that has written nothing says
	 * nothing about its speed. */
	w->left = left > 0 ? left : 0;
	if (written)
		rest_s = (double)w->left * (double)ms / (double)written / 1000;
	w->rest_s = rest_s < REST_MAX_S ? rest_s : REST_MAX_S;
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
	if (w->rest_s)
		snprintf(more, sizeof(more), ", about %u s more", w->rest_s);
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

int writeback_run(struct op *op, struct err *err)
{
	int64_t left_ms = op->until_ms - child_now_ms();
	unsigned int in_vain = 0, best_s = UINT32_MAX;
	struct writeback w = { .disk = diskhold_disk(&op->paths),
			       .began_ms = child_now_ms() };
	int rc;

	/* The other half is for what follows. */
	if (op->until_ms)
		w.until_ms = w.began_ms + (left_ms > 0 ? left_ms / 2 : 1);
	w.before = progress_read(w.disk, 0);
	for (;;) {
		rc = sync_once(op, &w);
		look(&w);
		if (rc == 0 && w.rest_s <= op->svc->lease / 2)
			return 0;
		if (w.rest_s < best_s) {
			best_s = w.rest_s;
			in_vain = 0;
		}
		if (rc < 0 || in_vain++ == IN_VAIN)
			break;
	}
	if (op->planned)
		return give_up(op, &w, rc < 0 ? rc : -ETIME, err);
	snprintf(op->note, sizeof(op->note), "not done after %u s: %llu MB left",
		 (unsigned int)((child_now_ms() - w.began_ms) / 1000),
		 (unsigned long long)w.left / 1000000);
	return 0;
}
