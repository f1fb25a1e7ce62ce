// SPDX-License-Identifier: GPL-2.0-or-later
/* ns: makes, pins, enters and removes the namespaces of a service. */
#include "os/ns.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "os/child.h"
#include "os/mountpoint.h"

static bool is_pinned(const char *path)
{
	struct statfs st;

	return statfs(path, &st) == 0 && st.f_type == NSFS_MAGIC;
}

/* A pin, and the namespace's name in /proc/PID/ns. */
struct pin {
	const char *path;
	const char *type;
};

static void list_pins(const struct paths *paths, struct pin pins[NS_PINS])
{
	pins[0] = (struct pin){ paths->netns, "net" };
	pins[1] = (struct pin){ paths->mnt, "mnt" };
	pins[2] = (struct pin){ paths->uts, "uts" };
}

int ns_count_pins(const struct paths *paths)
{
	struct pin pins[NS_PINS];
	int n = 0;

	list_pins(paths, pins);
	for (size_t i = 0; i < NS_PINS; i++)
		n += is_pinned(pins[i].path);
	return n;
}

bool ns_exists(const struct paths *paths)
{
	return ns_count_pins(paths) == NS_PINS;
}

/* Hides whatever the head has mounted there, once or more often. */
static int uncover(const char *path)
{
	while (umount2(path, MNT_DETACH) == 0)
		;
	return errno == EINVAL || errno == ENOENT ? 0 : -errno;
}

/*
 * The child does this in its new namespaces. Slave propagation lets the head's unmounts
 * in. /proc and /run become private, because what the head mounts there later (its own
 * nfsd and rpc_pipefs) must not land on ours. The head's present mounts there are
 * removed: otherwise a stop of a half-made service would stop the head's own NFS server.
 */
static int settle_inside(const char *hostname)
{
	int rc;

	if (unshare(CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWUTS) < 0)
		return -errno;
	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return -errno;
	if (mount(NULL, "/proc", NULL, MS_PRIVATE, NULL) < 0)
		return -errno;
	/* It is not a separate mount everywhere; then it has nothing to let in. */
	if (mount(NULL, "/run", NULL, MS_PRIVATE, NULL) < 0 && errno != EINVAL)
		return -errno;
	rc = uncover(PATHS_NFSD);
	if (rc == 0)
		rc = uncover(PATHS_PIPEFS);
	if (rc < 0)
		return rc;
	if (sethostname(hostname, strlen(hostname)) < 0)
		return -errno;
	return 0;
}

static int make_pin(const char *path, pid_t pid, const char *type, struct err *err)
{
	char source[64];
	int fd = open(path, O_RDONLY | O_CREAT | O_CLOEXEC, 0444);

	if (fd < 0)
		return err_set(err, BATON_EXIT_RESOURCE, errno, "create %s", path);
	close(fd);
	snprintf(source, sizeof(source), "/proc/%d/ns/%s", pid, type);
	if (mount(source, path, NULL, MS_BIND, NULL) < 0)
		return err_set(err, BATON_EXIT_FAILED, errno, "pin %s", path);
	return 0;
}

/* Makes the missing pins. */
static int make_pins(const struct paths *paths, pid_t pid, struct err *err)
{
	struct pin pins[NS_PINS];
	int rc = 0;

	list_pins(paths, pins);
	for (size_t i = 0; i < NS_PINS && rc == 0; i++)
		if (!is_pinned(pins[i].path))
			rc = make_pin(pins[i].path, pid, pins[i].type, err);
	return rc;
}

/*
 * A mount namespace can be pinned only on a private mount. Otherwise the pin would
 * propagate into the namespace that it keeps alive, which the kernel refuses with EINVAL
 * (fs/namespace.c, mnt_ns_loop and copy_tree). ip-netns(8) wants its directory shared.
 */
