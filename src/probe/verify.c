// SPDX-License-Identifier: GPL-2.0-or-later
/* verify: at the end: is the lock still held, every record there, and no name left? */
#include "probe/verify.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probe/readback.h"

_Static_assert(sizeof(struct verify_report) <= PIPE_BUF, "is written whole");

/* Size of a read: large, because over a network each costs a round trip. */
#define VERIFY_SLOTS 256u

static void report(int out, const struct verify_report *now)
{
	if (write(out, now, sizeof(*now)) != sizeof(*now))
		_exit(1);
}

/* Opened again by name: a file that replaced it would not have the writer's lock. */
static void verify_lock(const struct verify_plan *plan, int dir,
			struct verify_report *now)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = openat(dir, LANE_RECORDS, O_RDWR | O_CLOEXEC);

	if (fd < 0 || fcntl(fd, F_GETLK, &lock))
		now->lock_code = errno;
	else if (lock.l_type == F_UNLCK)
		now->lock = VERIFY_LOCK_FREE;
	else if (lock.l_type != F_WRLCK || lock.l_pid != plan->writer)
		now->lock = VERIFY_LOCK_OTHER;
	else
		now->lock = VERIFY_LOCK_HELD;
	if (fd >= 0)
		close(fd);
}

static void verify_records(const struct verify_plan *plan, int dir, int out,
			   struct verify_report *now)
{
	const struct slots *slots = plan->slots;
	struct readback reader;
	uint8_t *buf = NULL;
	int rc = readback_open(&reader, dir, LANE_RECORDS);

	if (rc == 0 && posix_memalign((void **)&buf, RECORD_SIZE,
				      (size_t)VERIFY_SLOTS * RECORD_SIZE))
		rc = -ENOMEM;
	if (rc < 0) {
		now->read_code = -rc;
		return;
	}
	now->direct = reader.direct;
	for (uint64_t first = 0; first < slots->used; first += VERIFY_SLOTS) {
		uint64_t left = slots->used - first;
		uint64_t count = left < VERIFY_SLOTS ? left : VERIFY_SLOTS;
		ssize_t n = readback_read(&reader, buf, count * RECORD_SIZE,
					  (off_t)(first * RECORD_SIZE));

		if (n >= 0)
			slots_check(slots, plan->plan->run, first, count, buf,
				    (uint64_t)n, &now->sum);
		else if (!now->read_code)
			now->read_code = (int)-n;
		report(out, now);
	}
	free(buf);
	close(reader.fd);
}

static void verify_listing(int parent, const char *name, const char *allowed,
			   struct verify_report *now)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!dir) {
		now->list_code = errno;
		return;
	}
	while ((errno = 0, entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..") &&
		    (!allowed || strcmp(entry->d_name, allowed)))
			now->leftovers++;
	}
	if (errno)
		now->list_code = errno;
	closedir(dir);
}

static void verify_names(const struct probe_options *options, int dir,
			 struct verify_report *now)
{
	for (unsigned int i = 0; i < probe_parts(options, PROBE_NAMESPACE); i++) {
		char name[16];

		snprintf(name, sizeof(name), LANE_WORKER, i);
		verify_listing(dir, name, NULL, now);
	}
}

void verify_run(void *arg, int in, int out)
{
	const struct verify_plan *plan = arg;
	struct verify_report now = {};
	int dir = open(plan->plan->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0) {
		now.lock_code = now.read_code = now.list_code = errno;
	} else {
		verify_lock(plan, dir, &now);
		report(out, &now);
		verify_records(plan, dir, out, &now);
		verify_names(plan->plan->options, dir, &now);
		verify_listing(dir, LANE_OPENS, LANE_STANDING, &now);
	}
	now.done = true;
	report(out, &now);
}
