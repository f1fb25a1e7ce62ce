// SPDX-License-Identifier: GPL-2.0-or-later
/* writer: synchronous records to one open file, under one lock for the whole run. */
/*
 * Theory of operation
 *
 * The lock is taken before the first record, and kept until the parent has checked it
 * from another process and lets go. A Linux NFSv4 client that lost the lock fails the I/O
 * of its holder with EIO (fs/nfs/nfs4state.c, NFS_LOCK_LOST). The last record is written
 * after the stop, so that a loss just before the end still shows.
 *
 * With a window of N, each of N parts has one write out, all in the process that holds
 * the lock. Each writes every Nth record, to slots that nobody else writes
 * (probe_slots()).
 *
 * Record SEQ is in slot SEQ % slots. The file has a limited size, because a probe must
 * not fill the disk that it tests. Before a slot is written again, its acknowledged
 * record is read back from the server. So each acknowledged record is compared exactly
 * once: here, or at the end. A write that failed leaves its slot uncertain and is not
 * compared.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe/clock.h"
#include "probe/lane.h"
#include "probe/readback.h"
#include "probe/record.h"
#include "probe/slots.h"

struct writer {
	const struct lane_plan *plan;
	struct readback reader;
	int fd;
	pthread_mutex_t slots_lock;
	struct slots slots;
	uint8_t *buffers; /* two records per part: one to write, one to read back */
};

static uint8_t *writer_buffer(const struct writer *writer, const struct lane *lane)
{
	return writer->buffers + (size_t)lane->part * 2 * RECORD_SIZE;
}

/* Nothing is certain in its slot any more; was @old acknowledged there? */
static bool slot_begin(struct writer *writer, uint64_t seq, uint64_t *old)
{
	bool there;

	pthread_mutex_lock(&writer->slots_lock);
	there = slots_get(&writer->slots, seq, old);
	slots_begin(&writer->slots, seq, 0);
	pthread_mutex_unlock(&writer->slots_lock);
	return there;
}

static void slot_ack(struct writer *writer, uint64_t seq)
{
	pthread_mutex_lock(&writer->slots_lock);
	slots_ack(&writer->slots, seq);
	pthread_mutex_unlock(&writer->slots_lock);
}

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
	/* Opened only once: closing any descriptor of the file would give up the lock. */
	rc = readback_open(&writer->reader, dir, LANE_RECORDS);
	if (rc == 0)
		rc = slots_init(&writer->slots, probe_slots(writer->plan->options));
	if (rc == 0 && posix_memalign((void **)&writer->buffers, RECORD_SIZE,
				      writer->plan->options->window * 2 * RECORD_SIZE))
		rc = -ENOMEM;
	if (rc < 0)
		lane_refuse(out, OP_WRITE, -rc);
}

/* The record acknowledged in this slot one round ago must still be there. */
static void writer_reread(struct writer *writer, struct lane *lane, uint64_t old)
{
	uint8_t *record = writer_buffer(writer, lane) + RECORD_SIZE;
	ssize_t n;

	lane_begin(lane, OP_REREAD, old);
	n = readback_read(&writer->reader, record, RECORD_SIZE,
			  (off_t)(old % writer->slots.n * RECORD_SIZE));
	lane_end(lane, n < 0 ? (int)-n : 0);
	if (n < 0)
		lane_reread(lane, old, -1);
	else if (n < RECORD_SIZE)
		lane_reread(lane, old, RECORD_ZERO);
	else
		lane_reread(lane, old, record_check(record, writer->plan->run, old));
}

static void writer_write(struct writer *writer, struct lane *lane, uint64_t seq)
{
	off_t offset = (off_t)(seq % writer->slots.n * RECORD_SIZE);
	uint8_t *record = writer_buffer(writer, lane);
	uint64_t old;
	ssize_t n;

	if (slot_begin(writer, seq, &old))
		writer_reread(writer, lane, old);
	record_encode(record, writer->plan->run, seq, clock_wall_ns());
	lane_begin(lane, OP_WRITE, seq);
	n = pwrite(writer->fd, record, RECORD_SIZE, offset);
	if (lane_end(lane, n < 0 ? errno : (n < RECORD_SIZE ? PROBE_ESHORT : 0)) == 0)
		slot_ack(writer, seq);
}

static void writer_part(struct lane *lane, void *arg)
{
	struct writer *writer = arg;
	uint64_t seq = lane->part;

	do {
		writer_write(writer, lane, seq);
		seq += writer->plan->options->window;
		lane_pace(lane);
	} while (!lane->stopping);
	writer_write(writer, lane, seq);
}

void writer_run(void *arg, int in, int out)
{
	struct writer writer = { .plan = arg, .slots_lock = PTHREAD_MUTEX_INITIALIZER };

	writer_open(&writer, out);
	lane_run(in, out, writer.plan, PROBE_WRITE, writer_part, &writer);
}
