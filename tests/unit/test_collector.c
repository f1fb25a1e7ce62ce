// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "probe/collector.h"

static struct probe_options options = {
	.slots = 4, .pause_ns = 100000000, .workers = 1, .window = 1
};
static struct run_result result;
static struct collector collector;
static uint64_t now;

static void begin_run(void)
{
	run_result_free(&result);
	slots_free(&collector.slots);
	result = (struct run_result){ .options = &options };
	collector = (struct collector){ .result = &result, .refused = PROBE_N_CLASSES };
	assert_int_equal(slots_init(&collector.slots, options.slots), 0);
	for (int i = 0; i < PROBE_N_CLASSES; i++)
		result.tally[i] = (struct tally){ .class = i, .lists = &result.lists };
	now = 1000000;
}

static void say(enum probe_class class, int type, int op, uint64_t seq, int code)
{
	struct lane_message message = {
		.type = type, .op = op, .seq = seq, .code = code
	};

	message.ns = message.wall_ns = now += 1000000;
	collector_enter(&collector, class, &message);
}

static void call(enum probe_class class, int op, uint64_t seq, int code)
{
	say(class, LANE_BEGIN, op, seq, 0);
	say(class, LANE_END, op, seq, code);
}

static void good_run(void)
{
	begin_run();
	for (uint64_t seq = 0; seq < 3; seq++)
		call(PROBE_WRITE, OP_WRITE, seq, 0);
	call(PROBE_OPEN, OP_OPEN, 0, 0);
	call(PROBE_NAMESPACE, OP_MKDIR, 0, 0);
}

static void end_run(struct verify_report report)
{
	for (int i = 0; i < PROBE_N_CLASSES; i++)
		tally_close(&result.tally[i], now);
	collector_verify(&collector, &report, now);
}

static const struct verify_report all_good = {
	.lock = VERIFY_LOCK_HELD,
	.sum = { .checked = 3 },
	.done = true,
};

static void a_good_run_is_clean(void **state)
{
	good_run();
	end_run(all_good);
	assert_int_equal(result.acknowledged, 3);
	assert_int_equal(result.unread, 0);
	assert_int_equal(result.lock, RUN_LOCK_KEPT);
	assert_true(run_is_clean(&result));
}

static void a_failed_write_is_not_acknowledged(void **state)
{
	uint64_t old;

	begin_run();
	call(PROBE_WRITE, OP_WRITE, 0, ENOSPC);
	call(PROBE_WRITE, OP_WRITE, 1, PROBE_ESHORT);
	assert_int_equal(result.acknowledged, 0);
	assert_false(slots_get(&collector.slots, 4, &old));
	assert_int_equal(result.tally[PROBE_WRITE].errors.total, 2);
}

static void eio_of_the_writer_means_a_lost_lock(void **state)
{
	good_run();
	call(PROBE_WRITE, OP_WRITE, 3, EIO);
	call(PROBE_WRITE, OP_WRITE, 4, 0);
	end_run(all_good);
	assert_int_equal(result.lock, RUN_LOCK_EIO);
	assert_false(run_is_clean(&result));
}

static void a_lock_that_cannot_be_proven_is_not_kept(void **state)
{
	struct verify_report report = all_good;

	good_run();
	say(PROBE_WRITE, LANE_BEGIN, OP_WRITE, 3, 0);
	end_run(all_good);
	assert_int_equal(result.lock, RUN_LOCK_UNKNOWN);
	good_run();
	report.lock = VERIFY_LOCK_FREE;
	end_run(report);
	assert_int_equal(result.lock, RUN_LOCK_FREE);
	assert_false(run_is_clean(&result));
	good_run();
	report.lock = VERIFY_LOCK_OTHER;
	end_run(report);
	assert_int_equal(result.lock, RUN_LOCK_OTHER);
	assert_false(run_is_clean(&result));
}

static void a_verification_that_hung_leaves_records_unread(void **state)
{
	struct verify_report report = { .lock = VERIFY_LOCK_HELD,
					.sum = { .checked = 1 } };

	good_run();
	end_run(report);
	assert_int_equal(result.unread, 2);
	assert_false(result.verified);
	assert_false(run_is_clean(&result));
}

