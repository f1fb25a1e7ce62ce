/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xfs: how much of XFS's log a takeover has to replay. */
#ifndef BATON_OS_XFS_H
#define BATON_OS_XFS_H

#include <stdbool.h>
#include <stddef.h>

/* A sysctl of the head, not of a namespace: it applies to every XFS on the head. */
#define XFS_SYNCD "fs.xfs.xfssyncd_centisecs"
/* The minimum that the kernel accepts (fs/xfs/xfs_globals.c, syncd_timer). */
#define XFS_SYNCD_MIN 100

/**
 * xfs_get_syncd - how often XFS begins to write back everything its log still holds
 *
 * A power cut leaves about this much work in the log (fs/xfs/xfs_log.c,
 * xfs_log_worker()).
 *
 * Return: hundredths of a second, or -errno (-ENOENT: XFS is not loaded).
 */
int xfs_get_syncd(void);

/**
 * xfs_is_default_syncd - has this value been left alone?
 * @centisecs: from xfs_get_syncd()
 *
 * Return: whether it is the kernel's default, 30 s (fs/xfs/xfs_globals.c).
 */
bool xfs_is_default_syncd(int centisecs);

/**
 * xfs_tell_syncd - explain a value to a person
 * @centisecs: from xfs_get_syncd()
 * @text, @size: where to
 */
void xfs_tell_syncd(int centisecs, char *text, size_t size);

/**
 * xfs_shorten_log - set the interval to its minimum, 1 s, unless another was chosen
 *
 * Filesystems adopt it at the end of their present interval, so call this before the
 * mount.
 *
 * Return: the value now in force, or -errno.
 */
int xfs_shorten_log(void);

#endif
