/* SPDX-License-Identifier: GPL-2.0-or-later */
/* blockdev: is the disk here, does it hold what it should, is it free? */
#ifndef BATON_OS_BLOCKDEV_H
#define BATON_OS_BLOCKDEV_H

#include <sys/types.h>

#include "core/err.h"

/**
 * blockdev_check_present - is there a block device at this path?
 * @device: path
 * @rdev: its number; may be NULL
 * @err: why not
 *
 * Return: 0 or -errno (-ENOENT, -ENOTBLK, …) with BATON_EXIT_DEVICE.
 */
int blockdev_check_present(const char *device, dev_t *rdev, struct err *err);

/**
 * blockdev_check_filesystem - does it hold a filesystem of this type?
 * @device: path
 * @fstype: what the service file says
 * @err: why not: unreadable, empty, another filesystem, ambiguous
 *
 * Reads the superblock with libblkid, bypassing caches; may block as long as the disk
 * does.
 *
 * Return: 0 or -errno with BATON_EXIT_DEVICE.
 */
int blockdev_check_filesystem(const char *device, const char *fstype, struct err *err);

/**
 * blockdev_check_unused - is it neither mounted nor in use on this head?
 * @device: path
 * @own: ignore mounts at or below this directory; NULL = ignore none
 * @err: names the mount point and a process in that mount namespace, or the user
 *
 * Asks the kernel by an exclusive open, which also detects mounts that no process sees.
 * To name the user, it searches the mount namespaces of all processes, then the device's
 * holders (dm, md, …). A device mounted below @own passes.
 *
 * Return: 0, -EBUSY (@err names the user), -EINPROGRESS (the kernel holds it, but no user
 * can be seen), or -errno, with BATON_EXIT_DEVICE.
 */
int blockdev_check_unused(const char *device, const char *own, struct err *err);

#endif
