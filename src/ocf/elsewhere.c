// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * elsewhere: actions that the agent leaves to another program, linked with more
 * libraries.
 *
 * Theory of operation
 *
 * Pacemaker calls monitor every ten seconds for each service, and most of the cost of
 * such a call is the linking of its libraries. Code that mounts, compiles rulesets and
 * opens databases needs many of them, but only a stop without a keeper does that;
 * validate-all looks at disks; a start that meets silent heads asks Pacemaker's tools. So
 * there are two programs:
 *
 *   service        the agent, with this file instead of takeover.c, stop_standalone.c and
 *                  validate.c
 *   .service-full  beside it, for those three (service_full_main.c); the dot hides it from
 *                  programs that list agents
 *
 * The second replaces the first by execve(2): same process, outputs and environment, with
 * the remaining time as its timeout. The alarm of ocf_main() stays set until the second
 * program sets its own.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ocf/service.h"

#define FULL ".service-full"

/* Beside this program, so that a copy under test does not call the installed one. */
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
