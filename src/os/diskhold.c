// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * diskhold: a note of the disk that this head has taken, kept until the kernel lets go.
 *
 * The note has the disk's number, name and sequence number. When the disk is gone, its
 * path leads nowhere or to another disk, while its superblock may live on.
 */
#include "os/diskhold.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "os/file.h"
#include "os/progress.h"

/* Length of the note, with trailing blanks. */
#define NOTE_LEN 128

/*
 * struct disk - a block device
 * @name: the kernel's, used in sysfs for it and its superblock: "sdb", "dm-3"
 * @sequence: tells it from another disk that gets the same number (since 5.15, else 0)
 */
struct disk {
	unsigned int major, minor;
	char name[64];
	unsigned long long sequence;
};

static unsigned long long read_sequence(const struct disk *disk)
{
	/* A partition has its disk's. */
	static const char *const places[] = { "diskseq", "../diskseq" };
	unsigned long long sequence = 0;
	char path[96], text[32];

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/%s", disk->major,
			 disk->minor, places[i]);
		if (file_read(path, text, sizeof(text)) > 0 &&
		    sscanf(text, "%llu", &sequence) == 1)
			break;
	}
	return sequence;
}

static int identify(const char *device, struct disk *disk)
{
	char path[64], target[PATH_MAX];
	struct stat st;
	ssize_t n;

	if (stat(device, &st) < 0)
		return -errno;
	disk->major = major(st.st_rdev);
	disk->minor = minor(st.st_rdev);
	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u", disk->major, disk->minor);
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return -errno;
	target[n] = '\0';
	snprintf(disk->name, sizeof(disk->name), "%.63s", strrchr(target, '/') + 1);
	disk->sequence = read_sequence(disk);
	return 0;
}

int diskhold_note(const struct paths *paths, const char *device, struct err *err)
{
	struct disk disk;
	char text[NOTE_LEN];
	int rc = identify(device, &disk);

	if (rc < 0)
		return err_set(err, BATON_EXIT_DEVICE, -rc, "device %s", device);
	snprintf(text, sizeof(text), "%u:%u %s %llu", disk.major, disk.minor, disk.name,
		 disk.sequence);
	rc = file_overwrite(paths->held, text, NOTE_LEN);
	return rc < 0 ? err_set(err, BATON_EXIT_RESOURCE, -rc, "write %s", paths->held)
		      : 0;
}

static int load_from(const char *path, struct disk *disk)
{
	char text[NOTE_LEN + 1];
	ssize_t n = file_read(path, text, sizeof(text));

	if (n < 0)
		return n;
	return sscanf(text, "%u:%u %63s %llu", &disk->major, &disk->minor, disk->name,
		      &disk->sequence) == 4
		       ? 0
		       : -ENOENT;
}

static int load(const struct paths *paths, struct disk *disk)
{
	return load_from(paths->held, disk);
}

uint64_t diskhold_requests(void)
{
	uint64_t requests = 0;
	struct disk disk;
	glob_t found;

	if (glob(PATHS_RUN "/*/held", 0, NULL, &found) != 0)
		return 0;
	for (size_t i = 0; i < found.gl_pathc; i++)
		if (load_from(found.gl_pathv[i], &disk) == 0)
			requests += progress_read(makedev(disk.major, disk.minor), 0)
					    .requests;
	globfree(&found);
	return requests;
}

dev_t diskhold_disk(const struct paths *paths)
{
	struct disk disk;

	return load(paths, &disk) == 0 ? makedev(disk.major, disk.minor) : 0;
}

bool diskhold_exists(const struct paths *paths)
{
	struct disk disk;

	return load(paths, &disk) == 0;
}

int diskhold_prepare(const struct paths *paths, struct err *err)
{
	int rc = diskhold_exists(paths) ? 0 : file_overwrite(paths->held, "", NOTE_LEN);

	return rc < 0 ? err_set(err, BATON_EXIT_RESOURCE, -rc, "write %s", paths->held)
		      : 0;
}

void diskhold_drop(const struct paths *paths)
{
	if (access(paths->held, F_OK) == 0)
		file_overwrite(paths->held, "", NOTE_LEN);
}

/* xfs and ext4 have a directory for each superblock, btrfs one per device. */
static bool has_superblock(const struct disk *disk, const char *fstype)
{
	char path[160];
	glob_t found = { 0 };
	bool is_there;

	snprintf(path, sizeof(path), "/sys/fs/%s/%s", fstype, disk->name);
	if (access(path, F_OK) == 0)
		return true;
	snprintf(path, sizeof(path), "/sys/fs/%s/*/devices/%s", fstype, disk->name);
	is_there = glob(path, 0, NULL, &found) == 0;
	globfree(&found);
	return is_there;
}

/* Is this disk still here, and not another one with its number? */
static bool is_here(const struct disk *disk)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u", disk->major, disk->minor);
	return access(path, F_OK) == 0 && read_sequence(disk) == disk->sequence;
}

static unsigned int count_queued_writes(const struct disk *disk)
{
	unsigned int reads, writes;
	char path[80], text[64];

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/inflight", disk->major,
		 disk->minor);
	if (file_read(path, text, sizeof(text)) < 0 ||
	    sscanf(text, "%u %u", &reads, &writes) != 2)
		return 0;
	return writes;
}

/* Opens it by whichever path leads to it. */
static int open_exclusively(const struct disk *disk, const char *device)
{
	char path[80];
	const char *const paths[] = { device, path };
	dev_t number = makedev(disk->major, disk->minor);
	int fd = -1;

	snprintf(path, sizeof(path), "/dev/%s", disk->name);
	errno = ENOENT;
	for (size_t i = 0; i < 2 && fd < 0 && errno != EBUSY; i++) {
		struct stat st;

		if (stat(paths[i], &st) == 0 && S_ISBLK(st.st_mode) &&
		    st.st_rdev == number)
			fd = open(paths[i], O_RDONLY | O_EXCL | O_CLOEXEC | O_NONBLOCK);
	}
	return fd;
}

int diskhold_check(const struct paths *paths, const struct service *svc, struct err *err)
{
	_cleanup_close_ int fd = -1;
	struct disk disk = { 0 };

	if (load(paths, &disk) < 0)
		return 0;
	if (has_superblock(&disk, svc->fstype))
		return err_set(err, BATON_EXIT_STANDING, EBUSY,
			       "the kernel still has the filesystem of %s", disk.name);
	if (!is_here(&disk))
		return 0;
	/* A disk with a fault has no user. */
	fd = open_exclusively(&disk, svc->device);
	if (fd < 0 && errno != ENXIO && errno != ENODEV && errno != EIO &&
	    errno != ENOENT && errno != ENOMEDIUM)
		return err_set(err, BATON_EXIT_STANDING, EBUSY,
			       "something on this head still uses %s", disk.name);
	if (count_queued_writes(&disk) > 0)
		return err_set(err, BATON_EXIT_STANDING, EBUSY,
			       "writes to %s are still queued", disk.name);
	return 0;
}
