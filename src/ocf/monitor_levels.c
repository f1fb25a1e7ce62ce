// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * monitor_levels: the deeper levels of monitor: an NFS call, a write to the disk; each in
 * a child, as it may hang.
 */
#include <errno.h>
#include <linux/if_addr.h>

#include "keeper/op.h"
#include "ocf/service.h"
#include "os/diskhold.h"
#include "os/nfsping.h"
#include "os/progress.h"
#include "os/state.h"
#include "os/timed_child.h"

#define LAST_WORDS_MS 200

static int go_inside(const struct call *call, struct err *err)
{
	struct ns inside;
	int rc = ns_open(&inside, &call->paths, err);

	if (rc == 0)
		rc = ns_enter(&inside, err);
	return rc;
}

/* The floating ones: apart from them there are only loopback and link-local addresses. */
static bool is_floating(const struct rtnl_addr *a)
{
	return a->ifindex != RTNL_LOOPBACK &&
	       (a->ip.family == AF_INET || !IN6_IS_ADDR_LINKLOCAL(&a->ip.v6));
}

static int work_call(void *data, struct err *err)
{
	const struct call *call = data;
	struct rtnl *rtnl = NULL;
	struct rtnl_addr *v = NULL;
	size_t n = 0, called = 0;
	int rc = go_inside(call, err);

	if (rc == 0)
		rc = rtnl_open(&rtnl, err);
	if (rc == 0)
		rc = rtnl_addr_list(rtnl, 0, &v, &n, err);
	for (size_t i = 0; i < n && rc == 0; i++) {
		if (!is_floating(&v[i]))
			continue;
		called++;
		/* A little before the parent gives up: the message needs the address. */
		rc = nfsping_call(&v[i].ip, NFS_PORT,
				  call->request->until_ms - LAST_WORDS_MS, err);
	}
	if (rc == 0 && called == 0)
		rc = err_set(err, BATON_EXIT_NETWORK, ENODEV, "NFS call: no address");
	return rc;
}

int monitor_level_call(const struct call *call, struct err *err)
{
	return timed_child_run(work_call, (void *)call,
			       "NFS call to the service's address",
			       call->request->until_ms, err);
}

static int work_write(void *data, struct err *err)
{
	const struct call *call = data;
	int rc = go_inside(call, err);

	if (rc == 0)
		rc = state_pulse(&call->paths, err);
	return rc < 0 ? err_wrap(err, rc, "write on the service's disk") : 0;
}

/* A disk that has done something else meanwhile is slow; a restart would not help it. */
int monitor_level_write(const struct call *call, struct err *err)
{
	dev_t disk = diskhold_disk(&call->paths);
	uint64_t before = progress_read(disk, 0).requests;
	int rc = timed_child_run(work_write, (void *)call, "write on the service's disk",
				 call->request->until_ms, err);

	if (rc != -ETIMEDOUT || progress_read(disk, 0).requests == before)
		return rc;
	ocf_log("WARNING", "%s: the disk is slow: %s", call->name, err->text);
	err->text[0] = '\0';
	return 0;
}
