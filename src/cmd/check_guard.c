// SPDX-License-Identifier: GPL-2.0-or-later
/* check_guard: can the disk itself keep a second head from writing, and does it? */
#include <errno.h>
#include <stdio.h>

#include "cmd/check.h"
#include "os/lowerdisk.h"
#include "os/persist.h"
#include "os/rival.h"

/* 0 = it can; -EOPNOTSUPP = it cannot, or -errno. */
static int look(const struct service *svc, char name[32], struct err *err)
{
	struct lowerdisk disk;
	int rc = lowerdisk_open(svc->device, &disk, err);

	if (rc == 0)
		rc = lowerdisk_check(svc->device, &disk, err);
	if (rc == 0)
		rc = persist_check(disk.fd, disk.name, err);
	snprintf(name, 32, "%s", disk.name);
	lowerdisk_close(&disk);
	return rc < 0 ? rc : rival_check_guard(svc, err);
}

/* Without one, only fencing keeps a second head off; that is for somebody to know. */
static void advise(struct report *report, const struct err *why, bool can)
{
	char detail[512];

	snprintf(detail, sizeof(detail),
		 "guard = none: only fencing keeps another head from writing; %.300s",
		 can ? "the disk can do it itself" : why->text);
	report_add(report, "guard", VERDICT_UNSURE, BATON_EXIT_OK, detail,
		   can ? "guard = reservation in the service file, on all heads"
		       : "make sure that fencing works: test it");
}

void check_guard(struct report *report, const struct service *svc)
{
	char name[32], detail[100];
	struct err err = { 0 };
	int rc = look(svc, name, &err);

	if (svc->guard == GUARD_NONE) {
		advise(report, &err, rc == 0);
		return;
	}
	snprintf(detail, sizeof(detail), "reservations of %s, by its one path", name);
	report_add(
		report, "guard", rc == 0 ? VERDICT_OK : VERDICT_WRONG,
		rc == 0 ? BATON_EXIT_OK : err.code, rc == 0 ? detail : err.text,
		"guard = none in the service file, on all heads, with fencing that works");
}
