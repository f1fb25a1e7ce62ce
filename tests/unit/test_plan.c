// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/plan.h"

static const struct standing absent = { 0 };
static const struct standing standby = { .pinned = true, .prepared = true };
static const struct standing lame = { .pinned = true };
static const struct standing serving = { .pinned = true,
					 .prepared = true,
					 .attached = true,
					 .nfsdcld = true,
					 .link_up = true,
					 .threads = 8 };
static const struct standing half = { .pinned = true,
				      .prepared = true,
				      .attached = true };
static const struct standing worst = { .pinned = true, .attached = true };
static const struct standing held = { .pinned = true, .prepared = true, .held = true };
/* Some or all of its pins were removed; the disk may be mounted in there. */
static const struct standing lost = { .lost = true };
static const struct standing lost_held = { .lost = true, .held = true };
/* A stop that died in its first step: everything is set up, and no call gets in. */
static const struct standing drained = { .pinned = true,
					 .prepared = true,
					 .attached = true,
					 .nfsdcld = true,
					 .link_up = true,
					 .drained = true,
					 .threads = 8 };
/* It died in its last one: nothing is set up, but no call would get in. */
static const struct standing awake = { .pinned = true,
				       .prepared = true,
				       .drained = true };
/* The same, of a head that had lost the disk: nothing would get in or out. */
static const struct standing mute = { .pinned = true, .prepared = true, .silent = true };
/* It serves clients; a missing nfsdcld or mountd is no reason to stop it. */
static const struct standing crippled = {
	.pinned = true, .attached = true, .link_up = true, .threads = 8
};

/* @phases: in order, ended by PHASE_END. */
static void expect(enum operation operation, const struct standing *standing,
		   enum phase undo, const enum phase *phases)
{
	struct plan plan = plan_make(operation, standing);
	size_t i = 0;

	do
		assert_int_equal(plan.phases[i], phases[i]);
	while (phases[i++] != PHASE_END);
	assert_int_equal(plan.undo, undo);
	assert_false(plan.refused);
}

#define EXPECT(operation, standing, undo, ...)                                           \
	expect(OPERATION_##operation, &(standing), PHASE_##undo,                         \
	       (const enum phase[]){ __VA_ARGS__ })

static void states(void **state)
{
	assert_int_equal(plan_state(&absent), STATE_ABSENT);
	assert_int_equal(plan_state(&standby), STATE_STANDBY);
	assert_int_equal(plan_state(&lame), STATE_STANDBY);
	assert_int_equal(plan_state(&half), STATE_PARTIAL);
	assert_int_equal(plan_state(&held), STATE_PARTIAL);
	assert_int_equal(plan_state(&lost), STATE_PARTIAL);
	assert_int_equal(plan_state(&lost_held), STATE_PARTIAL);
	assert_int_equal(plan_state(&drained), STATE_PARTIAL);
	assert_int_equal(plan_state(&awake), STATE_PARTIAL);
	assert_int_equal(plan_state(&mute), STATE_PARTIAL);
	assert_int_equal(plan_state(&serving), STATE_SERVING);
	assert_int_equal(plan_state(&crippled), STATE_SERVING);
}

static void start(void **state)
{
	EXPECT(START, standby, STOP, PHASE_ADMIT, PHASE_START, PHASE_END);
	EXPECT(START, absent, STOP, PHASE_STANDBY, PHASE_ADMIT, PHASE_START, PHASE_END);
	EXPECT(START, lame, STOP, PHASE_STANDBY, PHASE_ADMIT, PHASE_START, PHASE_END);
	EXPECT(START, half, STOP, PHASE_STOP, PHASE_ADMIT, PHASE_START, PHASE_END);
	EXPECT(START, drained, STOP, PHASE_STOP, PHASE_ADMIT, PHASE_START, PHASE_END);
	EXPECT(START, worst, STOP, PHASE_STOP, PHASE_STANDBY, PHASE_ADMIT, PHASE_START,
	       PHASE_END);
	EXPECT(START, lost_held, STOP, PHASE_REPIN, PHASE_STOP, PHASE_STANDBY,
	       PHASE_ADMIT, PHASE_START, PHASE_END);
	EXPECT(START, serving, END, PHASE_END);
	EXPECT(START, crippled, END, PHASE_END);
}

