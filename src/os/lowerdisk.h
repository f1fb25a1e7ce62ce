/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lowerdisk: the SCSI disk beneath a device: its own, or that of a partition, LV, LUKS … */
#ifndef BATON_OS_LOWERDISK_H
#define BATON_OS_LOWERDISK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "core/err.h"
#include "os/diskpath.h"

/* As the kernel prints the identification of a disk. */
#define LOWERDISK_WWID_MAX 128

/**
 * struct lowerdisk - the one disk
 * @name: the kernel's, "sdb"; of multipath "dm-3"
 * @number: its device number
 * @wwid: what identifies it on every head and by every path, one word; "-" = the kernel
 *        knows nothing
 * @is_multipath: @path are those that multipathd has given it
 * @path, @paths: for commands, once opened; 0 = not
 */
struct lowerdisk {
	char name[32];
	dev_t number;
	char wwid[LOWERDISK_WWID_MAX];
	bool is_multipath;
	struct diskpath path[DISKPATH_MAX];
	size_t paths;
};

/**
 * lowerdisk_open - find it, and open it for commands
 * @device: path
 * @disk: filled; lowerdisk_close() closes it, also after a failure
 *
 * Return: 0, -E2BIG (it lies on several disks), or -errno, with BATON_EXIT_DEVICE.
 */
int lowerdisk_open(const char *device, struct lowerdisk *disk, struct err *err);

/** lowerdisk_close - close it. */
void lowerdisk_close(struct lowerdisk *disk);

/**
 * lowerdisk_check - can it be guarded by SCSI reservations, on all its paths?
 *
 * Not what is no SCSI disk (DRBD lies on a disk of its own on each head), nor one of which
 * this head has a path that would not be registered: without multipath, or with a multipathd
 * that does not register what comes later.
 *
 * Return: 0, or -EOPNOTSUPP with BATON_EXIT_DEVICE.
 */
int lowerdisk_check(const char *device, const struct lowerdisk *disk, struct err *err);

/**
 * lowerdisk_gives_up_s - after how many seconds without its path does it fail commands?
 *
 * Of iSCSI alone it is known (node.session.timeo.replacement_timeout). Return: -1 = not.
 */
int lowerdisk_gives_up_s(const struct lowerdisk *disk);

/** lowerdisk_is_whole - is it a disk itself, and no part or volume with others beside it? */
bool lowerdisk_is_whole(const char *device);

/** lowerdisk_share - do two devices lie on one disk? False if either is not here. */
bool lowerdisk_share(const char *a, const char *b);

#endif