static int make_pin_directories(const struct paths *paths, struct err *err)
{
	if (mkdir(paths->pins, 0700) < 0 && errno != EEXIST)
		return err_set(err, BATON_EXIT_RESOURCE, errno, "create %s", paths->pins);
	if (mount(paths->pins, paths->pins, NULL, MS_BIND, NULL) < 0 ||
	    mount(NULL, paths->pins, NULL, MS_PRIVATE, NULL) < 0)
		return err_set(err, BATON_EXIT_FAILED, errno, "mount %s on itself",
			       paths->pins);
	if (mkdir(PATHS_NETNS, 0755) < 0 && errno != EEXIST)
		return err_set(err, BATON_EXIT_RESOURCE, errno, "create %s", PATHS_NETNS);
	if (mount(NULL, PATHS_NETNS, NULL, MS_SHARED | MS_REC, NULL) < 0) {
		if (errno != EINVAL ||
		    mount(PATHS_NETNS, PATHS_NETNS, NULL, MS_BIND | MS_REC, NULL) < 0 ||
		    mount(NULL, PATHS_NETNS, NULL, MS_SHARED | MS_REC, NULL) < 0)
			return err_set(err, BATON_EXIT_FAILED, errno, "share %s",
				       PATHS_NETNS);
	}
	return 0;
}

int ns_create(const struct paths *paths, const char *hostname, struct err *err)
{
	int up[2], down[2], rc, inside = 0;
	char byte = 0;
	pid_t pid;

	/* A crash may have left some of them. */
	rc = ns_remove(paths, err);
	if (rc == 0)
		rc = make_pin_directories(paths, err);
	if (rc < 0) {
		ns_remove(paths, NULL);
		return rc;
	}
	if (pipe2(up, O_CLOEXEC) < 0)
		return err_set(err, BATON_EXIT_RESOURCE, errno, "pipe");
	if (pipe2(down, O_CLOEXEC) < 0) {
		rc = errno;
		close(up[0]);
		close(up[1]);
		return err_set(err, BATON_EXIT_RESOURCE, rc, "pipe");
	}
	pid = fork();
	if (pid == 0) {
		close(down[1]);
		inside = settle_inside(hostname);
		if (write(up[1], &inside, sizeof(inside)) != sizeof(inside))
			_exit(1);
		/* Live until the namespaces are pinned: then our end is closed. */
		_exit(read(down[0], &byte, 1) != 0);
	}
	close(up[1]);
	close(down[0]);
	if (pid < 0)
		rc = err_set(err, BATON_EXIT_RESOURCE, errno, "fork");
	else if (read(up[0], &inside, sizeof(inside)) != sizeof(inside) || inside < 0)
		rc = err_set(err, BATON_EXIT_FAILED, inside ? -inside : EIO,
			     "create the namespaces");
	if (rc == 0)
		rc = make_pins(paths, pid, err);
	close(down[1]);
	close(up[0]);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	if (rc < 0)
		ns_remove(paths, NULL);
	return rc;
}

/* Is it in every namespace that is still pinned, and in none of the head's? */
static bool lives_inside(const struct pin pins[NS_PINS], pid_t pid)
{
	for (size_t i = 0; i < NS_PINS; i++) {
		struct stat its, pinned, own;
		char path[64];

		snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, pins[i].type);
		if (stat(path, &its) < 0)
			return false;
		snprintf(path, sizeof(path), "/proc/self/ns/%s", pins[i].type);
		if (stat(path, &own) < 0 || own.st_ino == its.st_ino)
			return false;
		if (is_pinned(pins[i].path) &&
		    (stat(pins[i].path, &pinned) < 0 || pinned.st_ino != its.st_ino))
			return false;
	}
	return true;
}

/* The daemons are ours in any case, even if nothing is pinned any more. */
static pid_t find_inhabitant(const struct paths *paths)
{
	const pid_t daemons[] = { child_daemon_pid(paths->mountd_pid),
				  child_daemon_pid(paths->nfsdcld_pid),
				  child_daemon_pid(paths->idmapd_pid) };
	struct pin pins[NS_PINS];
	struct dirent *d;
	pid_t found = 0;
	DIR *proc;

	list_pins(paths, pins);
	for (size_t i = 0; i < sizeof(daemons) / sizeof(*daemons); i++)
		if (daemons[i] > 0 && lives_inside(pins, daemons[i]))
			return daemons[i];
	if (ns_count_pins(paths) == 0)
		return 0;
	proc = opendir("/proc");
	while (proc && !found && (d = readdir(proc)))
		if (d->d_name[0] >= '0' && d->d_name[0] <= '9' &&
		    lives_inside(pins, atoi(d->d_name)))
			found = atoi(d->d_name);
	if (proc)
		closedir(proc);
	return found;
}

