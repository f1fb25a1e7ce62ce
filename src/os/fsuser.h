/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fsuser: which process keeps a filesystem busy? */
#ifndef BATON_OS_FSUSER_H
#define BATON_OS_FSUSER_H

#include <stddef.h>

/**
 * fsuser_find - a process that has a file or its working directory on a filesystem
 * @path: any path on the filesystem
 * @text: gets "process 4711 (tar)"
 * @size: of @text
 *
 * Return: 0, -ENOENT if there is none, or -errno.
 */
int fsuser_find(const char *path, char *text, size_t size);

#endif
