// SPDX-License-Identifier: GPL-2.0-or-later
/* mountpoint: is something mounted on a path? */
#include "os/mountpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

bool mountpoint_exists(const char *path)
{
	struct statx st;

	/* STATX_ATTR_MOUNT_ROOT: since Linux 5.8 (fs/stat.c, vfs_statx). */
	if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT,
		  STATX_BASIC_STATS, &st) == 0)
		return st.stx_attributes & STATX_ATTR_MOUNT_ROOT;
	/* An XFS that was shut down; the directory beneath is on a tmpfs. */
	return errno == EIO;
}
