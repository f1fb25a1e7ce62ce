// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "probe/record.h"

static void crc_is_castagnoli(void **state)
{
	/* RFC 3720, appendix B.4 */
	uint8_t data[32] = {};

	assert_int_equal(record_crc32c(data, 32), 0x8a9136aa);
	memset(data, 0xff, 32);
	assert_int_equal(record_crc32c(data, 32), 0x62a8ab43);
	assert_int_equal(record_crc32c((const uint8_t *)"123456789", 9), 0xe3069283);
}

static void layout_does_not_change(void **state)
{
	static const uint8_t head[] = {
		0x65, 0x62, 0x6f, 0x72, 0x70, 0x74, 0x61, 0x62, /* "batprobe" */
		0x08, 0x07, 0x06, 0x05, 0x04, 0x03, 0x02, 0x01, /* run */
		0x2a, 0,    0,    0,    0,    0,    0,    0,    /* sequence number */
		0x15, 0xcd, 0x5b, 0x07, 0,    0,    0,    0,    /* time */
	};
	uint8_t buf[RECORD_SIZE];

	record_encode(buf, 0x0102030405060708, 42, 123456789);
	assert_memory_equal(buf, head, sizeof(head));
}

static void what_was_encoded_checks(void **state)
{
	uint8_t buf[RECORD_SIZE];

	record_encode(buf, 7, 42, 1);
	assert_int_equal(record_check(buf, 7, 42), RECORD_GOOD);
	assert_int_equal(record_check(buf, 7, 43), RECORD_OTHER_SEQ);
	assert_int_equal(record_check(buf, 8, 42), RECORD_OTHER_RUN);
}

static void zeroes_are_missing(void **state)
{
	uint8_t buf[RECORD_SIZE] = {};

	assert_int_equal(record_check(buf, 7, 42), RECORD_ZERO);
	buf[RECORD_SIZE - 1] = 1;
	assert_int_equal(record_check(buf, 7, 42), RECORD_NO_MAGIC);
}

static void every_flipped_bit_is_found(void **state)
{
	uint8_t buf[RECORD_SIZE];

	record_encode(buf, 7, 42, 1);
	for (size_t i = 0; i < RECORD_SIZE; i++) {
		buf[i] ^= 1u << i % 8;
		assert_int_not_equal(record_check(buf, 7, 42), RECORD_GOOD);
		buf[i] ^= 1u << i % 8;
	}
	assert_int_equal(record_check(buf, 7, 42), RECORD_GOOD);
}

static void a_torn_record_is_damaged(void **state)
{
	uint8_t buf[RECORD_SIZE], older[RECORD_SIZE];

	record_encode(older, 7, 41, 1);
	record_encode(buf, 7, 42, 1);
	memcpy(buf + RECORD_SIZE / 2, older + RECORD_SIZE / 2, RECORD_SIZE / 2);
	assert_int_equal(record_check(buf, 7, 42), RECORD_BAD_SUM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(crc_is_castagnoli),
		cmocka_unit_test(layout_does_not_change),
		cmocka_unit_test(what_was_encoded_checks),
		cmocka_unit_test(zeroes_are_missing),
		cmocka_unit_test(every_flipped_bit_is_found),
		cmocka_unit_test(a_torn_record_is_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
