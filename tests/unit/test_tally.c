// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "probe/tally.h"

#define MS       1000000ull
#define WALL(ms) (1000000 * MS + (ms)*MS)

static struct tally_lists lists;
static struct tally tally;

static void begin_run(enum probe_class class)
{
	tally_lists_free(&lists);
	lists = (struct tally_lists){ .pause_ns = 100 * MS };
	tally = (struct tally){ .class = class, .interval_ns = 20 * MS, .lists = &lists };
}

static void call(enum probe_op op, uint64_t from, uint64_t to, int code)
{
	tally_begin(&tally, 0, op, from * MS, WALL(from));
	tally_end(&tally, 0, code, to * MS);
}

static void a_slow_call_is_a_pause(void **state)
{
	begin_run(PROBE_WRITE);
	call(OP_WRITE, 1000, 1001, 0);
	call(OP_WRITE, 1020, 1120, 0);
	call(OP_WRITE, 1120, 1219, 0);
	tally_close(&tally, 1300 * MS);
	assert_int_equal(tally.calls, 3);
	assert_int_equal(tally.ok, 3);
	assert_int_equal(tally.longest_ns, 100 * MS);
	assert_int_equal(tally.longest_wall_ns, WALL(1020));
	assert_int_equal(lists.pauses.n, 1);
	assert_int_equal(lists.pauses.entry[0].ns, 100 * MS);
	assert_int_equal(lists.unfinished.n, 0);
}

static void quick_errors_are_a_pause_too(void **state)
{
	begin_run(PROBE_OPEN);
	call(OP_OPEN, 1000, 1001, 0);
	for (uint64_t t = 1020; t < 3000; t += 20)
		call(OP_OPEN, t, t + 1, EIO);
	call(OP_OPEN, 3000, 3010, 0);
	assert_int_equal(tally.longest_ns, 1990 * MS);
	assert_int_equal(tally.longest_wall_ns, WALL(1020));
	assert_int_equal(lists.pauses.n, 1);
	assert_int_equal(tally.errors.total, 99);
	assert_int_equal(tally.errors.row[0].code, EIO);
	assert_int_equal(lists.events.n, 99);
	assert_int_equal(tally.hist.count, tally.calls);
}

static void errors_until_the_end_are_a_pause(void **state)
{
	begin_run(PROBE_OPEN);
	call(OP_OPEN, 1000, 1001, EIO);
	tally_close(&tally, 1500 * MS);
	assert_int_equal(tally.longest_ns, 500 * MS);
	assert_int_equal(lists.unfinished.n, 0);
}

static void a_call_still_out_is_unfinished_and_a_pause(void **state)
{
	begin_run(PROBE_WRITE);
	call(OP_WRITE, 1000, 1001, 0);
	tally_begin(&tally, 0, OP_WRITE, 1020 * MS, WALL(1020));
	assert_int_equal(tally_pause_now(&tally, 1520 * MS), 500 * MS);
	tally_close(&tally, 4020 * MS);
	tally_close(&tally, 5020 * MS);
	tally_end(&tally, 0, 0, 6000 * MS);
	assert_int_equal(lists.unfinished.n, 1);
	assert_int_equal(lists.unfinished.entry[0].ns, 3000 * MS);
	assert_int_equal(lists.pauses.n, 1);
	assert_int_equal(tally.longest_ns, 3000 * MS);
	assert_int_equal(tally.calls, 2);
	assert_int_equal(tally.ok, 1);
	assert_int_equal(tally.hist.count, 2);
}

static void waiting_between_calls_is_no_pause_but_told(void **state)
{
	begin_run(PROBE_WRITE);
	call(OP_WRITE, 1000, 1001, 0);
	call(OP_WRITE, 2021, 2022, 0);
	assert_int_equal(tally.longest_ns, 1 * MS);
	assert_int_equal(tally.longest_idle_ns, 1000 * MS);
}

static void replays_are_spurious_only_where_names_are_fresh(void **state)
{
	begin_run(PROBE_NAMESPACE);
	call(OP_MKDIR, 1000, 1001, EEXIST);
	call(OP_UNLINK, 1020, 1021, ENOENT);
	call(OP_RMDIR, 1040, 1041, ENOTEMPTY);
	call(OP_RENAME, 1060, 1061, EIO);
	assert_int_equal(tally.spurious.total, 3);
	assert_int_equal(tally.errors.total, 1);
	assert_true(lists.events.entry[0].spurious);
	assert_false(lists.events.entry[3].spurious);
	begin_run(PROBE_OPEN);
	call(OP_OPEN_NEW, 1000, 1001, EEXIST);
	call(OP_REMOVE, 1020, 1021, ENOENT);
	assert_int_equal(tally.spurious.total, 2);
	assert_int_equal(tally.errors.total, 0);
	call(OP_OPEN, 1040, 1041, ENOENT);
	call(OP_CLOSE, 1060, 1061, ENOENT);
	assert_int_equal(tally.spurious.total, 2);
	assert_int_equal(tally.errors.total, 2);
}

static void upkeep_fails_and_pauses_but_does_not_count(void **state)
{
	begin_run(PROBE_OPEN);
	call(OP_OPEN, 1000, 1001, 0);
	call(OP_CLOSE, 1001, 1501, 0);
	call(OP_CLOSE, 1501, 1502, EIO);
	assert_int_equal(tally.calls, 1);
	assert_int_equal(tally.upkeep, 2);
	assert_int_equal(tally.hist.count, 1);
	assert_int_equal(tally.errors.total, 1);
	assert_int_equal(tally.longest_ns, 500 * MS);
}

