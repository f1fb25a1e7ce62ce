// SPDX-License-Identifier: GPL-2.0-or-later
/* slots: what must stand in each slot of the record file. */
#include "probe/slots.h"

#include <errno.h>
#include <stdlib.h>

int slots_init(struct slots *slots, uint64_t n)
{
	*slots = (struct slots){ .n = n };
	slots->next = calloc(n, sizeof(*slots->next));
	return slots->next ? 0 : -ENOMEM;
}

void slots_free(struct slots *slots)
{
	free(slots->next);
	*slots = (struct slots){};
}

bool slots_get(const struct slots *slots, uint64_t seq, uint64_t *old)
{
	uint64_t next = slots->next[seq % slots->n];

	*old = next - 1;
	return next != 0;
}

void slots_begin(struct slots *slots, uint64_t seq)
{
	uint64_t slot = seq % slots->n;

	slots->next[slot] = 0;
	if (slot >= slots->used)
		slots->used = slot + 1;
}

void slots_ack(struct slots *slots, uint64_t seq)
{
	slots->next[seq % slots->n] = seq + 1;
}

void slots_sum_add(struct slots_sum *sum, uint64_t seq, enum record_state state)
{
	sum->checked++;
	if (state == RECORD_GOOD)
		return;
	if (state == RECORD_ZERO)
		sum->missing++;
	else
		sum->wrong++;
	if (sum->n_bad < SLOTS_BAD_MAX)
		sum->bad[sum->n_bad++] = (struct slots_bad){ seq, state };
}

void slots_sum_merge(struct slots_sum *to, const struct slots_sum *from)
{
	to->checked += from->checked;
	to->missing += from->missing;
	to->wrong += from->wrong;
	for (uint32_t i = 0; i < from->n_bad && to->n_bad < SLOTS_BAD_MAX; i++)
		to->bad[to->n_bad++] = from->bad[i];
}

void slots_check(const struct slots *slots, uint64_t run, uint64_t first, uint64_t count,
		 const uint8_t *buf, uint64_t len, struct slots_sum *sum)
{
	for (uint64_t i = 0; i < count && first + i < slots->n; i++) {
		uint64_t next = slots->next[first + i];

		if (!next)
			continue;
		if ((i + 1) * RECORD_SIZE > len)
			slots_sum_add(sum, next - 1, RECORD_ZERO);
		else
			slots_sum_add(sum, next - 1,
				      record_check(buf + i * RECORD_SIZE, run, next - 1));
	}
}
