// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * keydiff: in which keys do two readings of a service's file differ?
 *
 * Keepers tell each other a hash of each key's value. The two may be of different
 * versions: one may know a key that the other does not, or have another default for it.
 */
#include "core/keydiff.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <uuid/uuid.h>

#include "core/json.h"

/* Names of keys for a message, as many as it has room for. */
struct names {
	char text[100];
	size_t n;
	size_t more; /* not named */
};

/* SHA-1 of libuuid, cut: enough to see a difference, and it hides nothing. */
static void make_hash(char hash[KEYDIFF_HASH_TEXT], const char *value, size_t len)
{
	static const uuid_t ns = { 0x6b, 0x0d, 0x3c, 0x51, 0x2e, 0x9a, 0x4f, 0x77,
				   0x91, 0x08, 0xd4, 0x5f, 0xe2, 0x16, 0xc8, 0x3a };
	uuid_t id;

	uuid_generate_sha1(id, ns, value, len);
	/* Bytes 6 and 8 have bits that are the same in all UUIDs. */
	for (size_t i = 0; i < 6; i++)
		sprintf(hash + 2 * i, "%02x", id[i]);
	sprintf(hash + 12, "%02x%02x", id[9], id[10]);
}

void keydiff_add(struct keydiff_list *list, const char *name, const char *value,
		 size_t len, bool is_default, bool local)
{
	struct keydiff_key *key = &list->v[list->n];

	if (list->n == KEYDIFF_MAX)
		return;
	list->n++;
	snprintf(key->name, sizeof(key->name), "%s", name);
	make_hash(key->hash, value, len);
	key->is_default = is_default;
	key->local = local;
}

const struct keydiff_key *keydiff_find(const struct keydiff_list *list, const char *name)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->v[i].name, name) == 0)
			return &list->v[i];
	return NULL;
}

enum keydiff keydiff_compare(const struct keydiff_key *a, const struct keydiff_key *b)
{
	if (!a || !b)
		return (a ? a : b)->is_default ? KEYDIFF_SAME : KEYDIFF_UNKNOWN;
	if (strcmp(a->hash, b->hash) == 0)
		return KEYDIFF_SAME;
	return a->is_default && b->is_default ? KEYDIFF_DEFAULTS : KEYDIFF_FILE;
}

/* ---- what is an obstacle, in words */

static void add_name(struct names *names, const char *name)
{
	size_t len = strlen(names->text), room = sizeof(names->text) - 20;

	names->n++;
	if (names->more || len + strlen(name) + 2 > room) {
		names->more++;
		return;
	}
	snprintf(names->text + len, room - len, "%s%s", len ? ", " : "", name);
}

/* The keys of @a that compare with those of @b as @wanted. */
static void list_names(struct names *names, const struct keydiff_list *a,
		       const struct keydiff_list *b, enum keydiff wanted)
{
	size_t len;

	memset(names, 0, sizeof(*names));
	for (size_t i = 0; i < a->n; i++) {
		const struct keydiff_key *key = &a->v[i];

		if (keydiff_compare(key, keydiff_find(b, key->name)) == wanted &&
		    !(wanted == KEYDIFF_DEFAULTS && key->local))
			add_name(names, key->name);
	}
	len = strlen(names->text);
	if (names->more)
		snprintf(names->text + len, sizeof(names->text) - len, " and %zu more",
			 names->more);
}

/* Does @a give a value to a key that @b does not know? */
static int check_known(const struct keydiff_side *a, const struct keydiff_side *b,
		       const char *file, struct err *err)
{
	struct names names;

	list_names(&names, a->keys, b->keys, KEYDIFF_UNKNOWN);
	if (!names.n)
		return 0;
	return err_set(err, BATON_EXIT_PEER, 0,
		       "version %s of baton on %.60s does not know %s, which %.100s on "
		       "%.60s (version %s) sets; update %.60s first",
		       b->version, b->head, names.text, file, a->head, a->version,
		       b->head);
}

