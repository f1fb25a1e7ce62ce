// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "keeper/handover_table.h"

#define M(name) (HANDOVER_MESSAGE + MESSAGE_##name)

static struct handover_state in(enum handover_phase phase)
{
	struct handover_state h;

	handover_table_begin(&h, 7, "head2");
	h.phase = phase;
	return h;
}

static void the_good_way(void **state)
{
	struct handover_state source = in(HANDOVER_IDLE), target = in(HANDOVER_IDLE);
	struct handover_todo t = handover_table_step(&source, HANDOVER_WANTED, NULL);

	assert_true(t.known && t.sends && t.type == MESSAGE_PREPARE && t.deadline_ms);
	t = handover_table_step(&target, M(PREPARE), NULL);
	assert_true(t.begins && t.operation == OPERATION_PREPARE && !t.sends);
	t = handover_table_step(&target, HANDOVER_DONE, NULL);
	assert_true(t.sends && t.type == MESSAGE_READY && !t.deadline_ms && !t.ends);
	t = handover_table_step(&source, M(READY), NULL);
	assert_true(t.begins && t.operation == OPERATION_HAND_OVER && !t.deadline_ms);
	t = handover_table_step(&source, HANDOVER_DONE, NULL);
	assert_true(t.sends && t.type == MESSAGE_GRANTED && !t.ends);
	t = handover_table_step(&target, M(GRANTED), NULL);
	assert_true(t.begins && t.operation == OPERATION_TAKE);
	t = handover_table_step(&target, HANDOVER_DONE, NULL);
	assert_true(t.sends && t.type == MESSAGE_SERVING && t.ends);
	t = handover_table_step(&source, M(SERVING), NULL);
	assert_true(t.ends && !t.sends && !t.begins);
	assert_string_equal(source.reason.text, "");
	assert_string_equal(target.reason.text, "");
	assert_int_equal(source.phase, HANDOVER_IDLE);
	assert_int_equal(target.phase, HANDOVER_IDLE);
}

/* A failure before `granted` restarts the source; one after it never does. */
static void the_source_resumes_only_before_granting(void **state)
{
	static const int before[][2] = { { HANDOVER_STOPPING, HANDOVER_BROKEN },
					 { HANDOVER_DOOMED, HANDOVER_DONE },
					 { HANDOVER_DOOMED, HANDOVER_BROKEN } };
	static const int after[] = { HANDOVER_LEFT, HANDOVER_LATE, M(FAILED), M(REFUSE) };
	const struct err why = { BATON_EXIT_STANDING, "unmount: busy" };

	struct handover_todo t;
	struct handover_state h;

	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
		h = in(before[i][0]);
		t = handover_table_step(&h, before[i][1], &why);

		assert_true(t.begins && t.operation == OPERATION_START);
		assert_true(t.sends && t.type == MESSAGE_ABORTED && !t.ends);
		assert_true(h.reason.text[0]);
	}
	/* Not before its stop has ended: never two operations at once. */
	h = in(HANDOVER_STOPPING);
	t = handover_table_step(&h, HANDOVER_LEFT, NULL);
	assert_true(t.known && !t.begins && !t.sends && !t.ends);
	assert_int_equal(h.phase, HANDOVER_DOOMED);
	for (size_t i = 0; i < sizeof(after) / sizeof(after[0]); i++) {
		h = in(HANDOVER_GRANTED);
		t = handover_table_step(&h, after[i], &why);

		assert_true(t.known && t.ends && !t.begins && !t.sends);
		assert_true(h.reason.text[0]);
		assert_int_equal(h.phase, HANDOVER_IDLE);
	}
}

static void an_order_of_pacemakers_overrules(void **state)
{
	struct handover_state h = in(HANDOVER_READY);
	struct handover_todo t = handover_table_step(&h, HANDOVER_OVERRULED, NULL);

	assert_true(t.ends && t.sends && t.type == MESSAGE_REFUSE);
	/* The grant that is on its way reaches nobody. */
	assert_false(handover_table_step(&h, M(GRANTED), NULL).known);

	/* A source that has granted waits for the outcome. */
	h = in(HANDOVER_GRANTED);
	assert_false(handover_table_may_start(&h));
	h = in(HANDOVER_READY);
	assert_true(handover_table_may_start(&h));

	h = in(HANDOVER_STOPPING);
	t = handover_table_step(&h, HANDOVER_OVERRULED, NULL);
	assert_true(t.known && !t.sends && !t.ends);
	t = handover_table_step(&h, HANDOVER_DONE, NULL);
	assert_true(t.ends && t.type == MESSAGE_ABORTED && !t.begins);
	assert_string_equal(h.reason.text, "overruled by another request");
}

