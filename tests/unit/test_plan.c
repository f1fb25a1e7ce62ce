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
static const struct standing held = { .pinned = true, .prepared = true, .held = true };
/* A stop that died in its first step: everything stands, and no call gets in. */
static const struct standing drained = { .pinned = true,
					 .prepared = true,
					 .attached = true,
					 .nfsdcld = true,
					 .link_up = true,
					 .drained = true,
					 .threads = 8 };
/* It died in its last one: nothing stands, but no call would get in. */
static const struct standing awake = { .pinned = true,
				       .prepared = true,
				       .drained = true };
/* Clients are being served: nfsdcld or mountd missing is no reason to take them down. */
static const struct standing crippled = {
	.pinned = true, .attached = true, .link_up = true, .threads = 8
};

static void expect(enum operation operation, const struct standing *standing,
		   enum phase a, enum phase b, enum phase c, enum phase undo)
{
	struct plan plan = plan_make(operation, standing);

	assert_int_equal(plan.phases[0], a);
	assert_int_equal(plan.phases[1], b);
	assert_int_equal(plan.phases[2], c);
	assert_int_equal(plan.undo, undo);
}

static void states(void **state)
{
	assert_int_equal(plan_state(&absent), STATE_ABSENT);
	assert_int_equal(plan_state(&standby), STATE_STANDBY);
	assert_int_equal(plan_state(&lame), STATE_STANDBY);
	assert_int_equal(plan_state(&half), STATE_PARTIAL);
	assert_int_equal(plan_state(&held), STATE_PARTIAL);
	assert_int_equal(plan_state(&drained), STATE_PARTIAL);
	assert_int_equal(plan_state(&awake), STATE_PARTIAL);
	assert_int_equal(plan_state(&serving), STATE_SERVING);
	assert_int_equal(plan_state(&crippled), STATE_SERVING);
}

static void start(void **state)
{
	expect(OPERATION_START, &standby, PHASE_START, PHASE_END, PHASE_END, PHASE_STOP);
	expect(OPERATION_START, &absent, PHASE_STANDBY, PHASE_START, PHASE_END,
	       PHASE_STOP);
	expect(OPERATION_START, &lame, PHASE_STANDBY, PHASE_START, PHASE_END, PHASE_STOP);
	expect(OPERATION_START, &half, PHASE_STOP, PHASE_START, PHASE_END, PHASE_STOP);
	expect(OPERATION_START, &drained, PHASE_STOP, PHASE_START, PHASE_END, PHASE_STOP);
	expect(OPERATION_START, &serving, PHASE_END, PHASE_END, PHASE_END, PHASE_END);
	expect(OPERATION_START, &crippled, PHASE_END, PHASE_END, PHASE_END, PHASE_END);
}

static void stop(void **state)
{
	expect(OPERATION_STOP, &absent, PHASE_END, PHASE_END, PHASE_END, PHASE_END);
	expect(OPERATION_STOP, &standby, PHASE_END, PHASE_END, PHASE_END, PHASE_END);
	expect(OPERATION_STOP, &half, PHASE_STOP, PHASE_END, PHASE_END, PHASE_END);
	expect(OPERATION_STOP, &serving, PHASE_STOP, PHASE_END, PHASE_END, PHASE_END);
}

static void standby_heals_and_never_stops(void **state)
{
	expect(OPERATION_STANDBY, &absent, PHASE_STANDBY, PHASE_END, PHASE_END,
	       PHASE_TEARDOWN);
	expect(OPERATION_STANDBY, &serving, PHASE_STANDBY, PHASE_END, PHASE_END,
	       PHASE_END);
	expect(OPERATION_STANDBY, &half, PHASE_STANDBY, PHASE_END, PHASE_END, PHASE_END);
}

static void teardown(void **state)
{
	expect(OPERATION_TEARDOWN, &absent, PHASE_END, PHASE_END, PHASE_END, PHASE_END);
	expect(OPERATION_TEARDOWN, &lame, PHASE_TEARDOWN, PHASE_END, PHASE_END,
	       PHASE_END);
	expect(OPERATION_TEARDOWN, &serving, PHASE_STOP, PHASE_TEARDOWN, PHASE_END,
	       PHASE_END);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(states),
		cmocka_unit_test(start),
		cmocka_unit_test(stop),
		cmocka_unit_test(standby_heals_and_never_stops),
		cmocka_unit_test(teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
