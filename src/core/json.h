/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json: members of a JSON object, with defaults for missing ones. */
#ifndef BATON_CORE_JSON_H
#define BATON_CORE_JSON_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/** json_member_string - text of a member, "" if missing or null; the object owns it. */
static inline const char *json_member_string(struct json_object *o, const char *key)
{
	struct json_object *v;

	return json_object_object_get_ex(o, key, &v) && v ? json_object_get_string(v)
							  : "";
}

/** json_member_double - the number of a member, 0 if it is missing. */
static inline double json_member_double(struct json_object *o, const char *key)
{
	struct json_object *v;

	return json_object_object_get_ex(o, key, &v) ? json_object_get_double(v) : 0;
}

/** json_member_bool - the value of a boolean member, false if it is missing. */
static inline bool json_member_bool(struct json_object *o, const char *key)
{
	struct json_object *v;

	return json_object_object_get_ex(o, key, &v) && json_object_get_boolean(v);
}

/** json_member_at - the member at a path of keys, "a.b"; NULL if there is none. */
static inline struct json_object *json_member_at(struct json_object *o, const char *path)
{
	const char *dot;
	char key[64];

	for (; o && (dot = strchr(path, '.')); path = dot + 1) {
		snprintf(key, sizeof(key), "%.*s", (int)(dot - path), path);
		o = json_object_object_get(o, key);
	}
	return o ? json_object_object_get(o, path) : NULL;
}

#endif
