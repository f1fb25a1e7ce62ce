/* SPDX-License-Identifier: GPL-2.0-or-later */
/* multipathd: has it register a disk's paths that come later, or come back. */
#ifndef BATON_OS_MULTIPATHD_H
#define BATON_OS_MULTIPATHD_H

#include <stdint.h>

#include "core/err.h"

/*
 * A path that comes back must be registered before anything is written through it, and
 * multipathd alone knows when that is. multipath-tools does so from 0.13 on without
 * registering a head again that has been preempted meanwhile (its NEWS.md).
 *
 * @map is the kernel's name of the map: "dm-3". Errors have BATON_EXIT_DEVICE.
 */

/**
 * multipathd_check - does it run, and can it?
 *
 * Return: 0, or -EOPNOTSUPP with what is missing.
 */
int multipathd_check(const char *map, struct err *err);

/**
 * multipathd_check_queue - does the map keep commands as long as it has no path?
 *
 * That is `no_path_retry queue`, wherever it is set. Return: 0, or -EIO.
 */
int multipathd_check_queue(const char *map, struct err *err);

/**
 * multipathd_guard - keep all paths of a map registered from now on
 * @key: by which those that are up have been registered
 *
 * Return: 0, or -EIO.
 */
int multipathd_guard(const char *map, uint64_t key, struct err *err);

/**
 * multipathd_unguard - register none any more
 *
 * Before the paths are unregistered. Return: 0, or -EIO.
 */
int multipathd_unguard(const char *map, struct err *err);

#endif
