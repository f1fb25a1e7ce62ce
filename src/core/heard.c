// SPDX-License-Identifier: GPL-2.0-or-later
/* heard: for how long has this head been hearing clients without interruption? */
#include "core/heard.h"

void heard_start(struct heard *heard)
{
	*heard = (struct heard){ .whole = true };
}

void heard_interrupt(struct heard *heard)
{
	*heard = (struct heard){ 0 };
}

void heard_note(struct heard *heard, int64_t now_ms, unsigned int lease_s)
{
	if (heard->begun && now_ms - heard->last_ms > lease_s * 1000ll)
		heard_interrupt(heard);
	if (!heard->begun)
		heard->since_ms = now_ms;
	heard->begun = true;
	heard->last_ms = now_ms;
}

bool heard_is_enough(const struct heard *heard, unsigned int lease_s,
		     unsigned int courtesy_s)
{
	if (!heard->whole && courtesy_s < HEARD_RETURN_S)
		courtesy_s = HEARD_RETURN_S;
	return heard->begun &&
	       heard->last_ms - heard->since_ms >= (lease_s + courtesy_s) * 1000ll;
}
