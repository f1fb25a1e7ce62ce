// SPDX-License-Identifier: GPL-2.0-or-later
/* fsshutdown: a mounted filesystem that is shut down: nothing more of it is written. */
#include "os/fsshutdown.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/types.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/mountinfo.h"

/* fs/xfs/libxfs/xfs_fs.h, fs/ext4/ext4.h (EXT4_IOC_SHUTDOWN): one number for both. */
#define GOING_DOWN  _IOR('X', 125, __u32)
#define NO_LOGFLUSH 0x2

int fsshutdown_do(const char *path, struct err *err)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	__u32 how = NO_LOGFLUSH;

	/* EIO: it is shut down. */
	if (fd < 0 && errno == EIO)
		return 0;
	if (fd < 0)
		return err_set(err, BATON_EXIT_DEVICE, errno, "open %s", path);
	if (ioctl(fd, GOING_DOWN, &how) == 0 || errno == EIO || errno == ENOTTY)
		return 0;
	return err_set(err, BATON_EXIT_DEVICE, errno, "shut down %s", path);
}

/* "shutdown", or "emergency_ro". */
static bool tells_of_its_end(const char *path)
{
	_cleanup_fclose_ FILE *file = fopen("/proc/self/mountinfo", "re");
	_cleanup_free_ char *line = NULL;
	struct mountinfo mount = { 0 };
	struct statx stx;
	size_t size = 0;

	/* STATX_MNT_ID: since Linux 5.8. */
	if (!file || statx(AT_FDCWD, path, AT_NO_AUTOMOUNT, STATX_MNT_ID, &stx) < 0)
		return false;
	while (getline(&line, &size, file) > 0)
		if (mountinfo_parse(line, stx.stx_mnt_id, &mount))
			break;
	return mountinfo_has(&mount, "shutdown") || mountinfo_has(&mount, "emergency_ro");
}

bool fsshutdown_is_done(const char *path)
{
	struct statfs fs;
	struct stat st;

	if (stat(path, &st) < 0)
		return errno == EIO;
	/* What others show in mountinfo may have to be read from a disk that hangs. */
	return statfs(path, &fs) == 0 && fs.f_type == EXT4_SUPER_MAGIC &&
	       tells_of_its_end(path);
}
