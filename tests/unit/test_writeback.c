// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "keeper/writeback.h"

#define SHORT_MS 5000

/* How many rounds it makes with these rests, and with the last one for ever. */
static unsigned int rounds(const unsigned int *rests_ms, size_t n)
{
	struct writeback_rounds r = WRITEBACK_ROUNDS;
	unsigned int made = 1;

	while (writeback_goes_on(&r, rests_ms[made < n ? made - 1 : n - 1], SHORT_MS))
		made++;
	return made;
}
#define ROUNDS(...)                                                                      \
	rounds((const unsigned int[]){ __VA_ARGS__ },                                    \
	       sizeof((const unsigned int[]){ __VA_ARGS__ }) / sizeof(int))

static void a_quiet_server_needs_one(void **state)
{
	assert_int_equal(ROUNDS(0), 1);
	assert_int_equal(ROUNDS(50), 1);
}

static void what_clients_would_wait_for_is_made_less(void **state)
{
	assert_int_equal(ROUNDS(2000, 600, 180, 40), 4);
}

static void a_writer_that_is_almost_as_fast_is_not_waited_for(void **state)
{
	assert_int_equal(ROUNDS(2000, 1900, 1800, 1700, 1600), 3);
	assert_int_equal(ROUNDS(400), 3);
}

static void a_burst_passes(void **state)
{
	assert_int_equal(ROUNDS(3000, 9000, 8000, 7000, 2000, 40), 6);
	assert_int_equal(ROUNDS(3000, 9000), 6);
}

static void a_long_rest_is_worth_each_round_that_leaves_less(void **state)
{
	assert_int_equal(ROUNDS(9000, 8500, 8000, 7500, 7000, 6500, 6000, 5500, 40), 9);
	assert_int_equal(ROUNDS(9000, 9000, 9000), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_quiet_server_needs_one),
		cmocka_unit_test(what_clients_would_wait_for_is_made_less),
		cmocka_unit_test(a_writer_that_is_almost_as_fast_is_not_waited_for),
		cmocka_unit_test(a_burst_passes),
		cmocka_unit_test(a_long_rest_is_worth_each_round_that_leaves_less),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
