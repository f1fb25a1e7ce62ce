// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * expedite: RCU grace periods of the head that are hurried while clients wait.
 *
 * Theory of operation
 *
 * The kernel has one number and does not count who wants it (kernel/ksysfs.c). So a file
 * says that the 1 is baton's, and each process that wants it holds a shared lock of that
 * file. The lock is the process's own: no child inherits it, and it ends with the process.
 * Whoever gets the whole lock is alone: at the begin it writes the 1, at the end the 0.
 */
#include "os/expedite.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/paths.h"
#include "os/file.h"

#define SWITCH "/sys/kernel/rcu_expedited"
/* Not empty: the 1 is baton's. No service can have this name. */
#define NOTE PATHS_RUN "/rcu_expedited"

static bool take(int fd, short type)
{
	struct flock whole = { .l_type = type, .l_whence = SEEK_SET };

	return fcntl(fd, F_SETLK, &whole) == 0;
}

static bool is_ours(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_size > 0;
}

/* First it is noted, then done: a crash in between is repaired. */
static void switch_on(int fd)
{
	char text[8];

	if (is_ours(fd) || (file_read(SWITCH, text, sizeof(text)) > 0 &&
			    strcmp(text, "0") == 0 && write(fd, "1\n", 2) == 2))
		file_write(SWITCH, "1");
}

static void switch_off(int fd)
{
	if (is_ours(fd) && file_write(SWITCH, "0") == 0 && ftruncate(fd, 0) < 0)
		return;
}

int expedite_begin(void)
{
	_cleanup_close_ int fd =
		open(NOTE, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	int kept = fd;

	if (fd < 0)
		return -1;
	if (take(fd, F_WRLCK))
		switch_on(fd);
	if (!is_ours(fd) || !take(fd, F_RDLCK))
		return -1;
	fd = -1;
	return kept;
}

void expedite_end(int fd)
{
	if (fd < 0)
		return;
	close(fd);
	expedite_repair();
}

void expedite_repair(void)
{
	_cleanup_close_ int fd = open(NOTE, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

	if (fd >= 0 && take(fd, F_WRLCK))
		switch_off(fd);
}
