/* SPDX-License-Identifier: GPL-2.0-or-later */
/* beneath: opens files on an untrusted disk: no links, regular files only. */
#ifndef BATON_OS_BENEATH_H
#define BATON_OS_BENEATH_H

#include <fcntl.h>

/**
 * beneath_open - open a path without leaving its directory
 * @dir: the directory, open
 * @path: below it, relative
 * @flags: of open(2); O_CLOEXEC is set
 *
 * Follows no symbolic link and enters no mount (openat2(2)). Files made by O_CREAT have
 * mode 0600.
 *
 * Return: a descriptor, or -errno; -ELOOP for a link.
 */
int beneath_open(int dir, const char *path, int flags);

#endif
