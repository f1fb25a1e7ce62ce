// SPDX-License-Identifier: GPL-2.0-or-later
/* ledger: the last operations on a service, step by step. */
#include "keeper/ledger.h"

#include <errno.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/json.h"
#include "os/file.h"

static int load_file(const char *path, struct json_object **records, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	int rc = file_read_all(path, LEDGER_MAX_LEN, &text, &len);

	*records = NULL;
	if (rc < 0)
		return err_set(err, BATON_EXIT_FAILED, -rc, "read %s", path);
	*records = json_tokener_parse(text);
	if (json_object_is_type(*records, json_type_array))
		return 0;
	json_object_put(*records);
	*records = NULL;
	return err_set(err, BATON_EXIT_FAILED, 0, "%s is damaged; remove it", path);
}

int ledger_load(const struct paths *paths, struct json_object **records, struct err *err)
{
	struct err why;
	int rc = load_file(paths->ledger, records, &why);

	/* Nothing yet since the head booted: from before. */
	if (rc == -ENOENT)
		rc = load_file(paths->ledger_kept, records, &why);
	if (rc == -ENOENT) {
		*records = json_object_new_array();
		return 0;
	}
	if (rc < 0 && err)
		*err = why;
	return rc;
}

struct json_object *ledger_begin(const struct paths *paths)
{
	struct json_object *records;

	if (ledger_load(paths, &records, NULL) == 0 ||
	    load_file(paths->ledger_kept, &records, NULL) == 0)
		return records;
	return json_object_new_array();
}

static bool is_of(struct json_object *record, const char *key, const char *value)
{
	return !value || strcmp(json_member_string(record, key), value) == 0;
}

struct json_object *ledger_find_last(const struct paths *paths, const char *op,
				     const char *outcome)
{
	struct json_object *records, *found = NULL;

	if (ledger_load(paths, &records, NULL) < 0)
		return NULL;
	for (size_t i = json_object_array_length(records); i > 0 && !found; i--) {
		struct json_object *r = json_object_array_get_idx(records, i - 1);

		if (is_of(r, "op", op) && is_of(r, "outcome", outcome))
			found = json_object_get(r);
	}
	json_object_put(records);
	return found;
}
