// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mount: the service's tree inside its mount namespace.
 *
 * Theory of operation
 *
 *   /run/baton/NAME/fs            whole filesystem; never exported, nfsdcld works here
 *   /run/baton/NAME/root          tmpfs, the NFSv4 pseudo-root (fsid=0)
 *   /run/baton/NAME/root/NAME     bind of fs/, if `export = /`; else a directory
 *   …/root/NAME/images            bind of fs/images, if `export = /images`
 *   …/root/NAME/.baton            empty tmpfs over baton's state, if `export = /`
 *
 * The pseudo-root and a stand-in directory for each export exist already in standby, so
 * the exports can be registered before the disk is here. A crash leaves mounts only in a
 * namespace that nothing but this service uses; mount_detach() removes what is left.
 *
 * Clients control what is on the disk, so no path on it is followed through a symbolic
 * link or onto another filesystem.
 */
#include "os/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <libmount.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "os/child.h"
#include "os/diskhold.h"
#include "os/fsuser.h"
#include "os/mount_internal.h"
#include "os/mountpoint.h"
#include "os/progress.h"

/* The kernel drops a knfsd thread's last references a moment after the thread ends; with a
 * slow disk, after the disk has done what they wait for. */
#define DETACH_PATIENCE_MS 2000
/* How long whoever can be named may be one of our own helpers. */
#define HELPERS_MS 10000

int mount_make_directories(const char *path, struct err *err)
{
	char part[PATH_MAX];

	snprintf(part, sizeof(part), "%s", path);
	for (char *slash = strchr(part + 1, '/');; slash = strchr(slash + 1, '/')) {
		if (slash)
			*slash = '\0';
		if (mkdir(part, 0755) < 0 && errno != EEXIST)
			return err_set(err, BATON_EXIT_RESOURCE, errno, "create %s",
				       part);
		if (!slash)
			return 0;
		*slash = '/';
	}
}

int mount_once(const char *type, const char *path, unsigned long flags, const char *data,
	       struct err *err)
{
	if (mount(type, path, type, flags, data) < 0)
		return err_set(err, BATON_EXIT_FAILED, errno, "mount %s on %s", type,
			       path);
	return 0;
}

bool mount_is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return strncmp(path, dir, n) == 0 && path[n] == '/';
}

static int prepare_nfs_var(struct err *err)
{
	static const char *const tables[] = { PATHS_NFS_VAR "/etab",
					      PATHS_NFS_VAR "/rmtab" };
	int rc;

	/* The head's own mount may be here already; ours has our mark. */
	if (access(PATHS_NFS_VAR "/.baton", F_OK) == 0)
		return 0;
	rc = mount_once("tmpfs", PATHS_NFS_VAR, MS_NODEV | MS_NOSUID | MS_NOEXEC,
			"mode=0755,size=1m", err);
	for (size_t i = 0; i < 2 && rc == 0; i++)
		if (mknod(tables[i], S_IFREG | 0644, 0) < 0)
			rc = err_set(err, BATON_EXIT_RESOURCE, errno, "create %s",
				     tables[i]);
	if (rc == 0 && mknod(PATHS_NFS_VAR "/.baton", S_IFREG | 0600, 0) < 0)
		rc = err_set(err, BATON_EXIT_RESOURCE, errno, "mark %s", PATHS_NFS_VAR);
	return rc;
}

int mount_prepare_tree(const struct service *svc, const struct paths *paths,
		       struct err *err)
{
	int rc = mount_prepare_root(svc, paths, err);

	if (rc == 0)
		rc = prepare_nfs_var(err);
	/*
	 * These belong to the network namespace they were mounted from (fs/nfsd/nfsctl.c,
	 * get_tree_keyed). The head's are not here: ns_create() saw to that.
	 */
	if (rc == 0 && !mountpoint_exists(PATHS_NFSD))
		rc = mount_once("nfsd", PATHS_NFSD, 0, NULL, err);
	if (rc == 0)
		rc = mount_make_directories(PATHS_PIPEFS, err);
	if (rc == 0 && !mountpoint_exists(PATHS_PIPEFS))
		rc = mount_once("rpc_pipefs", PATHS_PIPEFS, 0, NULL, err);
	return rc;
}

static int mount_device(const struct service *svc, const struct paths *paths,
			struct err *err)
{
	struct libmnt_context *cxt = mnt_new_context();
	char why[256] = "";
	int rc;

