/* SPDX-License-Identifier: GPL-2.0-or-later */
/* scsi: sends one command to a SCSI disk (SG_IO). */
#ifndef BATON_OS_SCSI_H
#define BATON_OS_SCSI_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

/**
 * struct scsi_command - a command and its data
 * @cdb, @cdb_len: the command
 * @out, @out_len: data for the disk, or NULL
 * @in, @in_len: room for data from it, or NULL
 * @got: gets how much came
 */
struct scsi_command {
	const uint8_t *cdb;
	size_t cdb_len;
	const uint8_t *out;
	size_t out_len;
	uint8_t *in;
	size_t in_len;
	size_t got;
};

/* What came of it; the kernel's own error is negative. */
#define SCSI_GOOD      0
#define SCSI_CONFLICT  1 /* RESERVATION CONFLICT */
#define SCSI_BUSY      2 /* BUSY, TASK SET FULL, a path that comes and goes */
#define SCSI_CONDITION 3 /* CHECK CONDITION: see @sense */

/* The longest that Linux keeps (SCSI_SENSE_BUFFERSIZE). */
#define SCSI_SENSE_MAX 96

/**
 * scsi_command - send it once, and wait
 * @fd: the disk
 * @sense: gets the sense data
 * @sense_len: gets its length
 *
 * May wait as long as the kernel waits for a path that is cut.
 *
 * Return: SCSI_…, or -errno: -ENOTTY for what is no SCSI disk, -EIO for a host or driver
 * that did not get the command to the disk.
 */
int scsi_command(int fd, struct scsi_command *command, uint8_t sense[SCSI_SENSE_MAX],
		 size_t *sense_len);

#endif
