/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lock: open file description locks. They are inherited over fork and exec, and can be
 * looked at without taking them.
 */
#ifndef BATON_OS_LOCK_H
#define BATON_OS_LOCK_H

#include <stdbool.h>

/**
 * lock_take - lock an open file for its open file description (fcntl(2), F_OFD_SETLK)
 * @fd: open for writing
 *
 * Held until the last descriptor of this open file is closed, in any process.
 *
 * Return: 0, -EWOULDBLOCK if somebody has it, or -errno.
 */
int lock_take(int fd);

/**
 * lock_is_held - does somebody hold the lock on a file?
 *
 * Only looks, so it does not disturb others who try to take the lock meanwhile, as an
 * attempt with flock(2) would.
 *
 * Return: true if so; false also if there is no such file.
 */
bool lock_is_held(const char *path);

#endif
