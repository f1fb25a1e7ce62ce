/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guard_watch: a daemon that asks the disk whether this head, which serves, still may. */
#ifndef BATON_KEEPER_GUARD_WATCH_H
#define BATON_KEEPER_GUARD_WATCH_H

#include "core/err.h"
#include "core/paths.h"
#include "core/service.h"

/**
 * guard_watch_start - start it, unless it runs
 * @svc, @paths: the service, registered at the disk
 *
 * It ends by itself when the note says that this head gives the disk up. Return: 0, or
 * -errno.
 */
int guard_watch_start(const struct service *svc, const struct paths *paths,
		      struct err *err);

/** guard_watch_end - end it: the note says already that the disk is given up. */
void guard_watch_end(const struct paths *paths);

#endif
