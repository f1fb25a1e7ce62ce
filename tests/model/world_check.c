// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * world_check: what must never be, as far as one state shows it. What must be reachable from
 * a state is looked for in explore.c.
 */
#include "disk.h"
#include "keeper/handover_table.h"
#include "world_internal.h"

unsigned int world_writers(const struct world *w)
{
	unsigned int mask = 0;

	for (unsigned int i = 0; i < rules.heads; i++)
		if (disk_can_write(w, i))
			mask |= 1u << i;
	return mask;
}

bool world_is_overwritten(const struct world *w)
{
	for (unsigned int i = 0; i < rules.heads; i++)
		if (w->head[i].stale && disk_can_write(w, i))
			return true;
	return false;
}

bool world_is_left_over(const struct world *w)
{
	bool left = false;

	if (!world_is_quiet(w))
		return false;
	for (unsigned int i = 0; i < rules.heads; i++) {
		const struct m_head *h = &w->head[i];
		const struct m_keeper *k = &h->keeper;

		if (h->agent.kind || h->operator|| k->handover_timer || k->claim_bits)
			return false;
		left |= k->holder || k->phase != HANDOVER_IDLE;
	}
	return left;
}
