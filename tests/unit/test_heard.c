// SPDX-License-Identifier: GPL-2.0-or-later
/* Unit tests of core/heard: when is a silent client really dead? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/heard.h"

#define LEASE    10
#define COURTESY 90

/* Somebody is heard every @every_s seconds, up to @until_s. */
static void hear(struct heard *h, int from_s, int until_s, int every_s)
{
	for (int s = from_s; s <= until_s; s += every_s)
		heard_note(h, s * 1000ll, LEASE);
}

static void nobody_is_given_up_before_lease_and_courtesy(void **state)
{
	struct heard h;

	heard_start(&h);
	assert_false(heard_is_enough(&h, LEASE, COURTESY));
	hear(&h, 50, 149, 3);
	assert_false(heard_is_enough(&h, LEASE, COURTESY));
	hear(&h, 150, 150, 1);
	assert_true(heard_is_enough(&h, LEASE, COURTESY));
	/* Idle clients are heard once in a lease. */
	hear(&h, 160, 600, LEASE);
	assert_true(heard_is_enough(&h, LEASE, COURTESY));
}

static void without_courtesy_a_lease_is_enough(void **state)
{
	struct heard h;

	heard_start(&h);
	hear(&h, 0, LEASE - 1, 1);
	assert_false(heard_is_enough(&h, LEASE, 0));
	hear(&h, LEASE, LEASE, 1);
	assert_true(heard_is_enough(&h, LEASE, 0));
}

static void who_was_not_heard_in_an_outage_gets_the_time_again(void **state)
{
	struct heard h;
	int back = 500 + LEASE + 1;

	heard_start(&h);
	hear(&h, 0, 500, 5);
	assert_true(heard_is_enough(&h, LEASE, COURTESY));
	hear(&h, back, back + LEASE + COURTESY, 1);
	/* Others were back at once, but this one may wait until it tries again. */
	assert_false(heard_is_enough(&h, LEASE, COURTESY));
	hear(&h, back + LEASE + COURTESY, back + LEASE + HEARD_RETURN_S - 1, 1);
	assert_false(heard_is_enough(&h, LEASE, COURTESY));
	hear(&h, back + LEASE + HEARD_RETURN_S, back + LEASE + HEARD_RETURN_S, 1);
	assert_true(heard_is_enough(&h, LEASE, COURTESY));
}

static void more_courtesy_than_it_takes_to_come_back(void **state)
{
	struct heard h = { 0 };

	hear(&h, 0, LEASE + 299, 1);
	assert_false(heard_is_enough(&h, LEASE, 300));
	hear(&h, LEASE + 300, LEASE + 300, 1);
	assert_true(heard_is_enough(&h, LEASE, 300));
}

static void a_link_without_carrier_is_an_outage_however_short(void **state)
{
	struct heard h;

	heard_start(&h);
	hear(&h, 0, 500, 1);
	heard_interrupt(&h);
	assert_false(heard_is_enough(&h, LEASE, COURTESY));
	hear(&h, 501, 501 + LEASE + COURTESY, 1);
	assert_false(heard_is_enough(&h, LEASE, COURTESY));
	hear(&h, 501 + LEASE + COURTESY, 501 + LEASE + HEARD_RETURN_S, 1);
	assert_true(heard_is_enough(&h, LEASE, COURTESY));
}

/* A keeper that has just been started over a serving service. */
static void what_was_before_is_unknown(void **state)
{
	struct heard h = { 0 };

	assert_false(heard_is_enough(&h, LEASE, 0));
	hear(&h, 0, LEASE + HEARD_RETURN_S - 1, 1);
	assert_false(heard_is_enough(&h, LEASE, 0));
	hear(&h, LEASE + HEARD_RETURN_S, LEASE + HEARD_RETURN_S, 1);
	assert_true(heard_is_enough(&h, LEASE, 0));
}

/* Its clients had to come back for it, so none of them is missed. */
static void a_new_start_begins_anew(void **state)
{
	struct heard h = { 0 };

	hear(&h, 0, 1000, 1);
	heard_start(&h);
	assert_false(heard_is_enough(&h, LEASE, 0));
	hear(&h, 2000, 2000 + LEASE, 1);
	assert_true(heard_is_enough(&h, LEASE, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_is_given_up_before_lease_and_courtesy),
		cmocka_unit_test(without_courtesy_a_lease_is_enough),
		cmocka_unit_test(who_was_not_heard_in_an_outage_gets_the_time_again),
		cmocka_unit_test(more_courtesy_than_it_takes_to_come_back),
		cmocka_unit_test(a_link_without_carrier_is_an_outage_however_short),
		cmocka_unit_test(what_was_before_is_unknown),
		cmocka_unit_test(a_new_start_begins_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
