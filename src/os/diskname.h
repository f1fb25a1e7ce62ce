/* SPDX-License-Identifier: GPL-2.0-or-later */
/* diskname: does a path of /dev always lead to the same disk, and which one does? */
#ifndef BATON_OS_DISKNAME_H
#define BATON_OS_DISKNAME_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

/**
 * diskname_is_stable - does this path lead to the same disk after a boot, and on other heads?
 * @device: a path below /dev
 *
 * The kernel's own names (sda, nvme0n1, dm-3, loop0) follow the order in which disks are
 * found, and multipath's mpatha the order in which a head has seen them
 * (/etc/multipath/bindings). Everything else is named after what the disk is, or by an
 * administrator: links of udev, LVM's volumes, DRBD's devices.
 */
bool diskname_is_stable(const char *device);

/**
 * diskname_find_stable - a path of udev's that does
 * @rdev: of the disk
 * @path: gets one in /dev/disk/by-id, else in /dev/disk/by-uuid
 *
 * Return: true if there is one.
 */
bool diskname_find_stable(dev_t rdev, char path[PATH_MAX]);

#endif