static void a_record_reread_is_not_compared_twice(void **state)
{
	struct verify_report report = all_good;

	good_run();
	call(PROBE_WRITE, OP_WRITE, 3, 0);
	call(PROBE_WRITE, OP_REREAD, 0, 0);
	say(PROBE_WRITE, LANE_REREAD, OP_REREAD, 0, RECORD_ZERO);
	call(PROBE_WRITE, OP_WRITE, 4, 0);
	assert_int_equal(result.acknowledged, 5);
	report.sum.checked = 4;
	end_run(report);
	assert_int_equal(result.sum.checked, 5);
	assert_int_equal(result.sum.missing, 1);
	assert_int_equal(result.unread, 0);
	assert_false(run_is_clean(&result));
}

static void a_record_that_could_not_be_reread_is_unread(void **state)
{
	struct verify_report report = all_good;

	good_run();
	call(PROBE_WRITE, OP_REREAD, 0, ENODATA);
	say(PROBE_WRITE, LANE_REREAD, OP_REREAD, 0, -1);
	report.sum.checked = 2;
	end_run(report);
	assert_int_equal(result.unread, 1);
}

static void anything_seen_makes_it_dirty(void **state)
{
	struct verify_report report = all_good;

	good_run();
	call(PROBE_NAMESPACE, OP_MKDIR, 1, EEXIST);
	end_run(all_good);
	assert_false(run_is_clean(&result));

	good_run();
	report.leftovers = 1;
	end_run(report);
	assert_false(run_is_clean(&result));

	good_run();
	report.leftovers = 0;
	report.list_code = EIO;
	end_run(report);
	assert_false(run_is_clean(&result));

	good_run();
	result.end = RUN_END_ABORT;
	end_run(all_good);
	assert_false(run_is_clean(&result));
}

static void a_class_without_a_good_call_proves_nothing(void **state)
{
	begin_run();
	for (uint64_t seq = 0; seq < 3; seq++)
		call(PROBE_WRITE, OP_WRITE, seq, 0);
	call(PROBE_OPEN, OP_OPEN, 0, 0);
	end_run(all_good);
	assert_false(run_is_clean(&result));
	run_result_free(&result);
	slots_free(&collector.slots);
}

static void a_reader_counts_only_if_there_is_one(void **state)
{
	good_run();
	options.depth = 2;
	end_run(all_good);
	assert_false(run_is_clean(&result));

	good_run();
	call(PROBE_READ, OP_READ, 0, 0);
	end_run(all_good);
	assert_true(run_is_clean(&result));
	assert_int_equal(run_bytes_read(&result), 131072);

	good_run();
	call(PROBE_READ, OP_READ, 0, 0);
	call(PROBE_READ, OP_READ, 262144, PROBE_ECORRUPT);
	call(PROBE_READ, OP_READ, 393216, PROBE_ECORRUPT);
	end_run(all_good);
	assert_false(run_is_clean(&result));
	assert_int_equal(result.corrupt, 2);
	assert_int_equal(result.corrupt_at, 262144);
	options.depth = 0;
}

static void records_in_a_window_keep_their_slots(void **state)
{
	struct probe_options some = { .slots = 256, .window = 24 };

	assert_int_equal(probe_slots(&some), 240);
	some.window = 64;
	assert_int_equal(probe_slots(&some), 256);
}

static void the_first_refusal_is_kept(void **state)
{
	begin_run();
	say(PROBE_WRITE, LANE_REFUSED, OP_WRITE, 0, ENOLCK);
	say(PROBE_OPEN, LANE_REFUSED, OP_OPEN, 0, EIO);
	assert_int_equal(collector.refused, PROBE_WRITE);
	assert_int_equal(collector.refused_code, ENOLCK);
	slots_free(&collector.slots);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_run_is_clean),
		cmocka_unit_test(a_failed_write_is_not_acknowledged),
		cmocka_unit_test(eio_of_the_writer_means_a_lost_lock),
		cmocka_unit_test(a_lock_that_cannot_be_proven_is_not_kept),
		cmocka_unit_test(a_verification_that_hung_leaves_records_unread),
		cmocka_unit_test(a_record_reread_is_not_compared_twice),
		cmocka_unit_test(a_record_that_could_not_be_reread_is_unread),
		cmocka_unit_test(anything_seen_makes_it_dirty),
		cmocka_unit_test(a_class_without_a_good_call_proves_nothing),
		cmocka_unit_test(a_reader_counts_only_if_there_is_one),
		cmocka_unit_test(records_in_a_window_keep_their_slots),
		cmocka_unit_test(the_first_refusal_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
