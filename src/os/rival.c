// SPDX-License-Identifier: GPL-2.0-or-later
/* rival: another service on this head with the same disk. */
#include "os/rival.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "os/conffile.h"

static bool is_same_device(const char *a, const char *b)
{
	struct stat sa, sb;

	if (strcmp(a, b) == 0)
		return true;
	return stat(a, &sa) == 0 && stat(b, &sb) == 0 && S_ISBLK(sa.st_mode) &&
	       S_ISBLK(sb.st_mode) && sa.st_rdev == sb.st_rdev;
}

bool rival_find(const struct service *svc, char name[SERVICE_NAME_MAX + 1],
		const char *dir)
{
	char **names = NULL;
	bool found = false;

	config_list(&names, dir, NULL);
	for (char **n = names; n && *n && !found; n++) {
		struct service other = { 0 };

		if (strcmp(*n, svc->name) == 0 || config_load(&other, *n, dir, NULL) < 0)
			continue;
		found = is_same_device(svc->device, other.device);
		if (found)
			snprintf(name, SERVICE_NAME_MAX + 1, "%s", other.name);
		service_free(&other);
	}
	config_list_free(names);
	return found;
}

int rival_check(const struct service *svc, struct err *err)
{
	char name[SERVICE_NAME_MAX + 1];

	if (!rival_find(svc, name, NULL))
		return 0;
	return err_set(err, BATON_EXIT_CONFIG, EBUSY,
		       "device %s belongs to the service %s, too", svc->device, name);
}
