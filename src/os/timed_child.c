// SPDX-License-Identifier: GPL-2.0-or-later
/* timed_child: runs work that may hang in the kernel in a child, with a deadline. */
#include "os/timed_child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/child.h"

/* Both ends run the same program, and it is shorter than PIPE_BUF. */
struct outcome {
	int rc;
	struct err err;
};

void *timed_child_share(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

void timed_child_unshare(void *memory, size_t size)
{
	munmap(memory, size);
}

void timed_child_let_go(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; fd <= 2 && null >= 0; fd++)
		if (dup2(null, fd) < 0)
			_exit(1);
	if (null > 2)
		close(null);
}

static void be_the_child(int (*work)(void *, struct err *), void *data, int out)
{
	struct outcome outcome = { 0 };

	timed_child_let_go();
	outcome.rc = work(data, &outcome.err);
	_exit(write(out, &outcome, sizeof(outcome)) != sizeof(outcome));
}

static int await(int fd, int64_t until_ms, struct outcome *outcome)
{
	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int64_t left = until_ms - child_now_ms();
		ssize_t n;

		if (left <= 0)
			return -ETIMEDOUT;
		if (poll(&p, 1, left < INT_MAX ? left : INT_MAX) <= 0)
			continue;
		n = read(fd, outcome, sizeof(*outcome));
		/* It died without a result. */
		return n == sizeof(*outcome) ? 0 : -ECHILD;
	}
}

int timed_child_run(int (*work)(void *data, struct err *err), void *data,
		    const char *what, int64_t until_ms, struct err *err)
{
	struct outcome outcome;
	int ends[2], rc;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_set(err, BATON_EXIT_RESOURCE, errno, "pipe for: %s", what);
	pid = child_fork(ends[1], -1);
	if (pid == 0)
		be_the_child(work, data, ends[1]);
	rc = pid < 0 ? pid : 0;
	close(ends[1]);
	if (rc == 0)
		rc = await(ends[0], until_ms, &outcome);
	close(ends[0]);
	if (pid < 0)
		return err_set(err, BATON_EXIT_RESOURCE, -rc, "fork for: %s", what);
	if (rc < 0)
		kill(pid, SIGKILL);
	waitpid(pid, NULL, rc == -ETIMEDOUT ? WNOHANG : 0);
	if (rc < 0)
		return err_set(err, BATON_EXIT_FAILED, -rc, "%s", what);
	if (outcome.rc < 0 && err)
		*err = outcome.err;
	return outcome.rc;
}