static void a_head_that_was_prepared_takes_without_looking_again(void **state)
{
	EXPECT(TAKE, standby, STOP, PHASE_START, PHASE_END);
	/* Something has changed since, so it looks again. */
	EXPECT(TAKE, half, STOP, PHASE_STOP, PHASE_ADMIT, PHASE_START, PHASE_END);
	EXPECT(TAKE, lame, STOP, PHASE_STANDBY, PHASE_ADMIT, PHASE_START, PHASE_END);
	EXPECT(TAKE, serving, END, PHASE_END);
}

static void a_start_of_what_serves_is_no_start(void **state)
{
	EXPECT(CONFIRM, serving, END, PHASE_END);
	assert_true(plan_make(OPERATION_CONFIRM, &standby).refused);
	assert_true(plan_make(OPERATION_CONFIRM, &half).refused);
}

static void only_a_standby_can_prepare(void **state)
{
	EXPECT(PREPARE, standby, END, PHASE_PREPARE, PHASE_END);
	assert_true(plan_make(OPERATION_PREPARE, &serving).refused);
	assert_true(plan_make(OPERATION_PREPARE, &half).refused);
	assert_true(plan_make(OPERATION_PREPARE, &lost).refused);
	assert_true(plan_make(OPERATION_PREPARE, &lame).refused);
	assert_true(plan_make(OPERATION_PREPARE, &absent).refused);
}

static void only_what_serves_is_mended(void **state)
{
	EXPECT(MEND, crippled, END, PHASE_MEND, PHASE_END);
	EXPECT(MEND, standby, END, PHASE_END);
	EXPECT(MEND, half, END, PHASE_END);
}

static void what_a_stop_finds(void **state)
{
	EXPECT(STOP, absent, END, PHASE_END);
	EXPECT(STOP, standby, END, PHASE_END);
	EXPECT(STOP, half, END, PHASE_STOP, PHASE_END);
	EXPECT(STOP, serving, END, PHASE_SYNC, PHASE_STOP, PHASE_END);
	EXPECT(STOP, drained, END, PHASE_STOP, PHASE_END);
	EXPECT(STOP, lost, END, PHASE_REPIN, PHASE_STOP, PHASE_END);
	EXPECT(TEARDOWN, lost_held, END, PHASE_REPIN, PHASE_STOP, PHASE_TEARDOWN,
	       PHASE_END);
}

static void standby_heals_and_never_stops(void **state)
{
	EXPECT(STANDBY, absent, TEARDOWN, PHASE_STANDBY, PHASE_END);
	EXPECT(STANDBY, serving, END, PHASE_STANDBY, PHASE_END);
	EXPECT(STANDBY, half, END, PHASE_STANDBY, PHASE_END);
}

/* With the old file, the same phase takes it back. */
static void a_reload_neither_starts_nor_stops(void **state)
{
	EXPECT(RELOAD, serving, RELOAD, PHASE_RELOAD, PHASE_END);
	EXPECT(RELOAD, crippled, RELOAD, PHASE_RELOAD, PHASE_END);
	EXPECT(RELOAD, standby, STANDBY, PHASE_STANDBY, PHASE_END);
	EXPECT(RELOAD, lame, STANDBY, PHASE_STANDBY, PHASE_END);
	assert_true(plan_make(OPERATION_RELOAD, &absent).refused);
	assert_true(plan_make(OPERATION_RELOAD, &half).refused);
	assert_true(plan_make(OPERATION_RELOAD, &drained).refused);
	assert_true(plan_make(OPERATION_RELOAD, &lost).refused);
}

static void teardown(void **state)
{
	EXPECT(TEARDOWN, absent, END, PHASE_END);
	EXPECT(TEARDOWN, lame, END, PHASE_TEARDOWN, PHASE_END);
	EXPECT(TEARDOWN, serving, END, PHASE_SYNC, PHASE_STOP, PHASE_TEARDOWN, PHASE_END);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(states),
		cmocka_unit_test(start),
		cmocka_unit_test(a_head_that_was_prepared_takes_without_looking_again),
		cmocka_unit_test(a_start_of_what_serves_is_no_start),
		cmocka_unit_test(only_a_standby_can_prepare),
		cmocka_unit_test(only_what_serves_is_mended),
		cmocka_unit_test(what_a_stop_finds),
		cmocka_unit_test(standby_heals_and_never_stops),
		cmocka_unit_test(a_reload_neither_starts_nor_stops),
		cmocka_unit_test(teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
