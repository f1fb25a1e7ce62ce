// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ledger_keep: a copy of the ledger that a reboot, or a fence, leaves.
 *
 * The ledger itself is in /run, where writing it never waits. A process of its own copies
 * it to the head's disk, which may be slow or hang: nobody waits for that. There is only
 * one such process for each service: it holds a lock. Whoever finds the lock taken leaves
 * it at that, as the holder looks, after it has let go of the lock, whether the ledger
 * has changed meanwhile.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "keeper/ledger.h"
#include "os/child.h"
#include "os/file.h"
#include "os/lock.h"
#include "os/timed_child.h"

/* Return: a descriptor that holds the lock, or -errno. */
static int take_lock(const struct paths *paths)
{
	int fd = open(paths->ledger_lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600), rc;

	if (fd < 0)
		return -errno;
	rc = lock_take(fd);
	if (rc == 0)
		return fd;
	close(fd);
	return rc;
}

static void copy(const struct paths *paths)
{
	_cleanup_free_ char *text = NULL;
	size_t len;

	if (file_read_all(paths->ledger, LEDGER_MAX_LEN, &text, &len) < 0 ||
	    (mkdir(PATHS_LIB, 0700) < 0 && errno != EEXIST) ||
	    (mkdir(paths->lib, 0700) < 0 && errno != EEXIST))
		return;
	/* There is nobody to tell; the next operation tries again. */
	if (file_replace(paths->ledger_kept, text, len, 1) < 0)
		return;
}

/* It is never written in place, so a new one is another file. */
static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static void be_the_copier(const struct paths *paths, int lock)
{
	struct stat before, now;

	prctl(PR_SET_NAME, "baton-ledger");
	while (lock >= 0 && stat(paths->ledger, &before) == 0) {
		copy(paths);
		close(lock);
		if (stat(paths->ledger, &now) < 0 || is_same(&before, &now))
			break;
		lock = take_lock(paths);
	}
	_exit(0);
}

void ledger_keep(const struct paths *paths)
{
	int lock = take_lock(paths);
	pid_t pid;

	if (lock < 0)
		return;
	pid = child_fork(lock, -1);
	if (pid == 0) {
		sigset_t none;

		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		/* Neither the operation nor whoever reads its output waits for it. */
		timed_child_let_go();
		setsid();
		if (fork() == 0)
			be_the_copier(paths, lock);
		_exit(0);
	}
	close(lock);
	if (pid > 0)
		waitpid(pid, NULL, 0);
}
