/* SPDX-License-Identifier: GPL-2.0-or-later */
/* beneath: opens files on a disk whose content nobody trusts: no links, regular files only. */
#ifndef BATON_OS_BENEATH_H
#define BATON_OS_BENEATH_H

#include <fcntl.h>

/**
 * beneath_open - open a path without leaving its directory
 * @dir: the directory, open
 * @path: below it, relative
 * @flags: of open(2); O_CLOEXEC is set
 *
 * No symbolic link is followed, nor a mount entered (openat2(2)). What O_CREAT makes has the
 * mode 0600.
 *
 * Return: a descriptor, or -errno: -ELOOP for a link.
 */
int beneath_open(int dir, const char *path, int flags);

#endif
