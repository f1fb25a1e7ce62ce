/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guardnote: a note of what this head has registered at the service's disk. */
#ifndef BATON_OS_GUARDNOTE_H
#define BATON_OS_GUARDNOTE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/paths.h"
#include "os/lowerdisk.h"

/** enum guardnote_state - what has become of the registration */
enum guardnote_state {
	GUARDNOTE_NONE,
	GUARDNOTE_TAKING, /* it is being registered */
	GUARDNOTE_HELD,   /* this head may write */
	GUARDNOTE_GOING,  /* it is being given up */
	GUARDNOTE_KEPT, /* not served here, but still registered: see guard_must_stay() */
	GUARDNOTE_LOST, /* another head has removed it */
};

/**
 * struct guardnote - the note
 * @key: of this head
 * @since: when it was registered, seconds since 1970
 * @disk: what identifies the disk (os/lowerdisk.h), without blanks
 */
struct guardnote {
	enum guardnote_state state;
	uint64_t key;
	int64_t since;
	char disk[LOWERDISK_WWID_MAX];
};

/** guardnote_state_name - "none", "held" … */
const char *guardnote_state_name(enum guardnote_state state);

/** guardnote_is_registered - may this head's key be at the disk, with nothing decided about it? */
bool guardnote_is_registered(const struct guardnote *note);

/** guardnote_prepare - make the file, so that a full /run cannot fail a start later. */
int guardnote_prepare(const struct paths *paths, struct err *err);

/** guardnote_read - the note; GUARDNOTE_NONE without one. */
struct guardnote guardnote_read(const struct paths *paths);

/** guardnote_write - replace it. Return: 0, or -errno. */
int guardnote_write(const struct paths *paths, const struct guardnote *note,
		    struct err *err);

/** guardnote_set_state - change only what has become of it. */
void guardnote_set_state(const struct paths *paths, enum guardnote_state state);

#endif
