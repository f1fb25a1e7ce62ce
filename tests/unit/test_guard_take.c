// SPDX-License-Identifier: GPL-2.0-or-later
/* guard: taking and giving up the disk, on an emulated one. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "keeper/guard.h"
#include "keeper/guard_paths.h"
#include "keeper/guard_watch.h"
#include "os/guardnote.h"
#include "os/lowerdisk.h"
#include "os/multipathd.h"
#include "os/rival.h"
#include "target.h"

/* ---- in place of the disk's */

/* How many paths each head has. */
static size_t n_paths;

int lowerdisk_open(const char *device, struct lowerdisk *disk, struct err *err)
{
	*disk = (struct lowerdisk){ .name = "sdx",
				    .wwid = "naa.1",
				    .is_multipath = n_paths > 1,
				    .paths = n_paths };
	for (size_t i = 0; i < n_paths; i++)
		disk->path[i] = (struct diskpath){ .name = { 's', 'd', (char)('x' + i) },
						   .fd = (int)i };
	return 0;
}

/* By which key multipathd registers what comes later, and whether it can. */
static uint64_t kept;
static bool keeps;

int multipathd_guard(const char *map, uint64_t key, struct err *why)
{
	if (!keeps)
		return err_set(why, BATON_EXIT_DEVICE, EIO, "multipathd");
	kept = key;
	return 0;
}

int multipathd_unguard(const char *map, struct err *why)
{
	kept = 0;
	return 0;
}

int lowerdisk_check(const char *device, const struct lowerdisk *disk, struct err *err)
{
	return 0;
}

int rival_check_guard(const struct service *svc, struct err *err)
{
	return 0;
}

void lowerdisk_close(struct lowerdisk *disk)
{
}

static unsigned int watches;

int guard_watch_start(const struct service *svc, const struct paths *paths,
		      struct err *err)
{
	watches++;
	return 0;
}

void guard_watch_end(const struct paths *paths)
{
	watches--;
}

/* ---- heads: the initiator's number is the head's */

static char dir[] = "/tmp/test_guard.XXXXXX";
static struct service svc = { .name = "web",
			      .guard = GUARD_RESERVATION,
			      .guard_timeout = 20 };
static struct err err;

struct head {
	struct guard_terms terms;
	struct op op;
};

static struct head *make_head(int number)
{
	struct head *h = calloc(1, sizeof(*h));

	snprintf(h->terms.self, sizeof(h->terms.self), "head%d", number);
	snprintf(h->terms.heads, sizeof(h->terms.heads), "head%d", 3 - number);
	h->op.svc = &svc;
	h->op.terms = &h->terms;
	snprintf(h->op.paths.guard, sizeof(h->op.paths.guard), "%s/head%d", dir, number);
	snprintf(h->op.paths.guard_path, sizeof(h->op.paths.guard_path), "%s/path%d", dir,
		 number);
	snprintf(h->op.paths.held, sizeof(h->op.paths.held), "%s/held%d", dir, number);
	return h;
}

static struct head *one, *two;

static int take(struct head *h)
{
	target_become(h == two ? 2 : 1);
	h->op.note[0] = '\0';
	h->op.silent_ms = 0;
	memset(&err, 0, sizeof(err));
	return guard_take(&h->op, &err);
}

static void release(struct head *h)
{
	target_become(h == two ? 2 : 1);
	h->op.note[0] = '\0';
	assert_int_equal(guard_release(&h->op, &err), 0);
}

static enum guardnote_state state(struct head *h)
{
	return guardnote_read(&h->op.paths).state;
}

static int begin(void **ignored)
{
	target_reset();
	n_paths = 1;
	kept = 0;
	keeps = true;
	one = make_head(1);
	two = make_head(2);
	return 0;
}

static int end(void **ignored)
{
	unlink(one->op.paths.guard);
	unlink(two->op.paths.guard);
	free(one);
	free(two);
	return 0;
}

static bool is_held_by(int initiator)
{
	return target_count() == 1 && target.holder == initiator;
}

