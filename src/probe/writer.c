// SPDX-License-Identifier: GPL-2.0-or-later
/* writer: synchronous records to one open file, under one lock for the whole run. */
/*
 * Theory of operation
 *
 * The lock is taken before the first record and kept until the parent lets go, after it
 * has looked at it from another process. A Linux NFSv4 client that lost the lock fails the
 * I/O of its holder with EIO (fs/nfs/nfs4state.c, NFS_LOCK_LOST); the last record is
 * written after the stop, so that a loss just before the end still shows.
 *
 * Record SEQ stands at slot SEQ % slots. The file is of limited size because a probe must
 * not fill the disk it is to prove; before a slot is written again its acknowledged record is
 * read back from the server, so that each acknowledged record is compared exactly once:
 * here, or at the end. A write that failed leaves its slot uncertain and is not compared.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe/clock.h"
#include "probe/lane.h"
#include "probe/readback.h"
#include "probe/record.h"
#include "probe/slots.h"

struct writer {
	struct slots slots;
	const struct lane_plan *plan;
	struct readback reader;
	int fd;
	uint8_t *record;
	uint8_t *old;
};

static void writer_open(struct writer *writer, int out)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int dir = open(writer->plan->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc;

	if (dir < 0)
		lane_refuse(out, OP_WRITE, errno);
	writer->fd = openat(dir, LANE_RECORDS,
			    O_RDWR | O_CREAT | O_EXCL | O_DSYNC | O_CLOEXEC, 0600);
	if (writer->fd < 0 || fcntl(writer->fd, F_SETLK, &lock))
		lane_refuse(out, OP_WRITE, errno);
	/* Opened once: closing any descriptor of the file would give up the lock. */
	rc = readback_open(&writer->reader, dir, LANE_RECORDS);
	if (rc == 0)
		rc = slots_init(&writer->slots, writer->plan->options->slots);
	if (rc == 0 &&
	    (posix_memalign((void **)&writer->record, RECORD_SIZE, RECORD_SIZE) ||
	     posix_memalign((void **)&writer->old, RECORD_SIZE, RECORD_SIZE)))
		rc = -ENOMEM;
	if (rc < 0)
		lane_refuse(out, OP_WRITE, -rc);
}

/* The record that was acknowledged in this slot a round ago must still be there. */
static void writer_reread(struct writer *writer, struct lane *lane, uint64_t old)
{
	ssize_t n;

	lane_begin(lane, OP_REREAD, old);
	n = readback_read(&writer->reader, writer->old, RECORD_SIZE,
			  (off_t)(old % writer->slots.n * RECORD_SIZE));
	lane_end(lane, n < 0 ? (int)-n : 0);
	if (n < 0)
		lane_reread(lane, old, -1);
	else if (n < RECORD_SIZE)
		lane_reread(lane, old, RECORD_ZERO);
	else
		lane_reread(lane, old, record_check(writer->old, writer->plan->run, old));
}

static void writer_write(struct writer *writer, struct lane *lane, uint64_t seq)
{
	off_t offset = (off_t)(seq % writer->slots.n * RECORD_SIZE);
	uint64_t old;
	ssize_t n;

	if (slots_get(&writer->slots, seq, &old))
		writer_reread(writer, lane, old);
	record_encode(writer->record, writer->plan->run, seq, clock_wall_ns());
	slots_begin(&writer->slots, seq);
	lane_begin(lane, OP_WRITE, seq);
	n = pwrite(writer->fd, writer->record, RECORD_SIZE, offset);
	if (lane_end(lane, n < 0 ? errno : (n < RECORD_SIZE ? PROBE_ESHORT : 0)) == 0)
		slots_ack(&writer->slots, seq);
}

static void writer_part(struct lane *lane, void *arg)
{
	struct writer *writer = arg;
	uint64_t seq = 0;

	do {
		writer_write(writer, lane, seq++);
		lane_pace(lane);
	} while (!lane->stopping);
	writer_write(writer, lane, seq);
}

void writer_run(void *arg, int in, int out)
{
	struct writer writer = { .plan = arg };

	writer_open(&writer, out);
	lane_run(in, out, writer.plan, PROBE_WRITE, writer_part, &writer);
}
