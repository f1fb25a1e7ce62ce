/* SPDX-License-Identifier: GPL-2.0-or-later */
/* group: corosync's closed process group, and names that make two states the same. */
#ifndef BATON_MODEL_GROUP_H
#define BATON_MODEL_GROUP_H

#include "world.h"

/** group_is_late - has a member gone without the others having been told? */
bool group_is_late(const struct world *w, unsigned int head);
/** group_notice - tell all that @head reaches who has gone */
void group_notice(struct world *w, unsigned int head);
/** group_form - tell all that @head reaches who is there */
void group_form(struct world *w, unsigned int head);

#endif
