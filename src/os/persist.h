/* SPDX-License-Identifier: GPL-2.0-or-later */
/* persist: persistent reservations of a SCSI disk. */
#ifndef BATON_OS_PERSIST_H
#define BATON_OS_PERSIST_H

#include "core/err.h"
#include "core/pr.h"
#include "os/lowerdisk.h"

/*
 * All wait while the disk is busy, and send a command again after a unit attention, for at
 * most some seconds. What one path cannot do they try by the next one. Errors have
 * BATON_EXIT_DEVICE.
 */

/** persist_read_keys - who is registered? Return: 0, or -errno. */
int persist_read_keys(const struct lowerdisk *disk, struct pr_keys *keys,
		      struct err *err);

/** persist_read_reservation - who has reserved? Return: 0, or -errno. */
int persist_read_reservation(const struct lowerdisk *disk,
			     struct pr_reservation *reservation, struct err *err);

/**
 * persist_check - can the disk do what a guard needs?
 * @keys: gets who is registered
 *
 * Return: 0, -EOPNOTSUPP with what it lacks, or -errno.
 */
int persist_check(const struct lowerdisk *disk, struct pr_keys *keys, struct err *err);

/**
 * persist_read_full_status - each registered path
 * @v: gets at most @max
 *
 * Return: how many there are, -EOPNOTSUPP if the disk does not tell, or -errno.
 */
int persist_read_full_status(const struct lowerdisk *disk, struct pr_registrant *v,
			     size_t max, struct err *err);

/**
 * persist_do - PERSISTENT RESERVE OUT
 * @key: by which this head is registered on this path; 0 = by none, or whatever it is
 * @other: the service action reservation key
 *
 * Each path is an initiator of its own (SAM-5, I_T nexus): it is registered, and releases, by
 * itself. What fails on one that is down, or is not registered, is done if it is on another.
 * What concerns the whole disk goes by one path.
 *
 * Return: 0, -EBADE (a reservation conflict: it is not registered by @key, or nobody is by
 * @other; the kernel's own code for it), -ENOSPC (no room for another registration), or
 * -errno.
 */
int persist_do(const struct lowerdisk *disk, enum pr_out action, uint64_t key,
	       uint64_t other, struct err *err);

#endif
