// SPDX-License-Identifier: GPL-2.0-or-later
/* test_rpc: the NULL call and its reply against golden bytes. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/rpc.h"

#define XID 0x01020304

static void the_call(void **state)
{
	/* As sent by rpcinfo(8) -n 2049 -t HOST 100003 4. */
	static const uint8_t golden[RPC_NULL_LEN] = {
		0x80, 0,    0,    40,               /* the last fragment, 40 bytes */
		1,    2,    3,    4,                /* xid */
		0,    0,    0,    0,                /* CALL */
		0,    0,    0,    2,                /* RPC version */
		0x00, 0x01, 0x86, 0xa3,             /* 100003 */
		0,    0,    0,    4,                /* version */
		0,    0,    0,    0,                /* NULL */
		0,    0,    0,    0,    0, 0, 0, 0, /* credential AUTH_NONE */
		0,    0,    0,    0,    0, 0, 0, 0, /* verifier AUTH_NONE */
	};
	uint8_t buf[RPC_NULL_LEN];

	memset(buf, 0xff, sizeof(buf));
	rpc_build_null(buf, XID, RPC_PROGRAM_NFS, RPC_VERSION_NFS);
	assert_memory_equal(buf, golden, sizeof(golden));
}

static void marks(void **state)
{
	static const struct {
		uint8_t mark[RPC_MARK_LEN];
		int rc;
		size_t len;
	} cases[] = {
		{ { 0x80, 0, 0, 24 }, 0, 24 },
		{ { 0x80, 0, 1, 0xa8 }, 0, RPC_REPLY_MAX },
		{ { 0x80, 0, 1, 0xa9 }, -EPROTO, 0 },
		{ { 0x80, 0, 0, 0 }, -EPROTO, 0 },
		{ { 0, 0, 0, 24 }, -EPROTO, 0 }, /* more fragments follow */
		{ { 0xff, 0xff, 0xff, 0xff }, -EPROTO, 0 },
		{ { 'H', 'T', 'T', 'P' }, -EPROTO, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = { 0 };
		size_t len;

		assert_int_equal(rpc_parse_mark(cases[i].mark, &len, &err), cases[i].rc);
		if (cases[i].rc == 0)
			assert_int_equal(len, cases[i].len);
		else
			assert_non_null(strstr(err.text, "record mark"));
	}
}

/* xid, REPLY, MSG_ACCEPTED, verifier AUTH_NONE, SUCCESS: knfsd's answer. */
static const uint8_t success[24] = { 1, 2, 3, 4, 0, 0, 0, 1 };

static void a_reply(void **state)
{
	struct err err = { 0 };

	assert_int_equal(rpc_parse_reply(success, sizeof(success), XID, &err), 0);
	assert_string_equal(err.text, "");
}

static void a_reply_with_a_verifier(void **state)
{
	/* AUTH_SHORT of five bytes, padded to eight */
	uint8_t buf[32] = { 1, 2, 3, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0,
			    0, 0, 2, 0, 0, 0, 5, 9, 9, 9, 9, 9 };

	assert_int_equal(rpc_parse_reply(buf, sizeof(buf), XID, NULL), 0);
	assert_int_equal(rpc_parse_reply(buf, sizeof(buf) - 1, XID, NULL), -EPROTO);
	/* Longer than anything possible: the sum must not overflow. */
	memset(buf + 16, 0xff, 4);
	memset(buf + 20, 0, 12);
	assert_int_equal(rpc_parse_reply(buf, sizeof(buf), XID, NULL), -EPROTO);
}

static void refusals(void **state)
{
	static const struct {
		size_t at;
		uint8_t byte;
		const char *said;
	} cases[] = {
		{ 3, 5, "not to our call" },
		{ 7, 0, "not to our call" }, /* a CALL, as on a backchannel */
		{ 11, 1, "denies the call" },
		{ 23, 1, "program is not served" },
		{ 23, 2, "version is not served" },
		{ 23, 3, "procedure is not served" },
		{ 23, 4, "not understood" },
		{ 23, 5, "an internal error" },
		{ 23, 6, "unknown status" },
		{ 20, 0xff, "unknown status" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t buf[sizeof(success)];
		struct err err = { 0 };

		memcpy(buf, success, sizeof(buf));
		buf[cases[i].at] = cases[i].byte;
		assert_int_equal(rpc_parse_reply(buf, sizeof(buf), XID, &err), -EPROTO);
		assert_non_null(strstr(err.text, cases[i].said));
	}
}

static void cut_short(void **state)
{
	for (size_t len = 0; len < sizeof(success); len++) {
		uint8_t *exact = test_malloc(len ? len : 1);
		struct err err = { 0 };

		memcpy(exact, success, len);
		assert_int_equal(rpc_parse_reply(exact, len, XID, &err), -EPROTO);
		assert_non_null(strstr(err.text, "cut short"));
		test_free(exact);
	}
}

static void an_answer(void **state)
{
	static const uint8_t golden[RPC_TRUE_LEN] = {
		0x80, 0, 0, 28, /* the last fragment, 28 bytes */
		1,    2, 3, 4,  /* xid */
		0,    0, 0, 1,  /* REPLY */
		0,    0, 0, 0,  /* MSG_ACCEPTED */
		0,    0, 0, 0,  /* verifier AUTH_NONE */
		0,    0, 0, 0,  /* … without bytes */
		0,    0, 0, 0,  /* SUCCESS */
		0,    0, 0, 1,  /* TRUE */
	};
	uint8_t call[RPC_NULL_LEN], buf[RPC_TRUE_LEN];
	struct err err = { 0 };

	rpc_build_null(call, XID, 100000, 4);
	memset(buf, 0xff, sizeof(buf));
	assert_int_equal(rpc_build_true(buf, call + RPC_MARK_LEN, 40), 0);
	assert_memory_equal(buf, golden, sizeof(golden));
	assert_int_equal(rpc_parse_reply(buf + RPC_MARK_LEN, 28, XID, &err), 0);
	assert_int_equal(rpc_build_true(buf, call + RPC_MARK_LEN, 7), -EPROTO);
	assert_int_equal(rpc_build_true(buf, golden + RPC_MARK_LEN, 28), -EPROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_call),  cmocka_unit_test(marks),
		cmocka_unit_test(a_reply),   cmocka_unit_test(a_reply_with_a_verifier),
		cmocka_unit_test(refusals),  cmocka_unit_test(cut_short),
		cmocka_unit_test(an_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