int keydiff_check(const struct keydiff_side *here, const struct keydiff_side *there,
		  const char *name, const char *file, struct err *err)
{
	struct names names;
	int rc = check_known(here, there, file, err);

	if (rc == 0)
		rc = check_known(there, here, file, err);
	if (rc < 0)
		return rc;
	list_names(&names, here->keys, there->keys, KEYDIFF_FILE);
	if (names.n)
		return err_set(err, BATON_EXIT_PEER, 0,
			       "%.60s and %.60s have different values for %s; make "
			       "%.100s equal, then `baton reload %s`",
			       here->head, there->head, names.text, file, name);
	list_names(&names, here->keys, there->keys, KEYDIFF_DEFAULTS);
	if (!names.n)
		return 0;
	return err_set(err, BATON_EXIT_PEER, 0,
		       "version %s of baton on %.60s and %s on %.60s have different "
		       "defaults for %s; "
		       "give the value in %.100s on both, then `baton reload %s`",
		       here->version, here->head, there->version, there->head, names.text,
		       file, name);
}

/* ---- in messages */

struct json_object *keydiff_format(const struct keydiff_list *list)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < list->n; i++) {
		const struct keydiff_key *key = &list->v[i];
		struct json_object *o = json_object_new_object();

		json_object_object_add(o, "name", json_object_new_string(key->name));
		json_object_object_add(o, "hash", json_object_new_string(key->hash));
		if (key->is_default)
			json_object_object_add(o, "default",
					       json_object_new_boolean(true));
		json_object_array_add(array, o);
	}
	return array;
}

/* Also nothing that a terminal or a message could stumble over. */
static bool is_name(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_");

	return n && n <= KEYDIFF_NAME_MAX && !name[n] && *name >= 'a' && *name <= 'z';
}

static bool is_hash(const char *hash)
{
	return strlen(hash) == KEYDIFF_HASH_TEXT - 1 &&
	       strspn(hash, "0123456789abcdef") == KEYDIFF_HASH_TEXT - 1;
}

/* Text of a member, "" if it is no text or has a zero byte in it. */
static const char *text_of(struct json_object *o, const char *member)
{
	struct json_object *v;

	if (!json_object_object_get_ex(o, member, &v) ||
	    !json_object_is_type(v, json_type_string) ||
	    strlen(json_object_get_string(v)) != (size_t)json_object_get_string_len(v))
		return "";
	return json_object_get_string(v);
}

static const char *take(struct keydiff_list *list, struct json_object *o)
{
	struct keydiff_key *key = &list->v[list->n];
	const char *name, *hash;

	if (!json_object_is_type(o, json_type_object))
		return "an entry is not an object";
	name = text_of(o, "name");
	hash = text_of(o, "hash");
	if (!is_name(name))
		return "a name is none";
	if (keydiff_find(list, name))
		return "a name is there twice";
	if (!is_hash(hash))
		return "a hash is not 16 hexadecimal digits";
	snprintf(key->name, sizeof(key->name), "%s", name);
	snprintf(key->hash, sizeof(key->hash), "%s", hash);
	key->is_default = json_member_bool(o, "default");
	list->n++;
	return NULL;
}

int keydiff_parse(struct keydiff_list *list, struct json_object *array, struct err *err)
{
	const char *fault = NULL;

	memset(list, 0, sizeof(*list));
	if (!array)
		return 0;
	if (!json_object_is_type(array, json_type_array))
		fault = "it is no array";
	else if (json_object_array_length(array) > KEYDIFF_MAX)
		fault = "it is too long";
	for (size_t i = 0; !fault && i < json_object_array_length(array); i++)
		fault = take(list, json_object_array_get_idx(array, i));
	if (!fault)
		return 0;
	memset(list, 0, sizeof(*list));
	err_set(err, BATON_EXIT_PEER, 0, "its list of keys: %s", fault);
	return -EPROTO;
}