/* ---- */

static void nothing_is_left_after_a_stop(void **ignored)
{
	assert_int_equal(take(one), 0);
	assert_true(is_held_by(1));
	assert_int_equal(state(one), GUARDNOTE_HELD);
	release(one);
	assert_int_equal(target_count(), 0);
	assert_int_equal(target.holder, -1);
	assert_int_equal(state(one), GUARDNOTE_NONE);
}

static void none_asks_nothing(void **ignored)
{
	svc.guard = GUARD_NONE;
	assert_int_equal(take(one), 0);
	release(one);
	svc.guard = GUARD_RESERVATION;
	assert_int_equal(target.commands, 0);
}

static void a_start_by_hand_is_refused_and_changes_nothing(void **ignored)
{
	take(one);
	assert_int_equal(take(two), -EBUSY);
	assert_int_equal(err.code, BATON_EXIT_PEER);
	assert_non_null(strstr(err.text, "registered by head1"));
	assert_true(is_held_by(1));
	assert_int_equal(state(two), GUARDNOTE_NONE);
}

static void after_a_claim_the_dead_head_loses_the_disk(void **ignored)
{
	take(one);
	two->terms.asked = true;
	assert_int_equal(take(two), 0);
	assert_true(is_held_by(2));
	assert_false(target_may_write(1));
	/* Nobody has fenced it. */
	assert_true(two->op.silent_ms > 0);
	two->terms.fenced = true;
	assert_int_equal(take(two), 0);
	assert_int_equal(two->op.silent_ms, 0);
}

static void a_takeover_by_hand_waits_for_the_other_heads_silence(void **ignored)
{
	take(one);
	two->terms.takeover = true;
	assert_int_equal(take(two), 0);
	assert_true(two->op.silent_ms > 0);
	/* Also if it is no longer registered by now: it may still answer from its cache. */
	assert_int_equal(take(two), 0);
	assert_true(two->op.silent_ms > 0);
	two->terms.answered = true;
	assert_int_equal(take(two), 0);
	assert_int_equal(two->op.silent_ms, 0);
}

/* The second half of split brain: the head that took over stops first. */
static void the_fence_outlives_the_head_that_took_over(void **ignored)
{
	take(one);
	two->terms.asked = true;
	take(two);
	release(two);
	assert_int_equal(state(two), GUARDNOTE_KEPT);
	assert_non_null(strstr(two->op.note, "stays reserved"));
	assert_false(target_may_write(1));
	/* A stop that finds nothing to do, or undoes a start that was refused. */
	release(two);
	assert_true(is_held_by(2));
}

static void a_head_that_speaks_for_itself_ends_the_fence(void **ignored)
{
	take(one);
	two->terms.asked = true;
	take(two);
	/* It has booted, and its keeper has said that it has not got the disk. */
	two->terms.answered = true;
	release(two);
	assert_int_equal(target_count(), 0);
}

static void what_has_stayed_is_taken_by_whom_it_is_granted_to(void **ignored)
{
	take(one);
	two->terms.asked = true;
	take(two);
	release(two);
	strcpy(one->terms.source, "head2");
	assert_int_equal(take(one), 0);
	assert_true(is_held_by(1));
	/* Why it had stayed is as true as before. */
	one->terms.source[0] = '\0';
	release(one);
	assert_int_equal(state(one), GUARDNOTE_KEPT);
}

static void a_source_that_starts_again_takes_what_it_had_kept(void **ignored)
{
	take(one);
	two->terms.asked = true;
	take(two);
	release(two);
	two->terms.asked = false;
	assert_int_equal(take(two), 0);
	assert_true(is_held_by(2));
	release(two);
	assert_int_equal(state(two), GUARDNOTE_KEPT);
}

static bool is_unproven(struct head *h)
{
	uint64_t key = guardnote_read(&h->op.paths).key;

	assert_true(target.keys[target.holder] == key);
	return guard_key_is_unproven(key);
}

