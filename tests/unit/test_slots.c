// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "probe/slots.h"

static struct slots slots;

static void acked(uint64_t seq)
{
	slots_begin(&slots, seq, 1000 + seq);
	slots_ack(&slots, seq);
}

static void a_failed_write_leaves_nothing_certain(void **state)
{
	uint64_t old;

	assert_int_equal(slots_init(&slots, 4), 0);
	acked(1);
	assert_true(slots_get(&slots, 5, &old));
	assert_int_equal(old, 1);
	slots_begin(&slots, 5, 1005);
	assert_false(slots_get(&slots, 9, &old));
	assert_int_equal(slots.used, 2);
	slots_free(&slots);
}

static void sequence_number_zero_counts(void **state)
{
	uint64_t old = 99;

	assert_int_equal(slots_init(&slots, 4), 0);
	assert_false(slots_get(&slots, 0, &old));
	acked(0);
	assert_true(slots_get(&slots, 4, &old));
	assert_int_equal(old, 0);
	slots_free(&slots);
}

static void what_is_not_there_is_missing_or_wrong(void **state)
{
	static uint8_t buf[6 * RECORD_SIZE];
	struct slots_sum sum = {};

	assert_int_equal(slots_init(&slots, 6), 0);
	for (uint64_t seq = 0; seq < 6; seq++) {
		acked(seq);
		record_encode(buf + seq * RECORD_SIZE, 7, seq, 1);
	}
	slots_begin(&slots, 1, 0); /* uncertain: not compared */
	memset(buf + 1 * RECORD_SIZE, 'x', RECORD_SIZE);
	memset(buf + 2 * RECORD_SIZE, 0, RECORD_SIZE); /* zeroes */
	acked(9);                                      /* slot 3: only 3 is there */
	/* slot 4 is half read, slot 5 not at all */
	slots_check(&slots, 7, 0, 6, buf, 4 * RECORD_SIZE + RECORD_SIZE / 2, &sum);
	assert_int_equal(sum.checked, 5);
	assert_int_equal(sum.missing, 3);
	assert_int_equal(sum.wrong, 1);
	assert_int_equal(sum.n_bad, 4);
	assert_int_equal(sum.bad[1].seq, 9);
	assert_int_equal(sum.bad[1].state, RECORD_OTHER_SEQ);
	assert_int_equal(sum.bad[1].wall_ns, 1009);
	slots_free(&slots);
}

static void sums_add_up_beyond_the_list(void **state)
{
	struct slots_sum a = {}, b = {};

	for (uint64_t i = 0; i < 40; i++)
		slots_sum_add(&a, (struct slots_bad){ i, 0, RECORD_ZERO });
	slots_sum_add(&b, (struct slots_bad){ 1, 0, RECORD_BAD_SUM });
	slots_sum_add(&b, (struct slots_bad){ 2, 0, RECORD_GOOD });
	slots_sum_merge(&a, &b);
	assert_int_equal(a.checked, 42);
	assert_int_equal(a.missing, 40);
	assert_int_equal(a.wrong, 1);
	assert_int_equal(a.n_bad, SLOTS_BAD_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failed_write_leaves_nothing_certain),
		cmocka_unit_test(sequence_number_zero_counts),
		cmocka_unit_test(what_is_not_there_is_missing_or_wrong),
		cmocka_unit_test(sums_add_up_beyond_the_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
