// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * digest: what a service file says, as a whole and key by key, to compare it by.
 *
 * baton 0.1.0 compares digests, and refuses every move between heads where they differ.
 * So the digest must stay what 0.1.0 makes of the same file: a later key does not count
 * while it is at its default, and a later default does not count at all. What such a
 * default means for a move is seen from the lists of keys (core/keydiff.h).
 */
#include "core/digest.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <uuid/uuid.h>

#include "core/cleanup.h"
#include "core/keys.h"

_Static_assert(KEY_COUNT <= KEYDIFF_MAX, "a list of keys must have room for all");

/* Room for a default as a line; the longest are lists of words. */
#define LINE_MAX_TEXT 200

/**
 * struct reading - what a key has for a value, as lines
 * @now: by this version, and its default
 * @first: by 0.1.0, and its default
 */
struct reading {
	const char *now, *first;
	char usual[LINE_MAX_TEXT];
	char first_usual[LINE_MAX_TEXT];
};

static void format_default(char line[LINE_MAX_TEXT], const char *name, const char *value)
{
	*line = '\0';
	if (value)
		snprintf(line, LINE_MAX_TEXT, "%s=%s\n", name, value);
}

static void read_key(struct reading *r, const struct key *k, const char *given)
{
	format_default(r->usual, k->name, k->fallback);
	format_default(r->first_usual, k->name, k->first ? k->first : k->fallback);
	r->now = given ? given : r->usual;
	r->first = given ? given : r->first_usual;
}

static void list_key(struct service *svc, const struct key *k, const struct reading *r)
{
	keydiff_add(&svc->keys, k->name, r->now, strlen(r->now),
		    strcmp(r->now, r->usual) == 0, k->local);
	if (!k->later)
		keydiff_add(&svc->first_keys, k->name, r->first, strlen(r->first),
			    strcmp(r->first, r->first_usual) == 0, k->local);
}

/*
 * Of several words 0.1.0 took only the first one, so `versions = 4.1` and
 * `versions = 4.1 4.2` have the same digest.
 */
static void print_key(FILE *out, const struct key *k, const struct reading *r)
{
	int n = strcspn(r->first, k->type == KEY_SOME_OF ? " \n" : "");

	if (k->later && strcmp(r->now, r->usual) == 0)
		return;
	fprintf(out, "%.*s%s", n, r->first, r->first[n] ? "\n" : "");
}

/* UUID version 5 (RFC 4122, 4.3): a SHA-1 that libuuid has anyway; it hides nothing. */
int digest_make(struct service *svc, const char *const *values)
{
	static const uuid_t ns = { 0x1a, 0x5c, 0x9e, 0x02, 0x77, 0xd1, 0x4b, 0x0e,
				   0x8f, 0x33, 0xba, 0x70, 0x4e, 0xc0, 0xf1, 0x95 };
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	uuid_t id;

	if (!out)
		return -ENOMEM;
	for (enum key_id key = 0; key < KEY_COUNT; key++) {
		struct reading r;

		read_key(&r, &keys[key], values[key]);
		list_key(svc, &keys[key], &r);
		print_key(out, &keys[key], &r);
	}
	if (fclose(out) != 0)
		return -ENOMEM;
	uuid_generate_sha1(id, ns, text, len);
	uuid_unparse_lower(id, svc->digest);
	return 0;
}
