// SPDX-License-Identifier: GPL-2.0-or-later
/* child: starts other programs by argv and waits for them with a deadline. */
#include "os/child.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "os/file.h"
#include "os/lock.h"

/* baton runs from cron, agents and units, where PATH may be anything. */
#define CHILD_PATH "/usr/sbin:/usr/bin:/sbin:/bin"

int64_t child_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static void close_between(unsigned int first, unsigned int last)
{
	/* By number: glibc has had a wrapper only since 2.34. */
	if (first <= last)
		syscall(SYS_close_range, first, last, 0);
}

static void close_others(int a, int b)
{
	unsigned int low = a < b ? a : b, high = a < b ? b : a, next = 3;

	/* -1 is the highest now. */
	if (low > high) {
		low = a < b ? b : a;
		high = ~0u;
	}
	for (int i = 0; i < 2; i++) {
		unsigned int keep = i ? high : low;

		if (keep == ~0u || keep < next)
			continue;
		close_between(next, keep - 1);
		next = keep + 1;
	}
	close_between(next, ~0u);
}

pid_t child_fork(int a, int b)
{
	pid_t pid = fork();

	if (pid == 0)
		close_others(a, b);
	return pid < 0 ? -errno : pid;
}

/* Always the same length: overwriting it needs no new page on a full /run. */
int child_write_pid(int fd, pid_t pid)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "%-10d\n", pid);

	return pwrite(fd, text, n, 0) == n ? 0 : -errno;
}

static void fail_exec(int report, int errnum)
{
	if (write(report, &errnum, sizeof(errnum)) < 0)
		_exit(126);
	_exit(127);
}

static void exec_program(const char *const argv[], const char *const env[2], int report)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	if (clearenv() == 0 && setenv("PATH", CHILD_PATH, 1) == 0 &&
	    setenv("LC_ALL", "C.UTF-8", 1) == 0 &&
	    (!env || setenv(env[0], env[1], 1) == 0))
		execvp(argv[0], (char *const *)argv);
	fail_exec(report, errno);
}

/* What a child gets besides argv; -1 and NULL = nothing. */
struct fittings {
	int out_fd;             /* its standard output */
	int err_fd;             /* its standard error */
	int pid_fd;             /* gets its process id; the child gets a session */
	const char *const *env; /* name and value of a variable */
};

/*
 * Forks, executes and waits until the exec has succeeded or failed. The report pipe is
 * close-on-exec, so its end of file means success. The process id is written to pid_fd
 * before the exec, so a locked pid file never names another process.
 */
static int start(const char *const argv[], const struct fittings *with, pid_t *pid,
		 struct err *err)
{
	int report[2], errnum = 0;
	ssize_t n;

	if (pipe2(report, O_CLOEXEC) < 0)
		return err_set(err, BATON_EXIT_RESOURCE, errno, "pipe for %s", argv[0]);
	*pid = fork();
	if (*pid < 0) {
		n = errno;
		close(report[0]);
		close(report[1]);
		return err_set(err, BATON_EXIT_RESOURCE, n, "fork for %s", argv[0]);
	}
	if (*pid == 0) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		if (with->pid_fd >= 0 &&
		    (setsid() < 0 || child_write_pid(with->pid_fd, getpid()) < 0))
			fail_exec(report[1], errno);
		/* Ctrl-C is for us; what we have started ends by itself. */
		if (with->out_fd >= 0 && setpgid(0, 0) < 0)
			fail_exec(report[1], errno);
		if (chdir("/") < 0 || null < 0 || dup2(null, 0) < 0 ||
		    dup2(with->out_fd >= 0 ? with->out_fd : null, 1) < 0 ||
		    (with->err_fd >= 0 && dup2(with->err_fd, 2) < 0))
			fail_exec(report[1], errno);
		exec_program(argv, with->env, report[1]);
	}
	close(report[1]);
	do
		n = read(report[0], &errnum, sizeof(errnum));
	while (n < 0 && errno == EINTR);
	close(report[0]);
	if (n != sizeof(errnum))
		return 0;
	waitpid(*pid, NULL, 0);
	return err_set(err, errnum == ENOENT ? BATON_EXIT_SOFTWARE : BATON_EXIT_RESOURCE,
		       errnum, "%s", argv[0]);
}

