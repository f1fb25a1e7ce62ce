// SPDX-License-Identifier: GPL-2.0-or-later
/* nfsdcld: the daemon that keeps the client recovery database, one for each service. */
#include "os/nfsdcld.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "os/child.h"
#include "os/file.h"

#define DAEMON           "nfsdcld"
#define STOP_PATIENCE_MS 5000
#define WAIT_MAX_MS      8

pid_t nfsdcld_pid(const struct paths *paths)
{
	return child_daemon_pid(paths->nfsdcld_pid);
}

int64_t nfsdcld_age_ms(const struct paths *paths)
{
	char path[64], text[1024];
	unsigned long long began;
	pid_t pid = nfsdcld_pid(paths);
	struct timespec now;
	char *after;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	/* Skip the program's name, which may contain anything (proc(5)). */
	if (!pid || file_read(path, text, sizeof(text)) <= 0 ||
	    !(after = strrchr(text, ')')) ||
	    sscanf(after,
		   ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d "
		   "%*d %*d %llu",
		   &began) != 1)
		return 0;
	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000 -
	       (int64_t)began * 1000 / sysconf(_SC_CLK_TCK);
}

int nfsdcld_start(const struct paths *paths, struct err *err)
{
	const char *const argv[] = { DAEMON,       "--foreground", "--pipefsdir",
				     PATHS_PIPEFS, "--storagedir", paths->nfsdcld,
				     NULL };

	return child_spawn_daemon(argv, paths->nfsdcld_pid, err);
}

/* Each inotify watch has a line of its own (fs/notify/fdinfo.c, inotify_fdinfo). */
static bool watches_pipefs(pid_t pid)
{
	char dirname[64], text[1024];
	bool found = false;
	struct dirent *e;
	DIR *dir;

	snprintf(dirname, sizeof(dirname), "/proc/%d/fdinfo", pid);
	dir = opendir(dirname);
	while (dir && !found && (e = readdir(dir))) {
		char path[sizeof(dirname) + sizeof(e->d_name) + 1];

		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", dirname, e->d_name);
		found = file_read(path, text, sizeof(text)) > 0 &&
			strstr(text, "inotify wd:");
	}
	if (dir)
		closedir(dir);
	return found;
}

int nfsdcld_wait(const struct paths *paths, struct err *err)
{
	int wait_ms = 1;
	pid_t pid;

	while ((pid = nfsdcld_pid(paths))) {
		if (watches_pipefs(pid))
			return 0;
		/* /proc gives no event, and polling takes time from the daemon. */
		poll(NULL, 0, wait_ms);
		if (wait_ms < WAIT_MAX_MS)
			wait_ms *= 2;
	}
	err_set(err, BATON_EXIT_TRACKING, 0,
		DAEMON " died while starting; its own message is in the journal");
	return -ESRCH;
}

static void put_first(pid_t pid)
{
	const struct sched_param first = { .sched_priority = 1 };

	if (pid)
		sched_setscheduler(pid, SCHED_FIFO | SCHED_RESET_ON_FORK, &first);
}

void nfsdcld_hurry(const struct paths *paths)
{
	put_first(nfsdcld_pid(paths));
}

void nfsdcld_prefer(const struct paths *paths, struct nfsdcld_preferred *before)
{
	int cpu = sched_getcpu();
	cpu_set_t one;

	*before = (struct nfsdcld_preferred){ .pid = nfsdcld_pid(paths) };
	put_first(before->pid);
	if (!before->pid || cpu < 0 || cpu >= CPU_SETSIZE ||
	    sched_getaffinity(0, sizeof(before->own), &before->own) < 0 ||
	    sched_getaffinity(before->pid, sizeof(before->daemon), &before->daemon) < 0)
		return;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	before->moved = sched_setaffinity(0, sizeof(one), &one) == 0;
	if (before->moved)
		sched_setaffinity(before->pid, sizeof(one), &one);
}

void nfsdcld_unprefer(const struct nfsdcld_preferred *before)
{
	const struct sched_param none = { 0 };

	if (!before->pid)
		return;
	sched_setscheduler(before->pid, SCHED_OTHER, &none);
	if (!before->moved)
		return;
	sched_setaffinity(before->pid, sizeof(before->daemon), &before->daemon);
	sched_setaffinity(0, sizeof(before->own), &before->own);
}

void nfsdcld_stop(const struct paths *paths)
{
	pid_t pid;

	while ((pid = nfsdcld_pid(paths)))
		child_end(pid, STOP_PATIENCE_MS);
}
