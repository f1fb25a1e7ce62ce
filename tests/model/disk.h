/* SPDX-License-Identifier: GPL-2.0-or-later */
/* disk: the disk's guard: its registrations, and the steps that take and release it. */
#ifndef BATON_MODEL_DISK_H
#define BATON_MODEL_DISK_H

#include "core/guard.h"
#include "world.h"

enum disk_end { DISK_GOES_ON, DISK_DONE, DISK_FAILED };

/** disk_begin - @head serves, and nobody else is registered */
void disk_begin(struct world *w, unsigned int head);
/** disk_keep_terms - what the keeper has told its child of the other heads */
void disk_keep_terms(struct m_child *child, const struct guard_terms *terms);
/** disk_take, disk_release - the next command of the step (keeper/guard.c) */
enum disk_end disk_take(struct world *w, unsigned int head, struct m_child *child);
enum disk_end disk_release(struct world *w, unsigned int head, struct m_child *child);
/** disk_fails - a command of the release has failed, which is only noted */
void disk_fails(struct world *w, unsigned int head);
/** disk_is_taken - does the note say that a stop has something to release? */
bool disk_is_taken(const struct world *w, unsigned int head);
const char *disk_next(const struct m_child *child, bool takes);
/** disk_can_write - the filesystem is mounted, and the disk carries its writes out */
bool disk_can_write(const struct world *w, unsigned int head);
/** disk_is_lost - would the watcher of this head, which serves, find its key removed? */
bool disk_is_lost(const struct world *w, unsigned int head);
/** disk_is_disputed - has a head that took over by order kept the source from the disk? */
bool disk_is_disputed(const struct world *w, unsigned int source, unsigned int target);
/** disk_note_writes - who can write makes old what others have mounted */
void disk_note_writes(struct world *w);
/** disk_canonical - the life that is registered is called 1 */
void disk_canonical(struct world *w);
/** disk_map_keys - a mask of keys, if head i is called to[i] */
uint8_t disk_map_keys(uint8_t keys, const uint8_t *to);

#endif
