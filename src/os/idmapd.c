// SPDX-License-Identifier: GPL-2.0-or-later
/* idmapd: the daemon that turns names of users and groups into numbers, where clients use them. */
#include "os/idmapd.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "os/child.h"
#include "os/file.h"
#include "os/lock.h"

#define DAEMON "rpc.idmapd"
/* It opens nametoid first (utils/idmapd/idmapd.c, nfsdopen). */
#define LAST_CHANNEL "nfs4.idtoname/channel"
#define START_MS     2000
#define WAIT_MS      5

#define DISABLED "/sys/module/nfsd/parameters/nfs4_disable_idmapping"

bool idmapd_is_needed(const struct service *svc)
{
	char value[8] = "";

	for (size_t i = 0; i < svc->n_exports; i++)
		if (strstr(svc->exports[i].clients, "krb5"))
			return true;
	return file_read(DISABLED, value, sizeof(value)) > 0 && value[0] == 'N';
}

bool idmapd_is_missed(const struct paths *paths, const struct service *svc)
{
	return !lock_is_held(paths->idmapd_pid) && idmapd_is_needed(svc);
}

static bool has_channels(pid_t pid)
{
	char dirname[64], path[PATH_MAX], target[PATH_MAX];
	bool found = false;
	struct dirent *e;
	DIR *dir;

	snprintf(dirname, sizeof(dirname), "/proc/%d/fd", pid);
	dir = opendir(dirname);
	while (dir && !found && (e = readdir(dir))) {
		ssize_t n;

		snprintf(path, sizeof(path), "%s/%s", dirname, e->d_name);
		n = readlink(path, target, sizeof(target) - 1);
		target[n > 0 ? n : 0] = '\0';
		found = strstr(target, "/" LAST_CHANNEL) != NULL;
	}
	if (dir)
		closedir(dir);
	return found;
}

int idmapd_start(const struct paths *paths, const struct service *svc, struct err *err)
{
	static const char *const argv[] = { DAEMON, "-f", "-S", NULL };
	int64_t until_ms = child_now_ms() + START_MS;
	pid_t pid;
	int rc;

	if (!idmapd_is_missed(paths, svc))
		return 0;
	rc = child_spawn_daemon(argv, paths->idmapd_pid, err);
	if (rc < 0)
		return rc;
	/* Looking up its Nobody-User may take long; it goes on without us. */
	while ((pid = child_daemon_pid(paths->idmapd_pid))) {
		if (has_channels(pid) || child_now_ms() > until_ms)
			return 0;
		/* /proc gives no event. */
		poll(NULL, 0, WAIT_MS);
	}
	err_set(err, BATON_EXIT_SOFTWARE, 0,
		DAEMON " died while starting; its own message is in the journal");
	return -ESRCH;
}
