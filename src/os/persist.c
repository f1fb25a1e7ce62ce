// SPDX-License-Identifier: GPL-2.0-or-later
/* persist: persistent reservations of a SCSI disk. */
#include "os/persist.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/cleanup.h"
#include "os/child.h"
#include "os/scsi.h"

/* How long a disk may be busy, and how often it may have news first: one for each of a
 * reset, a changed parameter, a preemption … of each path. */
#define BUSY_MS    10000
#define RETRY_MS   20
#define ATTENTIONS 16

static int fail(struct err *err, int errnum, const char *disk, const char *what,
		const char *why)
{
	err_set(err, BATON_EXIT_DEVICE, 0, "%s on %s: %s", what, disk, why);
	return -errnum;
}

/* 0, or -errno with the reason. */
static int judge_condition(const uint8_t *sense, size_t len, const char *disk,
			   const char *what, struct err *err)
{
	char text[16];

	switch (pr_judge_sense(sense, len, text)) {
	case PR_SENSE_OK:
		return 0;
	case PR_SENSE_AGAIN:
		return fail(err, EAGAIN, disk, what, text);
	case PR_SENSE_UNSUPPORTED:
		return fail(err, EOPNOTSUPP, disk, what, text);
	case PR_SENSE_FULL:
		return fail(err, ENOSPC, disk, what,
			    "the disk has no room for a further registration");
	case PR_SENSE_FAILED:
		break;
	}
	return fail(err, EIO, disk, what, text);
}

static int send_command(int fd, const char *disk, const char *what,
			struct scsi_command *command, struct err *err)
{
	int64_t until = child_now_ms() + BUSY_MS;
	int attentions = 0;

	for (;;) {
		uint8_t sense[SCSI_SENSE_MAX] = { 0 };
		size_t len = 0;
		int rc = scsi_command(fd, command, sense, &len);

		if (rc == SCSI_CONDITION) {
			rc = judge_condition(sense, len, disk, what, err);
			if (rc != -EAGAIN || attentions++ == ATTENTIONS)
				return rc;
			if (attentions > 1)
				poll(NULL, 0, RETRY_MS);
			continue;
		}
		if (rc == SCSI_CONFLICT)
			return fail(err, EBADE, disk, what, "reservation conflict");
		if (rc == SCSI_BUSY && child_now_ms() < until) {
			poll(NULL, 0, RETRY_MS);
			continue;
		}
		if (rc == SCSI_BUSY)
			return fail(err, EBUSY, disk, what, "the disk stays busy");
		if (rc == -ENOTTY)
			return fail(err, EOPNOTSUPP, disk, what, "is no SCSI disk");
		return rc < 0 ? err_set(err, BATON_EXIT_DEVICE, -rc, "%s on %s", what,
					disk)
			      : 0;
	}
}

/*
 * By the first path that can. A path that fails, is busy, or is not registered says nothing of
 * the disk as long as another one can; a conflict is one only if all say so.
 */
static int send_to_one(const struct lowerdisk *disk, const char *what,
		       struct scsi_command *command, struct err *err)
{
	struct err why = { 0 };
	int rc = -ENODEV;

	for (size_t i = 0; i < disk->paths; i++) {
		struct err now = { 0 };
		int last = send_command(disk->path[i].fd, disk->path[i].name, what,
					command, &now);

		if (last == 0)
			return 0;
		if (i > 0 && last == -EBADE)
			continue;
		rc = last;
		why = now;
	}
	if (err)
		*err = why;
	return rc;
}

/* By each path that can. One that has no room for it fails for all. */
static int send_to_all(const struct lowerdisk *disk, const char *what,
		       struct scsi_command *command, struct err *err)
{
	int rc = disk->paths ? 0 : -ENODEV;
	size_t done = 0;

	for (size_t i = 0; i < disk->paths; i++) {
		struct err why = { 0 };
		int last = send_command(disk->path[i].fd, disk->path[i].name, what,
					command, &why);

		done += last == 0;
		if (last == 0 || (rc && last != -ENOSPC))
			continue;
		rc = last;
		if (err)
			*err = why;
	}
	return done && rc != -ENOSPC ? 0 : rc;
}

