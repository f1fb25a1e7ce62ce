// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "probe/block.h"

static uint8_t block[BLOCK_BYTES];

static void a_block_carries_its_offsets(void **state)
{
	block_encode(block, 0x1122334455667788, 5 * BLOCK_BYTES);
	/* 5 * 0x20000 + 8 = 0xa0008 */
	assert_memory_equal(block + 8, "\x80\x77\x6c\x55\x44\x33\x22\x11", 8);
	assert_true(block_check(block, 0x1122334455667788, 5 * BLOCK_BYTES));
}

static void any_other_block_is_wrong(void **state)
{
	block_encode(block, 7, 0);
	assert_false(block_check(block, 7, BLOCK_BYTES));
	assert_false(block_check(block, 8, 0));
	block[BLOCK_BYTES - 1] ^= 1;
	assert_false(block_check(block, 7, 0));
	memset(block, 0, sizeof(block));
	assert_false(block_check(block, 7, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_block_carries_its_offsets),
		cmocka_unit_test(any_other_block_is_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
