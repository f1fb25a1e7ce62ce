/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fsshutdown: a mounted filesystem that is shut down: nothing more of it is written. */
#ifndef BATON_OS_FSSHUTDOWN_H
#define BATON_OS_FSSHUTDOWN_H

#include <stdbool.h>

#include "core/err.h"

/**
 * fsshutdown_do - shut it down, without writing its log
 * @path: its root
 *
 * What is in memory only is lost. It can then only be unmounted. One that is shut down
 * already counts as done, and so does a filesystem that knows no shutdown (btrfs).
 *
 * Return: 0, or -errno.
 */
int fsshutdown_do(const char *path, struct err *err);

/**
 * fsshutdown_is_done - is it shut down, by this or by the kernel after an I/O error?
 * @path: its root, in this mount namespace; it was mounted to be written to
 *
 * XFS then answers EIO to everything. ext4 shows it as read-only, or from Linux 6.15 on as
 * emergency_ro or shutdown (fs/ext4/super.c, _ext4_show_options). Does not wait for the disk.
 */
bool fsshutdown_is_done(const char *path);

#endif