/* The data is for the caller to free. */
static int ask(const struct lowerdisk *disk, const char *what, enum pr_in action,
	       uint8_t **data, size_t *len, struct err *err)
{
	uint8_t cdb[PR_CDB_LEN];
	struct scsi_command command = { .cdb = cdb,
					.cdb_len = sizeof(cdb),
					.in = malloc(PR_DATA_MAX),
					.in_len = PR_DATA_MAX };
	int rc;

	*data = command.in;
	if (!command.in)
		return err_set(err, BATON_EXIT_RESOURCE, ENOMEM, "%s", what);
	pr_put_in(cdb, action, PR_DATA_MAX);
	rc = send_to_one(disk, what, &command, err);
	*len = command.got;
	return rc;
}

int persist_read_keys(const struct lowerdisk *disk, struct pr_keys *keys, struct err *err)
{
	_cleanup_free_ uint8_t *data = NULL;
	size_t len;
	int rc = ask(disk, "READ KEYS", PR_READ_KEYS, &data, &len, err);

	return rc < 0 ? rc : pr_parse_keys(keys, data, len, err);
}

int persist_read_reservation(const struct lowerdisk *disk,
			     struct pr_reservation *reservation, struct err *err)
{
	_cleanup_free_ uint8_t *data = NULL;
	size_t len;
	int rc = ask(disk, "READ RESERVATION", PR_READ_RESERVATION, &data, &len, err);

	return rc < 0 ? rc : pr_parse_reservation(reservation, data, len, err);
}

int persist_read_full_status(const struct lowerdisk *disk, struct pr_registrant *v,
			     size_t max, struct err *err)
{
	_cleanup_free_ uint8_t *data = NULL;
	size_t len;
	int rc = ask(disk, "READ FULL STATUS", PR_READ_FULL_STATUS, &data, &len, err);

	return rc < 0 ? rc : pr_parse_full_status(v, max, data, len, err);
}

int persist_check(const struct lowerdisk *disk, struct pr_keys *keys, struct err *err)
{
	_cleanup_free_ uint8_t *data = NULL;
	struct pr_capabilities can = { 0 };
	size_t len;
	int rc = persist_read_keys(disk, keys, err);

	if (rc == -EOPNOTSUPP)
		return fail(err, EOPNOTSUPP, disk->name, "guard = reservation",
			    "the disk has no persistent reservations");
	if (rc < 0)
		return rc;
	rc = ask(disk, "REPORT CAPABILITIES", PR_REPORT_CAPABILITIES, &data, &len, err);
	/* An old disk does not tell; then REGISTER does, by its refusal. */
	if (rc == -EOPNOTSUPP)
		return 0;
	if (rc == 0)
		rc = pr_parse_capabilities(&can, data, len, err);
	if (rc < 0)
		return rc;
	if (!can.aptpl)
		return fail(
			err, EOPNOTSUPP, disk->name, "guard = reservation",
			"the disk forgets reservations when it loses power (no APTPL)");
	if (!can.type)
		return fail(
			err, EOPNOTSUPP, disk->name, "guard = reservation",
			"the disk does not know the type 'write exclusive, registrants "
			"only'");
	return 0;
}

static const char *word(enum pr_out action)
{
	switch (action) {
	case PR_REGISTER:
	case PR_REGISTER_AND_IGNORE:
		return "REGISTER";
	case PR_RESERVE:
		return "RESERVE";
	case PR_RELEASE:
		return "RELEASE";
	case PR_CLEAR:
		return "CLEAR";
	case PR_PREEMPT:
	case PR_PREEMPT_AND_ABORT:
		return "PREEMPT";
	}
	return "?";
}

int persist_do(const struct lowerdisk *disk, enum pr_out action, uint64_t key,
	       uint64_t other, struct err *err)
{
	uint8_t cdb[PR_CDB_LEN], list[PR_PARAMETERS_LEN];
	struct scsi_command command = {
		.cdb = cdb, .cdb_len = sizeof(cdb), .out = list, .out_len = sizeof(list)
	};

	pr_put_out(cdb, action);
	/* SPC-4, table 190: APTPL is of registrations only. */
	pr_put_parameters(list, key, other,
			  action == PR_REGISTER || action == PR_REGISTER_AND_IGNORE);
	return action == PR_REGISTER || action == PR_REGISTER_AND_IGNORE ||
			       action == PR_RELEASE
		       ? send_to_all(disk, word(action), &command, err)
		       : send_to_one(disk, word(action), &command, err);
}
