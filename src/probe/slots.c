// SPDX-License-Identifier: GPL-2.0-or-later
/* slots: what must be in each slot of the record file. */
#include "probe/slots.h"

#include <errno.h>
#include <stdlib.h>

int slots_init(struct slots *slots, uint64_t n)
{
	*slots = (struct slots){ .n = n };
	slots->next = calloc(n, sizeof(*slots->next));
	slots->wall_ns = calloc(n, sizeof(*slots->wall_ns));
	return slots->next && slots->wall_ns ? 0 : -ENOMEM;
}

void slots_free(struct slots *slots)
{
	free(slots->next);
	free(slots->wall_ns);
	*slots = (struct slots){};
}

bool slots_get(const struct slots *slots, uint64_t seq, uint64_t *old)
{
	uint64_t next = slots->next[seq % slots->n];

	*old = next - 1;
	return next != 0;
}

void slots_begin(struct slots *slots, uint64_t seq, uint64_t wall_ns)
{
	uint64_t slot = seq % slots->n;

	slots->next[slot] = 0;
	slots->wall_ns[slot] = wall_ns;
	if (slot >= slots->used)
		slots->used = slot + 1;
}

uint64_t slots_wall(const struct slots *slots, uint64_t seq)
{
	return slots->wall_ns[seq % slots->n];
}

void slots_ack(struct slots *slots, uint64_t seq)
{
	slots->next[seq % slots->n] = seq + 1;
}

void slots_sum_add(struct slots_sum *sum, struct slots_bad record)
{
	sum->checked++;
	if (record.state == RECORD_GOOD)
		return;
	if (record.state == RECORD_ZERO)
		sum->missing++;
	else
		sum->wrong++;
	if (sum->n_bad < SLOTS_BAD_MAX)
		sum->bad[sum->n_bad++] = record;
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
		struct slots_bad record;

		if (!next)
			continue;
		record = (struct slots_bad){ next - 1, slots->wall_ns[first + i],
					     RECORD_ZERO };
		if ((i + 1) * RECORD_SIZE <= len)
			record.state =
				record_check(buf + i * RECORD_SIZE, run, record.seq);
		slots_sum_add(sum, record);
	}
}
