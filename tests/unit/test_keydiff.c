// SPDX-License-Identifier: GPL-2.0-or-later
/* test_keydiff: what two versions make of a service's file, and what stands in the way. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/exit.h"
#include "core/keydiff.h"

/* name, value, is_default, local */
struct key_row {
	const char *name, *value;
	bool is_default, local;
};

static void fill(struct keydiff_list *list, const struct key_row *rows)
{
	memset(list, 0, sizeof(*list));
	for (; rows->name; rows++)
		keydiff_add(list, rows->name, rows->value, strlen(rows->value),
			    rows->is_default, rows->local);
}

static int check(struct err *err, const struct key_row *ours,
		 const struct key_row *theirs)
{
	static struct keydiff_list a, b;
	const struct keydiff_side here = { "head1", "1.0", &a },
				  there = { "head2", "2.0", &b };

	fill(&a, ours);
	fill(&b, theirs);
	return keydiff_check(&here, &there, "vmstore", "/f", err);
}

#define ROWS(...) ((const struct key_row[]){ __VA_ARGS__, { 0 } })
#define GIVEN(name, value)                                                               \
	{                                                                                \
		name, value, false, false                                                \
	}
#define DEFAULT(name, value)                                                             \
	{                                                                                \
		name, value, true, false                                                 \
	}
#define LOCAL(name, value, is_default)                                                   \
	{                                                                                \
		name, value, is_default, true                                            \
	}

static void no_obstacle(void **state)
{
	const struct {
		const struct key_row *ours, *theirs;
	} cases[] = {
		{ ROWS(GIVEN("lease", "10")), ROWS(GIVEN("lease", "10")) },
		/* Given on one head, and the default on the other. */
		{ ROWS(GIVEN("lease", "15")), ROWS(DEFAULT("lease", "15")) },
		{ ROWS(LOCAL("drain", "5", true)), ROWS(DEFAULT("drain", "4")) },
		{ ROWS(GIVEN("a", "1"), DEFAULT("new", "1")), ROWS(GIVEN("a", "1")) },
		{ ROWS(GIVEN("a", "1")), ROWS(DEFAULT("new", "1"), GIVEN("a", "1")) },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct err err = { 0 };

		if (check(&err, cases[i].ours, cases[i].theirs))
			fail_msg("%zu: %s", i, err.text);
	}
}

