// SPDX-License-Identifier: GPL-2.0-or-later
/* file: reads small files whole, and replaces files whole. */
#include "os/file.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/cleanup.h"

ssize_t file_read(const char *path, char *buf, size_t size)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	buf[0] = '\0';
	if (fd < 0)
		return -errno;
	n = read(fd, buf, size - 1);
	if (n < 0)
		return -errno;
	while (n > 0 && isspace((unsigned char)buf[n - 1]))
		n--;
	buf[n] = '\0';
	return n;
}

int file_read_fd(int fd, size_t max, char **text, size_t *len)
{
	_cleanup_free_ char *buf = NULL;
	size_t have = 0, room = 4096;
	ssize_t n;

	for (;;) {
		char *more = realloc(buf, room + 1);

		if (!more)
			return -ENOMEM;
		buf = more;
		n = read(fd, buf + have, room - have);
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		have += n;
		if (have > max)
			return -EFBIG;
		if (have == room)
			room *= 2;
	}
	buf[have] = '\0';
	*text = buf;
	*len = have;
	buf = NULL;
	return 0;
}

int file_read_all(const char *path, size_t max, char **text, size_t *len)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	return fd < 0 ? -errno : file_read_fd(fd, max, text, len);
}

int file_write(const char *path, const char *text)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);
	size_t len = strlen(text);

	if (fd < 0)
		return -errno;
	if (write(fd, text, len) != (ssize_t)len)
		return -errno;
	return 0;
}

int file_overwrite(const char *path, const char *text, size_t size)
{
	_cleanup_close_ int fd =
		open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	_cleanup_free_ char *line = NULL;

	if (fd < 0)
		return -errno;
	if (asprintf(&line, "%-*.*s\n", (int)size - 1, (int)size - 1, text) < 0)
		return -ENOMEM;
	return pwrite(fd, line, size, 0) == (ssize_t)size ? 0 : -errno;
}

static int replace(int dir, const char *name, const char *text, size_t len, bool durable,
		   mode_t mode)
{
	char tmp[PATH_MAX];
	int fd, rc = 0;

	snprintf(tmp, sizeof(tmp), "%s.new", name);
	/* Do not write to whatever has that name: it may be a FIFO, or another's file. */
	unlinkat(dir, tmp, 0);
	fd = openat(dir, tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	for (size_t done = 0; done < len && rc == 0;) {
		ssize_t n = write(fd, text + done, len - done);

		if (n < 0)
			rc = -errno;
		else
			done += n;
	}
	/* Independent of the umask. */
	if (rc == 0 && fchmod(fd, mode) < 0)
		rc = -errno;
	if (rc == 0 && durable && fsync(fd) < 0)
		rc = -errno;
	if (close(fd) < 0 && rc == 0)
		rc = -errno;
	if (rc == 0 && renameat(dir, tmp, dir, name) < 0)
		rc = -errno;
	if (rc < 0) {
		unlinkat(dir, tmp, 0);
		return rc;
	}
	return durable && fsync(dir) < 0 ? -errno : 0;
}

static int replace_path(const char *path, const char *text, size_t len, bool durable,
			mode_t mode)
{
	char dir[PATH_MAX], name[PATH_MAX];
	_cleanup_close_ int fd = -1;

	snprintf(dir, sizeof(dir), "%s", path);
	snprintf(name, sizeof(name), "%s", path);
	fd = open(dirname(dir), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : replace(fd, basename(name), text, len, durable, mode);
}

int file_replace(const char *path, const char *text, size_t len, int durable)
{
	return replace_path(path, text, len, durable, 0600);
}

int file_replace_at(int dir, const char *name, const char *text, size_t len, int durable)
{
	return replace(dir, name, text, len, durable, 0600);
}

static const char *describe_type(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return "a directory";
	case S_IFLNK:
		return "a symbolic link; name the file itself";
	case S_IFIFO:
		return "a FIFO, not a file";
	case S_IFSOCK:
		return "a socket, not a file";
	}
	return "a device, not a file";
}

int file_check_target(const char *path, struct err *err)
{
	size_t len = strlen(path);
	char dir[PATH_MAX];
	struct stat st;

	if (!len || path[len - 1] == '/')
		return err_set(err, BATON_EXIT_USAGE, 0, "'%s' does not name a file",
			       path);
	if (lstat(path, &st) == 0)
		return S_ISREG(st.st_mode) ? 0
					   : err_set(err, BATON_EXIT_USAGE, 0, "%s is %s",
						     path, describe_type(st.st_mode));
	if (errno != ENOENT)
		return err_set(err, BATON_EXIT_USAGE, errno, "%s", path);
	/* Say which part of the path is missing. */
	snprintf(dir, sizeof(dir), "%s", path);
	if (stat(dirname(dir), &st) < 0)
		return err_set(err, BATON_EXIT_USAGE, errno, "directory %s", dir);
	return 0;
}

int file_publish(const char *path, const char *text, size_t len)
{
	return replace_path(path, text, len, false, 0644);
}
