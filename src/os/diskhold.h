/* SPDX-License-Identifier: GPL-2.0-or-later */
/* diskhold: the disk that this head has taken, noted until the kernel has let go of it. */
#ifndef BATON_OS_DISKHOLD_H
#define BATON_OS_DISKHOLD_H

#include <stdbool.h>

#include "core/err.h"
#include "core/paths.h"
#include "core/service.h"

/**
 * diskhold_prepare - make the note's file, so that a full /run cannot stop a start later
 * Return: 0, or -errno.
 */
int diskhold_prepare(const struct paths *paths, struct err *err);

/**
 * diskhold_note - note that this head is about to mount the service's disk
 * @paths: of the service; the note is @held
 * @device: path
 * @err: why not
 *
 * Return: 0, or -errno.
 */
int diskhold_note(const struct paths *paths, const char *device, struct err *err);

/** diskhold_exists - has this head taken the disk, and not noted that it is released? */
bool diskhold_exists(const struct paths *paths);

/**
 * diskhold_check - has this head released the disk that it has taken?
 * @paths, @svc: of the service
 * @err: what is still there (BATON_EXIT_STANDING)
 *
 * Released: no superblock of it is left on this head, in whatever mount namespace, nothing
 * else has opened it exclusively, and no write is queued. So it is, too, if none was taken.
 * A disk that is gone from this head counts only with no superblock left, as its queue may
 * come back. Needs no library, as monitor asks; who holds it is found by
 * blockdev_check_unused().
 *
 * Return: 0, or -EBUSY.
 */
int diskhold_check(const struct paths *paths, const struct service *svc, struct err *err);

/** diskhold_drop - the disk is released, or was never taken. */
void diskhold_drop(const struct paths *paths);

#endif
