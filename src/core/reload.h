/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reload: what differs between two versions of a service file, and can it be applied? */
#ifndef BATON_CORE_RELOAD_H
#define BATON_CORE_RELOAD_H

#include <json-c/json.h>
#include <stdbool.h>

#include "core/err.h"
#include "core/keys.h"
#include "core/service.h"

/**
 * struct reload_change - one difference
 * @key: of the service file
 * @before: its value, or one export's; NULL = was not there
 * @after: the same in the new file; NULL = is not there any more
 */
struct reload_change {
	enum key_id key;
	char *before;
	char *after;
};

/** struct reload_changes - start from all zero, end with reload_free() */
struct reload_changes {
	struct reload_change *v;
	size_t n;
	size_t room;
};

/**
 * reload_compare - list what differs, key by key
 * @changes: filled; an export is compared with that of the same path
 * @before, @after: the service as it is in use, and as it shall be
 *
 * Files of different digests need not differ in anything that is listed here.
 *
 * Return: 0, or -ENOMEM.
 */
int reload_compare(struct reload_changes *changes, const struct service *before,
		   const struct service *after);

/**
 * reload_check - may the service become what a new file says?
 * @before, @after: as above
 * @serving: it is served on this head; else everything can be changed
 * @err: the first key that cannot, and what to do
 *
 * Return: 0, -EBUSY, or -ENOMEM.
 */
int reload_check(const struct service *before, const struct service *after, bool serving,
		 struct err *err);

/** reload_is_same - the same digest, and nothing to list? */
bool reload_is_same(const struct service *before, const struct service *after);

/** reload_when - "at the next start"; NULL = now. */
const char *reload_when(enum key_id key);

/** reload_to_json - [{key, old, new, when}], long values cut; the caller owns it. */
struct json_object *reload_to_json(const struct reload_changes *changes, bool serving);

/** reload_free - release the list. */
void reload_free(struct reload_changes *changes);

#endif