/* It has left and come back before this head has heard of it, and then heard `prepare`. */
static void a_target_that_is_back_does_not_wait(void **state)
{
	struct handover_state source = in(HANDOVER_ASKING), target = in(HANDOVER_IDLE);
	struct handover_todo t = handover_table_step(&source, HANDOVER_LEFT, NULL);

	assert_true(t.ends && t.sends && t.type == MESSAGE_ABORTED && !t.begins);
	assert_string_equal(source.reason.text, "head2 has gone");
	handover_table_step(&target, M(PREPARE), NULL);
	handover_table_step(&target, M(ABORTED), &source.reason);
	t = handover_table_step(&target, HANDOVER_DONE, NULL);
	assert_true(t.ends && !t.sends);
	assert_int_equal(target.phase, HANDOVER_IDLE);
}

static void the_first_reason_stays(void **state)
{
	const struct err first = { BATON_EXIT_DEVICE, "no disk" },
			 second = { BATON_EXIT_NETWORK, "no link" };
	struct handover_state h = in(HANDOVER_STOPPING);

	handover_table_step(&h, M(REFUSE), &first);
	handover_table_step(&h, HANDOVER_DONE, NULL);
	assert_int_equal(h.phase, HANDOVER_RESUMING);
	handover_table_step(&h, HANDOVER_BROKEN, &second);
	assert_string_equal(h.reason.text, "no disk; starting again here: no link");
	assert_int_equal(h.reason.code, BATON_EXIT_NETWORK);
	h = in(HANDOVER_ASKING);
	handover_table_step(&h, HANDOVER_LATE, NULL);
	assert_string_equal(h.reason.text, "head2 does not answer");
	assert_int_equal(h.reason.code, BATON_EXIT_PEER);
}

static void what_means_nothing_changes_nothing(void **state)
{
	static const int strange[][2] = {
		{ HANDOVER_IDLE, M(GRANTED) },
		{ HANDOVER_IDLE, M(READY) },
		{ HANDOVER_IDLE, HANDOVER_DONE },
		{ HANDOVER_PREPARING, M(GRANTED) },
		{ HANDOVER_TAKING, M(GRANTED) },
		{ HANDOVER_TAKING, M(ABORTED) },
		{ HANDOVER_STOPPING, M(SERVING) },
		{ HANDOVER_GRANTED, M(READY) },
		{ HANDOVER_READY, M(PREPARE) },
		{ HANDOVER_GRANTED, HANDOVER_OVERRULED },
		{ HANDOVER_RESUMING, HANDOVER_LEFT },
	};

	for (size_t i = 0; i < sizeof(strange) / sizeof(strange[0]); i++) {
		struct handover_state h = in(strange[i][0]);

		assert_false(handover_table_step(&h, strange[i][1], NULL).known);
		assert_int_equal(h.phase, strange[i][0]);
		assert_string_equal(h.reason.text, "");
	}
}

/* ---- two heads, one order of messages, anything may happen at any moment */

enum { NOTHING = -1, PACEMAKER = 100 };

struct sim_head {
	struct handover_state h;
	bool serves;
	bool timer;
	bool gone;  /* its keeper has died; the running operation still finishes */
	int op;     /* enum operation, or NOTHING */
	bool ours;  /* it belongs to the hand-over */
	int wanted; /* wanted by Pacemaker after that */
	int stops;  /* stop orders that were carried out */
};

struct sim {
	struct sim_head heads[2];
	struct {
		int from, type;
		uint64_t generation;
	} queue[64];
	size_t head, tail;
	uint64_t generation;
	unsigned int seed;
	int moved;
};

static unsigned int dice(struct sim *s, unsigned int n)
{
	return (unsigned int)rand_r(&s->seed) % n;
}

static void begin(struct sim *s, int i, int operation, bool ours)
{
	struct sim_head *head = &s->heads[i];

	assert_int_equal(head->op, NOTHING);
	head->op = operation;
	head->ours = ours;
	/* From now on there may be a writer. */
	if (operation == OPERATION_TAKE || operation == OPERATION_START)
		head->serves = true;
	if (s->heads[0].serves && s->heads[1].serves)
		fail_msg("seed %u: two heads serve", s->seed);
}

static void happen(struct sim *s, int i, int event)
{
	static const struct err why = { BATON_EXIT_FAILED, "why" };
	struct sim_head *head = &s->heads[i];
	struct handover_todo t;

	if (head->gone)
		return;
	t = handover_table_step(&head->h, event, &why);
	if (!t.known)
		return;
	head->timer = t.deadline_ms > 0;
	if (t.sends) {
		s->queue[s->tail % 64].from = i;
		s->queue[s->tail % 64].type = t.type;
		s->queue[s->tail % 64].generation = head->h.generation;
		s->tail++;
		s->moved += t.type == MESSAGE_SERVING;
	}
	if (t.begins)
		begin(s, i, t.operation, true);
}