/* It has started since it answered, cut off from us: it is not what it said that counts. */
static void who_is_registered_has_not_released(void **ignored)
{
	take(one);
	two->terms.asked = two->terms.answered = true;
	assert_int_equal(take(two), 0);
	assert_true(is_unproven(two));
	two->terms.answered = false;
	release(two);
	assert_int_equal(state(two), GUARDNOTE_KEPT);
	assert_false(target_may_write(1));
}

static void register_too(enum pr_out action)
{
	target.before = NULL;
	target_out(2, PR_REGISTER_AND_IGNORE, 0,
		   guard_make_key("head2", "web", 1, false));
}

static void nor_who_registers_after_the_first_look(void **ignored)
{
	one->terms.asked = one->terms.answered = true;
	target.before = register_too;
	assert_int_equal(take(one), 0);
	assert_true(is_held_by(1));
	assert_true(is_unproven(one));
}

/* /run is empty after a power cut, but the disk knows why it was reserved. */
static void a_power_cut_does_not_end_the_fence(void **ignored)
{
	take(one);
	two->terms.asked = true;
	take(two);
	unlink(two->op.paths.guard);
	two->terms.asked = false;
	assert_int_equal(take(two), 0);
	release(two);
	assert_int_equal(state(two), GUARDNOTE_KEPT);
	assert_false(target_may_write(1));
}

static void a_power_cut_leaves_nothing_that_hinders(void **ignored)
{
	take(one);
	unlink(one->op.paths.guard);
	assert_int_equal(take(one), 0);
	assert_true(is_held_by(1));
	release(one);
	assert_int_equal(target_count(), 0);
}

/* After a new login the old registration is on a path that nobody has any more. */
static void ghosts_are_removed(void **ignored)
{
	take(one);
	target.keys[7] = target.keys[1];
	target.keys[1] = 0;
	target.holder = 7;
	assert_int_equal(take(one), 0);
	assert_true(is_held_by(1));
	target.keys[7] = target.keys[1];
	target.keys[1] = 0;
	target.holder = 7;
	release(one);
	assert_int_equal(target_count(), 0);
}

static void foreigners_are_respected(void **ignored)
{
	/* fence_scsi's, and another service's. */
	const uint64_t keys[] = { 0x12ab0001, guard_make_key("head2", "mail", 1, false) };

	one->terms.asked = one->terms.takeover = true;
	for (size_t i = 0; i < 2; i++) {
		target_reset();
		target.keys[5] = keys[i];
		assert_int_equal(take(one), -EBUSY);
		assert_int_equal(err.code, BATON_EXIT_DEVICE);
		assert_int_equal(target.commands, 0);
	}
	assert_non_null(strstr(err.text, "another service of baton"));
	target_reset();
	target.keys[5] = guard_make_key("head9", "web", 1, false);
	one->terms.takeover = false;
	assert_int_equal(take(one), -EBUSY);
	assert_non_null(strstr(err.text, "not known here"));
	target_reset();
	target.keys[5] = guard_make_key("head2", "web", 1, false);
	target.holder = 5;
	target.type = 1;
	assert_int_equal(take(one), -EBUSY);
	assert_non_null(strstr(err.text, "type 1"));
}

static void strangers_are_named_before_the_start(void **ignored)
{
	target.keys[5] = guard_make_key("head2", "web", 1, false);
	assert_int_equal(guard_check(&svc, &err), 0);
	target.keys[6] = 0x12ab0001;
	assert_int_equal(guard_check(&svc, &err), -EBUSY);
	assert_non_null(strstr(err.text, "which is not baton's"));
	assert_int_equal(target.commands, 0);
}

static void be_quicker(enum pr_out action)
{
	uint64_t key = guard_make_key("head2", "web", 3, false);

	if (action != PR_PREEMPT_AND_ABORT && action != PR_RESERVE)
		return;
	target.before = NULL;
	target_out(2, PR_REGISTER_AND_IGNORE, 0, key);
	for (int i = 0; i < TARGET_PATHS; i++)
		if (target.keys[i] && i != 2)
			target_out(2, PR_PREEMPT, key, target.keys[i]);
	target_out(2, PR_RESERVE, key, 0);
}

