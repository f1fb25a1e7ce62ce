// SPDX-License-Identifier: GPL-2.0-or-later
/* opens: a new open and a lock each time, as in a freshly started application. */
/*
 * Theory of operation
 *
 * Two kinds alternate. One is an open of a standing file that nobody has open, as a
 * virtual machine opens its disk; a client that holds a delegation may answer it without
 * the server. The other is an exclusive create of a new name, which always is an OPEN on
 * the wire. Each takes a write lock on the whole file; open and lock are timed as one
 * call.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "probe/lane.h"

static int lock_fd(int fd, short type)
{
	struct flock lock = { .l_type = type, .l_whence = SEEK_SET };

	return fcntl(fd, F_SETLK, &lock) ? errno : 0;
}

/* Open and lock; @fd is open, or -1. */
static int open_locked(int dir, const char *name, int flags, int *fd)
{
	*fd = openat(dir, name, flags | O_RDWR | O_CLOEXEC, 0600);
	return *fd < 0 ? errno : lock_fd(*fd, F_WRLCK);
}

static int close_unlocked(int fd)
{
	int code = lock_fd(fd, F_UNLCK);

	if (close(fd) && !code)
		code = errno;
	return code;
}

static void remove_fresh(struct lane *lane, int dir, const char *name, uint64_t round)
{
	lane_begin(lane, OP_REMOVE, round);
	lane_end(lane, unlinkat(dir, name, 0) ? errno : 0);
}

static void one_open(struct lane *lane, int dir, uint64_t round)
{
	bool fresh = round % 2;
	char name[32] = LANE_STANDING;
	int code, fd;

	if (fresh)
		snprintf(name, sizeof(name), "n%010" PRIu64, round);
	lane_begin(lane, fresh ? OP_OPEN_NEW : OP_OPEN, round);
	code = open_locked(dir, name, fresh ? O_CREAT | O_EXCL : 0, &fd);
	lane_end(lane, code);
	if (fd < 0) {
		/* It is lost, and counted as such. Put it back for the later rounds. */
		if (!fresh && code == ENOENT) {
			fd = openat(dir, name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
			if (fd >= 0)
				close(fd);
		}
		/* It was created, but by the call that was executed first. */
		if (fresh && probe_is_spurious(OP_OPEN_NEW, code))
			remove_fresh(lane, dir, name, round);
		return;
	}
	lane_begin(lane, OP_CLOSE, round);
	lane_end(lane, close_unlocked(fd));
	if (fresh)
		remove_fresh(lane, dir, name, round);
}

static void opens_part(struct lane *lane, void *arg)
{
	const int *dir = arg;

	for (uint64_t round = 0; !lane->stopping; round++) {
		one_open(lane, *dir, round);
		lane_pace(lane);
	}
}

void opens_run(void *arg, int in, int out)
{
	const struct lane_plan *plan = arg;
	char path[PATH_MAX + 16];
	int dir, fd;

	snprintf(path, sizeof(path), "%s/" LANE_OPENS, plan->path);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		lane_refuse(out, OP_OPEN, errno);
	fd = openat(dir, LANE_STANDING, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || close(fd))
		lane_refuse(out, OP_OPEN, errno);
	lane_run(in, out, plan, PROBE_OPEN, opens_part, &dir);
}
