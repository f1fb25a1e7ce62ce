// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * census: counts how much clients hold while they are served.
 *
 * A head that takes over the service has to know how long its grace period must be, so
 * the counts are recorded on the disk, and the largest is sent to the other heads
 * (watch.c). For a client that holds a lot the kernel writes megabytes. So a child reads
 * them, only after calls that may change what clients hold, and for a twentieth of the
 * time at most. What is opened between a count and the head's death can be reclaimed in
 * about the time it took to open it, so within `grace`.
 */
#include "keeper/census.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keeper/jobs.h"
#include "keeper/op.h"
#include "os/child.h"
#include "os/nfsd.h"
#include "os/nfsdheld.h"

#define AGAIN_MS 10000
#define SHARE    20
/* Where the kernel does not count calls. */
#define BLIND_MS 60000
/* What is not counted by then is not reported. */
#define COUNT_MS 60000
/* How long a killed child may take to go. */
#define KILL_MS 100

/* From the child; both ends are the same program. */
struct count {
	uint32_t most;
	int64_t took_ms;
};

/* During a grace period clients hold less than they will. */
static void count(struct op *op, int fd)
{
	struct holdings now = { 0 };
	int64_t began = child_now_ms();
	struct count count = { 0 };

	if (nfsd_in_grace() != 0 ||
	    nfsdheld_count(NFSD_CLIENTS, NFSDHELD_LOCKS, op->paths.fs, began + COUNT_MS,
			   &now) < 0)
		_exit(1);
	count.most = holdings_largest(&now);
	count.took_ms = child_now_ms() - began;
	/* Before the disk: that may hang, and the other heads must still be told. */
	if (write(fd, &count, sizeof(count)) < 0)
		_exit(1);
	reclaim_record(&op->paths, &now, RECLAIM_ALL);
	_exit(0);
}

static void begin(struct keeper *k, struct census *c)
{
	int ends[2];
	struct op op;

	c->counted = false;
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return;
	c->pid = child_fork(ends[1], -1);
	if (c->pid == 0) {
		if (op_init(&op, k->svc, NULL) < 0 || op_go(&op, PLACE_INSIDE, NULL) < 0)
			_exit(1);
		count(&op, ends[1]);
	}
	close(ends[1]);
	c->fd = ends[0];
}

/* Return: true if a count has arrived. */
static bool take(struct census *c)
{
	struct count count;

	if (c->fd < 0 || read(c->fd, &count, sizeof(count)) != sizeof(count))
		return false;
	c->most = count.most;
	c->counted = true;
	if (c->next_ms < child_now_ms() + SHARE * count.took_ms)
		c->next_ms = child_now_ms() + SHARE * count.took_ms;
	return true;
}

static bool has_ended(struct census *c)
{
	if (c->pid > 0 && waitpid(c->pid, NULL, WNOHANG) != c->pid)
		return false;
	c->pid = 0;
	return true;
}

static void hang_up(struct census *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

/* Has anything been opened, locked, closed …? */
static bool may_have_changed(struct census *c)
{
	struct holding_calls calls;

	if (nfsdheld_read_calls(c->calls_fd, &calls) < 0) {
		c->next_ms = child_now_ms() + BLIND_MS;
		return true;
	}
	if (c->counted && calls.state == c->calls)
		return false;
	c->calls = calls.state;
	return true;
}

bool census_sample(struct keeper *k, struct census *c)
{
	bool ended = has_ended(c), news = take(c) && holding_is_news(c->told, c->most);

	if (ended)
		hang_up(c);
	if (jobs_state(k) != STATE_SERVING || jobs_is_busy(k))
		return false;
	if (!ended || child_now_ms() < c->next_ms)
		return news;
	c->next_ms = child_now_ms() + AGAIN_MS;
	if (may_have_changed(c))
		begin(k, c);
	return news;
}

void census_init(struct census *c)
{
	*c = (struct census){ .calls_fd = -1, .fd = -1 };
}

void census_open(struct census *c)
{
	if (c->calls_fd < 0)
		c->calls_fd = nfsdheld_open_calls();
}

uint32_t census_tell(struct census *c)
{
	c->told = c->most;
	return c->most;
}

void census_reset(struct census *c)
{
	c->most = 0;
}

void census_pause(struct census *c)
{
	if (c->pid > 0) {
		kill(c->pid, SIGKILL);
		/* One that hangs in the kernel ends when it can; no other begins before. */
		if (child_wait_gone(c->pid, KILL_MS) == 0)
			c->pid = 0;
	}
	hang_up(c);
	/* What the child has not reported is out of date. */
	c->counted = false;
	c->next_ms = 0;
}

void census_forget(struct census *c)
{
	if (c->calls_fd >= 0)
		close(c->calls_fd);
	c->calls_fd = -1;
}

void census_close(struct census *c)
{
	census_pause(c);
	census_forget(c);
}
