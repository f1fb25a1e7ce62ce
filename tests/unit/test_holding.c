// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include <cmocka.h>

#include "core/holding.h"

#define ID(name) (const unsigned char *)(name), strlen(name)

static void as_text_and_back(void **state)
{
	struct holdings h = { .pace_us = 6500, .ranges = 7 }, again;
	struct err err = { 0 };
	char *text;

	assert_int_equal(holdings_add(&h, ID("idle"), 0), 0);
	assert_int_equal(holdings_add(&h, ID("Linux\n"), 12), 0);
	assert_int_equal(holdings_add(&h, ID("Linux\n"), 20000), 0);
	assert_int_equal(holdings_add(&h, ID("Linux\n"), 3), 0);
	assert_int_equal(holdings_largest(&h), 20007);
	text = holdings_format(&h);
	assert_string_equal(text, "baton-holdings 1\npace 6500\nranges 7\n"
				  "20000 4c696e75780a\n0 69646c65\n");
	assert_int_equal(holdings_parse(&again, text, strlen(text), &err), 0);
	assert_int_equal(again.n, 2);
	assert_int_equal(again.pace_us, 6500);
	assert_int_equal(holdings_largest(&again), 20007);
	assert_int_equal(holdings_find(&again, ID("Linux\n"))->count, 20000);
	assert_null(holdings_find(&again, ID("Linux")));
	free(text);
	holdings_free(&h);
	holdings_free(&again);
	assert_int_equal(holdings_largest(&h), 0);
}

#define HEAD "baton-holdings 1\npace 0\nranges 0\n"

static void nonsense(void **state)
{
	static const struct {
		const char *text, *said;
	} cases[] = {
		{ "", "line 1: cut short" },
		{ "baton-holdings 2\n", "line 1: not 'baton-holdings 1'" },
		{ "baton-holdings 1\n", "line 2: cut short" },
		{ "baton-holdings 1\npace -1\n", "line 2: not 'pace N'" },
		{ "baton-holdings 1\npace 4294967296\n", "line 2: not 'pace N'" },
		{ "baton-holdings 1\npace 1\n1 61\n", "line 3: not 'ranges N'" },
		{ HEAD "1 61", "line 4: cut short" },
		{ HEAD "61\n", "line 4: not 'COUNT NAME'" },
		{ HEAD "1 6\n", "line 4: not 'COUNT NAME'" },
		{ HEAD "1 6A\n", "line 4: not 'COUNT NAME'" },
		{ HEAD "10000001 61\n", "line 4: not 'COUNT NAME'" },
		{ HEAD "1 61 62\n", "line 4: not 'COUNT NAME'" },
	};
	static const char zero[] = HEAD "1 61\0\n2 62\n";
	struct holdings h;
	struct err err;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(
			holdings_parse(&h, cases[i].text, strlen(cases[i].text), &err),
			-EINVAL);
		assert_string_equal(err.text, cases[i].said);
		assert_int_equal(h.n, 0);
	}
	assert_int_equal(holdings_parse(&h, zero, sizeof(zero) - 1, &err), -EINVAL);
}

static void too_many(void **state)
{
	struct holdings h = { 0 }, again;
	struct err err;
	char *text, *more;

	for (unsigned int i = 0; i < HOLDINGS_MAX + 1; i++)
		assert_int_equal(holdings_add(&h, (unsigned char *)&i, sizeof(i), i), 0);
	text = holdings_format(&h);
	assert_int_equal(holdings_parse(&again, text, strlen(text), &err), 0);
	assert_int_equal(again.n, HOLDINGS_MAX);
	/* Those that hold the least are left out. */
	assert_int_equal(holdings_largest(&again), HOLDINGS_MAX);
	holdings_free(&again);
	assert_true(asprintf(&more, "%s1 616263\n", text) > 0);
	assert_int_equal(holdings_parse(&again, more, strlen(more), &err), -E2BIG);
	free(more);
	free(text);
	holdings_free(&h);
}

static void what_others_have_to_know(void **state)
{
	assert_false(holding_is_news(0, 0));
	assert_true(holding_is_news(0, 1));
	assert_false(holding_is_news(1000, 1100));
	assert_true(holding_is_news(1000, 1101));
	assert_true(holding_is_news(1000, 899));
}

static void ranges(void **state)
{
	static const struct {
		const char *line;
		int is;
	} cases[] = {
		{ "1: POSIX  ADVISORY  WRITE 812 fd:10:13649 0 EOF\n", 1 },
		{ "17: POSIX  ADVISORY  READ -1 fd:10:13649 128 255\n", 1 },
		/* A waiter holds no lock. */
		{ "1: -> POSIX  ADVISORY  WRITE 813 fd:10:13649 0 EOF\n", 0 },
		{ "1:  -> POSIX  ADVISORY  WRITE 813 fd:10:13649 0 EOF\n", 0 },
		{ "2: FLOCK  ADVISORY  WRITE 456 fd:10:13649 0 EOF\n", 0 },
		{ "3: DELEG  ACTIVE    READ  456 fd:10:13649 0 EOF\n", 0 },
		{ "4: POSIX  ADVISORY  WRITE 812 <none>:0 0 EOF\n", 0 },
		{ "", 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		dev_t dev = 0;

		assert_int_equal(holding_parse_range(cases[i].line, &dev), cases[i].is);
		assert_int_equal(dev, cases[i].is ? makedev(0xfd, 0x10) : 0);
	}
}

/* As printed by 6.1: 76 operations, the n-th of which was called n times. */
static void calls(void **state)
{
	char text[2048] = "rc 0 0 7\nproc4 2 1 2\nproc4ops 76";
	struct holding_calls n;

	for (int i = 0; i < 76; i++)
		snprintf(text + strlen(text), 8, " %d", i);
	assert_int_equal(holding_parse_calls(&n, text), -EINVAL);
	strcat(text, "\n");
	assert_int_equal(holding_parse_calls(&n, text), 0);
	assert_int_equal(n.all, 75 * 76 / 2);
	assert_int_equal(n.state, 4 + 8 + 12 + 14 + 18 + 46 + 50 + 51 + 56);
	assert_int_equal(holding_parse_calls(&n, ""), -EINVAL);
	assert_int_equal(holding_parse_calls(&n, "\nproc4ops 3 1 2 3\n"), -EINVAL);
	assert_int_equal(holding_parse_calls(&n, "\nproc4ops 20 1 2\n"), -EINVAL);
	assert_int_equal(holding_parse_calls(&n, "\nproc4ops 20 1 x\n"), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_text_and_back),
		cmocka_unit_test(nonsense),
		cmocka_unit_test(too_many),
		cmocka_unit_test(what_others_have_to_know),
		cmocka_unit_test(ranges),
		cmocka_unit_test(calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