static void who_loses_the_race_gives_up(void **ignored)
{
	for (int with = 0; with < 2; with++) {
		target_reset();
		if (with)
			target.keys[9] = guard_make_key("head2", "web", 1, false);
		one->terms.asked = true;
		target.before = be_quicker;
		assert_int_equal(take(one), -EBUSY);
		assert_non_null(strstr(err.text, "another head has taken"));
		assert_true(is_held_by(2));
		release(one);
		assert_true(is_held_by(2));
		assert_int_equal(state(one), GUARDNOTE_NONE);
	}
}

/* ---- two paths */

static bool both_are(uint64_t key)
{
	return target.keys[1] == key && target.keys[1 + TARGET_NEXT_PATH] == key;
}

static void each_path_is_registered(void **ignored)
{
	n_paths = 2;
	assert_int_equal(take(one), 0);
	assert_int_equal(target_count(), 2);
	assert_true(both_are(guardnote_read(&one->op.paths).key));
	assert_true(target.holder == 1 && kept == target.keys[1]);
	release(one);
	assert_int_equal(target_count(), 0);
	assert_int_equal(kept, 0);
}

static void another_head_loses_each_of_its_paths(void **ignored)
{
	n_paths = 2;
	take(one);
	two->terms.asked = true;
	assert_int_equal(take(two), 0);
	assert_int_equal(target_count(), 2);
	assert_false(target_may_write(1));
	assert_false(target_may_write(1 + TARGET_NEXT_PATH));
	assert_true(target_may_write(2 + TARGET_NEXT_PATH));
}

static void come_back(enum pr_out action)
{
	target.lost = 0;
}

/* It is up, and not registered: what concerns the disk goes by the other one. */
static void a_path_that_is_back_is_not_a_lost_race(void **ignored)
{
	n_paths = 2;
	target.lost = 1;
	target.before = come_back;
	assert_int_equal(take(one), -EIO);
	assert_non_null(strstr(err.text, "multipathd has not registered: sdx"));
	target.before = NULL;
	release(one);
	assert_int_equal(target_count(), 0);
}

static const char *look(struct head *h)
{
	const struct guardnote note = guardnote_read(&h->op.paths);
	static char name[32];

	guard_paths_look(&svc, &h->op.paths, &note, 0);
	return guard_paths_read(&h->op.paths, name) ? name : "";
}

static void a_path_that_is_not_registered_is_named(void **ignored)
{
	n_paths = 2;
	take(one);
	assert_string_equal(look(one), "");
	target.keys[1 + TARGET_NEXT_PATH] = 0;
	assert_string_equal(look(one), "sdy");
	/* And not registered by that. */
	assert_int_equal(target_count(), 1);
	/* Registrations that are left on paths that have gone do not count for it. */
	target.keys[7] = target.keys[1];
	assert_string_equal(look(one), "sdy");
	target.keys[1 + TARGET_NEXT_PATH] = target.keys[1];
	assert_string_equal(look(one), "");
	/* Nor is one that does not answer. */
	target.lost = 1;
	target.keys[1] = 0;
	assert_string_equal(look(one), "");
	target.lost = 0;
	target.sick = 1;
	assert_string_equal(look(one), "");
	target.sick = 0;
	assert_string_equal(look(one), "sdx");
	unlink(one->op.paths.guard_path);
}

static void a_loss_is_not_taken_for_it(void **ignored)
{
	n_paths = 2;
	take(one);
	two->terms.asked = true;
	take(two);
	target_become(1);
	assert_string_equal(look(one), "");
	assert_int_equal(target_count(), 2);
}

static void begin_to_stop(enum pr_out action)
{
	target.before = NULL;
	guardnote_set_state(&one->op.paths, GUARDNOTE_GOING);
	target.keys[1] = 0;
}

