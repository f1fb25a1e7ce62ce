// SPDX-License-Identifier: GPL-2.0-or-later
/* fsshutdown: shuts a mounted filesystem down: nothing more of it is written. */
#include "os/fsshutdown.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/types.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/cleanup.h"

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
