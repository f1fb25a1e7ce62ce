// SPDX-License-Identifier: GPL-2.0-or-later
/* worker: a child process that may hang on a dead server while its parent goes on. */
#include "probe/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/*
 * Keep only the two pipe ends. Another write end would hide an end of file, and a
 * descriptor on the probed filesystem would interfere with its locks.
 */
static void child_descriptors(int *in, int *out)
{
	int low_in = fcntl(*in, F_DUPFD_CLOEXEC, 10);
	int low_out = fcntl(*out, F_DUPFD_CLOEXEC, 10);

	dup3(low_in, 3, O_CLOEXEC);
	dup3(low_out, 4, O_CLOEXEC);
	close_range(5, ~0u, 0);
	*in = 3;
	*out = 4;
}

static _Noreturn void child(const char *name, pid_t parent, void (*run)(void *, int, int),
			    void *arg, int in, int out)
{
	sigset_t all;

	/* The terminal sends Ctrl-C to all of us, but only the parent is to decide. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	prctl(PR_SET_NAME, name);
	child_descriptors(&in, &out);
	run(arg, in, out);
	_exit(0);
}

int worker_start(struct worker *worker, const char *name,
		 void (*run)(void *arg, int in, int out), void *arg)
{
	int up[2] = { -1, -1 }, down[2] = { -1, -1 };
	pid_t parent = getpid();
	pid_t pid;
	int rc;

	*worker = (struct worker)WORKER_NONE;
	if (pipe2(up, O_CLOEXEC) || pipe2(down, O_CLOEXEC) ||
	    fcntl(up[0], F_SETFL, O_NONBLOCK))
		goto fail;
	pid = fork();
	if (pid < 0)
		goto fail;
	if (pid == 0)
		child(name, parent, run, arg, down[0], up[1]);
	*worker = (struct worker){ .pid = pid, .in = up[0], .out = down[1] };
	close(up[1]);
	close(down[0]);
	/* Close-on-exec by itself; glibc has a wrapper only since 2.36. */
	worker->pidfd = syscall(SYS_pidfd_open, pid, 0);
	if (worker->pidfd < 0) {
		rc = -errno;
		worker_drop(worker);
		return rc;
	}
	return 0;
fail:
	rc = -errno;
	for (int i = 0; i < 2; i++) {
		close_fd(&up[i]);
		close_fd(&down[i]);
	}
	return rc;
}

void worker_ask_stop(struct worker *worker)
{
	if (worker->out >= 0 && write(worker->out, "s", 1) != 1)
		close_fd(&worker->out);
}

void worker_release(struct worker *worker)
{
	close_fd(&worker->out);
}

static void forget(struct worker *worker)
{
	close_fd(&worker->pidfd);
	close_fd(&worker->in);
	close_fd(&worker->out);
	worker->pid = 0;
}

bool worker_reap(struct worker *worker, int *status)
{
	*status = 0;
	if (!worker->pid || waitpid(worker->pid, status, WNOHANG) != worker->pid)
		return false;
	forget(worker);
	return true;
}

void worker_drop(struct worker *worker)
{
	int status;

	if (!worker->pid)
		return;
	kill(worker->pid, SIGKILL);
	waitpid(worker->pid, &status, WNOHANG);
	forget(worker);
}
