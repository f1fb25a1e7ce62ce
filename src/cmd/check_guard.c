// SPDX-License-Identifier: GPL-2.0-or-later
/* check_guard: can the disk itself keep a second head from writing, and does it? */
#include <errno.h>
#include <stdio.h>

#include "cmd/check.h"
#include "keeper/guard.h"

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
	struct err err = { 0 };
	int rc = guard_check(svc, &err);

	if (svc->guard == GUARD_NONE) {
		advise(report, &err, rc == 0);
		return;
	}
	report_add(
		report, "guard", rc == 0 ? VERDICT_OK : VERDICT_WRONG,
		rc == 0 ? BATON_EXIT_OK : err.code,
		rc == 0 ? "the disk keeps reservations, and has one path" : err.text,
		"guard = none in the service file, on all heads, with fencing that works");
}
