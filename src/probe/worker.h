/* SPDX-License-Identifier: GPL-2.0-or-later */
/* worker: a child process that may hang on a dead server while its parent goes on. */
#ifndef BATON_PROBE_WORKER_H
#define BATON_PROBE_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/**
 * struct worker - a child, seen from its parent
 * @pid: 0 = none
 * @pidfd: readable once it is dead and its files are closed
 * @in: its reports, or -1 after the end of file; nonblocking
 * @out: a byte written here asks it to stop; closing it tells it to end
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
 * The child blocks every signal and dies with its parent. It has no descriptors other
 * than these two and the standard ones.
 *
 * Return: 0 or -errno.
 */
int worker_start(struct worker *worker, const char *name,
		 void (*run)(void *arg, int in, int out), void *arg);

/** worker_ask_stop - ask it to finish */
void worker_ask_stop(struct worker *worker);

/** worker_release - release a worker that waits for this before it ends */
void worker_release(struct worker *worker);

/**
 * worker_reap - collect a dead worker and close its descriptors
 * Return: true if it was dead; @status is from waitpid(2).
 */
bool worker_reap(struct worker *worker, int *status);

/**
 * worker_drop - kill it and forget it, even if it cannot die at once
 *
 * A process in uninterruptible sleep dies when its call returns; nobody waits for that.
 */
void worker_drop(struct worker *worker);

#endif
