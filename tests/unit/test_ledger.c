// SPDX-License-Identifier: GPL-2.0-or-later
/* test_ledger: which records are one, and which are kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/json.h"
#include "keeper/ledger.h"

static double began;

static void add(struct json_object *records, const char *more)
{
	struct json_object *record = json_tokener_parse(more);

	assert_non_null(record);
	json_object_object_add(record, "began", json_object_new_double(began += 10));
	ledger_add(records, record);
	json_object_put(record);
}

static void add_failure(struct json_object *records, const char *op, const char *error)
{
	char text[200];

	snprintf(text, sizeof(text),
		 "{\"op\": \"%s\", \"outcome\": \"failed\", \"error\": \"%s\"}", op,
		 error);
	add(records, text);
}

/* The operations, with the count of those that count. */
static void assert_ops(struct json_object *records, const char *expected)
{
	char text[400] = "";
	size_t len = 0;

	for (size_t i = 0; i < json_object_array_length(records); i++) {
		struct json_object *r = json_object_array_get_idx(records, i);
		int count = json_member_double(r, "count");

		len += snprintf(text + len, sizeof(text) - len, "%s%s", i ? " " : "",
				json_member_string(r, "op"));
		if (count)
			len += snprintf(text + len, sizeof(text) - len, "*%d", count);
	}
	assert_string_equal(text, expected);
}

static void a_failure_that_repeats_is_one_record(void **state)
{
	struct json_object *records = json_object_new_array(), *last;

	began = 0;
	add(records, "{\"op\": \"move\", \"outcome\": \"done\"}");
	for (int i = 0; i < 1000; i++)
		add_failure(records, "mend", "mend: no such luck");
	assert_ops(records, "move mend*1000");
	last = json_object_array_get_idx(records, 1);
	assert_true(json_member_double(last, "since") == 20);
	assert_true(json_member_double(last, "began") == 10010);
	/* What comes between does not matter, as long as it is something else. */
	add(records, "{\"op\": \"move\", \"outcome\": \"done\"}");
	add_failure(records, "mend", "mend: no such luck");
	assert_ops(records, "move move mend*1001");
	json_object_put(records);
}

static void numbers_do_not_make_it_another(void **state)
{
	struct json_object *records = json_object_new_array();

	add_failure(records, "stop",
		    "unmount: hangs in the kernel (process 999); is the disk?");
	add_failure(records, "stop",
		    "unmount: hangs in the kernel (process 1000); is the disk?");
	assert_ops(records, "stop*2");
	add_failure(records, "stop",
		    "unmount: hangs in the kernel (process ); is the disk?");
	assert_ops(records, "stop*2 stop");
	add_failure(records, "stop", "unmount: hangs in the kernel (process 1");
	assert_ops(records, "stop*2 stop stop");
	json_object_put(records);
}

static void others_are_not_one(void **state)
{
	struct json_object *records = json_object_new_array();

	add_failure(records, "start", "a");
	add_failure(records, "start", "b");
	add_failure(records, "stop", "b");
	/* The last start failed in another way. */
	add_failure(records, "start", "a");
	assert_ops(records, "start start stop start");
	/* It worked in between. */
	add(records, "{\"op\": \"stop\", \"outcome\": \"done\"}");
	add_failure(records, "stop", "b");
	add(records, "{\"op\": \"stop\", \"outcome\": \"refused\", \"error\": \"b\"}");
	assert_ops(records, "start start stop start stop stop stop");
	/* What succeeds is never one. */
	add(records, "{\"op\": \"mend\", \"outcome\": \"done\"}");
	add(records, "{\"op\": \"mend\", \"outcome\": \"done\"}");
	assert_ops(records, "start start stop start stop stop stop mend mend");
	json_object_put(records);
}

#define MOVE           "{\"op\": \"move\", \"outcome\": \"failed\", \"error\": \"x\", "
#define FROM(from, to) "\"from\": \"" from "\", \"to\": \"" to "\""
#define BY(who)        ", \"by\": {\"kind\": " who "}}"

static void heads_and_askers_count(void **state)
{
	struct json_object *records = json_object_new_array();

	add(records, MOVE FROM("a", "b") BY("\"pacemaker\", \"pid\": 5"));
	add(records, MOVE FROM("a", "b") BY("\"pacemaker\", \"pid\": 6"));
	assert_ops(records, "move*2");
	add(records, MOVE FROM("a", "c") BY("\"pacemaker\""));
	add(records, MOVE FROM("a", "c") BY("\"command\", \"user\": \"alice\""));
	add(records, MOVE FROM("a", "c") BY("\"command\", \"user\": \"bob\""));
	assert_ops(records, "move*2 move move move");
	json_object_put(records);
}

static void odd_records_are_left_alone(void **state)
{
	struct json_object *records =
		json_tokener_parse("[7, null, {\"op\": [], \"by\": 3}, "
				   "{\"op\": \"mend\", \"outcome\": \"failed\", "
				   "\"error\": \"a\", \"count\": \"x\", \"since\": -1}]");

	add_failure(records, "mend", "a");
	add_failure(records, "", "a");
	assert_int_equal(json_object_array_length(records), 5);
	assert_true(json_member_double(json_object_array_get_idx(records, 3), "count") ==
		    2);
	json_object_put(records);
}

static void the_oldest_go(void **state)
{
	struct json_object *records = json_object_new_array();

	began = 0;
	for (int i = 0; i < LEDGER_MAX + 5; i++)
		add(records, "{\"op\": \"start\", \"outcome\": \"done\"}");
	assert_int_equal(json_object_array_length(records), LEDGER_MAX);
	assert_true(json_member_double(json_object_array_get_idx(records, 0), "began") ==
		    60);
	json_object_put(records);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failure_that_repeats_is_one_record),
		cmocka_unit_test(numbers_do_not_make_it_another),
		cmocka_unit_test(others_are_not_one),
		cmocka_unit_test(heads_and_askers_count),
		cmocka_unit_test(odd_records_are_left_alone),
		cmocka_unit_test(the_oldest_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
