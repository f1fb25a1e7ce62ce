// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mount_exports: the exports below the pseudo-root: stand-ins, and what is bound on them.
 */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <libmount.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "os/beneath.h"
#include "os/mount.h"
#include "os/mount_internal.h"
#include "os/mountpoint.h"

/* Is it where an export, or the cover of baton's directory, is mounted? */
static bool is_place(const struct service *svc, const struct paths *paths,
		     const char *path)
{
	char target[PATH_MAX];

	for (size_t i = 0; i < svc->n_exports; i++) {
		paths_export(target, paths, svc->name, svc->exports[i].path);
		if (strcmp(target, path) == 0)
			return true;
		paths_export(target, paths, svc->name, "/.baton");
		if (strcmp(svc->exports[i].path, "/") == 0 && strcmp(target, path) == 0)
			return true;
	}
	return false;
}

static int make_stand_ins(const struct service *svc, const struct paths *paths,
			  struct err *err)
{
	char target[PATH_MAX];
	int rc = 0;

	for (size_t i = 0; i < svc->n_exports && rc == 0; i++) {
		paths_export(target, paths, svc->name, svc->exports[i].path);
		rc = mount_make_directories(target, err);
		if (rc == 0 && strcmp(svc->exports[i].path, "/") == 0) {
			strncat(target, "/.baton", sizeof(target) - strlen(target) - 1);
			rc = mount_make_directories(target, err);
		}
	}
	return rc;
}

/* Is @path the place of an export, a directory above one, or that of baton's cover? */
static bool is_wanted(const struct service *svc, const struct paths *paths,
		      const char *path)
{
	char target[PATH_MAX];

	for (size_t i = 0; i < svc->n_exports; i++) {
		paths_export(target, paths, svc->name, svc->exports[i].path);
		if (strcmp(target, path) == 0 || mount_is_below(target, path))
			return true;
	}
	return is_place(svc, paths, path);
}

/* Never enters a filesystem of clients: only the pseudo-root's own directories. */
static void remove_stand_ins(const struct service *svc, const struct paths *paths)
{
	char *const roots[] = { (char *)paths->root, NULL };
	FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_XDEV | FTS_NOCHDIR, NULL);
	FTSENT *e;

	/* One that still has something in it or on it stays. */
	while (fts && (e = fts_read(fts)))
		if (e->fts_info == FTS_DP && e->fts_level > 0 &&
		    !is_wanted(svc, paths, e->fts_path))
			rmdir(e->fts_path);
	if (fts)
		fts_close(fts);
}

#define ROOT_FLAGS   (MS_NODEV | MS_NOSUID | MS_NOEXEC)
#define ROOT_OPTIONS "mode=0755,size=1m"

/* Makes stand-ins, while the pseudo-root is writable. */
static int follow_stand_ins(const struct service *svc, const struct paths *paths,
			    struct err *err)
{
	unsigned long again = mountpoint_exists(paths->root) ? MS_REMOUNT : 0;
	int rc = mount_once("tmpfs", paths->root, ROOT_FLAGS | again, ROOT_OPTIONS, err),
	    back;
	struct err why;

	if (rc < 0)
		return rc;
	remove_stand_ins(svc, paths);
	rc = make_stand_ins(svc, paths, err);
	/* What a client wrote here would be lost after a move. */
	back = mount_once("tmpfs", paths->root, ROOT_FLAGS | MS_REMOUNT | MS_RDONLY, NULL,
			  rc < 0 ? &why : err);
	return rc < 0 ? rc : back;
}

int mount_prepare_root(const struct service *svc, const struct paths *paths,
		       struct err *err)
{
	int rc;

	if (mkdir(paths->fs, 0700) < 0 && errno != EEXIST)
		return err_set(err, BATON_EXIT_RESOURCE, errno, "create %s", paths->fs);
	/* With the disk here, they would be made on it, through clients' links. */
	if (mountpoint_exists(paths->fs))
		return 0;
	rc = mount_make_directories(paths->root, err);
	return rc < 0 ? rc : follow_stand_ins(svc, paths, err);
}

static int open_export(int fs, const struct export *export, struct err *err)
{
	int dir = beneath_open(fs, export->path[1] ? export->path + 1 : ".",
			       O_PATH | O_DIRECTORY);

	return dir < 0 ? err_set(err, BATON_EXIT_DEVICE, -dir,
				 "export %s: on the filesystem", export->path)
		       : dir;
}