static void nor_is_a_stop(void **ignored)
{
	n_paths = 2;
	take(one);
	target.before = begin_to_stop;
	assert_string_equal(look(one), "");
	assert_int_equal(state(one), GUARDNOTE_GOING);
}

static void a_head_that_has_lost_the_disk_says_so_to_multipathd(void **ignored)
{
	n_paths = 2;
	take(one);
	two->terms.asked = true;
	take(two);
	kept = 1;
	release(one);
	assert_int_equal(state(one), GUARDNOTE_LOST);
	assert_int_equal(kept, 0);
}

/* multipathd registers it when it comes back. */
static void one_path_is_enough(void **ignored)
{
	n_paths = 2;
	for (int i = 0; i < 2; i++) {
		target.lost = 1 + i * TARGET_NEXT_PATH;
		assert_int_equal(take(one), 0);
		assert_int_equal(target_count(), 1);
		release(one);
		assert_int_equal(target_count(), 0);
	}
	target.lost = 0;
	target.sick = 1;
	assert_int_equal(take(one), 0);
	release(one);
	assert_int_equal(target_count(), 0);
	target.lost = 1;
	n_paths = 1;
	assert_int_equal(take(one), -EIO);
}

static void a_path_that_is_lost_meanwhile_leaves_nothing(void **ignored)
{
	n_paths = 2;
	take(one);
	target.lost = 1;
	release(one);
	assert_int_equal(target_count(), 0);
}

static void a_path_without_room_fails_the_start(void **ignored)
{
	n_paths = 2;
	target.room = 1;
	assert_int_equal(take(one), -ENOSPC);
	release(one);
	assert_int_equal(target_count(), 0);
}

static void without_multipathd_nothing_starts(void **ignored)
{
	n_paths = 2;
	keeps = false;
	assert_int_equal(take(one), -EIO);
	release(one);
	assert_int_equal(target_count(), 0);
}

static void ghosts_of_both_paths_are_removed(void **ignored)
{
	n_paths = 2;
	take(one);
	target.keys[5] = target.keys[6] = target.keys[1];
	assert_int_equal(take(one), 0);
	assert_int_equal(target_count(), 2);
}

/* Both go by the same name, and so by the same key. */
static void be_a_twin(enum pr_out action)
{
	if (action != PR_RESERVE)
		return;
	target.before = NULL;
	target_out(2, PR_REGISTER_AND_IGNORE, 0, target.keys[1]);
}

static void two_heads_of_one_name_do_not_both_start(void **ignored)
{
	target.before = be_a_twin;
	assert_int_equal(take(one), -EBUSY);
}

/* The command was carried out, and its answer lost: sent again it is a conflict. */
static void answer_twice(enum pr_out action)
{
	if (action == PR_PREEMPT_AND_ABORT)
		target_out(1, action, target.keys[1], target.keys[9]);
}

static void a_lost_answer_is_no_lost_race(void **ignored)
{
	target.keys[9] = guard_make_key("head2", "web", 1, false);
	target.holder = 9;
	target.type = PR_TYPE_WRITE_EXCLUSIVE_REGISTRANTS;
	one->terms.asked = true;
	target.before = answer_twice;
	assert_int_equal(take(one), 0);
	assert_true(is_held_by(1));
}

static void who_was_preempted_says_so_at_the_stop(void **ignored)
{
	take(one);
	two->terms.asked = true;
	take(two);
	release(one);
	assert_int_equal(state(one), GUARDNOTE_LOST);
	assert_true(is_held_by(2));
}

static void none_is_no_way_around_a_fence(void **ignored)
{
	take(one);
	two->terms.asked = true;
	take(two);
	release(two);
	svc.guard = GUARD_NONE;
	assert_int_equal(take(two), -EBUSY);
	assert_non_null(strstr(err.text, "still reserved"));
	/* Somebody has cleared it since. */
	target_reset();
	assert_int_equal(take(two), 0);
	assert_int_equal(state(two), GUARDNOTE_NONE);
	svc.guard = GUARD_RESERVATION;
}