static void obstacles(void **state)
{
	const struct {
		const struct key_row *ours, *theirs;
		const char *why;
	} cases[] = {
		{ ROWS(GIVEN("a", "1"), GIVEN("new", "2")), ROWS(GIVEN("a", "2")),
		  "version 2.0 of baton on head2 does not know new, which /f on head1 "
		  "(version 1.0) sets; update head2 first" },
		/* Even if it concerns only that head: this one would serve differently. */
		{ ROWS(GIVEN("a", "1")),
		  ROWS(GIVEN("a", "1"), GIVEN("new", "2"), GIVEN("b", "2")),
		  "version 1.0 of baton on head1 does not know new, b, which /f on head2 "
		  "(version 2.0) sets; update head1 first" },
		{ ROWS(GIVEN("a", "1"), GIVEN("c", "1"), GIVEN("b", "1")),
		  ROWS(DEFAULT("b", "2"), GIVEN("c", "1"), GIVEN("a", "2")),
		  "head1 and head2 have different values for a, b; make /f equal, then "
		  "`baton reload vmstore`" },
		{ ROWS(LOCAL("drain", "1", true)), ROWS(LOCAL("drain", "2", false)),
		  "head1 and head2 have different values for drain; make /f equal, then "
		  "`baton reload vmstore`" },
		{ ROWS(LOCAL("drain", "5", true), DEFAULT("lease", "10")),
		  ROWS(LOCAL("drain", "4", true), DEFAULT("lease", "15")),
		  "version 1.0 of baton on head1 and 2.0 on head2 have different defaults "
		  "for lease; give the value in /f on both, then `baton reload vmstore`" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct err err = { 0 };

		assert_int_equal(check(&err, cases[i].ours, cases[i].theirs), -EINVAL);
		assert_string_equal(err.text, cases[i].why);
		assert_int_equal(err.code, BATON_EXIT_PEER);
	}
}

/* As many as there is room for, with whole names. */
static void many_names(void **state)
{
	struct key_row ours[KEYDIFF_MAX + 2] = { 0 }, theirs[KEYDIFF_MAX + 2] = { 0 };
	char names[KEYDIFF_MAX + 1][KEYDIFF_NAME_MAX + 1];
	struct err err = { 0 };

	for (int i = 0; i < KEYDIFF_MAX + 1; i++) {
		snprintf(names[i], sizeof(names[i]), "key-%0*d", KEYDIFF_NAME_MAX - 4, i);
		ours[i] = (struct key_row){ names[i], "1", false, false };
		theirs[i] = (struct key_row){ names[i], "2", false, false };
	}
	assert_int_equal(check(&err, ours, theirs), -EINVAL);
	assert_string_equal(err.text,
			    "head1 and head2 have different values for "
			    "key-00000000000000000000, key-00000000000000000001, "
			    "key-00000000000000000002 and 61 more; make /f equal, then "
			    "`baton reload vmstore`");
}

static void there_and_back(void **state)
{
	struct keydiff_list out, in;
	struct json_object *array;
	struct err err = { 0 };

	fill(&out, ROWS(DEFAULT("lease", "10"), GIVEN("export", "/ *(rw)")));
	array = keydiff_format(&out);
	assert_int_equal(keydiff_parse(&in, array, &err), 0);
	assert_memory_equal(&in, &out, sizeof(in));
	assert_string_not_equal(in.v[0].hash, in.v[1].hash);
	json_object_put(array);
	assert_int_equal(keydiff_parse(&in, NULL, &err), 0);
	assert_int_equal(in.n, 0);
}

#define HASH "\"hash\":\"0123456789abcdef\""

static void what_is_wrong_is_refused(void **state)
{
	static const char *const wrong[] = {
		"{}",
		"7",
		"[7]",
		"[null]",
		"[{}]",
		"[{\"name\":\"a\"}]",
		"[{" HASH "}]",
		"[{\"name\":\"\"," HASH "}]",
		"[{\"name\":7," HASH "}]",
		"[{\"name\":\"A\"," HASH "}]",
		"[{\"name\":\"1a\"," HASH "}]",
		"[{\"name\":\"a b\"," HASH "}]",
		"[{\"name\":\"a\\nb\"," HASH "}]",
		"[{\"name\":\"a\\u0000b\"," HASH "}]",
		"[{\"name\":\"a\\u001b\"," HASH "}]",
		"[{\"name\":\"abcdefghijklmnopqrstuvwxy\"," HASH "}]",
		"[{\"name\":\"a\",\"hash\":\"0123456789abcde\"}]",
		"[{\"name\":\"a\",\"hash\":\"0123456789abcdef0\"}]",
		"[{\"name\":\"a\",\"hash\":\"0123456789ABCDEF\"}]",
		"[{\"name\":\"a\",\"hash\":\"0123456789abcdeg\"}]",
		"[{\"name\":\"a\",\"hash\":1}]",
		"[{\"name\":\"a\"," HASH "},{\"name\":\"a\"," HASH "}]",
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct json_object *array = json_tokener_parse(wrong[i]);
		struct keydiff_list list, zero = { 0 };
		struct err err = { 0 };

		assert_non_null(array);
		if (keydiff_parse(&list, array, &err) != -EPROTO)
			fail_msg("taken: %s", wrong[i]);
		assert_memory_equal(&list, &zero, sizeof(list));
		assert_int_equal(strncmp(err.text, "its list of keys: ", 18), 0);
		json_object_put(array);
	}
}

static void as_many_as_there_is_room_for(void **state)
{
	struct json_object *array = json_object_new_array();
	struct keydiff_list list;
	struct err err = { 0 };
	char text[100];

	for (int i = 0; i <= KEYDIFF_MAX; i++) {
		assert_int_equal(keydiff_parse(&list, array, &err), 0);
		snprintf(text, sizeof(text), "{\"name\":\"k%d\"," HASH ",\"later\":[]}",
			 i);
		json_object_array_add(array, json_tokener_parse(text));
	}
	assert_int_equal(list.n, KEYDIFF_MAX);
	assert_int_equal(keydiff_parse(&list, array, &err), -EPROTO);
	assert_string_equal(err.text, "its list of keys: it is too long");
	json_object_put(array);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_obstacle),
		cmocka_unit_test(obstacles),
		cmocka_unit_test(many_names),
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(what_is_wrong_is_refused),
		cmocka_unit_test(as_many_as_there_is_room_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
