// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * state: baton's own directory on the service's disk.
 *
 * Theory of operation
 *
 *   .baton             root's, immutable; covered by an empty tmpfs for clients
 *   .baton/nfsdcld     the recovery database (recovery.c)
 *   .baton/tickle      the connections, the monitor's pulse
 *
 * A client's root may have put anything there before the service's first start. And what
 * is there can be reached behind the cover with a guessed file handle. But there is one
 * thing that no client can do: NFS cannot set the immutable flag. So the flag marks what
 * baton has made. A directory without it is removed, which works only if it is empty, and
 * made again. So nothing of the old one stays, neither owner nor ACL. A crash in between
 * leaves an unmarked directory with empty ones in it, which is replaced the same way.
 *
 * The mark tells who made the directory, not what is in it: its files are opened as
 * untrusted.
 */
#include "os/state.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "os/beneath.h"
#include "os/file.h"

#define STATE ".baton"

static const char *const leaves[] = { "nfsdcld", "tickle" };
#define N_LEAVES (sizeof(leaves) / sizeof(leaves[0]))

static int open_fs(const struct paths *paths)
{
	int fd = open(paths->fs, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* One of the service's paths, relative to its filesystem. */
static const char *below_fs(const struct paths *paths, const char *path)
{
	return path + strlen(paths->fs) + 1;
}

static int set_immutable(int dir, bool on)
{
	int flags;

	if (ioctl(dir, FS_IOC_GETFLAGS, &flags) < 0)
		return -errno;
	if (!!(flags & FS_IMMUTABLE_FL) == on)
		return 0;
	flags ^= FS_IMMUTABLE_FL;
	return ioctl(dir, FS_IOC_SETFLAGS, &flags) < 0 ? -errno : 0;
}

static bool is_marked(int dir)
{
	struct stat st;
	int flags;

	return fstat(dir, &st) == 0 && st.st_uid == 0 &&
	       ioctl(dir, FS_IOC_GETFLAGS, &flags) == 0 && flags & FS_IMMUTABLE_FL;
}

static int make_anew(int fs, int old, const struct paths *paths, struct err *err)
{
	for (size_t i = 0; old >= 0 && i < N_LEAVES; i++)
		unlinkat(old, leaves[i], AT_REMOVEDIR);
	if (old >= 0 && unlinkat(fs, STATE, AT_REMOVEDIR) < 0)
		return errno == ENOTEMPTY || errno == EPERM
			       ? err_set(err, BATON_EXIT_DEVICE, 0,
					 "%s is not baton's own: it is neither empty nor an "
					 "immutable directory of root; move it away, or "
					 "chattr +i it if you know who made it",
					 paths->state)
			       : err_set(err, BATON_EXIT_DEVICE, errno, "remove %s",
					 paths->state);
	if (mkdirat(fs, STATE, 0700) < 0)
		return err_set(err, BATON_EXIT_DEVICE, errno, "create %s", paths->state);
	return 0;
}

/* Return: the directory, open. */
static int open_own(const struct paths *paths, struct err *err)
{
	_cleanup_close_ int fs = open_fs(paths);
	int dir, rc;

	if (fs < 0)
		return err_set(err, BATON_EXIT_DEVICE, -fs, "open %s", paths->fs);
	dir = beneath_open(fs, STATE, O_RDONLY | O_DIRECTORY);
	if (dir >= 0 && is_marked(dir))
		return dir;
	if (dir == -ELOOP || dir == -ENOTDIR)
		return err_set(err, BATON_EXIT_DEVICE, 0,
			       "%s is not a directory; move it away", paths->state);
	if (dir < 0 && dir != -ENOENT)
		return err_set(err, BATON_EXIT_DEVICE, -dir, "open %s", paths->state);
	rc = make_anew(fs, dir, paths, err);
	if (dir >= 0)
		close(dir);
	if (rc < 0)
		return rc;
	dir = beneath_open(fs, STATE, O_RDONLY | O_DIRECTORY);
	return dir < 0 ? err_set(err, BATON_EXIT_DEVICE, -dir, "open %s", paths->state)
		       : dir;
}

static int prepare_leaf(int dir, const char *state, const char *leaf, struct err *err)
{
	_cleanup_close_ int fd = beneath_open(dir, leaf, O_RDONLY | O_DIRECTORY);
	struct stat st;

	if (fd == -ENOENT && set_immutable(dir, false) == 0 &&
	    mkdirat(dir, leaf, 0700) == 0)
		return 0;
	if (fd == -ENOENT)
		return err_set(err, BATON_EXIT_DEVICE, errno, "create %s/%s", state,
			       leaf);
	if (fd < 0 || fstat(fd, &st) < 0 || st.st_uid != 0)
		return err_set(err, BATON_EXIT_DEVICE, 0,
			       "%s/%s is not a directory owned by root; move it away",
			       state, leaf);
	/* An earlier version accepted it with any mode. */
	if (st.st_mode & 077 && fchmod(fd, 0700) < 0)
		return err_set(err, BATON_EXIT_DEVICE, errno, "chmod %s/%s", state, leaf);
	return 0;
}

int state_prepare(const struct paths *paths, struct err *err)
{
	_cleanup_close_ int dir = open_own(paths, err);
	int rc = dir < 0 ? dir : 0;

	for (size_t i = 0; i < N_LEAVES && rc == 0; i++)
		rc = prepare_leaf(dir, paths->state, leaves[i], err);
	if (rc < 0)
		return rc;
	rc = set_immutable(dir, true);
	return rc < 0 ? err_set(err, BATON_EXIT_DEVICE, -rc, "make %s immutable",
				paths->state)
		      : 0;
}

static const char *fault_of(const struct stat *st, off_t max)
{
	if (!S_ISREG(st->st_mode))
		return "is not a regular file";
	if (st->st_uid != 0)
		return "is not owned by root";
	if (st->st_nlink > 1)
		return "has more than one hard link";
	return st->st_size > max ? "is too large" : NULL;
}

int state_open_file(const struct paths *paths, const char *path, int flags, off_t max,
		    struct err *err)
{
	const char *relative = below_fs(paths, path), *fault;
	_cleanup_close_ int fs = open_fs(paths);
	/* O_PATH does nothing to a FIFO or a device, and does not follow a link. */
	_cleanup_close_ int place =
		fs < 0 ? fs : beneath_open(fs, relative, O_PATH | O_NOFOLLOW);
	struct stat st;
	char self[64];
	int fd;

	if (place == -ENOENT && flags & O_CREAT)
		fd = beneath_open(fs, relative, flags | O_EXCL);
	else if (place < 0)
		fd = place;
	else if (fstat(place, &st) < 0)
		fd = -errno;
	else if ((fault = fault_of(&st, max))) {
		err_set(err, BATON_EXIT_DEVICE, 0, "%s %s", path, fault);
		return -EPERM;
	} else {
		snprintf(self, sizeof(self), "/proc/self/fd/%d", place);
		fd = open(self, (flags & ~O_CREAT) | O_NONBLOCK | O_CLOEXEC);
		fd = fd < 0 ? -errno : fd;
	}
	return fd < 0 ? err_set(err, BATON_EXIT_DEVICE, -fd, "open %s", path) : fd;
}

int state_read(const struct paths *paths, const char *path, size_t max, char **text,
	       size_t *len, struct err *err)
{
	_cleanup_close_ int fd = state_open_file(paths, path, O_RDONLY, max, err);
	int rc;

	if (fd < 0)
		return fd;
	rc = file_read_fd(fd, max, text, len);
	return rc < 0 ? err_set(err, BATON_EXIT_DEVICE, -rc, "read %s", path) : 0;
}

int state_replace(const struct paths *paths, const char *path, const char *text,
		  size_t len)
{
	_cleanup_close_ int fs = open_fs(paths), dir = -1;
	char parent[PATH_MAX], name[PATH_MAX];

	snprintf(parent, sizeof(parent), "%s", below_fs(paths, path));
	snprintf(name, sizeof(name), "%s", path);
	dir = fs < 0 ? fs : beneath_open(fs, dirname(parent), O_RDONLY | O_DIRECTORY);
	return dir < 0 ? dir : file_replace_at(dir, basename(name), text, len, 1);
}

int state_pulse(const struct paths *paths, struct err *err)
{
	_cleanup_close_ int fd = -1;
	char text[32];
	int n = snprintf(text, sizeof(text), "%-20lld\n", (long long)time(NULL)), rc = 0;

	fd = state_open_file(paths, paths->pulse, O_WRONLY | O_CREAT | O_DSYNC,
			     sizeof(text), err);
	if (fd < 0)
		rc = fd;
	else if (pwrite(fd, text, n, 0) != n)
		rc = err_set(err, BATON_EXIT_DEVICE, errno, "%s", paths->pulse);
	return rc == -ENOSPC || rc == -EDQUOT ? 0 : rc;
}