static void parts_are_counted_together_and_pause_alone(void **state)
{
	begin_run(PROBE_NAMESPACE);
	tally_begin(&tally, 0, OP_MKDIR, 1000 * MS, WALL(1000));
	tally_begin(&tally, 63, OP_RMDIR, 1010 * MS, WALL(1010));
	tally_end(&tally, 0, 0, 1020 * MS);
	tally_begin(&tally, 0, OP_RMDIR, 1020 * MS, WALL(1020));
	assert_int_equal(tally_pause_now(&tally, 1200 * MS), 190 * MS);
	tally_end(&tally, 63, EEXIST, 1310 * MS);
	tally_begin(&tally, 63, OP_MKDIR, 1310 * MS, WALL(1310));
	tally_end(&tally, 63, 0, 1410 * MS);
	tally_begin(&tally, 63, OP_RMDIR, 1500 * MS, WALL(1500));
	tally_close(&tally, 1520 * MS);
	assert_int_equal(tally.calls, 5);
	assert_int_equal(tally.ok, 2);
	assert_int_equal(tally.spurious.total, 1);
	assert_int_equal(lists.pauses.n, 2);
	assert_int_equal(lists.pauses.entry[0].ns, 400 * MS);
	assert_int_equal(lists.pauses.entry[0].op, OP_RMDIR);
	assert_int_equal(tally.longest_ns, 500 * MS);
	assert_int_equal(tally.longest_wall_ns, WALL(1020));
	assert_int_equal(tally.longest_idle_ns, 70 * MS);
	assert_int_equal(lists.unfinished.n, 2);
}

static void a_stream_pauses_while_none_of_it_is_answered(void **state)
{
	begin_run(PROBE_READ);
	tally_begin(&tally, 0, OP_READ, 1000 * MS, WALL(1000));
	tally_begin(&tally, 1, OP_READ, 1000 * MS, WALL(1000));
	tally_end(&tally, 0, 0, 1090 * MS);
	tally_begin(&tally, 0, OP_READ, 1090 * MS, WALL(1090));
	tally_end(&tally, 1, 0, 1180 * MS);
	assert_int_equal(tally_pause_now(&tally, 1200 * MS), 20 * MS);
	tally_end(&tally, 0, EIO, 1190 * MS);
	tally_begin(&tally, 0, OP_READ, 1200 * MS, WALL(1200));
	tally_begin(&tally, 1, OP_READ, 1200 * MS, WALL(1200));
	tally_end(&tally, 0, 0, 1380 * MS);
	assert_int_equal(lists.pauses.n, 1);
	assert_int_equal(lists.pauses.entry[0].ns, 200 * MS);
	assert_int_equal(lists.pauses.entry[0].wall_ns, WALL(1180));
	tally_begin(&tally, 0, OP_READ, 1390 * MS, WALL(1390));
	tally_end(&tally, 1, 0, 1400 * MS);
	tally_end(&tally, 0, 0, 1395 * MS);
	assert_int_equal(lists.pauses.n, 1);
	assert_int_equal(tally_pause_now(&tally, 1500 * MS), 0);
	assert_int_equal(tally.hist.max_ns, 200 * MS);
}

static void a_full_list_says_how_many_more(void **state)
{
	begin_run(PROBE_WRITE);
	for (uint64_t i = 0; i < TALLY_LIST_MAX + 7; i++)
		call(OP_WRITE, 1000 * (i + 1), 1000 * (i + 1) + 1, EIO);
	assert_int_equal(lists.events.n, TALLY_LIST_MAX);
	assert_int_equal(lists.events.omitted, 7);
	assert_int_equal(tally.errors.total, TALLY_LIST_MAX + 7);
}

static void more_errnos_than_rows_are_other(void **state)
{
	uint64_t total = 0;

	begin_run(PROBE_WRITE);
	for (int code = 1; code <= 40; code++)
		call(OP_WRITE, 1000, 1001, code);
	for (unsigned int i = 0; i < tally.errors.n; i++)
		total += tally.errors.row[i].count;
	assert_int_equal(total, 40);
	assert_int_equal(tally.errors.n, TALLY_ERRORS_MAX);
	assert_int_equal(tally.errors.row[TALLY_ERRORS_MAX - 1].code, 0);
	tally_lists_free(&lists);
}

static void error_codes_have_names(void **state)
{
	char text[PROBE_ERRNAME_MAX];

	assert_string_equal(probe_errname(EIO, text), "EIO");
	assert_string_equal(probe_errname(524, text), "errno 524");
	assert_string_equal(probe_errname(PROBE_ESHORT, text), "short");
	assert_string_equal(probe_errname(PROBE_ESIGNAL0 - SIGKILL, text), "SIGKILL");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_slow_call_is_a_pause),
		cmocka_unit_test(quick_errors_are_a_pause_too),
		cmocka_unit_test(errors_until_the_end_are_a_pause),
		cmocka_unit_test(a_call_still_out_is_unfinished_and_a_pause),
		cmocka_unit_test(waiting_between_calls_is_no_pause_but_told),
		cmocka_unit_test(replays_are_spurious_only_where_names_are_fresh),
		cmocka_unit_test(upkeep_fails_and_pauses_but_does_not_count),
		cmocka_unit_test(parts_are_counted_together_and_pause_alone),
		cmocka_unit_test(a_stream_pauses_while_none_of_it_is_answered),
		cmocka_unit_test(a_full_list_says_how_many_more),
		cmocka_unit_test(more_errnos_than_rows_are_other),
		cmocka_unit_test(error_codes_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
