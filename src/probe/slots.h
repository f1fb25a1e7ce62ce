/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slots: what must be in each slot of the record file. Pure. */
#ifndef BATON_PROBE_SLOTS_H
#define BATON_PROBE_SLOTS_H

#include <stdbool.h>
#include <stdint.h>

#include "probe/record.h"

/**
 * struct slots - the record file as acknowledged
 * @n: slots; record SEQ goes to slot SEQ % n
 * @wall_ns: when the record in a slot was begun, since the epoch
 * @next: 1 + the sequence number acknowledged last in a slot; 0 = nothing is certain
 * @used: slots that were ever begun
 */
struct slots {
	uint64_t n;
	uint64_t *next;
	uint64_t *wall_ns;
	uint64_t used;
};

/* Bad records that a report names one by one; the others are counted. */
#define SLOTS_BAD_MAX 32

/* A record that was read back; bad ones are kept. @wall_ns: when it was begun. */
struct slots_bad {
	uint64_t seq;
	uint64_t wall_ns;
	uint32_t state; /* enum record_state */
};

/**
 * struct slots_sum - the result of reading back
 * @checked: acknowledged records that were compared, good or not
 * @missing: of those: zeroes, or beyond the end of the file
 * @wrong: of those: not what was acknowledged
 * @bad: the first of the missing and wrong ones
 */
struct slots_sum {
	uint64_t checked;
	uint64_t missing;
	uint64_t wrong;
	struct slots_bad bad[SLOTS_BAD_MAX];
	uint32_t n_bad;
};

/**
 * slots_init - make @n empty slots; memory is touched only where a slot is used
 * Return: 0 or -ENOMEM; slots_free() releases it.
 */
int slots_init(struct slots *slots, uint64_t n);
void slots_free(struct slots *slots);

/** slots_get - is a record acknowledged where @seq goes? If so, @old is its number. */
bool slots_get(const struct slots *slots, uint64_t seq, uint64_t *old);

/** slots_begin - record @seq is about to be written: nothing is certain in its slot */
void slots_begin(struct slots *slots, uint64_t seq, uint64_t wall_ns);

/** slots_wall - when the last record in the slot of @seq was begun */
uint64_t slots_wall(const struct slots *slots, uint64_t seq);

/** slots_ack - record @seq was acknowledged: from now on it must be there */
void slots_ack(struct slots *slots, uint64_t seq);

/** slots_sum_add - add one record that was read back */
void slots_sum_add(struct slots_sum *sum, struct slots_bad record);

/** slots_sum_merge - add @from to @to */
void slots_sum_merge(struct slots_sum *to, const struct slots_sum *from);

/**
 * slots_check - compare a run of slots with what was read from them
 * @slots: what must be there
 * @run: id of the run
 * @first: number of the first slot
 * @count: number of slots
 * @buf: what was read, from the start of slot @first
 * @len: how many bytes; what lies beyond the end of the file counts as missing
 * @sum: the result is added to it
 */
void slots_check(const struct slots *slots, uint64_t run, uint64_t first, uint64_t count,
		 const uint8_t *buf, uint64_t len, struct slots_sum *sum);

#endif
