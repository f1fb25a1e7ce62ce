// SPDX-License-Identifier: GPL-2.0-or-later
/* record: the 4 KiB record that the writer writes, and its check. */
#include "probe/record.h"

#include <endian.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#define RECORD_MAGIC 0x62617470726f6265ull /* "batprobe" */

/* Little endian on disk, on every machine. */
struct record_head {
	uint64_t magic;
	uint64_t run;
	uint64_t seq;
	uint64_t wall_ns;
	uint32_t crc; /* of the whole record with this field zero */
	uint32_t reserved;
};

#define RECORD_WORDS ((RECORD_SIZE - sizeof(struct record_head)) / sizeof(uint64_t))

static uint32_t crc_table[256];

static void crc_make_table(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t c = i;

		for (int bit = 0; bit < 8; bit++)
			c = c & 1 ? c >> 1 ^ 0x82f63b78u : c >> 1;
		crc_table[i] = c;
	}
}

static uint32_t crc_update(uint32_t crc, const uint8_t *data, size_t len)
{
	static pthread_once_t made = PTHREAD_ONCE_INIT;

	pthread_once(&made, crc_make_table);
	while (len--)
		crc = crc >> 8 ^ crc_table[(crc ^ *data++) & 0xff];
	return crc;
}

uint32_t record_crc32c(const uint8_t *data, size_t len)
{
	return ~crc_update(~0u, data, len);
}

static uint32_t record_sum(const uint8_t *buf, struct record_head head)
{
	uint32_t crc;

	head.crc = 0;
	crc = crc_update(~0u, (const uint8_t *)&head, sizeof(head));
	return ~crc_update(crc, buf + sizeof(head), RECORD_SIZE - sizeof(head));
}

/* splitmix64: a filler in which no two sectors are alike. */
static uint64_t filler(uint64_t x)
{
	x += 0x9e3779b97f4a7c15ull;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ x >> 27) * 0x94d049bb133111ebull;
	return x ^ x >> 31;
}

void record_encode(uint8_t *buf, uint64_t run, uint64_t seq, uint64_t wall_ns)
{
	struct record_head head = {
		.magic = htole64(RECORD_MAGIC),
		.run = htole64(run),
		.seq = htole64(seq),
		.wall_ns = htole64(wall_ns),
	};

	for (size_t i = 0; i < RECORD_WORDS; i++) {
		uint64_t word = htole64(filler(run ^ filler(seq) ^ i));

		memcpy(buf + sizeof(head) + i * sizeof(word), &word, sizeof(word));
	}
	head.crc = htole32(record_sum(buf, head));
	memcpy(buf, &head, sizeof(head));
}

static bool record_is_zero(const uint8_t *buf)
{
	return buf[0] == 0 && memcmp(buf, buf + 1, RECORD_SIZE - 1) == 0;
}

enum record_state record_check(const uint8_t *buf, uint64_t run, uint64_t seq)
{
	struct record_head head;

	memcpy(&head, buf, sizeof(head));
	if (record_is_zero(buf))
		return RECORD_ZERO;
	if (le64toh(head.magic) != RECORD_MAGIC)
		return RECORD_NO_MAGIC;
	if (le32toh(head.crc) != record_sum(buf, head))
		return RECORD_BAD_SUM;
	if (le64toh(head.run) != run)
		return RECORD_OTHER_RUN;
	if (le64toh(head.seq) != seq)
		return RECORD_OTHER_SEQ;
	return RECORD_GOOD;
}

const char *record_state_text(enum record_state state)
{
	switch (state) {
	case RECORD_GOOD:
		return "good";
	case RECORD_ZERO:
		return "missing";
	case RECORD_NO_MAGIC:
		return "not a record";
	case RECORD_BAD_SUM:
		return "damaged";
	case RECORD_OTHER_RUN:
		return "of another run";
	case RECORD_OTHER_SEQ:
		return "of another sequence number";
	}
	return "?";
}