int ns_repin(const struct paths *paths, struct err *err)
{
	pid_t pid = find_inhabitant(paths);

	if (pid == 0)
		return err_set(err, BATON_EXIT_STANDING, ESRCH,
			       "pin the namespaces in %s again", paths->run);
	if (!mountpoint_exists(paths->pins)) {
		int rc = make_pin_directories(paths, err);

		if (rc < 0)
			return rc;
	}
	return make_pins(paths, pid, err);
}

int ns_open(struct ns *ns, const struct paths *paths, struct err *err)
{
	*ns = NS_CLOSED;
	if (!ns_exists(paths))
		return err_set(err, BATON_EXIT_FAILED, ENOENT,
			       "the service's namespaces in %s", paths->run);
	ns->net = open(paths->netns, O_RDONLY | O_CLOEXEC);
	ns->mnt = open(paths->mnt, O_RDONLY | O_CLOEXEC);
	ns->uts = open(paths->uts, O_RDONLY | O_CLOEXEC);
	if (ns->net < 0 || ns->mnt < 0 || ns->uts < 0) {
		int errnum = errno;

		ns_close(ns);
		return err_set(err, BATON_EXIT_FAILED, errnum,
			       "open the namespaces in %s", paths->run);
	}
	return 0;
}

int ns_open_own(struct ns *ns, struct err *err)
{
	ns->net = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	ns->mnt = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	ns->uts = open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC);
	if (ns->net >= 0 && ns->mnt >= 0 && ns->uts >= 0)
		return 0;
	ns_close(ns);
	return err_set(err, BATON_EXIT_FAILED, EACCES, "open the head's namespaces");
}

int ns_enter(const struct ns *ns, struct err *err)
{
	if (setns(ns->net, CLONE_NEWNET) < 0 || setns(ns->uts, CLONE_NEWUTS) < 0 ||
	    setns(ns->mnt, CLONE_NEWNS) < 0)
		return err_set(err, BATON_EXIT_FAILED, errno, "enter the namespaces");
	return 0;
}

int ns_enter_net(const char *name, struct err *err)
{
	/* A name that does not fit is too long for the kernel, too. */
	char path[PATH_MAX + sizeof(PATHS_NETNS)];
	_cleanup_close_ int fd = -1;
	struct statfs st;

	snprintf(path, sizeof(path), "%s%s", strchr(name, '/') ? "" : PATHS_NETNS "/",
		 name);
	/* Check it before the open, which would block on a FIFO. */
	if (statfs(path, &st) == 0) {
		errno = EINVAL;
		if (st.f_type == NSFS_MAGIC)
			fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	if (fd < 0 || setns(fd, CLONE_NEWNET) < 0)
		return err_set(err, BATON_EXIT_NETWORK, errno,
			       "network namespace '%.80s'", name);
	return 0;
}

void ns_close(struct ns *ns)
{
	cleanup_close(&ns->net);
	cleanup_close(&ns->mnt);
	cleanup_close(&ns->uts);
	*ns = NS_CLOSED;
}

int ns_remove(const struct paths *paths, struct err *err)
{
	struct pin pins[NS_PINS];

	list_pins(paths, pins);
	for (size_t i = 0; i < NS_PINS; i++) {
		while (is_pinned(pins[i].path))
			if (umount2(pins[i].path, MNT_DETACH) < 0)
				return err_set(err, BATON_EXIT_STANDING, errno,
					       "unpin %s", pins[i].path);
		unlink(pins[i].path);
	}
	while (umount2(paths->pins, MNT_DETACH) == 0)
		;
	if (errno != EINVAL && errno != ENOENT)
		return err_set(err, BATON_EXIT_STANDING, errno, "unmount %s",
			       paths->pins);
	rmdir(paths->pins);
	return 0;
}
