/* SPDX-License-Identifier: GPL-2.0-or-later */
/* member: the members of a JSON object that may be missing. */
#ifndef BATON_CORE_MEMBER_H
#define BATON_CORE_MEMBER_H

#include <json-c/json.h>
#include <stdbool.h>

/** member_string - the text of a member, "" if it is missing or null; belongs to the object. */
static inline const char *member_string(struct json_object *o, const char *key)
{
	struct json_object *v;

	return json_object_object_get_ex(o, key, &v) && v ? json_object_get_string(v)
							  : "";
}

/** member_double - the number of a member, 0 if it is missing. */
static inline double member_double(struct json_object *o, const char *key)
{
	struct json_object *v;

	return json_object_object_get_ex(o, key, &v) ? json_object_get_double(v) : 0;
}

/** member_bool - the truth of a member, false if it is missing. */
static inline bool member_bool(struct json_object *o, const char *key)
{
	struct json_object *v;

	return json_object_object_get_ex(o, key, &v) && json_object_get_boolean(v);
}

#endif
