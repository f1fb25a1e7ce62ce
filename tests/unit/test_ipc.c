// SPDX-License-Identifier: GPL-2.0-or-later
/* test_ipc: input from a keeper's socket: whole, torn, too long, and nothing. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "keeper/ipc.h"

static int pair[2];

static int set_up(void **state)
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair);
}

static int tear_down(void **state)
{
	for (int i = 0; i < 2; i++)
		if (pair[i] >= 0)
			close(pair[i]);
	return 0;
}

static void say(const void *data, size_t len)
{
	assert_int_equal(send(pair[0], data, len, 0), len);
}

static void say_text(const char *text)
{
	say(text, strlen(text));
}

static void objects_arrive(void **state)
{
	struct json_object *o = json_tokener_parse("{\"do\": \"stop\"}"), *got, *word;

	assert_int_equal(ipc_send(pair[0], o), 0);
	json_object_put(o);
	assert_int_equal(ipc_receive(pair[1], &got), 0);
	assert_true(json_object_object_get_ex(got, "do", &word));
	assert_string_equal(json_object_get_string(word), "stop");
	json_object_put(got);
}

static void nothing_else_does(void **state)
{
	static const char *const wrong[] = {
		"{", "[]", "[{}]", "7", "\"do\"", "null", "true", "{\"do\":", " ", "{]",
	};
	static char big[IPC_MAX_LEN + 100];
	struct json_object *o;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		say_text(wrong[i]);
		assert_int_equal(ipc_receive(pair[1], &o), -EPROTO);
		assert_null(o);
	}
	say("\0", 1);
	assert_int_equal(ipc_receive(pair[1], &o), -EPROTO);
	/* Deeper than json-c accepts. */
	memset(big, '[', sizeof(big));
	say(big, 1000);
	assert_int_equal(ipc_receive(pair[1], &o), -EPROTO);
	/* The end of a packet that is too long must not pass for the whole. */
	memset(big, ' ', sizeof(big));
	memcpy(big, "{}", 2);
	say(big, IPC_MAX_LEN);
	assert_int_equal(ipc_receive(pair[1], &o), -EPROTO);
	say(big, sizeof(big));
	assert_int_equal(ipc_receive(pair[1], &o), -EPROTO);
	say(big, IPC_MAX_LEN - 1);
	assert_int_equal(ipc_receive(pair[1], &o), 0);
	json_object_put(o);
}

static void the_end_is_told(void **state)
{
	struct json_object *o = json_object_new_object(), *got;

	close(pair[0]);
	pair[0] = -1;
	assert_int_equal(ipc_receive(pair[1], &got), -ECONNRESET);
	/* And no SIGPIPE. */
	assert_int_equal(ipc_send(pair[1], o), -EPIPE);
	json_object_put(o);
}

static void count_steps(struct json_object *entry, void *data)
{
	++*(int *)data;
}

static void a_request_gets_its_steps_and_its_result(void **state)
{
	struct json_object *asked, *result, *changed;
	struct err err = { 0 };
	int steps = 0;

	say_text("{\"waiting\": \"start\"}");
	say_text("{\"step\": \"drain\"}");
	say_text("{\"step\": \"knfsd\"}");
	say_text("{\"result\": 0, \"changed\": true}");
	assert_int_equal(
		ipc_request(pair[1], "stop", 1000, count_steps, &steps, &result, &err),
		0);
	assert_int_equal(steps, 2);
	assert_true(json_object_object_get_ex(result, "changed", &changed));
	json_object_put(result);
	assert_int_equal(ipc_receive(pair[0], &asked), 0);
	assert_string_equal(json_object_to_json_string_ext(asked, JSON_C_TO_STRING_PLAIN),
			    "{\"do\":\"stop\"}");
	json_object_put(asked);
}

static void failures_have_their_status(void **state)
{
	struct json_object *result = NULL;
	struct err err = { 0 };

	say_text("{\"result\": 9, \"error\": \"unmount: busy\\nline\"}");
	assert_int_equal(ipc_request(pair[1], "stop", 1000, NULL, NULL, &result, &err),
			 -1);
	assert_int_equal(err.code, 9);
	assert_string_equal(err.text, "unmount: busy line");
	json_object_put(result);
	say_text("{\"result\": 1}");
	assert_int_equal(ipc_request(pair[1], "stop", 1000, NULL, NULL, NULL, &err), -1);
	assert_string_equal(err.text, "the keeper gave no reason");
	say_text("rubbish");
	assert_true(ipc_request(pair[1], "stop", 1000, NULL, NULL, NULL, &err) < 0);
	assert_int_equal(err.code, BATON_EXIT_KEEPER);
	assert_true(ipc_request(pair[1], "stop", 20, NULL, NULL, NULL, &err) < 0);
	assert_int_equal(err.code, BATON_EXIT_KEEPER);
	assert_string_equal(err.text, "the keeper is silent for 0 s");
	close(pair[0]);
	pair[0] = -1;
	assert_true(ipc_request(pair[1], "stop", 1000, NULL, NULL, NULL, &err) < 0);
	assert_int_equal(err.code, BATON_EXIT_KEEPER);
}

static void no_keeper(void **state)
{
	struct err err = { 0 };
	struct paths paths = { .sock = "/nonexistent/sock" };

	assert_int_equal(ipc_connect(&paths, "vmstore", &err), -ENOENT);
	assert_int_equal(err.code, BATON_EXIT_KEEPER);
	assert_string_equal(err.text, "no keeper here; start it with `systemctl start "
				      "baton@vmstore`");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(objects_arrive),
		TEST(nothing_else_does),
		TEST(the_end_is_told),
		TEST(a_request_gets_its_steps_and_its_result),
		TEST(failures_have_their_status),
		cmocka_unit_test(no_keeper),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
