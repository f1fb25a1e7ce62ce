/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lock: open file description locks: inherited over fork and exec, and looked at without
 * taking.
 */
#ifndef BATON_OS_LOCK_H
#define BATON_OS_LOCK_H

#include <stdbool.h>

/**
 * lock_take - lock an open file for its open file description (fcntl(2), F_OFD_SETLK)
 * @fd: open for writing
 *
 * Held until the last descriptor of this opening is closed, in whatever process.
 *
 * Return: 0, -EWOULDBLOCK if somebody has it, or -errno.
 */
int lock_take(int fd);

/**
 * lock_is_held - does somebody hold the lock on a file?
 *
 * Only looks: who tries to take the lock meanwhile is not disturbed, as it would be by an
 * attempt with flock(2).
 *
 * Return: true if so; false also if there is no such file.
 */
bool lock_is_held(const char *path);

#endif
