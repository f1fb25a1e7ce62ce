// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * blockdev: is the disk here, does it hold what it should, is it free?
 *
 * A filesystem can be mounted in any mount namespace, and there is no list of those. So
 * the mountinfo of every process is read, each namespace once. Mounts that no process
 * sees (a lazy unmount with open files, a namespace pinned by a bind mount) still make an
 * exclusive open fail.
 */
#include "os/blockdev.h"

#include <blkid/blkid.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libmount/libmount.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "core/cleanup.h"

static void cleanup_closedir(DIR **d)
{
	if (*d)
		closedir(*d);
}

int blockdev_check_present(const char *device, dev_t *rdev, struct err *err)
{
	struct stat st;

	if (stat(device, &st)) {
		int rc = errno;

		if (rc != ENOENT)
			return err_set(err, BATON_EXIT_DEVICE, rc, "device %s", device);
		err_set(err, BATON_EXIT_DEVICE, 0, "device %s is not on this head",
			device);
		return -ENOENT;
	}
	if (!S_ISBLK(st.st_mode)) {
		err_set(err, BATON_EXIT_DEVICE, 0, "device %s is not a block device",
			device);
		return -ENOTBLK;
	}
	if (rdev)
		*rdev = st.st_rdev;
	return 0;
}

static int probe_type(blkid_probe probe, const char *device, const char *fstype,
		      struct err *err)
{
	const char *type = NULL;
	int rc;

	blkid_probe_enable_superblocks(probe, 1);
	blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_TYPE);
	errno = 0;
	rc = blkid_do_safeprobe(probe);
	if (rc == -2)
		err_set(err, BATON_EXIT_DEVICE, 0,
			"device %s has signatures of more than one filesystem; "
			"see wipefs(8)",
			device);
	else if (rc < 0)
		err_set(err, BATON_EXIT_DEVICE, errno ? errno : EIO, "read device %s",
			device);
	else if (rc == 1 || blkid_probe_lookup_value(probe, "TYPE", &type, NULL))
		err_set(err, BATON_EXIT_DEVICE, 0,
			"device %s holds no filesystem, the service file says %s", device,
			fstype);
	else if (strcmp(type, fstype) != 0)
		err_set(err, BATON_EXIT_DEVICE, 0,
			"device %s holds %s, the service file says %s", device, type,
			fstype);
	else
		return 0;
	return rc == -1 ? -EIO : -EINVAL;
}

int blockdev_check_filesystem(const char *device, const char *fstype, struct err *err)
{
	_cleanup_close_ int fd = open(device, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	blkid_probe probe;
	int rc;

	if (fd < 0)
		return err_set(err, BATON_EXIT_DEVICE, errno, "open device %s", device);
	probe = blkid_new_probe();
	if (!probe)
		return err_set(err, BATON_EXIT_RESOURCE, ENOMEM, "device %s", device);
	if (blkid_probe_set_device(probe, fd, 0, 0))
		rc = err_set(err, BATON_EXIT_DEVICE, errno ? errno : EIO,
			     "read device %s", device);
	else
		rc = probe_type(probe, device, fstype, err);
	blkid_free_probe(probe);
	return rc;
}

/* Is it a mount of this device? btrfs has numbers of its own: compare the source, too. */
static bool is_mount_of(struct libmnt_fs *fs, dev_t rdev)
{
	const char *source = mnt_fs_get_srcpath(fs);
	struct stat st;

	if (mnt_fs_get_devno(fs) == rdev)
		return true;
	return source && strncmp(source, "/dev/", 5) == 0 && stat(source, &st) == 0 &&
	       S_ISBLK(st.st_mode) && st.st_rdev == rdev;
}

static bool is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return strncmp(path, dir, n) == 0 && (!path[n] || path[n] == '/');
}

