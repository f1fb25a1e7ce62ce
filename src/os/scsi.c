// SPDX-License-Identifier: GPL-2.0-or-later
/* scsi: sends one command to a SCSI disk (SG_IO). */
#include "os/scsi.h"

#include <errno.h>
#include <scsi/sg.h>
#include <string.h>
#include <sys/ioctl.h>

/* Longer than a target needs; then the kernel aborts the command. */
#define TIMEOUT_MS 30000

/* SAM-5, 5.3: status codes. */
#define CHECK_CONDITION      0x02
#define BUSY                 0x08
#define RESERVATION_CONFLICT 0x18
#define TASK_SET_FULL        0x28
#define TASK_ABORTED         0x40 /* another initiator has reset the disk, or preempted */

/* include/scsi/scsi_status.h: a path that is lost for a moment. */
#define DID_BUS_BUSY            0x02
#define DID_RESET               0x08
#define DID_IMM_RETRY           0x0c
#define DID_REQUEUE             0x0d
#define DID_TRANSPORT_DISRUPTED 0x0e

static int judge_host(unsigned int host)
{
	switch (host) {
	case 0:
		return SCSI_GOOD;
	case DID_BUS_BUSY:
	case DID_RESET:
	case DID_IMM_RETRY:
	case DID_REQUEUE:
	case DID_TRANSPORT_DISRUPTED:
		return SCSI_BUSY;
	default:
		return -EIO;
	}
}

int scsi_command(int fd, struct scsi_command *c, uint8_t sense[SCSI_SENSE_MAX],
		 size_t *sense_len)
{
	sg_io_hdr_t io = { .interface_id = 'S',
			   .cmdp = (unsigned char *)c->cdb,
			   .cmd_len = c->cdb_len,
			   .sbp = sense,
			   .mx_sb_len = SCSI_SENSE_MAX,
			   .timeout = TIMEOUT_MS,
			   .dxfer_direction = SG_DXFER_NONE };

	if (c->out_len) {
		io.dxfer_direction = SG_DXFER_TO_DEV;
		io.dxferp = (void *)c->out;
		io.dxfer_len = c->out_len;
	} else if (c->in_len) {
		memset(c->in, 0, c->in_len);
		io.dxfer_direction = SG_DXFER_FROM_DEV;
		io.dxferp = c->in;
		io.dxfer_len = c->in_len;
	}
	*sense_len = 0;
	if (ioctl(fd, SG_IO, &io) < 0)
		/* A disk of another kind. */
		return errno == EINVAL ? -ENOTTY : -errno;
	c->got = io.resid > 0 && (size_t)io.resid < c->in_len ? c->in_len - io.resid
							      : c->in_len;
	*sense_len = io.sb_len_wr;
	/* Some drivers give sense data, and no status. */
	if (io.status == CHECK_CONDITION || (io.sb_len_wr && !io.status))
		return SCSI_CONDITION;
	if (io.status == RESERVATION_CONFLICT)
		return SCSI_CONFLICT;
	if (io.status == BUSY || io.status == TASK_SET_FULL || io.status == TASK_ABORTED)
		return SCSI_BUSY;
	return io.status ? -EIO : judge_host(io.host_status);
}
