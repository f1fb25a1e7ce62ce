/* SPDX-License-Identifier: GPL-2.0-or-later */
/* block: the 128 KiB block the reader reads, and its check. Pure. */
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
 * Each eight bytes carry their own offset, and the run: cheap to check, unlike a record's
 * sum, and a block that is torn, of another place or of another run does not check.
 */
void block_encode(uint8_t *buf, uint64_t run, uint64_t offset);

/** block_check - is this what block_encode() built? */
bool block_check(const uint8_t *buf, uint64_t run, uint64_t offset);

#endif
