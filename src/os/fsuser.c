// SPDX-License-Identifier: GPL-2.0-or-later
/* fsuser: which process keeps a filesystem busy? */
#include "os/fsuser.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/file.h"

/* Cached attributes are enough, and do not block on another filesystem that hangs. */
static bool is_on(int dir, const char *link, const struct statx *filesystem)
{
	struct statx st;

	return statx(dir, link, AT_STATX_DONT_SYNC, STATX_TYPE, &st) == 0 &&
	       st.stx_dev_major == filesystem->stx_dev_major &&
	       st.stx_dev_minor == filesystem->stx_dev_minor;
}

static bool has_open(int process, const struct statx *filesystem)
{
	int fds = openat(process, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fds < 0 ? NULL : fdopendir(fds);
	bool found = false;
	struct dirent *d;

	while (dir && !found && (d = readdir(dir)))
		found = d->d_name[0] != '.' && is_on(fds, d->d_name, filesystem);
	if (dir)
		closedir(dir);
	return found;
}

static bool uses(int process, const struct statx *filesystem)
{
	return is_on(process, "cwd", filesystem) || is_on(process, "root", filesystem) ||
	       is_on(process, "exe", filesystem) || has_open(process, filesystem);
}

int fsuser_find(const char *path, char *text, size_t size)
{
	struct statx filesystem;
	struct dirent *d;
	int rc = -ENOENT;
	DIR *proc;

	if (statx(AT_FDCWD, path, AT_STATX_DONT_SYNC, STATX_TYPE, &filesystem) < 0)
		return -errno;
	proc = opendir("/proc");
	if (!proc)
		return -errno;
	while (rc == -ENOENT && (d = readdir(proc))) {
		char comm[64], name[32] = "?";
		int process;

		if (d->d_name[0] < '0' || d->d_name[0] > '9')
			continue;
		process = openat(dirfd(proc), d->d_name, O_PATH | O_CLOEXEC);
		if (process < 0)
			continue;
		if (uses(process, &filesystem)) {
			snprintf(comm, sizeof(comm), "/proc/%.20s/comm", d->d_name);
			file_read(comm, name, sizeof(name));
			snprintf(text, size, "process %.20s (%s)", d->d_name, name);
			rc = 0;
		}
		close(process);
	}
	closedir(proc);
	return rc;
}
