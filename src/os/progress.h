/* SPDX-License-Identifier: GPL-2.0-or-later */
/* progress: tells work that is slow from work that is dead. */
#ifndef BATON_OS_PROGRESS_H
#define BATON_OS_PROGRESS_H

#include <stdint.h>
#include <sys/types.h>

/**
 * struct progress - what had been done when it was read
 * @requests: that the disk has completed: reads, writes, discards, flushes
 * @sectors: of 512 bytes, that it has written
 * @busy_ms: how long the process has used the processor, or waited for its turn
 */
struct progress {
	uint64_t requests;
	uint64_t sectors;
	uint64_t busy_ms;
};

/** progress_disk - the number of the disk with this path; 0 = it is not there. */
dev_t progress_disk(const char *device);

/**
 * progress_read - how far have a disk and a process got?
 * @disk: number of the disk, 0 = none; what is not there has done nothing
 * @pid: of the process, 0 = none; the same
 *
 * Reads /sys/dev/block/MAJOR:MINOR/stat (Documentation/block/stat.rst) and /proc/PID/schedstat
 * (Documentation/scheduler/sched-stats.rst). Neither waits for the disk.
 */
struct progress progress_read(dev_t disk, pid_t pid);

/**
 * struct progress_watch - for how long has a disk done nothing?
 * @disk: its number
 * @requests: that it had completed when it was looked at last
 * @moved_ms: CLOCK_MONOTONIC, when that last was more than before
 */
struct progress_watch {
	dev_t disk;
	uint64_t requests;
	int64_t moved_ms;
};

/** progress_watch_begin - from now on. */
struct progress_watch progress_watch_begin(dev_t disk);

/** progress_idle_ms - how long ago it was last seen to have done something. */
int64_t progress_idle_ms(struct progress_watch *watch);

#endif
