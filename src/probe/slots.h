/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slots: what must stand in each slot of the record file. Pure. */
#ifndef BATON_PROBE_SLOTS_H
#define BATON_PROBE_SLOTS_H

#include <stdbool.h>
#include <stdint.h>

#include "probe/record.h"

/**
 * struct slots - the record file as acknowledged
 * @n: slots; record SEQ goes to slot SEQ % n
 * @wall_ns: when the record of a slot was begun, since the epoch
 * @next: 1 + the sequence number acknowledged last in a slot; 0 = nothing certain
 * @used: slots that ever were begun
 */
struct slots {
	uint64_t n;
	uint64_t *next;
	uint64_t *wall_ns;
	uint64_t used;
};

/* Bad records a report names one by one; the others are counted. */
#define SLOTS_BAD_MAX 32

/* A record that was read back; those that are bad are kept. @wall_ns: when it was begun. */
struct slots_bad {
	uint64_t seq;
	uint64_t wall_ns;
	uint32_t state; /* enum record_state */
};

/**
 * struct slots_sum - what reading back has found
 * @checked: acknowledged records that were compared, good or not
 * @missing: of them: zeroes, or beyond the end of the file
 * @wrong: of them: something else than what was acknowledged
 * @bad: the first ones of those missing and wrong
 */
struct slots_sum {
	uint64_t checked;
	uint64_t missing;
	uint64_t wrong;
	struct slots_bad bad[SLOTS_BAD_MAX];
	uint32_t n_bad;
};

/**
 * slots_init - @n empty slots; the memory is touched only where a slot is used
 * Return: 0 or -ENOMEM; slots_free() releases it.
 */
int slots_init(struct slots *slots, uint64_t n);
void slots_free(struct slots *slots);

/** slots_get - is something acknowledged where @seq goes? If so, @old is its number. */
bool slots_get(const struct slots *slots, uint64_t seq, uint64_t *old);

/** slots_begin - record @seq is about to be written: its slot holds nothing certain */
void slots_begin(struct slots *slots, uint64_t seq, uint64_t wall_ns);

/** slots_wall - when the record that was begun last where @seq goes was */
uint64_t slots_wall(const struct slots *slots, uint64_t seq);

/** slots_ack - record @seq was acknowledged: it must be there from now on */
void slots_ack(struct slots *slots, uint64_t seq);

/** slots_sum_add - account for one record that was read back */
void slots_sum_add(struct slots_sum *sum, struct slots_bad record);

/** slots_sum_merge - add @from to @to */
void slots_sum_merge(struct slots_sum *to, const struct slots_sum *from);

/**
 * slots_check - compare a run of slots with what was read from them
 * @slots: what must be there
 * @run: id of the run
 * @first: number of the first slot
 * @count: slots asked for
 * @buf: what was read, from the begin of slot @first
 * @len: how many bytes; a file that ends early lacks what it should hold
 * @sum: where the result is added
 */
void slots_check(const struct slots *slots, uint64_t run, uint64_t first, uint64_t count,
		 const uint8_t *buf, uint64_t len, struct slots_sum *sum);

#endif
