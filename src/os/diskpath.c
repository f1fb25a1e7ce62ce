// SPDX-License-Identifier: GPL-2.0-or-later
/* diskpath: the paths by which a head reaches one SCSI disk. */
#include "os/diskpath.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/file.h"
#include "os/sysblock.h"

bool diskpath_is_multipath(dev_t number)
{
	char path[PATH_MAX], uuid[160];

	sysblock_path(path, number, "dm/uuid");
	return file_read(path, uuid, sizeof(uuid)) > 0 &&
	       strncmp(uuid, "mpath-", strlen("mpath-")) == 0;
}

/* It goes into messages and a note, as a word. */
static void read_word(const char *path, char *word, size_t size)
{
	if (file_read(path, word, size) <= 0)
		snprintf(word, size, "-");
	for (char *c = word; *c; c++)
		*c = *c > ' ' && *c <= '~' ? *c : '_';
}

void diskpath_read_wwid(dev_t number, char *wwid, size_t size)
{
	char path[PATH_MAX];
	glob_t found = { 0 };

	sysblock_path(path, number, "device/wwid");
	if (diskpath_is_multipath(number)) {
		sysblock_path(path, number, "slaves/*/device/wwid");
		if (glob(path, 0, NULL, &found) == 0)
			snprintf(path, sizeof(path), "%s", found.gl_pathv[0]);
	}
	read_word(path, wwid, size);
	globfree(&found);
}

/* ---- opening */

static int open_one(struct diskpath *p, const char *name, struct err *err)
{
	char path[64];
	struct stat st;
	dev_t number;

	snprintf(p->name, sizeof(p->name), "%.31s", name);
	snprintf(path, sizeof(path), "/dev/%s", p->name);
	p->fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (p->fd < 0)
		return err_set(err, BATON_EXIT_DEVICE, errno, "open %s", path);
	/* A node of that name may be of another disk. */
	snprintf(path, sizeof(path), "/sys/class/block/%s/dev", p->name);
	if (sysblock_read_number(path, &number) && fstat(p->fd, &st) == 0 &&
	    S_ISBLK(st.st_mode) && st.st_rdev == number)
		return 0;
	close(p->fd);
	err_set(err, BATON_EXIT_DEVICE, 0, "/dev/%s is not the disk of that name",
		p->name);
	return -ENXIO;
}

/* drivers/scsi/scsi_sysfs.c: "running"; else commands wait, or fail. */
static bool is_up(const char *sysfs)
{
	char path[PATH_MAX], state[32];

	snprintf(path, sizeof(path), "%s/device/state", sysfs);
	return file_read(path, state, sizeof(state)) > 0 && strcmp(state, "running") == 0;
}

static int open_slaves(struct diskpath *v, const glob_t *found, bool all, struct err *err)
{
	int n = 0, rc = 0;

	for (size_t i = 0; i < found->gl_pathc; i++) {
		const char *sysfs = found->gl_pathv[i];

		if (!all && !is_up(sysfs))
			continue;
		if (n == DISKPATH_MAX) {
			err_set(err, BATON_EXIT_DEVICE, 0, "it has more than %d paths",
				DISKPATH_MAX);
			rc = -E2BIG;
			break;
		}
		/* One that goes away in between is no longer a path. */
		rc = open_one(&v[n], strrchr(sysfs, '/') + 1, err);
		if (rc == 0)
			n++;
	}
	if (rc != -E2BIG && n)
		return n;
	while (n > 0)
		close(v[--n].fd);
	return rc;
}

int diskpath_open(struct diskpath v[DISKPATH_MAX], const char *name, dev_t number,
		  struct err *err)
{
	char path[PATH_MAX];
	glob_t found = { 0 };
	int n;

	if (!diskpath_is_multipath(number)) {
		n = open_one(&v[0], name, err);
		return n < 0 ? n : 1;
	}
	sysblock_path(path, number, "slaves/*");
	if (glob(path, 0, NULL, &found) != 0)
		return err_set(err, BATON_EXIT_DEVICE, ENODEV, "%s has no path", name);
	n = open_slaves(v, &found, false, err);
	if (n == 0)
		n = open_slaves(v, &found, true, err);
	globfree(&found);
	return n;
}

bool diskpath_find_stranger(const char *name, dev_t number, const char *wwid,
			    char stranger[32])
{
	char other[160], path[PATH_MAX], slave[48];
	glob_t found = { 0 };
	bool is_there = false;

	if (strcmp(wwid, "-") == 0 || glob("/sys/block/sd*", 0, NULL, &found) != 0)
		return false;
	for (size_t i = 0; i < found.gl_pathc && !is_there; i++) {
		const char *sd = strrchr(found.gl_pathv[i], '/') + 1;

		snprintf(path, sizeof(path), "%s/device/wwid", found.gl_pathv[i]);
		read_word(path, other, sizeof(other));
		if (strcmp(wwid, other) != 0 || strcmp(sd, name) == 0)
			continue;
		snprintf(slave, sizeof(slave), "slaves/%.31s", sd);
		sysblock_path(path, number, slave);
		is_there = access(path, F_OK) != 0;
		if (is_there)
			snprintf(stranger, 32, "%.31s", sd);
	}
	globfree(&found);
	return is_there;
}
