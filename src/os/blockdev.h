/* SPDX-License-Identifier: GPL-2.0-or-later */
/* blockdev: is the disk here, does it hold what it should, is it free? */
#ifndef BATON_OS_BLOCKDEV_H
#define BATON_OS_BLOCKDEV_H

#include <sys/types.h>

#include "core/err.h"

/**
 * blockdev_check_present - is there a block device of this path?
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
 * @err: why not: unreadable, empty, something else, ambivalent
 *
 * Reads superblocks by libblkid, past any cache; may block as long as the disk does.
 *
 * Return: 0 or -errno with BATON_EXIT_DEVICE.
 */
int blockdev_check_filesystem(const char *device, const char *fstype, struct err *err);

/**
 * blockdev_check_unused - is it mounted or held by nothing on this head?
 * @device: path
 * @own: mounts at or below this directory do not count; NULL = all do
 * @err: names the mount point and a process of that mount namespace, or the holder
 *
 * Asks the kernel by an exclusive open, which finds also mounts that no process sees. For
 * the name of who has it, looks into every mount namespace that a process lives in, then at
 * the device's holders (dm, md, …). A device mounted below @own passes.
 *
 * Return: 0, -EBUSY (somebody named in @err), -EINPROGRESS (the kernel holds it for nobody
 * that can be seen), or -errno, with BATON_EXIT_DEVICE.
 */
int blockdev_check_unused(const char *device, const char *own, struct err *err);

#endif