int child_prepare_pidfile(const char *pidfile, struct err *err)
{
	_cleanup_close_ int fd =
		open(pidfile, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_set(err, BATON_EXIT_RESOURCE, errno, "create %s", pidfile);
	if (st.st_size == 0 && child_write_pid(fd, 0) < 0)
		return err_set(err, BATON_EXIT_RESOURCE, errno, "write %s", pidfile);
	return 0;
}

int child_spawn_daemon(const char *const argv[], const char *pidfile, struct err *err)
{
	/* Not close-on-exec: the daemon holds the lock through it. */
	_cleanup_close_ int fd = open(pidfile, O_RDWR | O_NOFOLLOW);
	pid_t pid;
	int rc;

	if (fd < 0)
		return err_set(err, BATON_EXIT_FAILED, errno, "open %s", pidfile);
	rc = lock_take(fd);
	if (rc < 0)
		return rc == -EWOULDBLOCK
			       ? 0
			       : err_set(err, BATON_EXIT_FAILED, -rc, "lock %s", pidfile);
	return start(argv, &(struct fittings){ -1, -1, fd, NULL }, &pid, err);
}

pid_t child_daemon_pid(const char *pidfile)
{
	char text[32];

	if (!lock_is_held(pidfile) || file_read(pidfile, text, sizeof(text)) <= 0)
		return 0;
	return strtol(text, NULL, 10);
}

/* Keeps the last complete line read from @fd, up to a deadline. */
static int read_last_line(int fd, int64_t until, char *line, size_t size)
{
	char buf[4096];
	size_t len = 0;
	ssize_t n;

	line[0] = '\0';
	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int64_t left = until - child_now_ms();

		if (left <= 0)
			return -ETIMEDOUT;
		if (poll(&p, 1, left) < 0 && errno != EINTR)
			return -errno;
		if (!p.revents)
			continue;
		n = read(fd, buf + len, sizeof(buf) - 1 - len);
		if (n <= 0)
			break;
		len += n;
		if (len == sizeof(buf) - 1) {
			memmove(buf, buf + len / 2, len - len / 2);
			len -= len / 2;
		}
	}
	while (len > 0 && isspace((unsigned char)buf[len - 1]))
		len--;
	buf[len] = '\0';
	snprintf(line, size, "%s", strrchr(buf, '\n') ? strrchr(buf, '\n') + 1 : buf);
	return 0;
}

int child_run(const char *const argv[], unsigned int deadline_ms, struct err *err)
{
	int64_t until = child_now_ms() + deadline_ms;
	char line[300];
	int out[2], rc, status;
	pid_t pid;

	if (pipe2(out, O_CLOEXEC) < 0)
		return err_set(err, BATON_EXIT_RESOURCE, errno, "pipe for %s", argv[0]);
	rc = start(argv, &(struct fittings){ -1, out[1], -1, NULL }, &pid, err);
	close(out[1]);
	if (rc < 0) {
		close(out[0]);
		return rc;
	}
	rc = read_last_line(out[0], until, line, sizeof(line));
	close(out[0]);
	if (rc < 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		return err_set(err, BATON_EXIT_FAILED, ETIMEDOUT, "%s", argv[0]);
	}
	if (waitpid(pid, &status, 0) < 0)
		return err_set(err, BATON_EXIT_FAILED, errno, "wait for %s", argv[0]);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	err_set(err, BATON_EXIT_FAILED, 0, "%s: %s", argv[0],
		line[0] ? line : "failed without a message");
	return -ECANCELED;
}

/* What a program has written so far. */
struct stream {
	int fd;
	char *text;
	size_t len;
	size_t max;
};

/* Reads what is there; 1 at the end, -EFBIG when it is too much. */
static int take(struct stream *s)
{
	char spill[4096];
	ssize_t n;

	if (s->len == s->max)
		n = read(s->fd, spill, sizeof(spill));
	else
		n = read(s->fd, s->text + s->len, s->max - s->len);
	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	if (n > 0 && s->len == s->max)
		return -EFBIG;
	s->len += n;
	s->text[s->len] = '\0';
	return n == 0;
}

static int take_both(const char *program, const struct child_wait *wait,
		     struct stream streams[2])
{
	int64_t told = wait->tell ? child_now_ms() + wait->tell_ms : INT64_MAX;
	int open = 2;