static void deliver(struct sim *s)
{
	int from = s->queue[s->head % 64].from, type = s->queue[s->head % 64].type;
	uint64_t generation = s->queue[s->head % 64].generation;
	struct sim_head *to = &s->heads[1 - from];

	s->head++;
	if (type == MESSAGE_PREPARE && to->h.phase == HANDOVER_IDLE &&
	    to->op == NOTHING && !to->serves)
		handover_table_begin(&to->h, generation, "peer");
	if (to->h.generation == generation)
		happen(s, 1 - from, HANDOVER_MESSAGE + type);
}

static void end_op(struct sim *s, int i)
{
	struct sim_head *head = &s->heads[i];
	int op = head->op;
	bool ok = dice(s, 4) > 0, ours = head->ours;

	head->op = NOTHING;
	if (op == OPERATION_STOP || op == OPERATION_HAND_OVER)
		head->serves = ok ? false : head->serves;
	else if (op != OPERATION_PREPARE)
		head->serves = ok;
	if (ours)
		happen(s, i, ok ? HANDOVER_DONE : HANDOVER_BROKEN);
	else if (op == OPERATION_STOP && ok)
		head->stops++;
	if (head->op == NOTHING && head->wanted != NOTHING) {
		op = head->wanted;
		head->wanted = NOTHING;
		begin(s, i, op, false);
	}
}

static bool order(struct sim *s, int i, int operation)
{
	struct sim_head *head = &s->heads[i];

	if (head->wanted != NOTHING || (head->op != NOTHING && !head->ours))
		return false;
	if (operation == OPERATION_START && !handover_table_may_start(&head->h))
		return false;
	happen(s, i, HANDOVER_OVERRULED);
	if (head->op == NOTHING)
		begin(s, i, operation, false);
	else
		head->wanted = operation;
	return true;
}

/* Pacemaker starts only what it has stopped everywhere. Return: whether it has. */
static bool recover(struct sim *s)
{
	int at = dice(s, 2);

	if (s->heads[0].stops && s->heads[1].stops) {
		if (!order(s, at, OPERATION_START))
			return false;
		s->heads[0].stops = s->heads[1].stops = 0;
		return true;
	}
	for (int i = 0; i < 2; i++)
		if (!s->heads[i].stops)
			order(s, i, OPERATION_STOP);
	return false;
}

static void play(unsigned int seed, int *moved)
{
	struct sim s = { .seed = seed };
	bool recovering = false;

	for (int i = 0; i < 2; i++)
		s.heads[i].op = s.heads[i].wanted = NOTHING;
	s.heads[0].serves = true;
	for (int n = 0; n < 300; n++) {
		int i = dice(&s, 2);
		struct sim_head *head = &s.heads[i];

		switch (dice(&s, 40)) {
		case 0: /* an operator, after Pacemaker has finished */
		case 1:
			if (!recovering && head->serves && head->op == NOTHING &&
			    head->h.phase == HANDOVER_IDLE && !head->gone) {
				handover_table_begin(&head->h, ++s.generation, "peer");
				happen(&s, i, HANDOVER_WANTED);
			}
			break;
		case 2:
			if (head->timer)
				happen(&s, i, HANDOVER_LATE);
			break;
		case 3:
			recovering = true;
			break;
		case 4: /* a keeper dies; a new one starts and knows nothing */
			head->gone = true;
			happen(&s, 1 - i, HANDOVER_LEFT);
			head->gone = false;
			head->ours = false;
			head->timer = false;
			memset(&head->h, 0, sizeof(head->h));
			break;
		default:
			if (s.head < s.tail && dice(&s, 2))
				deliver(&s);
			else if (head->op != NOTHING)
				end_op(&s, i);
		}
		if (recovering && dice(&s, 4) == 0) {
			recovering = !recover(&s);
		}
	}
	*moved += s.moved;
}

static void never_two_writers(void **state)
{
	int moved = 0;

	for (unsigned int seed = 1; seed <= 20000; seed++)
		play(seed, &moved);
	/* It proves nothing if no move ever happens. */
	assert_true(moved > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_good_way),
		cmocka_unit_test(the_source_resumes_only_before_granting),
		cmocka_unit_test(an_order_of_pacemakers_overrules),
		cmocka_unit_test(a_target_that_is_back_does_not_wait),
		cmocka_unit_test(the_first_reason_stays),
		cmocka_unit_test(what_means_nothing_changes_nothing),
		cmocka_unit_test(never_two_writers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
