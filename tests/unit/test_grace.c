// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/grace.h"

static void how_long_it_may_last(void **state)
{
	static const struct {
		unsigned int grace_s, most, pace_us, expected;
	} cases[] = {
		{ 20, 0, 0, 20 },
		{ 20, 1, 0, 21 },
		/* Not measured yet: 20 ms each, doubled. */
		{ 20, 1000, 0, 60 },
		{ 20, 20000, 0, 820 },
		{ 20, 20000, 6500, 280 },
		/* Slower than assumed; never much faster than measured elsewhere. */
		{ 20, 1000, 100000, 220 },
		{ 20, 20000, 1, 220 },
		{ 90, 20000, 20000, 890 },
		/* The most that knfsd accepts. */
		{ 20, HOLDING_MAX, UINT32_MAX, 3600 },
		{ 3600, 0, 0, 3600 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(
			grace_ceiling(cases[i].grace_s, cases[i].most, cases[i].pace_us),
			cases[i].expected);
}

#define ID(name) (const unsigned char *)(name), strlen(name)

/*
 * One look: the awaited clients, one letter each; the clients that are back, and how much
 * they hold, as "a9 b20"; and byte ranges.
 */
static void look(struct grace *g, const char *awaited, const char *back, uint32_t ranges,
		 int64_t now_ms)
{
	_cleanup_holdings_ struct holdings now = { .ranges = ranges };
	unsigned int count;
	char name[2] = "";
	int used;

	for (; *awaited; awaited++) {
		name[0] = *awaited;
		assert_int_equal(grace_await(g, ID(name)), 0);
	}
	grace_sift(g);
	for (; sscanf(back, " %1s%u%n", name, &count, &used) == 2; back += used)
		assert_int_equal(holdings_add(&now, ID(name), count), 0);
	grace_note(g, &now, now_ms);
}

/* With grace = 20 and lease = 10; each line is one look. */
static void when_it_is_over(void **state)
{
	static const struct {
		const char *what;
		struct {
			int s;
			const char *awaited, *back;
			uint32_t ranges;
			bool over;
		} looks[6];
	} cases[] = {
		{ "knfsd ends it when all are done",
		  { { 1, "a", "", 0, false }, { 2, "", "a9", 0, false } } },
		{ "one never comes",
		  { { 1, "ab", "a9", 0, false },
		    { 19, "b", "a9", 0, false },
		    { 20, "b", "a9", 0, true } } },
		{ "one takes longer than that",
		  { { 1, "a", "a0", 0, false },
		    { 21, "a", "a900", 0, false },
		    { 60, "a", "a3000", 0, false },
		    { 69, "a", "a3000", 0, false },
		    { 70, "a", "a3000", 0, true } } },
		{ "it does so for one who came at the last moment",
		  { { 1, "ab", "", 0, false },
		    { 19, "ab", "b0", 0, false },
		    { 21, "ab", "b1", 0, false },
		    { 30, "ab", "b2", 0, false },
		    { 31, "a", "b3", 0, true } } },
		{ "one of NFSv4.0 never says that it is done",
		  { { 1, "a", "a9", 0, false },
		    { 12, "a", "a9", 0, false },
		    { 20, "a", "a9", 0, true } } },
		{ "one dies again",
		  { { 1, "a", "a9", 0, false },
		    { 18, "a", "a99", 0, false },
		    { 21, "a", "", 0, true } } },
		{ "one comes back again",
		  { { 1, "a", "a9", 0, false },
		    { 18, "a", "", 0, false },
		    { 19, "a", "a0", 0, false },
		    { 21, "a", "a1", 0, false } } },
		{ "byte ranges of one owner do not count, but they grow",
		  { { 1, "a", "a2", 0, false },
		    { 12, "a", "a2", 500, false },
		    { 21, "a", "a2", 900, false },
		    { 31, "a", "a2", 900, true } } },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct grace g = { 0 };

		for (size_t k = 0; k < 6 && cases[i].looks[k].awaited; k++) {
			int64_t ms = cases[i].looks[k].s * 1000;

			look(&g, cases[i].looks[k].awaited, cases[i].looks[k].back,
			     cases[i].looks[k].ranges, 7000 + ms);
			if (grace_is_over(&g, ms, 20, 10, 7000 + ms) !=
			    cases[i].looks[k].over)
				fail_msg("%s: after %d s", cases[i].what,
					 cases[i].looks[k].s);
		}
		grace_free(&g);
	}
}

static void how_fast_they_are(void **state)
{
	struct grace g = { 0 };

	look(&g, "abc", "a0 b0 c0", 0, 1000);
	assert_int_equal(grace_pace(&g), 0);
	/* Too few items, or too soon to tell. */
	look(&g, "abc", "a199 b9000 c0", 0, 3999);
	assert_int_equal(grace_pace(&g), 0);
	look(&g, "abc", "a199 b20000 c1000", 0, 11000);
	assert_int_equal(grace_pace(&g), 10000);
	/* The pace of finished clients is kept; standing still does not count. */
	look(&g, "ab", "a199 b20001 c1000", 0, 20000);
	assert_int_equal(g.n, 2);
	assert_int_equal(grace_pace(&g), 10000);
	grace_free(&g);
}

static void what_is_learned(void **state)
{
	assert_int_equal(grace_learn(0, 0), 0);
	assert_int_equal(grace_learn(0, 700), 700);
	assert_int_equal(grace_learn(700, 0), 700);
	assert_int_equal(grace_learn(700, 900), 900);
	/* One fast grace period is no proof. */
	assert_int_equal(grace_learn(1000, 200), 800);
	assert_int_equal(grace_learn(UINT32_MAX, UINT32_MAX - 4), UINT32_MAX - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(how_long_it_may_last),
		cmocka_unit_test(when_it_is_over),
		cmocka_unit_test(how_fast_they_are),
		cmocka_unit_test(what_is_learned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
