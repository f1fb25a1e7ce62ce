/* SPDX-License-Identifier: GPL-2.0-or-later */
/* record: the 4 KiB record that the writer writes, and its check. Pure. */
#ifndef BATON_PROBE_RECORD_H
#define BATON_PROBE_RECORD_H

#include <stddef.h>
#include <stdint.h>

#define RECORD_SIZE 4096

/* What a record that was read back turns out to be, in the order of the checks. */
enum record_state {
	RECORD_GOOD,
	RECORD_ZERO,      /* nothing was ever written here: missing */
	RECORD_NO_MAGIC,  /* not a record */
	RECORD_BAD_SUM,   /* torn or damaged */
	RECORD_OTHER_RUN, /* of another probe */
	RECORD_OTHER_SEQ, /* of this probe, but not the one acknowledged here */
};

/**
 * record_encode - build a record
 * @buf: RECORD_SIZE bytes
 * @run: id of the run
 * @seq: sequence number
 * @wall_ns: time of writing, nanoseconds since the epoch
 *
 * Every byte depends on run and sequence number, so a torn record always fails the check.
 */
void record_encode(uint8_t *buf, uint64_t run, uint64_t seq, uint64_t wall_ns);

/**
 * record_check - is this the record that was acknowledged?
 * @buf: RECORD_SIZE bytes read back
 * @run: id of the run
 * @seq: sequence number it must have
 */
enum record_state record_check(const uint8_t *buf, uint64_t run, uint64_t seq);

/** record_state_text - the state in words, for reports */
const char *record_state_text(enum record_state state);

/** record_crc32c - CRC-32C (Castagnoli, RFC 3720 appendix B.4) of @len bytes */
uint32_t record_crc32c(const uint8_t *data, size_t len);

#endif
