// SPDX-License-Identifier: GPL-2.0-or-later
/* guardnote: a note of what this head has registered at the service's disk. */
#include "os/guardnote.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "os/file.h"

/* Length of the note, with trailing blanks. */
#define NOTE_LEN 200

static const char *const names[] = {
	[GUARDNOTE_NONE] = "none", [GUARDNOTE_TAKING] = "taking",
	[GUARDNOTE_HELD] = "held", [GUARDNOTE_GOING] = "going",
	[GUARDNOTE_KEPT] = "kept", [GUARDNOTE_LOST] = "lost",
};

#define N_NAMES (sizeof(names) / sizeof(names[0]))

const char *guardnote_state_name(enum guardnote_state state)
{
	return names[state];
}

int guardnote_write(const struct paths *paths, const struct guardnote *note,
		    struct err *err)
{
	char text[NOTE_LEN];
	int rc;

	snprintf(text, sizeof(text), "%s %llx %lld %s", names[note->state],
		 (unsigned long long)note->key, (long long)note->since, note->disk);
	rc = file_overwrite(paths->guard, text, NOTE_LEN);
	return rc < 0 ? err_set(err, BATON_EXIT_RESOURCE, -rc, "write %s", paths->guard)
		      : 0;
}

struct guardnote guardnote_read(const struct paths *paths)
{
	char text[NOTE_LEN + 1], word[16];
	unsigned long long key;
	struct guardnote note = { 0 };
	long long since;

	if (file_read(paths->guard, text, sizeof(text)) <= 0 ||
	    sscanf(text, "%15s %llx %lld %127s", word, &key, &since, note.disk) < 3)
		return note;
	for (size_t i = 0; i < N_NAMES; i++)
		if (strcmp(word, names[i]) == 0)
			note.state = i;
	note.key = key;
	note.since = since;
	return note;
}

bool guardnote_is_registered(const struct guardnote *note)
{
	return note->state == GUARDNOTE_TAKING || note->state == GUARDNOTE_HELD ||
	       note->state == GUARDNOTE_GOING;
}

int guardnote_prepare(const struct paths *paths, struct err *err)
{
	const struct guardnote none = { 0 };

	return access(paths->guard, F_OK) == 0 ? 0 : guardnote_write(paths, &none, err);
}

void guardnote_set_state(const struct paths *paths, enum guardnote_state state)
{
	struct guardnote note = guardnote_read(paths);

	note.state = state;
	guardnote_write(paths, &note, NULL);
}