	while (open > 0) {
		/* poll() ignores a descriptor of -1. */
		struct pollfd p[3] = { { streams[0].fd, POLLIN, 0 },
				       { streams[1].fd, POLLIN, 0 },
				       { wait->interrupt_fd, POLLIN, 0 } };
		int64_t now = child_now_ms(), left = wait->until_ms - now;

		if (left <= 0)
			return -ETIMEDOUT;
		if (now >= told) {
			wait->tell(program, left, wait->data);
			told = INT64_MAX;
		}
		if (told - now < left)
			left = told - now;
		if (poll(p, 3, left < INT_MAX ? (int)left : INT_MAX) < 0 &&
		    errno != EINTR)
			return -errno;
		if (p[2].revents)
			return -EINTR;
		for (int i = 0; i < 2; i++) {
			int rc = p[i].fd >= 0 && p[i].revents ? take(&streams[i]) : 0;

			/* The first 4 KiB of standard error are enough. */
			if (rc < 0 && !(i == 1 && rc == -EFBIG))
				return rc;
			if (rc == 1) {
				streams[i].fd = -1;
				open--;
			}
		}
	}
	return 0;
}

static const char *last_line(char *text)
{
	size_t len = strlen(text);

	while (len > 0 && isspace((unsigned char)text[len - 1]))
		text[--len] = '\0';
	return strrchr(text, '\n') ? strrchr(text, '\n') + 1 : text;
}

static int capture(const char *const argv[], const char *const env[2],
		   const struct child_wait *wait, struct stream streams[2], int *status,
		   struct err *err)
{
	struct fittings with = { -1, -1, -1, env };
	int out[2] = { -1, -1 }, errors[2] = { -1, -1 }, rc = 0;
	pid_t pid = -1;

	if (pipe2(out, O_CLOEXEC) < 0 || pipe2(errors, O_CLOEXEC) < 0)
		rc = err_set(err, BATON_EXIT_RESOURCE, errno, "pipe for %s", argv[0]);
	with.out_fd = out[1];
	with.err_fd = errors[1];
	if (rc == 0)
		rc = start(argv, &with, &pid, err);
	close(out[1]);
	close(errors[1]);
	if (rc == 0) {
		streams[0].fd = out[0];
		streams[1].fd = errors[0];
		rc = take_both(argv[0], wait, streams);
		if (rc < 0) {
			kill(-pid, SIGKILL);
			err_set(err, BATON_EXIT_FAILED, -rc, "%s", argv[0]);
		}
		if (waitpid(pid, status, 0) < 0 && rc == 0)
			rc = err_set(err, BATON_EXIT_FAILED, errno, "wait for %s",
				     argv[0]);
	}
	close(out[0]);
	close(errors[0]);
	return rc;
}

struct child_wait child_wait_for(unsigned int ms)
{
	return (struct child_wait){ .until_ms = child_now_ms() + ms, .interrupt_fd = -1 };
}

int child_capture(const char *const argv[], const char *const env[2],
		  const struct child_wait *wait, size_t max, char **text, struct err *err)
{
	char errors[4096] = "";
	struct stream streams[2] = { { -1, malloc(max + 1), 0, max },
				     { -1, errors, 0, sizeof(errors) - 1 } };
	int rc, status = 0;

	*text = NULL;
	if (!streams[0].text)
		return err_set(err, BATON_EXIT_RESOURCE, ENOMEM, "%s", argv[0]);
	streams[0].text[0] = '\0';
	rc = capture(argv, env, wait, streams, &status, err);
	if (rc < 0) {
		free(streams[0].text);
		return rc;
	}
	*text = streams[0].text;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	err_set(err, BATON_EXIT_FAILED, 0, "%s: %s", argv[0],
		errors[0] ? last_line(errors) : "failed without a message");
	return WIFEXITED(status) ? WEXITSTATUS(status) : -ECANCELED;
}

int child_wait_gone(pid_t pid, unsigned int deadline_ms)
{
	int64_t until = child_now_ms() + deadline_ms;
	/* By number: glibc has had a wrapper only since 2.36, RHEL 9 has 2.34. */
	_cleanup_close_ int fd = syscall(SYS_pidfd_open, pid, 0);

	if (fd < 0)
		return errno == ESRCH ? 0 : -errno;
	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int64_t left = until - child_now_ms();

		if (left <= 0)
			return -ETIMEDOUT;
		if (poll(&p, 1, left) > 0) {
			waitpid(pid, NULL, WNOHANG);
			return 0;
		}
	}
}

int child_end(pid_t pid, unsigned int deadline_ms)
{
	/* 0, 1 and -1 are our process group, init and everybody. */
	if (pid <= 1)
		return -EINVAL;
	if (kill(pid, SIGTERM) < 0 && errno == ESRCH)
		return 0;
	if (child_wait_gone(pid, deadline_ms / 2) == 0)
		return 0;
	kill(pid, SIGKILL);
	return child_wait_gone(pid, deadline_ms / 2);
}
