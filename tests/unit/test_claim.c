// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/claim.h"

#define STANDBY                                                                          \
	{                                                                                \
		.word = "standby"                                                        \
	}

static void expect(struct claim_head head, const struct claim_terms *terms, bool late,
		   enum claim_verdict verdict, const char *said)
{
	struct claim_head heads[2] = {
		{ .name = "head3", .joined = true, .answered = true, .stand = STANDBY }
	};
	struct err why = { 0 };

	heads[1] = head;
	snprintf(heads[1].name, sizeof(heads[1].name), "head1");
	assert_int_equal(claim_judge(heads, 2, terms, late, &why), verdict);
	assert_string_equal(why.text, said);
	if (verdict == CLAIM_REFUSED || verdict == CLAIM_SILENT)
		assert_int_equal(why.code, BATON_EXIT_PEER);
}

#define SAYS(...)                                                                        \
	(struct claim_head)                                                              \
	{                                                                                \
		.joined = true, .answered = true, .stand = { __VA_ARGS__ }               \
	}

static const struct claim_terms plain = { 0 };
static const struct claim_terms takeover = { .takeover = true };
static const struct claim_terms pacemaker = { .gone = "head1 head2" };

static void who_has_the_disk_is_never_overridden(void **state)
{
	const struct claim_terms *const all[] = { &plain, &takeover, &pacemaker };

	for (size_t i = 0; i < 3; i++) {
		expect(SAYS(.word = "serving"), all[i], false, CLAIM_REFUSED,
		       "head1 serves it");
		expect(SAYS(.word = "serving", .peer = "head2"), all[i], true,
		       CLAIM_REFUSED, "head1 serves it");
		expect(SAYS(.word = "start"), all[i], false, CLAIM_REFUSED,
		       "head1 is starting it");
		expect(SAYS(.word = "take", .peer = "head3"), all[i], false,
		       CLAIM_REFUSED, "head1 is starting it");
		expect(SAYS(.word = "partial", .holds = true), all[i], false,
		       CLAIM_REFUSED,
		       "head1 has not released the disk (partial); stop it there, or "
		       "have that head fenced");
		expect(SAYS(.word = "stop", .holds = true), all[i], false, CLAIM_REFUSED,
		       "head1 has not released the disk (stop); stop it there, or have "
		       "that head fenced");
		expect(SAYS(.word = "standby", .rival = "other"), all[i], false,
		       CLAIM_REFUSED,
		       "head1: the service other there is on the same disk");
	}
}

static void what_an_administrator_may_override(void **state)
{
	static const struct {
		struct claim_stand stand;
		const char *said;
	} table[] = {
		{ { .word = "standby", .peer = "head2" },
		  "a hand-over between head1 and head2 is going on" },
		{ { .word = "prepare", .peer = "head2" },
		  "a hand-over between head1 and head2 is going on" },
		{ { .word = "partial" },
		  "it is not stopped on head1 (partial); run `baton stop` there" },
		{ { .word = "stop" },
		  "it is not stopped on head1 (stop); run `baton stop` there" },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct claim_head head = { .joined = true,
					   .answered = true,
					   .stand = table[i].stand };

		expect(head, &plain, false, CLAIM_REFUSED, table[i].said);
		expect(head, &pacemaker, false, CLAIM_REFUSED, table[i].said);
		expect(head, &takeover, false, CLAIM_GRANTED, "");
	}
}