/* Looks for the device in the mount table of one process; -EBUSY if found. */
static int scan_process(const char *pid, const char *device, dev_t rdev, const char *own,
			bool *ours, struct err *err)
{
	char path[64], name[32] = "?";
	struct libmnt_table *table;
	struct libmnt_iter *iter;
	struct libmnt_fs *fs;
	int rc = 0;

	snprintf(path, sizeof(path), "/proc/%s/mountinfo", pid);
	table = mnt_new_table_from_file(path);
	if (!table)
		return 0; /* it has ended */
	iter = mnt_new_iter(MNT_ITER_FORWARD);
	while (iter && !rc && mnt_table_next_fs(table, iter, &fs) == 0) {
		const char *target = mnt_fs_get_target(fs);
		_cleanup_fclose_ FILE *comm = NULL;

		if (!target || !is_mount_of(fs, rdev))
			continue;
		if (own && is_below(target, own)) {
			*ours = true;
			continue;
		}
		snprintf(path, sizeof(path), "/proc/%s/comm", pid);
		comm = fopen(path, "re");
		if (comm && fgets(name, sizeof(name), comm))
			name[strcspn(name, "\n")] = '\0';
		err_set(err, BATON_EXIT_DEVICE, 0,
			"device %s is mounted on %s, as process %s (%s) sees it", device,
			target, pid, name);
		rc = -EBUSY;
	}
	mnt_free_iter(iter);
	mnt_unref_table(table);
	return rc;
}

/* Remembers a namespace; false if it was known already. */
static bool add_namespace(ino_t **seen, size_t *n, ino_t ns)
{
	ino_t *more;

	for (size_t i = 0; i < *n; i++)
		if ((*seen)[i] == ns)
			return false;
	more = reallocarray(*seen, *n + 1, sizeof(**seen));
	if (more) {
		*seen = more;
		more[(*n)++] = ns;
	}
	return true;
}

static int scan_mounts(const char *device, dev_t rdev, const char *own, bool *ours,
		       struct err *err)
{
	__attribute__((cleanup(cleanup_closedir))) DIR *proc = opendir("/proc");
	_cleanup_free_ ino_t *seen = NULL;
	struct dirent *d;
	size_t n = 0;

	if (!proc)
		return err_set(err, BATON_EXIT_SOFTWARE, errno, "open /proc");
	while ((d = readdir(proc))) {
		char path[64];
		struct stat st;
		int rc;

		if (d->d_name[0] < '0' || d->d_name[0] > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%.20s/ns/mnt", d->d_name);
		if (stat(path, &st) || !add_namespace(&seen, &n, st.st_ino))
			continue;
		rc = scan_process(d->d_name, device, rdev, own, ours, err);
		if (rc)
			return rc;
	}
	return 0;
}

/* Fails if other devices are made of this one: multipath, LVM, md, … */
static int check_holders(const char *device, dev_t rdev, struct err *err)
{
	__attribute__((cleanup(cleanup_closedir))) DIR *dir = NULL;
	struct dirent *d;
	char path[64];

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/holders", major(rdev),
		 minor(rdev));
	dir = opendir(path);
	while (dir && (d = readdir(dir))) {
		if (d->d_name[0] == '.')
			continue;
		err_set(err, BATON_EXIT_DEVICE, 0,
			"device %s is part of /dev/%s; name that one in the service file, or "
			"take it apart",
			device, d->d_name);
		return -EBUSY;
	}
	return 0;
}

int blockdev_check_unused(const char *device, const char *own, struct err *err)
{
	_cleanup_close_ int fd = -1;
	bool ours = false;
	dev_t rdev;
	int rc = blockdev_check_present(device, &rdev, err);

	if (rc)
		return rc;
	/* The kernel knows; /proc is searched only for the user's name. */
	fd = open(device, O_RDONLY | O_EXCL | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0)
		return 0;
	if (errno != EBUSY)
		return err_set(err, BATON_EXIT_DEVICE, errno, "open device %s", device);
	rc = scan_mounts(device, rdev, own, &ours, err);
	if (!rc)
		rc = check_holders(device, rdev, err);
	if (rc || ours)
		return rc;
	err_set(err, BATON_EXIT_DEVICE, 0,
		"device %s is in use, though no process sees a mount of it (swap, a lazy "
		"unmount, a frozen filesystem, a pinned namespace?)",
		device);
	return -EINPROGRESS;
}
