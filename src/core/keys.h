/* SPDX-License-Identifier: GPL-2.0-or-later */
/* keys: the one table of configuration keys, for parser, man page and meta-data. */
#ifndef BATON_CORE_KEYS_H
#define BATON_CORE_KEYS_H

#include <stdbool.h>

enum key_id {
	KEY_DEVICE,
	KEY_FSTYPE,
	KEY_OPTIONS,
	KEY_ADDRESS,
	KEY_GATEWAY,
	KEY_EXPORT,
	KEY_LEASE,
	KEY_GRACE,
	KEY_COURTESY,
	KEY_DRAIN,
	KEY_DISK_TIMEOUT,
	KEY_GUARD,
	KEY_GUARD_TIMEOUT,
	KEY_THREADS,
	KEY_LINK,
	KEY_VERSIONS,
	KEY_COUNT,
};

enum key_type {
	KEY_TEXT,
	KEY_NUMBER,  /* decimal, between min and max */
	KEY_ONE_OF,  /* one word of choices */
	KEY_SOME_OF, /* one or more words of choices */
};

/** enum key_reload - what `baton reload` can do with a key while the service is served */
enum key_reload {
	RELOAD_NEVER, /* the service must be stopped */
	RELOAD_NOW,
	RELOAD_STOP,  /* holds at the next stop */
	RELOAD_START, /* holds at the next start */
};

/**
 * struct key - a key in section [service] of a service file
 * @name: of the key
 * @type: of its value
 * @value: what help texts call the value
 * @choices: words separated by single blanks, of KEY_ONE_OF and KEY_SOME_OF
 * @fallback: value when the key is missing; NULL = none, "" = empty
 * @first: what @fallback was in baton 0.1.0, if it was another one; only for config.c
 * @later: baton 0.1.0 does not know this key. It must have a fallback, or not be required:
 *         an older head serves as if it were missing
 * @local: concerns only the head itself, clients cannot notice it across a move: a head
 *         whose version has another fallback may still take over
 * @min: smallest number
 * @max: largest number
 * @unit: of the number, for messages, or NULL
 * @required: must be given
 * @limit: how often it may be given
 * @reload: can it be changed while the service is served?
 * @help: one line
 * @text: the paragraph in baton.conf(5), plain sentences
 */
struct key {
	const char *name;
	enum key_type type;
	const char *value;
	const char *choices;
	const char *fallback;
	const char *first;
	bool later;
	bool local;
	unsigned int min;
	unsigned int max;
	const char *unit;
	bool required;
	unsigned int limit;
	enum key_reload reload;
	const char *help;
	const char *text;
};

/** keys - the table, indexed by enum key_id. */
extern const struct key keys[KEY_COUNT];

/**
 * keys_find - look a key up by name
 * Return: its index in keys[], or KEY_COUNT if there is none.
 */
enum key_id keys_find(const char *name);

#endif
