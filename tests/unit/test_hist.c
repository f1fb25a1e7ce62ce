// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "probe/hist.h"

static void buckets_include_their_bound(void **state)
{
	struct hist hist = {};

	hist_add(&hist, 250000);
	hist_add(&hist, 250001);
	hist_add(&hist, 500000);
	assert_int_equal(hist.bucket[0], 1);
	assert_int_equal(hist.bucket[1], 2);
	assert_int_equal(hist_used(&hist), 2);
}

static void the_longest_has_a_bucket_too(void **state)
{
	struct hist hist = {};

	hist_add(&hist, UINT64_MAX / 2);
	assert_int_equal(hist_used(&hist), HIST_BUCKETS);
	assert_int_equal(hist_percentile(&hist, 500), UINT64_MAX / 2);
}

static void a_percentile_is_never_too_low(void **state)
{
	for (uint64_t ns = 1; ns < 4000000000000ull; ns = ns * 17 / 16 + 1) {
		struct hist hist = {};
		uint64_t p;

		hist_add(&hist, ns);
		hist_add(&hist, UINT32_MAX * 4096ull);
		p = hist_percentile(&hist, 500);
		assert_true(p >= ns);
		assert_true(p <= ns + ns / 31 + 1000);
	}
}

static void percentiles_are_those_of_the_ranks(void **state)
{
	struct hist hist = {};

	assert_int_equal(hist_percentile(&hist, 500), 0);
	for (uint64_t i = 1; i <= 100; i++)
		hist_add(&hist, i <= 95 ? 10000 : 20000);
	assert_int_equal(hist_percentile(&hist, 500), 10000);
	assert_int_equal(hist_percentile(&hist, 950), 10000);
	assert_int_equal(hist_percentile(&hist, 990), 20000);
	assert_int_equal(hist_percentile(&hist, 1000), 20000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buckets_include_their_bound),
		cmocka_unit_test(the_longest_has_a_bucket_too),
		cmocka_unit_test(a_percentile_is_never_too_low),
		cmocka_unit_test(percentiles_are_those_of_the_ranks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
