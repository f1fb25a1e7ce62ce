/* SPDX-License-Identifier: GPL-2.0-or-later */
/* block: the 128 KiB block that the reader reads, and its check. Pure. */
#ifndef BATON_PROBE_BLOCK_H
#define BATON_PROBE_BLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define BLOCK_BYTES (128 * 1024)

/**
 * block_encode - build a block
 * @buf: BLOCK_BYTES bytes
 * @run: id of the run
 * @offset: in the file, a multiple of BLOCK_BYTES
 *
 * Each eight bytes carry their own offset and the run. This is cheap to check, unlike a
 * record's sum. A block that is torn, or of another place or run, fails the check.
 */
void block_encode(uint8_t *buf, uint64_t run, uint64_t offset);

/** block_check - is this a block as built by block_encode()? */
bool block_check(const uint8_t *buf, uint64_t run, uint64_t offset);

#endif
