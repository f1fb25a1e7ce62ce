// SPDX-License-Identifier: GPL-2.0-or-later
/* Unit tests of core/guard: what a head that serves makes of the keys at its disk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/guard.h"

static uint64_t own, other, later, strangers;

static int make_keys(void **state)
{
	own = guard_make_key("head1", "web", 1, false);
	other = guard_make_key("head2", "web", 1, false);
	later = guard_make_key("head2", "web", 2, false);
	strangers = guard_make_key("head2", "mail", 1, false);
	return 0;
}

/* One look after the other. */
static uint64_t seen;

static uint64_t find(uint64_t a, uint64_t b, uint64_t c)
{
	struct pr_keys keys = { 0 };

	for (int i = 0; i < 3; i++) {
		uint64_t key = i == 0 ? a : i == 1 ? b : c;

		if (key)
			keys.v[keys.n++] = key;
	}
	return guard_find_intruder(&keys, own, "web", &seen);
}

static void who_is_seen_twice_is_an_intruder(void **state)
{
	seen = 0;
	assert_int_equal(find(own, own, 0), 0);
	assert_int_equal(find(own, own, other), 0);
	assert_true(find(other, own, own) == other);
	/* It has not gone. */
	assert_true(find(own, other, 0) == other);
	assert_int_equal(find(own, 0, 0), 0);
}

static void who_comes_and_goes_is_not(void **state)
{
	seen = 0;
	assert_int_equal(find(own, other, 0), 0);
	assert_int_equal(find(own, 0, 0), 0);
	assert_int_equal(find(own, other, 0), 0);
	/* Another start of that head. */
	assert_int_equal(find(own, later, 0), 0);
	assert_true(find(own, later, 0) == later);
}

/* A head that has lost the disk removes nobody, and has seen nobody when it has it again. */
static void without_its_own_key_a_head_removes_nobody(void **state)
{
	seen = 0;
	for (int i = 0; i < 3; i++)
		assert_int_equal(find(other, other, 0), 0);
	assert_int_equal(find(own, other, 0), 0);
}

static void who_is_not_of_the_service_stays(void **state)
{
	seen = 0;
	for (int i = 0; i < 3; i++)
		assert_int_equal(find(own, strangers, 0x12ab0001), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_seen_twice_is_an_intruder),
		cmocka_unit_test(who_comes_and_goes_is_not),
		cmocka_unit_test(without_its_own_key_a_head_removes_nobody),
		cmocka_unit_test(who_is_not_of_the_service_stays),
	};

	return cmocka_run_group_tests(tests, make_keys, NULL);
}
