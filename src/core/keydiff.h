/* SPDX-License-Identifier: GPL-2.0-or-later */
/* keydiff: in which keys do two readings of a service's file differ? */
#ifndef BATON_CORE_KEYDIFF_H
#define BATON_CORE_KEYDIFF_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"

/* Most keys in one list, more than any version has. */
#define KEYDIFF_MAX 64
/* Longest name of a key: lower-case letters, digits, '-' and '_', a letter first. */
#define KEYDIFF_NAME_MAX 24
/* Room for a hash in text: 16 hexadecimal digits and the terminating zero. */
#define KEYDIFF_HASH_TEXT 17

/**
 * struct keydiff_key - what a key has for a value on one head
 * @name: of the key
 * @hash: of its value, as it is given or by default
 * @is_default: the value is the default of the version that has read the file
 * @local: concerns only its own head (core/keys.h); not sent, so false in another's list
 */
struct keydiff_key {
	char name[KEYDIFF_NAME_MAX + 1];
	char hash[KEYDIFF_HASH_TEXT];
	bool is_default;
	bool local;
};

/**
 * struct keydiff_list - every key that a version of baton knows
 * @n: how many; 0 = nothing is known
 */
struct keydiff_list {
	struct keydiff_key v[KEYDIFF_MAX];
	size_t n;
};

/**
 * struct keydiff_side - one of two heads that are compared
 * @head: its name
 * @version: of its baton
 * @keys: of its keeper
 */
struct keydiff_side {
	const char *head;
	const char *version;
	const struct keydiff_list *keys;
};

/** enum keydiff - how a key compares; a key that one side does not know is NULL there */
enum keydiff {
	KEYDIFF_SAME, /* the values are equal, or one side has no such key and the other
			     leaves it at its default */
	KEYDIFF_FILE, /* the files differ */
	KEYDIFF_UNKNOWN,  /* one side has no such key, and the other gives it a value */
	KEYDIFF_DEFAULTS, /* neither side gives it a value, and their defaults differ */
};

/**
 * keydiff_add - append a key
 * @value: any text; only its hash is kept
 * @len: its length
 *
 * Keys after the first KEYDIFF_MAX are left out.
 */
void keydiff_add(struct keydiff_list *list, const char *name, const char *value,
		 size_t len, bool is_default, bool local);

/** keydiff_find - look a key up; NULL = that version does not know it. */
const struct keydiff_key *keydiff_find(const struct keydiff_list *list, const char *name);

/** keydiff_compare - compare one key; at most one of @a and @b is NULL. */
enum keydiff keydiff_compare(const struct keydiff_key *a, const struct keydiff_key *b);

/**
 * keydiff_check - do two keepers mean the same service, as far as clients can notice?
 * @here: this head
 * @there: the other one
 * @name: of the service, and
 * @file: its file, for the message
 * @err: which keys are the obstacle, on which heads, in which versions (BATON_EXIT_PEER)
 *
 * A default that differs between versions is no obstacle if the key is local. In what the
 * files say, every key counts.
 *
 * Return: 0, or -EINVAL.
 */
int keydiff_check(const struct keydiff_side *here, const struct keydiff_side *there,
		  const char *name, const char *file, struct err *err);

/** keydiff_format - make the array for a message; the caller owns it. */
struct json_object *keydiff_format(const struct keydiff_list *list);

/**
 * keydiff_parse - read it from another head's message
 * @array: NULL = none: the list is empty
 *
 * Unknown members of an entry are ignored, because later versions may add some.
 *
 * Return: 0, or -EPROTO with an empty list.
 */
int keydiff_parse(struct keydiff_list *list, struct json_object *array, struct err *err);

#endif
