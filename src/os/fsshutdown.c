// SPDX-License-Identifier: GPL-2.0-or-later
/* fsshutdown: a mounted filesystem that is shut down: nothing more of it is written. */
#include "os/fsshutdown.h"

#include <errno.h>
#include <fcntl.h>
#include <libmount.h>
#include <linux/types.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "os/mounts.h"

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

static bool has_sign(const char *options)
{
	static const char *const signs[] = { "ro", "emergency_ro", "shutdown" };
	char *value;
	size_t len;

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (mnt_optstr_get_option(options, signs[i], &value, &len) == 0)
			return true;
	return false;
}

bool fsshutdown_is_done(const char *path)
{
	const struct mounttable_entry *v;
	struct mounts *mounts;
	bool is_done = false;
	struct stat st;
	size_t n;

	if (stat(path, &st) < 0)
		return errno == EIO;
	if (mounts_read(&mounts, &v, &n, NULL) < 0)
		return false;
	for (size_t i = 0; i < n; i++)
		if (strcmp(v[i].directory, path) == 0)
			is_done = has_sign(v[i].options);
	mounts_free(mounts);
	return is_done;
}