static int bind_export(const struct service *svc, const struct paths *paths, int fs,
		       const struct export *export, struct err *err)
{
	_cleanup_close_ int dir = open_export(fs, export, err);
	char source[64], target[PATH_MAX];

	if (dir < 0)
		return dir;
	paths_export(target, paths, svc->name, export->path);
	snprintf(source, sizeof(source), "/proc/self/fd/%d", dir);
	if (mount(source, target, NULL, MS_BIND, NULL) < 0)
		return err_set(err, BATON_EXIT_FAILED, errno, "bind %s to %s",
			       export->path, target);
	return 0;
}

static int open_filesystem(const struct paths *paths, struct err *err)
{
	int fs = open(paths->fs, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return fs < 0 ? err_set(err, BATON_EXIT_DEVICE, errno, "open %s", paths->fs) : fs;
}

int mount_check_exports(const struct service *svc, const struct paths *paths,
			struct err *err)
{
	_cleanup_close_ int fs = open_filesystem(paths, err);
	int rc = fs < 0 ? fs : 0;

	for (size_t i = 0; i < svc->n_exports && rc == 0; i++) {
		int dir = open_export(fs, &svc->exports[i], err);

		if (dir < 0)
			rc = dir;
		else
			close(dir);
	}
	return rc;
}

/* Those that are not there yet. */
int mount_bind_exports(const struct service *svc, const struct paths *paths,
		       struct err *err)
{
	_cleanup_close_ int fs = open_filesystem(paths, err);
	char target[PATH_MAX];
	int rc = fs < 0 ? fs : 0;

	for (size_t i = 0; i < svc->n_exports && rc == 0; i++) {
		paths_export(target, paths, svc->name, svc->exports[i].path);
		if (!mountpoint_exists(target))
			rc = bind_export(svc, paths, fs, &svc->exports[i], err);
	}
	return rc;
}

int mount_hide_state(const struct service *svc, const struct paths *paths,
		     struct err *err)
{
	char target[PATH_MAX];

	for (size_t i = 0; i < svc->n_exports; i++) {
		if (strcmp(svc->exports[i].path, "/") != 0)
			continue;
		paths_export(target, paths, svc->name, "/.baton");
		if (mountpoint_exists(target))
			return 0;
		return mount_once("tmpfs", target,
				  MS_NODEV | MS_NOSUID | MS_NOEXEC | MS_RDONLY,
				  "mode=0555,size=4k", err);
	}
	return 0;
}

/* Which of them is no export's place any more? Empty if there is none. */
static int find_left_over(const struct service *svc, const struct paths *paths,
			  char found[PATH_MAX], struct err *err)
{
	struct libmnt_table *table = mnt_new_table_from_file("/proc/self/mountinfo");
	struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_BACKWARD);
	struct libmnt_fs *fs;
	int rc = 0;

	found[0] = '\0';
	if (!table || !iter)
		rc = err_set(err, BATON_EXIT_FAILED, errno ? errno : ENOMEM,
			     "read the mount table");
	while (rc == 0 && !found[0] && mnt_table_next_fs(table, iter, &fs) == 0) {
		const char *target = mnt_fs_get_target(fs);

		if (target && mount_is_below(target, paths->root) &&
		    !is_place(svc, paths, target))
			snprintf(found, PATH_MAX, "%s", target);
	}
	mnt_free_iter(iter);
	mnt_unref_table(table);
	return rc;
}

static int drop_left_overs(const struct service *svc, const struct paths *paths,
			   struct err *err)
{
	char path[PATH_MAX];
	int rc;

	while ((rc = find_left_over(svc, paths, path, err)) == 0 && path[0])
		if (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) < 0)
			return err_set(err, BATON_EXIT_FAILED, errno, "detach %s", path);
	return rc;
}

int mount_follow_exports(const struct service *svc, const struct paths *paths,
			 struct err *err)
{
	int rc = mount_check_exports(svc, paths, err);

	if (rc == 0)
		rc = drop_left_overs(svc, paths, err);
	if (rc == 0)
		rc = follow_stand_ins(svc, paths, err);
	if (rc == 0)
		rc = mount_bind_exports(svc, paths, err);
	return rc < 0 ? rc : mount_hide_state(svc, paths, err);
}
