// SPDX-License-Identifier: GPL-2.0-or-later
/* check_guard: can the disk itself keep a second head from writing, and does it? */
#include <errno.h>
#include <linux/major.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "cmd/check.h"
#include "core/cleanup.h"
#include "core/drbd.h"
#include "keeper/guard.h"
#include "os/blockdev.h"
#include "os/child.h"
#include "os/lowerdisk.h"
#include "os/multipathd.h"

/* drbdadm reads files only; a cluster has some hundred resources at most. */
#define DRBDADM_MS 10000
#define DRBD_MAX   (4u << 20)

#define FENCING "make sure that fencing works: test it"

/* DRBD replicates from one head to the other: it knows by itself whether its peer goes on. */
static void check_drbd(struct report *report, unsigned int minor)
{
	static const char *const argv[] = { "drbdadm", "dump-xml", NULL };
	const struct child_wait wait = child_wait_for(DRBDADM_MS);
	_cleanup_free_ char *text = NULL;
	struct err why = { 0 };
	int rc = child_capture(argv, NULL, &wait, DRBD_MAX, &text, &why);

	switch (rc == 0 ? drbd_judge(text, strlen(text), minor) : DRBD_UNKNOWN) {
	case DRBD_QUORUM:
		report_add(
			report, "guard", VERDICT_OK, BATON_EXIT_OK,
			"guard = none, but DRBD has a quorum: a head without it cannot write",
			NULL);
		return;
	case DRBD_FENCING:
		report_add(
			report, "guard", VERDICT_OK, BATON_EXIT_OK,
			"guard = none, but DRBD fences: a head that has lost the other one "
			"waits until that is fenced",
			NULL);
		return;
	case DRBD_NONE:
		report_add(
			report, "guard", VERDICT_UNSURE, BATON_EXIT_OK,
			"DRBD has neither a quorum nor fencing resource-and-stonith: heads "
			"that lose each other can both write, each a version of its own",
			"quorum majority (DRBD 9), or fencing resource-and-stonith with a "
			"fence-peer handler");
		return;
	case DRBD_BOTH:
		report_add(report, "guard", VERDICT_UNSURE, BATON_EXIT_OK,
			   "DRBD allows two primaries, so both heads can write",
			   "allow-two-primaries no, which is the default");
		return;
	case DRBD_UNKNOWN:
		break;
	}
	if (rc == 0)
		err_set(&why, BATON_EXIT_OK, 0,
			"drbdadm knows no resource with its minor %u", minor);
	report_add(report, "guard", VERDICT_UNSURE, BATON_EXIT_OK, why.text, FENCING);
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
		       : FENCING);
}

/* A disk whose commands fail gives clients errors; one that only waits does not. */
static void check_patience(struct report *report, const struct service *svc,
			   const struct lowerdisk *disk)
{
	int s = lowerdisk_gives_up_s(disk);
	char detail[160];

	if (s < 0 || (unsigned int)s >= svc->guard_timeout)
		return;
	snprintf(
		detail, sizeof(detail),
		"%s fails when it has been without its path for %d s, before clients are held "
		"off (guard-timeout = %u): they can get errors",
		disk->name, s, svc->guard_timeout);
	report_add(
		report, "guard-timeout", VERDICT_UNSURE, BATON_EXIT_OK, detail,
		"a node.session.timeo.replacement_timeout of iSCSI that is longer, or a "
		"guard-timeout that is shorter");
}

/* The same of a disk with several paths, when all are gone. */
static void check_queue(struct report *report, const struct lowerdisk *disk)
{
	struct err why = { 0 };

	if (disk->is_multipath && multipathd_check_queue(disk->name, &why) < 0)
		report_add(
			report, "no_path_retry", VERDICT_UNSURE, BATON_EXIT_OK, why.text,
			"`no_path_retry queue` in /etc/multipath.conf, and `multipathd "
			"reconfigure`");
}

void check_guard(struct report *report, const struct service *svc)
{
	struct err err = { 0 };
	struct lowerdisk disk;
	char good[80];
	dev_t number;
	int rc;

	if (svc->guard == GUARD_NONE &&
	    blockdev_check_present(svc->device, &number, NULL) == 0 &&
	    major(number) == DRBD_MAJOR) {
		check_drbd(report, minor(number));
		return;
	}
	rc = guard_check(svc, &err);
	if (svc->guard == GUARD_NONE) {
		advise(report, &err, rc == 0);
		return;
	}
	if (rc == 0)
		rc = lowerdisk_open(svc->device, &disk, &err);
	if (rc < 0) {
		report_add(report, "guard", VERDICT_WRONG, err.code, err.text,
			   "guard = none in the service file, on all heads, with fencing "
			   "that works");
		return;
	}
	snprintf(good, sizeof(good), "the disk keeps reservations; paths to it now: %zu",
		 disk.paths);
	report_add(report, "guard", VERDICT_OK, BATON_EXIT_OK, good, NULL);
	check_patience(report, svc, &disk);
	check_queue(report, &disk);
	lowerdisk_close(&disk);
}
