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

#endif
