// SPDX-License-Identifier: GPL-2.0-or-later
/* test_asker: who asked, to JSON, from it, and in words. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/asker.h"

static int read_text(struct asker *a, const char *text)
{
	struct json_object *o = json_tokener_parse(text);
	int rc = asker_from_json(a, o);

	json_object_put(o);
	return rc;
}

static void assert_asker(const char *text, const char *name)
{
	struct json_object *o, *expected = json_tokener_parse(text);
	char buf[ASKER_NAME_MAX];
	struct asker a;

	assert_int_equal(read_text(&a, text), 0);
	assert_string_equal(asker_name(&a, buf, sizeof(buf)), name);
	o = asker_to_json(&a);
	assert_true(json_object_equal(o, expected));
	json_object_put(o);
	json_object_put(expected);
}

static void there_and_back(void **state)
{
	assert_asker("{\"kind\": \"keeper\"}", "the keeper");
	assert_asker("{\"kind\": \"command\", \"pid\": 42, \"uid\": 0, \"login\": 1000, "
		     "\"user\": \"alice\"}",
		     "alice");
	assert_asker("{\"kind\": \"command\", \"uid\": 0, \"user\": \"root\"}", "root");
	assert_asker("{\"kind\": \"command\", \"uid\": 0, \"login\": 1000}", "user 1000");
	assert_asker("{\"kind\": \"command\", \"uid\": 4294967295}", "user 4294967295");
	assert_asker("{\"kind\": \"pacemaker\", \"pid\": 7, \"uid\": 0, "
		     "\"user\": \"root\", \"head\": \"head1\"}",
		     "Pacemaker on head1");
	/* An administrator who calls the agent. */
	assert_asker("{\"kind\": \"pacemaker\", \"uid\": 0, \"login\": 1000, "
		     "\"user\": \"alice\"}",
		     "Pacemaker (alice)");
	assert_asker("{\"kind\": \"head\", \"head\": \"head1\"}", "head1");
}

static void nothing_is_the_keeper(void **state)
{
	static const struct asker none;
	char buf[ASKER_NAME_MAX];

	assert_string_equal(asker_name(&none, buf, sizeof(buf)), "the keeper");
}

static void what_is_wrong_is_refused(void **state)
{
	static const char *const wrong[] = {
		"null",
		"7",
		"[]",
		"{}",
		"{\"kind\": 7}",
		"{\"kind\": \"Keeper\"}",
		"{\"kind\": \"command\", \"uid\": -1}",
		"{\"kind\": \"command\", \"uid\": 4294967296}",
		"{\"kind\": \"command\", \"uid\": \"0\"}",
		"{\"kind\": \"command\", \"pid\": 2147483648}",
		"{\"kind\": \"command\", \"login\": 1.5}",
		"{\"kind\": \"command\", \"user\": 7}",
		"{\"kind\": \"command\", \"user\": \"a\\u0000b\"}",
		"{\"kind\": \"head\", \"head\": []}",
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct asker a = { .pid = 5 };

		if (read_text(&a, wrong[i]) != -EPROTO || a.pid != 5)
			fail_msg("taken: %s", wrong[i]);
	}
	assert_int_equal(asker_from_json(&(struct asker){ 0 }, NULL), -EPROTO);
}

/* One that is cut short may be another's. */
static void names_are_taken_whole_or_not_at_all(void **state)
{
	struct asker a;
	char text[200];

	snprintf(text, sizeof(text), "{\"kind\": \"command\", \"user\": \"%0*d\"}",
		 ASKER_USER_MAX, 0);
	assert_int_equal(read_text(&a, text), 0);
	assert_int_equal(strlen(a.user), ASKER_USER_MAX);
	snprintf(text, sizeof(text), "{\"kind\": \"command\", \"user\": \"%0*d\"}",
		 ASKER_USER_MAX + 1, 0);
	assert_int_equal(read_text(&a, text), -EPROTO);
}

static void names_do_not_control_the_terminal(void **state)
{
	char buf[ASKER_NAME_MAX];
	struct asker a;

	assert_int_equal(
		read_text(&a, "{\"kind\": \"command\", \"user\": \"a\\u001b[2J\\n\"}"),
		0);
	assert_string_equal(asker_name(&a, buf, sizeof(buf)), "a?[2J?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(nothing_is_the_keeper),
		cmocka_unit_test(what_is_wrong_is_refused),
		cmocka_unit_test(names_are_taken_whole_or_not_at_all),
		cmocka_unit_test(names_do_not_control_the_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
