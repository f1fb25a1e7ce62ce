/* SPDX-License-Identifier: GPL-2.0-or-later */
/* child: starts other programs by argv, never a shell; waits for them with a deadline. */
#ifndef BATON_OS_CHILD_H
#define BATON_OS_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/err.h"

/**
 * child_run - run a program to its end
 * @argv: NULL-terminated; argv[0] is searched for in the system's sbin and bin
 *        directories
 * @deadline_ms: after this it is killed
 * @err: names the program and the last line of its standard error
 *
 * Return: 0 if it exited 0; -ENOENT if there is no such program (SOFTWARE); -ETIMEDOUT;
 * -ECANCELED for any other exit status.
 */
int child_run(const char *const argv[], unsigned int deadline_ms, struct err *err);

/**
 * struct child_wait - how long to wait for a program
 * @until_ms: of child_now_ms(); then the program is killed: -ETIMEDOUT
 * @interrupt_fd: the program is killed when this is readable (nothing is read): -EINTR;
 *                -1 = none
 * @tell: called once for each program that runs for @tell_ms, with the time that is left;
 *        or NULL
 * @data: for @tell
 */
struct child_wait {
	int64_t until_ms;
	int interrupt_fd;
	unsigned int tell_ms;
	void (*tell)(const char *program, int64_t left_ms, void *data);
	void *data;
};

/** child_wait_for - for this long from now on, without interruption. */
struct child_wait child_wait_for(unsigned int ms);

/**
 * child_capture - run a program to its end and keep what it writes
 * @argv: as above
 * @env: name and value of a variable for it, or NULL
 * @wait: how long
 * @max: bytes; a program that writes more is killed: -EFBIG
 * @text: gets its standard output, terminated, whatever its exit status; the caller frees
 *        it
 * @err: as in child_run()
 *
 * It runs in its own process group: Ctrl-C at our terminal does not end it, and when it
 * is killed, so are the processes it has started.
 *
 * Return: 0, its exit status, -ECANCELED if a signal ended it, or -errno with @text NULL:
 * -ETIMEDOUT or -EINTR if the wait was cut short.
 */
int child_capture(const char *const argv[], const char *const env[2],
		  const struct child_wait *wait, size_t max, char **text,
		  struct err *err);

/** child_write_pid - write a process id to an open pid file. Return: 0, or -errno. */
int child_write_pid(int fd, pid_t pid);

/**
 * child_prepare_pidfile - make a pid file, so that a full /run cannot fail a daemon later
 * Return: 0, or -errno.
 */
int child_prepare_pidfile(const char *pidfile, struct err *err);

/**
 * child_spawn_daemon - start a program that outlives us, once
 * @argv: as above
 * @pidfile: prepared; holds its process id, and a lock for as long as it lives, because
 *           the daemon inherits the open file
 * @err: why not
 *
 * It gets a session of its own and our standard error; its working directory is "/". If
 * it runs already, that counts as done. The program must not close the descriptors that
 * it inherits (nfs-utils: support/nfs/mydaemon.c closes them only without --foreground).
 *
 * Return: 0, or -errno.
 */
int child_spawn_daemon(const char *const argv[], const char *pidfile, struct err *err);

/**
 * child_daemon_pid - the daemon of a pid file, if its lock shows that it lives
 * Return: its process id, or 0 if it does not run.
 */
pid_t child_daemon_pid(const char *pidfile);

/**
 * child_end - end a process and wait until it is gone
 * @pid: need not be our own child
 * @deadline_ms: SIGTERM first; after half of the time SIGKILL
 *
 * Return: 0 when it is gone, -ETIMEDOUT, -EINVAL for a number that is not a single
 * process.
 */
int child_end(pid_t pid, unsigned int deadline_ms);

/**
 * child_wait_gone - wait with a pidfd until a process ends; reaps it if it is ours
 * Return: 0 when it is gone, -ETIMEDOUT.
 */
int child_wait_gone(pid_t pid, unsigned int deadline_ms);

/**
 * child_fork - fork a child that closes all that it inherited
 * @a, @b: descriptors it keeps besides 0, 1 and 2; -1 = none
 *
 * So the parent's peers notice when the parent is gone.
 *
 * Return: 0 in the child, its process id in the parent, or -errno.
 */
pid_t child_fork(int a, int b);

/** child_now_ms - CLOCK_MONOTONIC in milliseconds. */
int64_t child_now_ms(void);

#endif