/* Or it would count as lost for ever: what lost it is over. */
static void none_forgets_that_it_was_lost(void **ignored)
{
	take(one);
	two->terms.takeover = true;
	take(two);
	release(one);
	assert_int_equal(state(one), GUARDNOTE_LOST);
	svc.guard = GUARD_NONE;
	assert_int_equal(take(one), 0);
	assert_int_equal(state(one), GUARDNOTE_NONE);
	svc.guard = GUARD_RESERVATION;
}

static void it_is_watched_from_the_start_on(void **ignored)
{
	watches = 0;
	take(one);
	assert_int_equal(watches, 1);
	take(two);
	assert_int_equal(watches, 1);
	release(one);
	assert_int_equal(watches, 0);
}

static void slow_disks_are_waited_for(void **ignored)
{
	target.attentions = 5;
	target.busy = 3;
	assert_int_equal(take(one), 0);
	assert_true(is_held_by(1));
	target.attentions = 1000;
	assert_int_equal(take(one), -EAGAIN);
	assert_non_null(strstr(err.text, "sense 6/2a/03"));
}

static void a_disk_that_cannot_is_refused(void **ignored)
{
	target.aptpl = false;
	assert_int_equal(take(one), -EOPNOTSUPP);
	assert_int_equal(target_count(), 0);
	assert_int_equal(guard_check(&svc, &err), -EOPNOTSUPP);
	assert_non_null(strstr(err.text, "no APTPL"));
	target.aptpl = true;
	target.room = 0;
	assert_int_equal(take(one), -ENOSPC);
	assert_non_null(strstr(err.text, "no room"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
		TEST(nothing_is_left_after_a_stop),
		TEST(none_asks_nothing),
		TEST(a_start_by_hand_is_refused_and_changes_nothing),
		TEST(after_a_claim_the_dead_head_loses_the_disk),
		TEST(a_takeover_by_hand_waits_for_the_other_heads_silence),
		TEST(the_fence_outlives_the_head_that_took_over),
		TEST(a_head_that_speaks_for_itself_ends_the_fence),
		TEST(what_has_stayed_is_taken_by_whom_it_is_granted_to),
		TEST(a_source_that_starts_again_takes_what_it_had_kept),
		TEST(who_is_registered_has_not_released),
		TEST(nor_who_registers_after_the_first_look),
		TEST(a_power_cut_does_not_end_the_fence),
		TEST(a_power_cut_leaves_nothing_that_hinders),
		TEST(ghosts_are_removed),
		TEST(foreigners_are_respected),
		TEST(strangers_are_named_before_the_start),
		TEST(who_loses_the_race_gives_up),
		TEST(each_path_is_registered),
		TEST(another_head_loses_each_of_its_paths),
		TEST(a_path_that_is_back_is_not_a_lost_race),
		TEST(a_path_that_is_not_registered_is_named),
		TEST(a_loss_is_not_taken_for_it),
		TEST(nor_is_a_stop),
		TEST(a_head_that_has_lost_the_disk_says_so_to_multipathd),
		TEST(one_path_is_enough),
		TEST(a_path_that_is_lost_meanwhile_leaves_nothing),
		TEST(a_path_without_room_fails_the_start),
		TEST(without_multipathd_nothing_starts),
		TEST(ghosts_of_both_paths_are_removed),
		TEST(two_heads_of_one_name_do_not_both_start),
		TEST(a_lost_answer_is_no_lost_race),
		TEST(who_was_preempted_says_so_at_the_stop),
		TEST(none_is_no_way_around_a_fence),
		TEST(none_forgets_that_it_was_lost),
		TEST(it_is_watched_from_the_start_on),
		TEST(slow_disks_are_waited_for),
		TEST(a_disk_that_cannot_is_refused),
	};
	int rc;

	if (!mkdtemp(dir))
		return 1;
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(dir);
	return rc;
}
