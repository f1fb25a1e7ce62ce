/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guard_paths: is each path to a guarded disk registered? */
#ifndef BATON_KEEPER_GUARD_PATHS_H
#define BATON_KEEPER_GUARD_PATHS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/paths.h"
#include "core/service.h"
#include "os/file.h"
#include "os/guardnote.h"
#include "os/lowerdisk.h"

/**
 * guard_paths_find - find a path that answers, and is not registered
 * @key: of this head
 * @name: gets the kernel's name of the path
 *
 * Each path is registered with the key that it has: that changes nothing (SPC-4, 5.13.7), and
 * is a conflict on a path that is not registered, so none can be registered by it. A key that
 * is gone from all paths is a disk that is lost: that is for others to find.
 *
 * Return: is there one?
 */
bool guard_paths_find(const struct lowerdisk *disk, uint64_t key, char name[32]);

/**
 * guard_paths_look - look for one while the service is served, and say so once
 * @note: of the registration
 * @settle_ms: how long multipathd may take to register a path that has come back
 *
 * Waits for disks, and that long; then what was found can be read, or is forgotten.
 */
void guard_paths_look(const struct service *svc, const struct paths *paths,
		      const struct guardnote *note, int settle_ms);

/**
 * guard_paths_read - the name of the path that was found last
 *
 * Here, so that the agent's monitor needs none of what finds one.
 *
 * Return: false without one.
 */
static inline bool guard_paths_read(const struct paths *paths, char name[32])
{
	return file_read(paths->guard_path, name, 32) > 0;
}

#endif
