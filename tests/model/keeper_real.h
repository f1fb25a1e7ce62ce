/* SPDX-License-Identifier: GPL-2.0-or-later */
/* keeper_real: baton's own keeper, one event at a time. */
#ifndef BATON_MODEL_KEEPER_REAL_H
#define BATON_MODEL_KEEPER_REAL_H

#include "world.h"

/** keeper_open - once: opens what baton's keeper opens */
void keeper_open(void);
/* Each lets one thing happen to the keeper of a head; the world changes with it. */
void keeper_begins(struct world *w, unsigned int head);
void keeper_hears(struct world *w, unsigned int head);
void keeper_ends_job(struct world *w, unsigned int head);
void keeper_times_out(struct world *w, unsigned int head, bool claim);
void keeper_loses_group(struct world *w, unsigned int head);
void keeper_loses_disk(struct world *w, unsigned int head);
/** keeper_watches - does it believe that it serves? Then it asks the disk each second. */
bool keeper_watches(const struct world *w, unsigned int head);
/** @gone: heads; @to: of a move */
void keeper_asked(struct world *w, unsigned int head, const char *request, bool agent,
		  bool takeover, bool knows, unsigned int gone, int to,
		  enum requester fd);
/** stand_word - a word that a keeper says of itself */
const char *stand_word(unsigned int index);
const char *keeper_word(const struct world *w, unsigned int head);

#endif
