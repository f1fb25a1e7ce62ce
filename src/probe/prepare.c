// SPDX-License-Identifier: GPL-2.0-or-later
/* prepare: children make the run's directory, and remove it at the end. */
#include "probe/prepare.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/cleanup.h"

_Static_assert(sizeof(struct prepare_report) <= PIPE_BUF, "is written whole");

static const char *const subdirs[] = { LANE_OPENS, LANE_NAMES };
static const char *const files[] = { LANE_RECORDS, LANE_BLOCKS };

static void find_mount(const char *dir, struct mountinfo *mount)
{
	_cleanup_fclose_ FILE *file = fopen("/proc/self/mountinfo", "re");
	_cleanup_free_ char *line = NULL;
	struct statx stx;
	size_t size = 0;

	strcpy(mount->fstype, "unknown");
	if (!file || statx(AT_FDCWD, dir, 0, STATX_MNT_ID, &stx) ||
	    !(stx.stx_mask & STATX_MNT_ID))
		return;
	while (getline(&line, &size, file) > 0)
		if (mountinfo_parse(line, stx.stx_mnt_id, mount))
			return;
}

static bool takes_lost_locks_again(void)
{
	_cleanup_fclose_ FILE *file =
		fopen("/sys/module/nfs/parameters/recover_lost_locks", "re");

	return file && fgetc(file) == 'Y';
}

static int make_directories(const struct lane_plan *plan, struct err *err)
{
	const char *dir = plan->options->dir;
	struct stat st;
	int fd, rc = 0;

	if (stat(dir, &st))
		return err_set(err, BATON_EXIT_FAILED, errno, "%s", dir);
	if (!S_ISDIR(st.st_mode))
		return err_set(err, BATON_EXIT_FAILED, ENOTDIR, "%s", dir);
	if (mkdir(plan->path, 0700))
		return err_set(err, BATON_EXIT_FAILED, errno,
			       "%s: cannot make a directory in it", dir);
	fd = open(plan->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < sizeof(subdirs) / sizeof(*subdirs) && !rc; i++)
		if (fd < 0 || mkdirat(fd, subdirs[i], 0700))
			rc = err_set(err, BATON_EXIT_FAILED, errno, "%s/%s", plan->path,
				     subdirs[i]);
	if (rc) {
		for (size_t i = 0; i < sizeof(subdirs) / sizeof(*subdirs) && fd >= 0; i++)
			unlinkat(fd, subdirs[i], AT_REMOVEDIR);
		rmdir(plan->path);
	}
	if (fd >= 0)
		close(fd);
	return rc;
}

void prepare_run(void *arg, int in, int out)
{
	const struct lane_plan *plan = arg;
	struct prepare_report report = {};

	report.rc = make_directories(plan, &report.err);
	find_mount(plan->options->dir, &report.mount);
	report.takes_again = takes_lost_locks_again();
	if (write(out, &report, sizeof(report)) != sizeof(report))
		_exit(1);
}

/* Only files and empty directories; anything else in there is not ours. */
static int empty_directory(int parent, const char *name)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int code = 0;

	if (!dir)
		return errno;
	while ((errno = 0, entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (unlinkat(fd, entry->d_name, 0) &&
		    unlinkat(fd, entry->d_name, AT_REMOVEDIR) && !code)
			code = errno;
	}
	if (errno && !code)
		code = errno;
	closedir(dir);
	return code;
}

static int remove_directories(const struct lane_plan *plan)
{
	int fd = open(plan->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int code = 0;

	if (fd < 0)
		return errno;
	for (unsigned int i = 0; i < probe_parts(plan->options, PROBE_NAMESPACE); i++) {
		char name[16];

		/* It may be missing if the run was refused; names/ goes only after it. */
		snprintf(name, sizeof(name), LANE_WORKER, i);
		empty_directory(fd, name);
	}
	for (size_t i = 0; i < sizeof(subdirs) / sizeof(*subdirs); i++) {
		int failed = empty_directory(fd, subdirs[i]);

		if (!failed && unlinkat(fd, subdirs[i], AT_REMOVEDIR))
			failed = errno;
		if (failed && !code)
			code = failed;
	}
	/* The run may have been refused before they were made. */
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		if (unlinkat(fd, files[i], 0) && errno != ENOENT && !code)
			code = errno;
	close(fd);
	if (rmdir(plan->path) && !code)
		code = errno;
	return code;
}

void cleanup_run(void *arg, int in, int out)
{
	struct cleanup_report report = { .code = remove_directories(arg) };

	if (write(out, &report, sizeof(report)) != sizeof(report))
		_exit(1);
}