	if (!cxt)
		return err_set(err, BATON_EXIT_RESOURCE, ENOMEM, "mount %s", svc->device);
	mnt_context_disable_helpers(cxt, 1);
	mnt_context_disable_mtab(cxt, 1);
	/* A disk that has become read-only is an error, not a read-only export. */
	mnt_context_enable_rwonly_mount(cxt, 1);
	mnt_context_set_fstype(cxt, svc->fstype);
	mnt_context_set_source(cxt, svc->device);
	mnt_context_set_target(cxt, paths->fs);
	if (svc->options && svc->options[0])
		mnt_context_set_options(cxt, svc->options);
	mnt_context_set_mflags(cxt, MS_NODEV | MS_NOSUID);
	rc = mnt_context_mount(cxt);
	if (rc != 0) {
		int errnum = mnt_context_get_syscall_errno(cxt);

		mnt_context_get_excode(cxt, rc, why, sizeof(why));
		/* EBADMSG: wrong checksum (EFSBADCRC in the filesystems' sources). */
		rc = err_set(err, BATON_EXIT_DEVICE, 0, "mount %s (%s) on %s: %s",
			     svc->device, svc->fstype, paths->fs,
			     errnum == EUCLEAN || errnum == EBADMSG
				     ? "the filesystem is damaged; run its repair "
				       "tool, e.g. xfs_repair or fsck"
			     : errnum == EACCES || errnum == EROFS
				     ? "the disk is write-protected"
			     : errnum && errnum != EINVAL ? strerror(errnum)
							  : why);
		if (errnum)
			rc = -errnum;
	}
	mnt_free_context(cxt);
	return rc;
}

int mount_attach(const struct service *svc, const struct paths *paths, struct err *err)
{
	if (!mountpoint_exists(paths->fs)) {
		int rc = diskhold_note(paths, svc->device, err);

		if (rc == 0)
			rc = mount_device(svc, paths, err);
		if (rc < 0)
			return rc;
	}
	return mount_bind_exports(svc, paths, err);
}

/*
 * The latest mount at the filesystem's place or below the pseudo-root; empty if there is
 * none. Asks the kernel, because a client may have renamed a directory above an export,
 * or the administrator removed an export from the service file.
 */
static int find_last_mount(const struct paths *paths, char last[PATH_MAX],
			   struct err *err)
{
	struct libmnt_table *table = mnt_new_table_from_file("/proc/self/mountinfo");
	struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *fs;
	int rc = 0;

	last[0] = '\0';
	if (!table || !iter)
		rc = err_set(err, BATON_EXIT_STANDING, errno ? errno : ENOMEM,
			     "read the mount table");
	while (rc == 0 && mnt_table_next_fs(table, iter, &fs) == 0) {
		const char *target = mnt_fs_get_target(fs);

		if (target && (strcmp(target, paths->fs) == 0 ||
			       mount_is_below(target, paths->root)))
			snprintf(last, PATH_MAX, "%s", target);
	}
	mnt_free_iter(iter);
	mnt_unref_table(table);
	return rc;
}

/*
 * Is it too early to give up? Helpers of ours that were killed, and the kernel, let go when
 * a slow disk has done what they wait for; others who write may never.
 */
static bool may_let_go(struct progress_watch *watch, int64_t began_ms, const char *path)
{
	char user[64];

	if (progress_idle_ms(watch) < DETACH_PATIENCE_MS)
		return child_now_ms() < began_ms + HELPERS_MS ||
		       fsuser_find(path, user, sizeof(user)) < 0;
	return false;
}

static int refuse_unmount(const char *path, int errnum, struct err *err)
{
	char user[64];

	if (errnum != EBUSY || fsuser_find(path, user, sizeof(user)) < 0)
		return err_set(err, BATON_EXIT_STANDING, errnum, "unmount %s", path);
	err_set(err, BATON_EXIT_STANDING, 0, "unmount %s: %s uses it", path, user);
	return -EBUSY;
}

int mount_detach(const struct paths *paths, struct err *err)
{
	struct progress_watch watch = progress_watch_begin(diskhold_disk(paths));
	int64_t began_ms = child_now_ms();
	char last[PATH_MAX];
	int rc;

	while ((rc = find_last_mount(paths, last, err)) == 0 && last[0]) {
		if (umount2(last, UMOUNT_NOFOLLOW) == 0)
			continue;
		rc = errno;
		if (rc != EBUSY || !may_let_go(&watch, began_ms, last))
			return refuse_unmount(last, rc, err);
		/* No event reports the last reference of a kernel thread. */
		poll(NULL, 0, 5);
	}
	return rc;
}
