// SPDX-License-Identifier: GPL-2.0-or-later
/* idmapd: the daemon that turns names of users and groups into numbers, where clients use them. */
#include "os/idmapd.h"

#include <string.h>

#include "os/child.h"
#include "os/file.h"
#include "os/lock.h"

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

int idmapd_start(const struct paths *paths, const struct service *svc, struct err *err)
{
	static const char *const argv[] = { "rpc.idmapd", "-f", "-S", NULL };

	if (!idmapd_is_missed(paths, svc))
		return 0;
	return child_spawn_daemon(argv, paths->idmapd_pid, err);
}
