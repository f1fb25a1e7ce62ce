/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fsshutdown: shuts a mounted filesystem down: nothing more of it is written. */
#ifndef BATON_OS_FSSHUTDOWN_H
#define BATON_OS_FSSHUTDOWN_H

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

#endif
