// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/message.h"

static void there_and_back(void **state)
{
	struct message out = { .type = MESSAGE_REFUSE,
			       .to = "head1",
			       .generation = 1795372800001,
			       .digest = "0b0c1d52-6a0e-5d6e-9d8c-0f3f0e5f7a11",
			       .code = BATON_EXIT_DEVICE,
			       .text = "head2: no disk \xe2\x80\x93 \"none\"" };
	struct message in;
	struct err err = { 0 };
	char *text;

	out.body = json_tokener_parse("{\"step\": \"mount\", \"ms\": 1.5}");
	text = message_format(&out);
	assert_int_equal(message_parse(&in, text, strlen(text), &err), 0);
	assert_int_equal(in.type, MESSAGE_REFUSE);
	assert_int_equal(in.protocol, MESSAGE_PROTOCOL);
	assert_string_equal(in.to, "head1");
	assert_true(in.generation == 1795372800001);
	assert_string_equal(in.version, BATON_VERSION);
	assert_string_equal(in.digest, out.digest);
	assert_int_equal(in.code, BATON_EXIT_DEVICE);
	assert_string_equal(in.text, out.text);
	assert_true(json_object_equal(in.body, out.body));
	message_release(&in);
	message_release(&out);
	free(text);
}

static void what_is_wrong_is_refused(void **state)
{
	static const char *const wrong[] = {
		"",
		"x",
		"[]",
		"{",
		"{}",
		"null",
		"{\"v\":1}",
		"{\"v\":1,\"type\":\"granted\"}{}",
		"{\"v\":0,\"type\":\"granted\"}",
		"{\"v\":99999,\"type\":\"granted\"}",
		"{\"v\":\"1\",\"type\":\"granted\"}",
		"{\"v\":1,\"type\":\"\"}",
		"{\"v\":1,\"type\":7}",
		"{\"v\":1,\"type\":\"a\\nb\"}",
		"{\"v\":1,\"type\":\"grantedgrantedgrantedgrantedgrant\"}",
		"{\"v\":1,\"type\":\"hello\",\"body\":{\"keys\":null}}",
		"{\"v\":1,\"type\":\"hello\",\"body\":{\"keys\":{}}}",
		"{\"v\":1,\"type\":\"hello\",\"body\":{\"keys\":[{\"name\":\"a\"}]}}",
		"{\"v\":1,\"type\":\"granted\",\"to\":[\"head2\"]}",
		"{\"v\":1,\"type\":\"granted\",\"to\":\"a\\nb\"}",
		"{\"v\":1,\"type\":\"granted\",\"to\":\"a\\u0000b\"}",
		"{\"v\":1,\"type\":\"granted\",\"generation\":-1}",
		"{\"v\":1,\"type\":\"granted\",\"generation\":1.5}",
		"{\"v\":1,\"type\":\"granted\",\"generation\":\"1\"}",
		"{\"v\":1,\"type\":\"granted\",\"code\":256}",
		"{\"v\":1,\"type\":\"granted\",\"body\":[]}",
		"{\"v\":1,\"type\":\"granted\",\"body\":7}",
		"{\"v\":1,\"type\":\"steps\"}",
		"{\"v\":1,\"type\":\"steps\",\"body\":{}}",
		"{\"v\":1,\"type\":\"steps\",\"body\":{\"steps\":{}}}",
		"{\"v\":1,\"type\":\"steps\",\"body\":{\"steps\":[7]}}",
		"{\"v\":1,\"type\":\"granted\",\"version\":\"0123456789012345678901234567890123\"}",
		"{\"v\":1,\"type\":\"granted\",\"digest\":\"0b0c1d52-6a0e-5d6e-9d8c-0f3f0e5f7a110\"}",
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct err err = { 0 };
		struct message m;

		if (message_parse(&m, wrong[i], strlen(wrong[i]), &err) != -EPROTO)
			fail_msg("taken: %s", wrong[i]);
		assert_true(err.text[0]);
		assert_int_equal(err.code, BATON_EXIT_PEER);
		assert_null(m.body);
	}
}

