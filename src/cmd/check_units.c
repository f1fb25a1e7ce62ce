// SPDX-License-Identifier: GPL-2.0-or-later
/* check_units: who starts a service at boot and stops it at a shutdown, and in what time? */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "cmd/check.h"
#include "core/cleanup.h"
#include "core/service.h"
#include "os/pacemaker.h"
#include "os/systemd.h"

#define UNIT_MAX (sizeof("baton-shutdown@.service") + SERVICE_NAME_MAX)

/* Returns 1 with the resource, 0, or -errno. */
static int find_resource(const char *name, struct cluster_resource *resource,
			 struct err *err)
{
	struct child_wait wait = child_wait_for(PACEMAKER_PATIENCE_MS);
	_cleanup_free_ char *cib = NULL;
	int rc = pacemaker_query(&cib, &wait, err);

	if (rc == -EINVAL)
		return 0;
	if (rc < 0)
		return rc;
	rc = cluster_read_resource(resource, cib, strlen(cib), name, time(NULL), err);
	if (rc == -ENOENT)
		return 0;
	return rc < 0 && rc != -EEXIST ? rc : 1;
}

/* @found, @resource, @why: what find_resource() said. */
static void check_start(struct report *report, const char *name, int found,
			const struct cluster_resource *resource, const struct err *why)
{
	static const char item[] = "start at boot";
	char unit[UNIT_MAX], detail[512], advice[128];
	struct err err = { 0 };
	int rc;

	snprintf(unit, sizeof(unit), "baton-serve@%s.service", name);
	rc = systemd_is("enabled", unit, &err);
	if (rc == 0) {
		snprintf(detail, sizeof(detail),
			 "left to Pacemaker or you: %s is not enabled", unit);
		report_add(report, item, VERDICT_OK, BATON_EXIT_OK, detail, NULL);
		return;
	}
	if (rc > 0) {
		rc = found;
		err = *why;
	}
	if (rc < 0) {
		report_add(report, item, VERDICT_UNSURE, err.code, err.text,
			   "only one may start it: Pacemaker or baton-serve@");
	} else if (rc == 0) {
		snprintf(detail, sizeof(detail), "%s starts it", unit);
		report_add(report, item, VERDICT_OK, BATON_EXIT_OK, detail, NULL);
	} else {
		snprintf(detail, sizeof(detail),
			 "%s is enabled, and Pacemaker manages the service too "
			 "(resource %s)",
			 unit, resource->id);
		snprintf(advice, sizeof(advice), "systemctl disable baton-serve@%s",
			 name);
		report_add(report, item, VERDICT_WRONG, BATON_EXIT_CLUSTER, detail,
			   advice);
	}
}

static void check_stop(struct report *report, const char *name)
{
	static const char item[] = "stop at shutdown";
	char unit[UNIT_MAX], keeper[UNIT_MAX], detail[256], advice[128];
	struct err err = { 0 };
	int net, kept = 0;

	snprintf(unit, sizeof(unit), "baton-shutdown@%s.service", name);
	snprintf(keeper, sizeof(keeper), "baton@%s.service", name);
	net = systemd_is("active", unit, &err);
	if (net == 0)
		kept = systemd_is("active", keeper, &err);
	if (net < 0 || kept < 0) {
		report_add(report, item, VERDICT_UNSURE, err.code, err.text,
			   "while it is served, baton-shutdown@ must be active");
	} else if (net || !kept) {
		snprintf(detail, sizeof(detail),
			 net ? "%s stops it" : "%s stops it; it starts with the keeper",
			 unit);
		report_add(report, item, VERDICT_OK, BATON_EXIT_OK, detail, NULL);
	} else {
		snprintf(detail, sizeof(detail),
			 "%s is not active: a shutdown takes the disk away from a "
			 "service that is still served",
			 unit);
		snprintf(advice, sizeof(advice), "systemctl restart baton@%s", name);
		report_add(report, item, VERDICT_WRONG, BATON_EXIT_KEEPER, detail,
			   advice);
	}
}

/* A stop that Pacemaker ends early counts as failed, and the head is fenced. */
static void check_stop_timeout(struct report *report, const struct service *svc,
			       const struct cluster_resource *resource)
{
	bool enough = resource->stop_ms / 1000 > svc->disk_timeout;
	char detail[512], advice[256];

	if (resource->stop_ms < 0)
		return;
	snprintf(detail, sizeof(detail),
		 "Pacemaker gives a stop %ld s; a disk that hangs is given up after "
		 "disk-timeout, %u s",
		 resource->stop_ms / 1000, svc->disk_timeout);
	snprintf(advice, sizeof(advice),
		 "pcs resource update %s op stop timeout=%us, or a shorter disk-timeout",
		 resource->primitive, 4 * svc->disk_timeout);
	report_add(report, "time to stop", enough ? VERDICT_OK : VERDICT_WRONG,
		   enough ? BATON_EXIT_OK : BATON_EXIT_CLUSTER, detail, advice);
}

void check_units(struct report *report, const struct service *svc)
{
	struct cluster_resource resource = { 0 };
	struct err err = { 0 };
	int found = find_resource(svc->name, &resource, &err);

	check_start(report, svc->name, found, &resource, &err);
	check_stop(report, svc->name);
	if (found > 0)
		check_stop_timeout(report, svc, &resource);
}
