/* SPDX-License-Identifier: GPL-2.0-or-later */
/* head: what happens on a head: the children that run operations, and the agent. */
#ifndef BATON_MODEL_HEAD_H
#define BATON_MODEL_HEAD_H

#include "world.h"

void child_lock(struct world *w, unsigned int head, unsigned int whose);
void child_step(struct world *w, unsigned int head, unsigned int whose);
void child_fails(struct world *w, unsigned int head, unsigned int whose, bool given_up);
bool child_may_give_up(const struct m_child *child);
void child_dies(struct world *w, unsigned int head, unsigned int whose);
void agent_begin(struct world *w, unsigned int head, unsigned int kind,
		 unsigned int target);
bool agent_may_go_on(const struct world *w, unsigned int head);
/** agent_goes_on - @hasty: it no longer waits for the keepers of nodes that are online */
void agent_goes_on(struct world *w, unsigned int head, bool hasty);
/** requester_gives_up - an agent's time is over, or an operator has pressed Ctrl-C */
void requester_gives_up(struct world *w, unsigned int head, enum requester whose);
/** agent_ends - Pacemaker gets the result (pacemaker.c) */
void agent_ends(struct world *w, unsigned int head, bool success);

#endif