static void long_ones_are_refused(void **state)
{
	static const char begin[] = "{\"v\":1,\"type\":\"granted\",\"to\":\"";
	char text[400 + sizeof(begin)], *big = malloc(MESSAGE_MAX_LEN + 1);
	struct err err = { 0 };
	struct message m;
	size_t n;

	n = snprintf(text, sizeof(text), "%s%0*d\"}", begin, MESSAGE_HEAD_MAX, 0);
	assert_int_equal(message_parse(&m, text, n, &err), 0);
	n = snprintf(text, sizeof(text), "%s%0*d\"}", begin, MESSAGE_HEAD_MAX + 1, 0);
	assert_int_equal(message_parse(&m, text, n, &err), -EPROTO);
	memset(big, '[', MESSAGE_MAX_LEN + 1);
	assert_int_equal(message_parse(&m, big, MESSAGE_MAX_LEN, &err), -EPROTO);
	assert_int_equal(message_parse(&m, big, MESSAGE_MAX_LEN + 1, &err), -EPROTO);
	free(big);
}

/* A keeper that speaks another protocol must still be told so. */
static void of_another_protocol_the_beginning_is_read(void **state)
{
	static const char text[] =
		"{\"v\":2,\"type\":\"prepare\",\"to\":\"head2\",\"generation\":5,"
		"\"version\":\"9.0\",\"digest\":7,\"body\":[1],\"new\":null}";
	struct err err = { 0 };
	struct message m;

	assert_int_equal(message_parse(&m, text, strlen(text), &err), 0);
	assert_int_equal(m.protocol, 2);
	assert_string_equal(m.version, "9.0");
	assert_string_equal(m.to, "head2");
	assert_string_equal(m.digest, "");
	assert_null(m.body);
	message_release(&m);
}

static void members_of_later_versions_are_ignored(void **state)
{
	static const char text[] = "{\"v\":1,\"type\":\"ready\",\"later\":{\"a\":[1]}}";
	struct err err = { 0 };
	struct message m;

	assert_int_equal(message_parse(&m, text, strlen(text), &err), 0);
	assert_int_equal(m.type, MESSAGE_READY);
	message_release(&m);
}

/* Keepers of two versions may meet: what one does not know is told apart from what is none. */
static void types_of_later_versions_are_named(void **state)
{
	static const char text[] =
		"{\"v\":1,\"type\":\"grant\",\"version\":\"9.0\",\"body\":{\"steps\":7}}";
	struct err err = { 0 };
	struct message m;

	assert_int_equal(message_parse(&m, text, strlen(text), &err), -ENOMSG);
	assert_string_equal(
		err.text,
		"version 9.0 of baton there sends 'grant', which version " BATON_VERSION
		" here does not know");
	assert_null(m.body);
}

static void keys_are_optional(void **state)
{
	static const char *const good[] = {
		"{\"v\":1,\"type\":\"hello\"}",
		"{\"v\":1,\"type\":\"hello\",\"body\":{}}",
		"{\"v\":1,\"type\":\"hello\",\"body\":{\"keys\":[]}}",
		("{\"v\":1,\"type\":\"hello\",\"body\":{\"keys\":[{\"name\":\"lease\","
		 "\"hash\":\"0123456789abcdef\",\"default\":true}]}}"),
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct err err = { 0 };
		struct message m;

		assert_int_equal(message_parse(&m, good[i], strlen(good[i]), &err), 0);
		message_release(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(what_is_wrong_is_refused),
		cmocka_unit_test(long_ones_are_refused),
		cmocka_unit_test(of_another_protocol_the_beginning_is_read),
		cmocka_unit_test(members_of_later_versions_are_ignored),
		cmocka_unit_test(types_of_later_versions_are_named),
		cmocka_unit_test(keys_are_optional),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
