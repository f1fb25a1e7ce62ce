// SPDX-License-Identifier: GPL-2.0-or-later
/* block: the 128 KiB block that the reader reads, and its check. */
#include "probe/block.h"

#include <endian.h>
#include <string.h>

#define WORD sizeof(uint64_t)

/* Little endian on disk, on every machine. */
static uint64_t word_at(uint64_t run, uint64_t offset)
{
	return htole64(run ^ offset);
}

void block_encode(uint8_t *buf, uint64_t run, uint64_t offset)
{
	for (uint64_t at = 0; at < BLOCK_BYTES; at += WORD) {
		uint64_t word = word_at(run, offset + at);

		memcpy(buf + at, &word, WORD);
	}
}

bool block_check(const uint8_t *buf, uint64_t run, uint64_t offset)
{
	for (uint64_t at = 0; at < BLOCK_BYTES; at += WORD) {
		uint64_t word = word_at(run, offset + at);

		if (memcmp(buf + at, &word, WORD) != 0)
			return false;
	}
	return true;
}
