/* SPDX-License-Identifier: GPL-2.0-or-later */
/* diskhold: a note of the disk that this head has taken, until the kernel lets go. */
#ifndef BATON_OS_DISKHOLD_H
#define BATON_OS_DISKHOLD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/err.h"
#include "core/paths.h"
#include "core/service.h"

/**
 * diskhold_prepare - make the file for the note, so that a full /run cannot fail a start
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

/** diskhold_disk - number of the disk that this head has taken; 0 = none. */
dev_t diskhold_disk(const struct paths *paths);

/** diskhold_requests - how many requests the disks of all services here have completed. */
uint64_t diskhold_requests(void);

/** diskhold_exists - has this head taken the disk, and not yet noted its release? */
bool diskhold_exists(const struct paths *paths);

/**
 * diskhold_check - has this head released the disk that it took?
 * @paths, @svc: of the service
 * @err: what is still there (BATON_EXIT_STANDING)
 *
 * Released means: no superblock of it is left on this head in any mount namespace,
 * nothing else has it open exclusively, and no write is queued. It also counts as
 * released if it was never taken. A disk that is gone from this head counts as released
 * only with no superblock left, because its queue may come back. Needs no library,
 * because monitor calls it; blockdev_check_unused() finds out who holds the disk.
 *
 * Return: 0, or -EBUSY.
 */
int diskhold_check(const struct paths *paths, const struct service *svc, struct err *err);

/** diskhold_drop - remove the note: the disk is released, or was never taken. */
void diskhold_drop(const struct paths *paths);

#endif
