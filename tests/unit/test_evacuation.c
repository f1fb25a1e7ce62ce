// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/evacuation.h"

enum { N = 4 };

static void set_services(struct evacuation_move moves[N])
{
	static const char *const names[N] = { "c", "a-b", "a", "b" };

	memset(moves, 0, N * sizeof(*moves));
	for (size_t i = 0; i < N; i++)
		moves[i].service = names[i];
}

static void expect_order(const char *first, const char *const wanted[N])
{
	struct evacuation_move moves[N];

	set_services(moves);
	assert_int_equal(evacuation_sort(moves, N, first, NULL), 0);
	for (size_t i = 0; i < N; i++)
		assert_string_equal(moves[i].service, wanted[i]);
}

static void test_order(void **state)
{
	expect_order(NULL, (const char *const[]){ "a", "a-b", "b", "c" });
	expect_order("c", (const char *const[]){ "c", "a", "a-b", "b" });
	expect_order("b,c,a", (const char *const[]){ "b", "c", "a", "a-b" });
	expect_order("c,c,b,c", (const char *const[]){ "c", "b", "a", "a-b" });
}

static void test_not_there(void **state)
{
	static const char *const wrong[][2] = {
		{ "d", "'d'" },   { "a,", "''" },       { "", "''" },
		{ "aa", "'aa'" }, { "c,a-,b", "'a-'" }, { ",a", "''" },
	};
	struct evacuation_move moves[N];

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct err err = { 0 };

		set_services(moves);
		assert_int_not_equal(evacuation_sort(moves, N, wrong[i][0], &err), 0);
		assert_int_equal(err.code, BATON_EXIT_USAGE);
		assert_non_null(strstr(err.text, wrong[i][1]));
	}
	assert_int_equal(evacuation_sort(NULL, 0, NULL, NULL), 0);
	assert_int_not_equal(evacuation_sort(NULL, 0, "a", NULL), 0);
}

/* head1 is left; head3 serves one service more than head2. */
static void test_spread(void **state)
{
	struct evacuation_head heads[] = { { "head1", 4 },
					   { "head2", 1 },
					   { "head3", 2 } };
	struct evacuation_move moves[N];

	set_services(moves);
	for (size_t i = 0; i < N; i++)
		memcpy(moves[i].fit, (unsigned char[]){ 0, 2, 2 }, 3);
	evacuation_spread(moves, N, heads, 3);
	assert_string_equal(moves[0].to, "head2");
	assert_string_equal(moves[1].to, "head2");
	assert_string_equal(moves[2].to, "head3");
	assert_string_equal(moves[3].to, "head2");
	assert_int_equal(heads[1].services, 4);
	assert_int_equal(heads[2].services, 3);
}

/* A head that suits better gets it, whatever it serves; none gets what suits none. */
static void test_fit(void **state)
{
	struct evacuation_head heads[] = { { "head1", 0 },
					   { "head2", 0 },
					   { "head3", 9 } };
	struct evacuation_move moves[N];

	set_services(moves);
	memcpy(moves[0].fit, (unsigned char[]){ 0, 1, 3 }, 3);
	memcpy(moves[1].fit, (unsigned char[]){ 0, 1, 1 }, 3);
	memcpy(moves[2].fit, (unsigned char[]){ 1, 0, 0 }, 3);
	evacuation_spread(moves, N, heads, 3);
	assert_string_equal(moves[0].to, "head3");
	assert_string_equal(moves[1].to, "head2");
	assert_string_equal(moves[2].to, "head1");
	assert_null(moves[3].to);
	evacuation_spread(moves, 1, heads, 0);
	assert_null(moves[0].to);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_not_there),
		cmocka_unit_test(test_spread),
		cmocka_unit_test(test_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