static void who_is_silent_may_serve(void **state)
{
	static const char said[] =
		"head1 does not answer, so nobody knows whether it serves";
	static const char hangs[] =
		"the keeper of head1 runs and does not answer; end it, "
		"or have that head fenced";
	const struct claim_head dead = { 0 }, mute = { .joined = true };

	expect(dead, &plain, false, CLAIM_SILENT, said);
	expect(dead, &takeover, false, CLAIM_GRANTED, "");
	expect(dead, &pacemaker, false, CLAIM_GRANTED, "");
	/* A head that can still answer is waited for, whatever the terms say. */
	expect(mute, &plain, false, CLAIM_WAITS, "");
	expect(mute, &takeover, false, CLAIM_WAITS, "");
	expect(mute, &pacemaker, false, CLAIM_WAITS, "");
	expect(mute, &plain, true, CLAIM_REFUSED, hangs);
	expect(mute, &takeover, true, CLAIM_REFUSED, hangs);
	expect(mute, &pacemaker, true, CLAIM_REFUSED, hangs);
	/* Pacemaker's word on other heads does not count. */
	expect(dead, &(const struct claim_terms){ .gone = "head2 head11" }, false,
	       CLAIM_SILENT, said);
	expect(dead, &(const struct claim_terms){ .gone = "" }, false, CLAIM_SILENT,
	       said);
}

static void nothing_stands_in_the_way(void **state)
{
	static const char *const words[] = { "standby", "absent", "prepare", "mend" };

	for (size_t i = 0; i < 4; i++) {
		struct claim_head head = { .joined = true, .answered = true };

		snprintf(head.stand.word, sizeof(head.stand.word), "%s", words[i]);
		expect(head, &plain, false, CLAIM_GRANTED, "");
	}
}

static void who_lets_go_does_nothing_else(void **state)
{
	static const char *const words[] = { "start", "take",     "stop",    "hand-over",
					     "lose",  "teardown", "partial", "serving" };

	assert_true(claim_lets_go(&(struct claim_stand){ .word = "standby" }));
	assert_true(claim_lets_go(&(struct claim_stand){ .word = "absent" }));
	assert_false(
		claim_lets_go(&(struct claim_stand){ .word = "standby", .holds = true }));
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct claim_stand stand = { 0 };

		snprintf(stand.word, sizeof(stand.word), "%s", words[i]);
		assert_false(claim_lets_go(&stand));
	}
}

static void words_from_outside(void **state)
{
	static const char *const bad[] = {
		"{}",
		"{\"state\":\"\"}",
		"{\"state\":\"a word that is far too long\"}",
		"{\"state\":\"stand by\"}",
		"{\"state\":\"standby\",\"peer\":\"a\\nb\"}",
		"{\"state\":\"standby\",\"rival\":\"\\u001b[2J\"}",
	};
	const struct claim_stand told = {
		.word = "partial", .holds = true, .peer = "head2", .rival = "other"
	};
	struct json_object *o = claim_format(&told);
	struct claim_stand stand = { 0 };
	struct err err = { 0 };

	assert_int_equal(claim_parse(&stand, o, &err), 0);
	assert_string_equal(stand.word, told.word);
	assert_string_equal(stand.peer, told.peer);
	assert_string_equal(stand.rival, told.rival);
	assert_true(stand.holds);
	json_object_put(o);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		o = json_tokener_parse(bad[i]);
		assert_non_null(o);
		assert_int_not_equal(claim_parse(&stand, o, &err), 0);
		json_object_put(o);
	}
	assert_int_not_equal(claim_parse(&stand, NULL, &err), 0);
}

/* What it says cannot be read, so nobody knows whether it has the disk. */
static void another_protocol(void **state)
{
	const struct claim_terms *const all[] = { &plain, &takeover, &pacemaker };
	struct claim_head head = { .joined = true, .foreign = "9.0" };

	for (size_t i = 0; i < 3; i++)
		expect(head, all[i], false, CLAIM_REFUSED,
		       "the keeper of head1 (version 9.0 of baton) speaks another protocol "
		       "than version " BATON_VERSION " here; update one of them, or end "
		       "that keeper");
	head.joined = false;
	expect(head, &takeover, false, CLAIM_GRANTED, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(another_protocol),
		cmocka_unit_test(who_has_the_disk_is_never_overridden),
		cmocka_unit_test(what_an_administrator_may_override),
		cmocka_unit_test(who_is_silent_may_serve),
		cmocka_unit_test(nothing_stands_in_the_way),
		cmocka_unit_test(who_lets_go_does_nothing_else),
		cmocka_unit_test(words_from_outside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
