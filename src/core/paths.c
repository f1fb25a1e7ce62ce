// SPDX-License-Identifier: GPL-2.0-or-later
/* paths: all paths of a service, on a head and on its disk. */
#include "core/paths.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

void paths_init(struct paths *p, const char *name)
{
	struct {
		char *to;
		const char *base;
		const char *leaf;
	} const below[] = {
		{ p->sock, p->run, "sock" },
		{ p->keeper, p->run, "keeper" },
		{ p->lock, p->run, "lock" },
		{ p->held, p->run, "held" },
		{ p->guard, p->run, "guard" },
		{ p->ledger, p->run, "ledger.json" },
		{ p->ledger_lock, p->run, "ledger.lock" },
		{ p->ledger_kept, p->lib, "ledger.json" },
		{ p->served, p->run, "served.conf" },
		{ p->hosts, p->run, "hosts" },
		{ p->pins, p->run, "ns" },
		{ p->mnt, p->pins, "mnt" },
		{ p->uts, p->pins, "uts" },
		{ p->rpcbind, p->run, "rpcbind" },
		{ p->mountd_pid, p->run, "mountd.pid" },
		{ p->nfsdcld_pid, p->run, "nfsdcld.pid" },
		{ p->guard_pid, p->run, "guard.pid" },
		{ p->guard_path, p->run, "guard.path" },
		{ p->idmapd_pid, p->run, "idmapd.pid" },
		{ p->fs, p->run, "fs" },
		{ p->root, p->run, "root" },
		{ p->state, p->fs, ".baton" },
		{ p->nfsdcld, p->state, "nfsdcld" },
		{ p->tickle, p->state, "tickle" },
		{ p->conns, p->tickle, "connections" },
		{ p->holdings, p->tickle, "holdings" },
		{ p->pulse, p->tickle, "pulse" },
	};

	snprintf(p->run, PATHS_MAX, "%s/%s", PATHS_RUN, name);
	snprintf(p->lib, PATHS_MAX, "%s/%s", PATHS_LIB, name);
	snprintf(p->netns, PATHS_MAX, "%s/baton-%s", PATHS_NETNS, name);
	for (size_t i = 0; i < sizeof(below) / sizeof(below[0]); i++)
		snprintf(below[i].to, PATHS_MAX, "%s/%s", below[i].base, below[i].leaf);
}

void paths_export(char *buf, const struct paths *paths, const char *name,
		  const char *path)
{
	snprintf(buf, PATH_MAX, "%s/%s%s", paths->root, name,
		 strcmp(path, "/") == 0 ? "" : path);
}
