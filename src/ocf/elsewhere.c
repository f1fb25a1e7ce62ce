// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * elsewhere: what the agent has another program do, which is linked with more.
 *
 * Theory of operation
 *
 * Pacemaker calls monitor every ten seconds for each service, and most of what such a call
 * costs is the linking of its libraries. What mounts, compiles rulesets and opens databases
 * needs many, but only a stop without a keeper does that, validate-all looks at disks, and
 * a start that meets silent heads asks Pacemaker's tools.
 * So there are two programs:
 *
 *   service        the agent; instead of takeover.c, stop_standalone.c and validate.c it has this file
 *   .service-full  beside it, for those three (service_full_main.c); the dot hides it from
 *                  who lists agents
 *
 * The second takes the first one's place: same process, outputs and environment, and there,
 * as the time-out, what is left of it. The alarm of ocf_main() stays set over execve(2)
 * until the second sets its own.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ocf/service.h"

#define FULL ".service-full"

/* Beside this program, so that one being tried out does not call the installed one. */
static int find_full(char path[PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - sizeof(FULL));

	if (n < 0)
		return -errno;
	path[n] = '\0';
	strcpy(strrchr(path, '/') + 1, FULL);
	return 0;
}

static enum ocf_exit go_elsewhere(const struct ocf_request *request, struct err *err)
{
	char path[PATH_MAX] = FULL;
	char *argv[] = { path, (char *)request->action->name, NULL };
	int rc = find_full(path);

	if (rc == 0) {
		ocf_hand_on_budget(request);
		execv(path, argv);
		rc = -errno;
	}
	err_set(err, BATON_EXIT_SOFTWARE, -rc, "%s", path);
	return OCF_ERR_INSTALLED;
}

enum ocf_exit service_start_over(const struct ocf_request *request, struct err *err)
{
	return go_elsewhere(request, err);
}

enum ocf_exit service_stop_alone(const struct ocf_request *request, struct err *err)
{
	return go_elsewhere(request, err);
}

enum ocf_exit service_validate(const struct ocf_request *request, struct err *err)
{
	return go_elsewhere(request, err);
}
