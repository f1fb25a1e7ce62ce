// SPDX-License-Identifier: GPL-2.0-or-later
/* xfs: how much of XFS's log a takeover has to replay. */
#include "os/xfs.h"

#include <stdio.h>
#include <stdlib.h>

#include "os/file.h"

#define SYNCD_FILE    "/proc/sys/fs/xfs/xfssyncd_centisecs"
#define SYNCD_DEFAULT 3000

int xfs_get_syncd(void)
{
	char text[32];
	int rc = file_read(SYNCD_FILE, text, sizeof(text));

	return rc < 0 ? rc : atoi(text);
}

bool xfs_is_default_syncd(int centisecs)
{
	return centisecs == SYNCD_DEFAULT;
}

void xfs_tell_syncd(int centisecs, char *text, size_t size)
{
	snprintf(text, size, XFS_SYNCD " is %d: a takeover replays about %d s of writing",
		 centisecs, (centisecs + 99) / 100);
}

int xfs_shorten_log(void)
{
	int now = xfs_get_syncd(), rc;
	char text[16];

	if (!xfs_is_default_syncd(now))
		return now;
	snprintf(text, sizeof(text), "%d\n", XFS_SYNCD_MIN);
	rc = file_write(SYNCD_FILE, text);
	return rc < 0 ? rc : xfs_get_syncd();
}
