// SPDX-License-Identifier: GPL-2.0-or-later
/* progress: tells work that is slow from work that is dead. */
#include "os/progress.h"

#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "os/child.h"
#include "os/file.h"

/* Columns of /sys/…/stat: requests of each kind, and the sectors written. */
enum { READS = 0, WRITES = 4, WRITE_SECTORS = 6, DISCARDS = 11, FLUSHES = 15, COLUMNS };

static void read_disk(struct progress *p, dev_t disk)
{
	/* Kernels before 5.5 print fewer columns. */
	unsigned long long v[COLUMNS + 1] = { 0 };
	char path[64], text[512];
	const char *next = text;
	int n = 0;

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/stat", major(disk),
		 minor(disk));
	if (!disk || file_read(path, text, sizeof(text)) <= 0)
		return;
	for (int len; n <= FLUSHES && sscanf(next, " %llu%n", &v[n], &len) == 1; n++)
		next += len;
	p->requests = v[READS] + v[WRITES] + v[DISCARDS] + v[FLUSHES];
	p->sectors = v[WRITE_SECTORS];
}

static void read_process(struct progress *p, pid_t pid)
{
	unsigned long long ran, waited;
	char path[64], text[128];

	snprintf(path, sizeof(path), "/proc/%d/schedstat", pid);
	if (pid > 0 && file_read(path, text, sizeof(text)) > 0 &&
	    sscanf(text, "%llu %llu", &ran, &waited) == 2)
		p->busy_ms = (ran + waited) / 1000000;
}

dev_t progress_disk(const char *device)
{
	struct stat st;

	return stat(device, &st) == 0 && S_ISBLK(st.st_mode) ? st.st_rdev : 0;
}

struct progress progress_read(dev_t disk, pid_t pid)
{
	struct progress p = { 0 };

	read_disk(&p, disk);
	read_process(&p, pid);
	return p;
}

struct progress_watch progress_watch_begin(dev_t disk)
{
	return (struct progress_watch){ disk, progress_read(disk, 0).requests,
					child_now_ms() };
}

int64_t progress_idle_ms(struct progress_watch *watch)
{
	uint64_t now = progress_read(watch->disk, 0).requests;

	if (now != watch->requests)
		watch->moved_ms = child_now_ms();
	watch->requests = now;
	return child_now_ms() - watch->moved_ms;
}
