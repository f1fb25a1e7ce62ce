/* SPDX-License-Identifier: GPL-2.0-or-later */
/* diskpath: the paths by which a head reaches one SCSI disk. */
#ifndef BATON_OS_DISKPATH_H
#define BATON_OS_DISKPATH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "core/err.h"

/* Two ports of a head to two controllers with two ports each are eight. */
#define DISKPATH_MAX 16

/**
 * struct diskpath - a path, which the kernel shows as a disk of its own
 * @name: the kernel's, "sdb"
 * @fd: for commands
 */
struct diskpath {
	char name[32];
	int fd;
};

/** diskpath_is_multipath - is it a map of dm-multipath? */
bool diskpath_is_multipath(dev_t number);

/**
 * diskpath_open - open a disk's paths for commands
 * @v: gets them
 * @name, @number: the disk, or the map of dm-multipath
 *
 * Of a map those that the kernel knows to be up; if none is, all: a command then waits as
 * long as the kernel waits for a path. Without a map the disk is its only path.
 *
 * Return: how many, or -errno with BATON_EXIT_DEVICE, and none is open.
 */
int diskpath_open(struct diskpath v[DISKPATH_MAX], const char *name, dev_t number,
		  struct err *err);

/**
 * diskpath_find_stranger - another path to the same disk, that the map does not have
 * @name: the disk, or the map, and @number
 * @wwid: what identifies the disk by every path
 * @stranger: gets its name, 32 bytes
 */
bool diskpath_find_stranger(const char *name, dev_t number, const char *wwid,
			    char stranger[32]);

/**
 * diskpath_read_wwid - what identifies the disk on every head and by every path
 * @wwid: gets one word; "-" = the kernel knows nothing
 */
void diskpath_read_wwid(dev_t number, char *wwid, size_t size);

#endif
