// SPDX-License-Identifier: GPL-2.0-or-later
/* reader: one file, read as fast as possible, with several reads out at once. */
/*
 * Theory of operation
 *
 * It fills the link towards the client. What the server answers to others then waits
 * behind megabytes of data, and a hand-over has to get all this through. A helper writes
 * the file before any class makes calls. Then each of N parts reads every Nth block of
 * it, over and over, past the page cache, and compares the data.
 */
#include "probe/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "probe/block.h"
#include "probe/readback.h"

_Static_assert(sizeof(struct fill_report) <= PIPE_BUF, "is written whole");

/* Written and reported in one piece: the patience applies to each. */
#define FILL_BLOCKS 8

static int fill_piece(int fd, uint8_t *buf, const struct lane_plan *plan, uint64_t offset,
		      uint64_t blocks)
{
	ssize_t n;

	for (uint64_t i = 0; i < blocks; i++)
		block_encode(buf + i * BLOCK_BYTES, plan->run, offset + i * BLOCK_BYTES);
	n = pwrite(fd, buf, blocks * BLOCK_BYTES, (off_t)offset);
	if (n < 0)
		return errno;
	return (uint64_t)n < blocks * BLOCK_BYTES ? ENOSPC : 0;
}

void fill_run(void *arg, int in, int out)
{
	const struct lane_plan *plan = arg;
	uint64_t left = plan->options->read_blocks, offset = 0;
	uint8_t *buf = malloc(FILL_BLOCKS * BLOCK_BYTES);
	struct fill_report report = {};
	char path[PATH_MAX + 16];
	int fd;

	snprintf(path, sizeof(path), "%s/" LANE_BLOCKS, plan->path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_DSYNC | O_CLOEXEC, 0600);
	if (fd < 0 || !buf)
		report.code = errno;
	do {
		uint64_t now = left < FILL_BLOCKS ? left : FILL_BLOCKS;

		if (!report.code)
			report.code = fill_piece(fd, buf, plan, offset, now);
		if (write(out, &report, sizeof(report)) != sizeof(report))
			_exit(1);
		offset += now * BLOCK_BYTES;
		left -= now;
	} while (left && !report.code);
}

struct reader {
	const struct lane_plan *plan;
	struct readback file;
	uint8_t *buffers; /* one block for each part */
};

static int read_block(const struct reader *reader, uint8_t *buf, uint64_t offset)
{
	ssize_t n = readback_read(&reader->file, buf, BLOCK_BYTES, (off_t)offset);

	if (n < 0)
		return (int)-n;
	if (n < BLOCK_BYTES)
		return PROBE_ESHORT;
	return block_check(buf, reader->plan->run, offset) ? 0 : PROBE_ECORRUPT;
}

static void reader_part(struct lane *lane, void *arg)
{
	const struct reader *reader = arg;
	const struct probe_options *options = reader->plan->options;
	uint8_t *buf = reader->buffers + (size_t)lane->part * BLOCK_BYTES;

	for (uint64_t n = lane->part; !lane->stopping; n += options->depth) {
		uint64_t offset = n % options->read_blocks * BLOCK_BYTES;
		int code;

		lane_begin(lane, OP_READ, offset);
		code = lane_end(lane, read_block(reader, buf, offset));
		/* If the server fails at once, ask no more often than others do. */
		lane->interval_ns = code ? options->interval_ns : 0;
		lane_pace(lane);
	}
}

void reader_run(void *arg, int in, int out)
{
	struct reader reader = { .plan = arg };
	int dir = open(reader.plan->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = dir < 0 ? -errno : readback_open(&reader.file, dir, LANE_BLOCKS);

	if (rc == 0 && posix_memalign((void **)&reader.buffers, 4096,
				      reader.plan->options->depth * BLOCK_BYTES))
		rc = -ENOMEM;
	if (rc < 0)
		lane_refuse(out, OP_READ, -rc);
	lane_run(in, out, reader.plan, PROBE_READ, reader_part, &reader);
}
