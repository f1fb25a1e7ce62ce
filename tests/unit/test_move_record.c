// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/json.h"
#include "keeper/move_record.h"

static double now;

static struct json_object *take(struct move_record *a, const char *from,
				enum message_type type, uint64_t generation,
				const char *text)
{
	struct message m = { .type = type, .generation = generation, .to = "head2" };
	struct json_object *o;

	snprintf(m.text, sizeof(m.text), "%s", text);
	if (type == MESSAGE_STEPS) {
		struct json_object *step = json_object_new_object();
		struct json_object *steps = json_object_new_array();

		json_object_object_add(step, "step", json_object_new_string(text));
		json_object_object_add(step, "head", json_object_new_string("liar"));
		if (strcmp(text, "sync") == 0)
			json_object_object_add(step, "serving",
					       json_object_new_boolean(true));
		json_object_array_add(steps, step);
		m.body = json_object_new_object();
		json_object_object_add(m.body, "steps", steps);
	}
	now += 10;
	o = move_record_take(a, from, &m, now, 1795372800.5);
	message_release(&m);
	return o;
}

static void a_move_that_goes_well(void **state)
{
	struct move_record a = { 0 };
	struct json_object *o, *steps, *first;

	assert_null(take(&a, "head1", MESSAGE_PREPARE, 5, ""));
	assert_null(take(&a, "head2", MESSAGE_READY, 5, ""));
	assert_null(take(&a, "head1", MESSAGE_STEPS, 5, "drain"));
	assert_null(take(&a, "head3", MESSAGE_STEPS, 5, "of a stranger"));
	assert_null(take(&a, "head1", MESSAGE_STEPS, 4, "of another one"));
	assert_null(take(&a, "head1", MESSAGE_GRANTED, 5, ""));
	assert_null(take(&a, "head2", MESSAGE_STEPS, 5, "mount"));
	/* Only the target can say that it serves. */
	assert_null(take(&a, "head1", MESSAGE_SERVING, 5, ""));
	o = take(&a, "head2", MESSAGE_SERVING, 5, "");
	assert_non_null(o);
	assert_string_equal(json_member_string(o, "op"), "move");
	assert_string_equal(json_member_string(o, "from"), "head1");
	assert_string_equal(json_member_string(o, "to"), "head2");
	assert_string_equal(json_member_string(o, "outcome"), "done");
	assert_string_equal(json_member_string(o, "error"), "");
	assert_true(json_member_double(o, "generation") == 5);
	assert_true(json_member_double(o, "began") == 1795372800.5);
	assert_true(json_member_double(o, "ms") == 80);
	assert_true(json_member_double(o, "pause_ms") == 70);
	json_object_object_get_ex(o, "steps", &steps);
	assert_int_equal(json_object_array_length(steps), 2);
	first = json_object_array_get_idx(steps, 0);
	assert_string_equal(json_member_string(first, "step"), "drain");
	/* The sender is the one that corosync names, not the message. */
	assert_string_equal(json_member_string(first, "head"), "head1");
	json_object_put(o);
	assert_null(take(&a, "head2", MESSAGE_SERVING, 5, ""));
}

static void the_pause_begins_when_clients_are_served_no_more(void **state)
{
	struct move_record a = { 0 };
	struct json_object *o;

	take(&a, "head1", MESSAGE_PREPARE, 5, "");
	take(&a, "head2", MESSAGE_READY, 5, "");
	take(&a, "head1", MESSAGE_STEPS, 5, "sync");
	/* This head must not report it. */
	take(&a, "head2", MESSAGE_STEPS, 5, "sync");
	o = take(&a, "head2", MESSAGE_SERVING, 5, "");
	assert_true(json_member_double(o, "pause_ms") == 20);
	json_object_put(o);
}

static void expect(struct json_object *o, const char *outcome, const char *error)
{
	assert_non_null(o);
	assert_string_equal(json_member_string(o, "outcome"), outcome);
	assert_string_equal(json_member_string(o, "error"), error);
	assert_false(json_object_object_get_ex(o, "pause_ms", NULL));
	json_object_put(o);
}

