// SPDX-License-Identifier: GPL-2.0-or-later
/* pr: byte for byte, against SPC-4, and what LIO sends. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/pr.h"

static struct err err;

static void commands(void **state)
{
	static const uint8_t in[] = { 0x5e, 0x03, 0, 0, 0, 0, 0, 0x12, 0x34, 0 },
			     out[] = { 0x5f, 0x05, 0x05, 0, 0, 0, 0, 0, 24, 0 },
			     list[] = {
				     0xba, 0x70, 0,    0, 0, 0, 0, 1, 0xde, 0xad, 0, 0,
				     0,    0,    0xbe, 2, 0, 0, 0, 0, 1,    0,    0, 0
			     };
	uint8_t cdb[PR_CDB_LEN], parameters[PR_PARAMETERS_LEN];

	pr_put_in(cdb, PR_READ_FULL_STATUS, 0x1234);
	assert_memory_equal(cdb, in, sizeof(in));
	pr_put_out(cdb, PR_PREEMPT_AND_ABORT);
	assert_memory_equal(cdb, out, sizeof(out));
	pr_put_parameters(parameters, 0xba70000000000001, 0xdead00000000be02, true);
	assert_memory_equal(parameters, list, sizeof(list));
	pr_put_parameters(parameters, 0, 0, false);
	assert_int_equal(parameters[20], 0);
}

static void keys(void **state)
{
	uint8_t data[24] = { 0, 0, 0, 7, 0, 0, 0, 16, [15] = 1, [23] = 2 };
	struct pr_keys k;

	assert_int_equal(pr_parse_keys(&k, data, sizeof(data), &err), 0);
	assert_true(k.n == 2 && k.v[0] == 1 && k.v[1] == 2 && k.generation == 7);
	/* Cut off, more than came, no whole key. */
	assert_int_equal(pr_parse_keys(&k, data, 7, &err), -EPROTO);
	assert_int_equal(pr_parse_keys(&k, data, 23, &err), -EPROTO);
	data[7] = 12;
	assert_int_equal(pr_parse_keys(&k, data, sizeof(data), &err), -EPROTO);
	assert_string_equal(err.text, "the disk's answer to READ KEYS makes no sense");
	data[4] = 0xff;
	assert_int_equal(pr_parse_keys(&k, data, sizeof(data), &err), -EPROTO);
}

static void reservation(void **state)
{
	uint8_t data[24] = { 0, 0, 0, 7, 0, 0, 0, 16, [15] = 9, [21] = 0x05 };
	struct pr_reservation r;

	assert_int_equal(pr_parse_reservation(&r, data, sizeof(data), &err), 0);
	assert_true(r.key == 9 && r.type == PR_TYPE_WRITE_EXCLUSIVE_REGISTRANTS);
	assert_int_equal(pr_parse_reservation(&r, data, 20, &err), -EPROTO);
	data[21] = 0;
	assert_int_equal(pr_parse_reservation(&r, data, sizeof(data), &err), -EPROTO);
	data[7] = 0;
	assert_int_equal(pr_parse_reservation(&r, data, 8, &err), 0);
	assert_int_equal(r.type, 0);
}

static void capabilities(void **state)
{
	uint8_t data[8] = { 0, 8, 1, 0x80, 0x20, 0 };
	struct pr_capabilities c;

	assert_int_equal(pr_parse_capabilities(&c, data, sizeof(data), &err), 0);
	assert_true(c.known && c.aptpl && c.type);
	data[4] = 0x02;
	data[2] = 0;
	assert_int_equal(pr_parse_capabilities(&c, data, sizeof(data), &err), 0);
	assert_true(!c.aptpl && !c.type);
	/* A mask that is not valid says nothing against it. */
	data[3] = 0;
	assert_int_equal(pr_parse_capabilities(&c, data, sizeof(data), &err), 0);
	assert_true(c.type);
	assert_int_equal(pr_parse_capabilities(&c, data, 6, &err), -EPROTO);
}

static void full_status(void **state)
{
	static const char name[] = "iqn.2026-11.lab:head1";
	uint8_t data[128] = { 0 };
	struct pr_registrant v[2];
	size_t len = 8 + 24 + 4 + sizeof(name);

	data[7] = len - 8;
	data[15] = 1;
	data[20] = 0x01;
	data[27] = 1;
	data[31] = 4 + sizeof(name);
	data[32] = 0x05;
	memcpy(data + 36, name, sizeof(name));
	assert_int_equal(pr_parse_full_status(v, 2, data, len, &err), 1);
	assert_true(v[0].key == 1 && v[0].holder && v[0].port == 1);
	assert_string_equal(v[0].initiator, name);
	/* More than there is room for is counted, not written. */
	assert_int_equal(pr_parse_full_status(v, 0, data, len, &err), 1);
	data[36] = '\n';
	assert_int_equal(pr_parse_full_status(v, 2, data, len, &err), 1);
	assert_string_equal(v[0].initiator, "transport-5");
	data[32] = 0x06;
	memset(data + 36, 0x50, 8);
	assert_int_equal(pr_parse_full_status(v, 2, data, len, &err), 1);
	assert_string_equal(v[0].initiator, "naa.5050505050505050");
	/* A descriptor that is longer than what came. */
	data[30] = 1;
	assert_int_equal(pr_parse_full_status(v, 2, data, len, &err), -EPROTO);
	data[30] = 0;
	data[7] = 30;
	assert_int_equal(pr_parse_full_status(v, 2, data, len, &err), -EPROTO);
}

static void sense(void **state)
{
	static const struct {
		uint8_t bytes[18];
		size_t len;
		enum pr_sense sense;
		const char *text;
	} cases[] = {
		{ { 0x70, 0, 6, [12] = 0x2a, [13] = 3 },
		  18,
		  PR_SENSE_AGAIN,
		  "sense 6/2a/03" },
		{ { 0x72, 6, 0x29, 0 }, 8, PR_SENSE_AGAIN, "sense 6/29/00" },
		{ { 0x70, 0, 5, [12] = 0x20 },
		  18,
		  PR_SENSE_UNSUPPORTED,
		  "sense 5/20/00" },
		{ { 0x70, 0, 5, [12] = 0x55, [13] = 4 },
		  18,
		  PR_SENSE_FULL,
		  "sense 5/55/04" },
		{ { 0x70, 0, 1, [12] = 0x17 }, 18, PR_SENSE_OK, "sense 1/17/00" },
		{ { 0x70, 0, 2, [12] = 4, [13] = 1 },
		  18,
		  PR_SENSE_AGAIN,
		  "sense 2/04/01" },
		{ { 0x70, 0, 2, [12] = 4, [13] = 10 },
		  18,
		  PR_SENSE_AGAIN,
		  "sense 2/04/0a" },
		{ { 0x70, 0, 2, [12] = 0x3a }, 18, PR_SENSE_FAILED, "sense 2/3a/00" },
		{ { 0x70, 0, 3, [12] = 0x11 }, 18, PR_SENSE_FAILED, "sense 3/11/00" },
		{ { 0x70, 0, 6 }, 3, PR_SENSE_AGAIN, "sense 6/00/00" },
		{ { 0 }, 0, PR_SENSE_FAILED, "no sense data" },
		{ { 0x72, 6 }, 2, PR_SENSE_FAILED, "no sense data" },
	};
	char text[16];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(pr_judge_sense(cases[i].bytes, cases[i].len, text),
				 cases[i].sense);
		assert_string_equal(text, cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands),    cmocka_unit_test(keys),
		cmocka_unit_test(reservation), cmocka_unit_test(capabilities),
		cmocka_unit_test(full_status), cmocka_unit_test(sense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
