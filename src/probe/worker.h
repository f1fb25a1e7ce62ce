/* SPDX-License-Identifier: GPL-2.0-or-later */
/* worker: a child process that may hang on a dead server while the parent goes on. */
#ifndef BATON_PROBE_WORKER_H
#define BATON_PROBE_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/**
 * struct worker - a child, seen from the parent
 * @pid: 0 = none
 * @pidfd: readable once it is dead and its files are closed
 * @in: what it reports, or -1 after its end of file; not blocking
 * @out: a byte written here asks it to stop, closing it to go
 */
struct worker {
	pid_t pid;
	int pidfd;
	int in;
	int out;
};

#define WORKER_NONE                                                                      \
	{                                                                                \
		.pid = 0, .pidfd = -1, .in = -1, .out = -1                               \
	}

/**
 * worker_start - run a function in a child
 * @worker: filled in
 * @name: for ps, up to 15 characters
 * @run: runs in the child; reports to @out in whole writes of at most PIPE_BUF bytes and
 *       watches @in; the child ends when it returns
 * @arg: its argument
 *
 * The child blocks every signal and dies with its parent; it has no other descriptors than
 * these two and the standard ones.
 *
 * Return: 0 or -errno.
 */
int worker_start(struct worker *worker, const char *name,
		 void (*run)(void *arg, int in, int out), void *arg);

/** worker_ask_stop - ask it to come to its end */
void worker_ask_stop(struct worker *worker);

/** worker_release - let go of a worker that waits for it before it ends */
void worker_release(struct worker *worker);

/**
 * worker_reap - collect a dead worker and close everything of it
 * Return: true if it was dead; @status is that of waitpid(2).
 */
bool worker_reap(struct worker *worker, int *status);

/**
 * worker_drop - kill it and forget it, whether or not it can die at once
 *
 * A process in uninterruptible sleep dies when its call returns; nobody waits for that.
 */
void worker_drop(struct worker *worker);

#endif
