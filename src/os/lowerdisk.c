// SPDX-License-Identifier: GPL-2.0-or-later
/* lowerdisk: the SCSI disk beneath a device: its own, or that of a partition, LV, LUKS … */
#include "os/lowerdisk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <linux/major.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/text.h"
#include "os/blockdev.h"
#include "os/file.h"
#include "os/multipathd.h"
#include "os/sysblock.h"

/* LUKS on LVM on md on a partition is four. */
#define DEPTH_MAX 8
#define DISKS_MAX 16

/* All that lie beneath it. */
struct disks {
	dev_t v[DISKS_MAX];
	size_t n;
};

/* Is there a file of that name, or pattern? */
static bool has(dev_t number, const char *leaf)
{
	char path[PATH_MAX];
	glob_t found = { 0 };
	bool is_there;

	sysblock_path(path, number, leaf);
	is_there = glob(path, 0, NULL, &found) == 0;
	globfree(&found);
	return is_there;
}

static void name_disk(struct lowerdisk *disk)
{
	char path[PATH_MAX], target[PATH_MAX];
	ssize_t n;

	sysblock_path(path, disk->number, "");
	path[strlen(path) - 1] = '\0';
	n = readlink(path, target, sizeof(target) - 1);
	target[n > 0 ? n : 0] = '\0';
	snprintf(disk->name, sizeof(disk->name), "%.31s",
		 n > 0 && strrchr(target, '/') ? strrchr(target, '/') + 1 : "?");
}

static int add(struct disks *disks, dev_t number, struct err *err)
{
	for (size_t i = 0; i < disks->n; i++)
		if (disks->v[i] == number)
			return 0;
	if (disks->n == DISKS_MAX) {
		err_set(err, BATON_EXIT_DEVICE, 0, "lies on more than %d disks",
			DISKS_MAX);
		return -E2BIG;
	}
	disks->v[disks->n++] = number;
	return 0;
}

static int descend(struct disks *disks, dev_t number, int depth, struct err *err)
{
	char path[PATH_MAX];
	size_t below = 0;
	glob_t found = { 0 };
	dev_t next;
	int rc = 0;

	if (depth > DEPTH_MAX) {
		err_set(err, BATON_EXIT_DEVICE, 0,
			"devices lie on each other in a circle");
		return -ELOOP;
	}
	if (has(number, "partition")) {
		sysblock_path(path, number, "../dev");
		return sysblock_read_number(path, &next)
			       ? descend(disks, next, depth + 1, err)
			       : add(disks, number, err);
	}
	/* What is beneath these is not the disk that the heads share: lowerdisk_check() knows
	 * them. */
	if (diskpath_is_multipath(number) || major(number) == DRBD_MAJOR)
		return add(disks, number, err);
	sysblock_path(path, number, "slaves/*/dev");
	if (glob(path, 0, NULL, &found) == 0)
		for (; below < found.gl_pathc && rc == 0; below++)
			if (sysblock_read_number(found.gl_pathv[below], &next))
				rc = descend(disks, next, depth + 1, err);
	globfree(&found);
	return below || rc < 0 ? rc : add(disks, number, err);
}

static int list(const char *device, struct disks *disks, struct err *err)
{
	dev_t number;
	int rc = blockdev_check_present(device, &number, err);

	memset(disks, 0, sizeof(*disks));
	return rc < 0 ? rc : descend(disks, number, 0, err);
}

int lowerdisk_check(const char *device, const struct lowerdisk *disk, struct err *err)
{
	char twin[32];

	if (major(disk->number) == DRBD_MAJOR)
		err_set(err, BATON_EXIT_DEVICE, 0,
			"%s is DRBD (%s), which knows no reservations, only a quorum and fencing "
			"of its own",
			device, disk->name);
	else if (strncmp(disk->name, "nvme", strlen("nvme")) == 0)
		err_set(err, BATON_EXIT_DEVICE, 0,
			"%s is NVMe (%s), whose reservations this version cannot use",
			device, disk->name);
	/* include/scsi/scsi_device.h: every SCSI device has it. */
	else if (!has(disk->number, disk->is_multipath ? "slaves/sd*/device/scsi_level"
						       : "device/scsi_level"))
		err_set(err, BATON_EXIT_DEVICE, 0,
			"%s is on %s, which is no SCSI disk and knows no reservations",
			device, disk->name);
	else if (!diskpath_find_stranger(disk->name, disk->number, disk->wwid, twin))
		return disk->is_multipath ? multipathd_check(disk->name, err) : 0;
	else if (disk->is_multipath)
		err_set(err, BATON_EXIT_DEVICE, 0,
			"%s is a path to %s that multipath has not taken, and would not be "
			"registered",
			twin, disk->name);
	else
		err_set(err, BATON_EXIT_DEVICE, 0,
			"%s and %s are two paths to one disk, and only one of them would be "
			"registered",
			disk->name, twin);
	return -EOPNOTSUPP;
}

int lowerdisk_gives_up_s(const struct lowerdisk *disk)
{
	char path[PATH_MAX], at[PATH_MAX], text[16];
	unsigned long seconds;
	unsigned int session;
	const char *found;

	sysblock_path(path, disk->number, "device");
	found = realpath(path, at) ? strstr(at, "/session") : NULL;
	if (!found || sscanf(found, "/session%u/", &session) != 1)
		return -1;
	snprintf(path, sizeof(path), "/sys/class/iscsi_session/session%u/recovery_tmo",
		 session);
	/* "off": never. */
	if (file_read(path, text, sizeof(text)) < 0 ||
	    text_parse_number(&seconds, text, 0, INT_MAX) < 0)
		return -1;
	return (int)seconds;
}

bool lowerdisk_is_whole(const char *device)
{
	struct disks disks;
	dev_t number;

	return blockdev_check_present(device, &number, NULL) == 0 &&
	       list(device, &disks, NULL) == 0 && disks.n == 1 && disks.v[0] == number;
}

bool lowerdisk_share(const char *a, const char *b)
{
	struct disks one, other;
	struct err ignored;

	if (list(a, &one, &ignored) < 0 || list(b, &other, &ignored) < 0)
		return false;
	for (size_t i = 0; i < one.n; i++)
		for (size_t k = 0; k < other.n; k++)
			if (one.v[i] == other.v[k])
				return true;
	return false;
}

int lowerdisk_open(const char *device, struct lowerdisk *disk, struct err *err)
{
	struct disks disks;
	int rc = list(device, &disks, err);

	memset(disk, 0, sizeof(*disk));
	if (rc < 0)
		return rc;
	/* Two heads could take half of them each. */
	if (disks.n > 1) {
		err_set(err, BATON_EXIT_DEVICE, 0,
			"%s lies on %zu disks, which cannot be taken at once", device,
			disks.n);
		return -E2BIG;
	}
	disk->number = disks.v[0];
	disk->is_multipath = diskpath_is_multipath(disk->number);
	name_disk(disk);
	diskpath_read_wwid(disk->number, disk->wwid, sizeof(disk->wwid));
	rc = diskpath_open(disk->path, disk->name, disk->number, err);
	disk->paths = rc > 0 ? rc : 0;
	return rc < 0 ? rc : 0;
}

void lowerdisk_close(struct lowerdisk *disk)
{
	while (disk->paths > 0)
		close(disk->path[--disk->paths].fd);
}
