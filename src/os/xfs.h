/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xfs: how much of XFS's log a takeover will have to replay. */
#ifndef BATON_OS_XFS_H
#define BATON_OS_XFS_H

#include <stdbool.h>
#include <stddef.h>

/* A file of the head, not of a namespace: it holds for every XFS on the head. */
#define XFS_SYNCD "fs.xfs.xfssyncd_centisecs"
/* The kernel takes no less (fs/xfs/xfs_globals.c, syncd_timer). */
#define XFS_SYNCD_MIN 100

/**
 * xfs_get_syncd - how often XFS begins to write back all that its log still holds
 *
 * fs/xfs/xfs_log.c, xfs_log_worker(): a power cut leaves about so much work in the log.
 *
 * Return: hundredths of a second, or -errno (-ENOENT: XFS is not loaded).
 */
int xfs_get_syncd(void);

/**
 * xfs_is_default_syncd - has nobody chosen this value?
 * @centisecs: from xfs_get_syncd()
 *
 * Return: whether it is the kernel's default, 30 s (fs/xfs/xfs_globals.c).
 */
bool xfs_is_default_syncd(int centisecs);

/**
 * xfs_tell_syncd - what a value means, for a person
 * @centisecs: from xfs_get_syncd()
 * @text, @size: where to
 */
void xfs_tell_syncd(int centisecs, char *text, size_t size);

/**
 * xfs_shorten_log - set the interval to its minimum, 1 s, unless somebody has chosen another
 *
 * Filesystems take it over at the end of their present interval: call it before the mount.
 *
 * Return: the value that holds now, or -errno.
 */
int xfs_shorten_log(void);

#endif