static void moves_that_do_not(void **state)
{
	struct move_record a = { 0 };

	take(&a, "head1", MESSAGE_PREPARE, 1, "");
	expect(take(&a, "head2", MESSAGE_REFUSE, 1, "head2: no"), "refused", "head2: no");
	take(&a, "head1", MESSAGE_PREPARE, 2, "");
	take(&a, "head2", MESSAGE_READY, 2, "");
	expect(take(&a, "head2", MESSAGE_REFUSE, 2, "head2: overruled"), "failed",
	       "head2: overruled");
	take(&a, "head1", MESSAGE_PREPARE, 3, "");
	assert_null(take(&a, "head2", MESSAGE_ABORTED, 3, "not his to say"));
	expect(take(&a, "head1", MESSAGE_ABORTED, 3, ""), "failed",
	       "no reason was given");
	take(&a, "head1", MESSAGE_PREPARE, 4, "");
	take(&a, "head2", MESSAGE_READY, 4, "");
	expect(take(&a, "head2", MESSAGE_FAILED, 4, "head2: mount"), "failed",
	       "head2: mount");
	take(&a, "head1", MESSAGE_PREPARE, 5, "");
	expect(move_record_close(&a, "head2 has gone", now), "failed", "head2 has gone");
	assert_null(move_record_close(&a, "again", now));
}

static void a_new_one_takes_the_place_of_one_that_never_ended(void **state)
{
	struct move_record a = { 0 };

	take(&a, "head1", MESSAGE_PREPARE, 1, "");
	take(&a, "head1", MESSAGE_STEPS, 1, "drain");
	take(&a, "head1", MESSAGE_PREPARE, 1, "");
	take(&a, "head2", MESSAGE_PREPARE, 9, "");
	assert_true(a.generation == 9);
	assert_null(take(&a, "head2", MESSAGE_SERVING, 1, ""));
	json_object_put(a.record);
}

static void the_ledgers_of_all_heads_name_the_asker(void **state)
{
	static const struct {
		const char *body;
		const char *by;
	} all[] = {
		{ "{\"by\": {\"kind\": \"command\", \"uid\": 0, \"user\": \"alice\"}}",
		  "{\"kind\": \"command\", \"uid\": 0, \"user\": \"alice\", "
		  "\"head\": \"head1\"}" },
		/* The sender is the one that corosync names, not the message. */
		{ "{\"by\": {\"kind\": \"pacemaker\", \"uid\": 0, \"head\": \"liar\"}}",
		  "{\"kind\": \"pacemaker\", \"uid\": 0, \"head\": \"head1\"}" },
		/* Older heads do not tell, later ones may tell something else. */
		{ NULL, "{\"kind\": \"head\", \"head\": \"head1\"}" },
		{ "{}", "{\"kind\": \"head\", \"head\": \"head1\"}" },
		{ "{\"by\": 7}", "{\"kind\": \"head\", \"head\": \"head1\"}" },
		{ "{\"by\": {\"kind\": \"x\"}}",
		  "{\"kind\": \"head\", \"head\": \"head1\"}" },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct message m = { .type = MESSAGE_PREPARE,
				     .generation = 5,
				     .to = "head2" };
		struct json_object *by = json_tokener_parse(all[i].by);
		struct move_record a = { 0 };

		m.body = all[i].body ? json_tokener_parse(all[i].body) : NULL;
		assert_null(move_record_take(&a, "head1", &m, ++now, 0));
		assert_true(
			json_object_equal(json_object_object_get(a.record, "by"), by));
		json_object_put(a.record);
		json_object_put(by);
		message_release(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_move_that_goes_well),
		cmocka_unit_test(the_pause_begins_when_clients_are_served_no_more),
		cmocka_unit_test(moves_that_do_not),
		cmocka_unit_test(a_new_one_takes_the_place_of_one_that_never_ended),
		cmocka_unit_test(the_ledgers_of_all_heads_name_the_asker),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
