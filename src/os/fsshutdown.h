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
 * @path: its root, in this mount namespace
 *
 * XFS then answers EIO to everything. ext4 tells it from Linux 6.15 on, as an option in
 * mountinfo (fs/ext4/super.c, _ext4_show_options), and once a write has noticed it; before
 * 6.15 only a write knows. Does not wait for the disk.
 */
bool fsshutdown_is_done(const char *path);

#endif
