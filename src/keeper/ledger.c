// SPDX-License-Identifier: GPL-2.0-or-later
/* ledger: the last operations on a service, step by step. */
#include "keeper/ledger.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "core/asker.h"
#include "core/cleanup.h"
#include "core/json.h"
#include "os/file.h"

/* ---- looking */

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

/* ---- adding */

/* A process id or a number of seconds does not make it another error. */
static bool equal_but_numbers(const char *a, const char *b)
{
	while (*a && *b) {
		if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
			a += strspn(a, "0123456789");
			b += strspn(b, "0123456789");
		} else if (*a++ != *b++) {
			return false;
		}
	}
	return !*a && !*b;
}

static bool is_same_failure(struct json_object *a, struct json_object *b)
{
	static const char *const keys[] = { "outcome", "from", "to" };
	const char *error = json_member_string(b, "error");
	struct asker one = { 0 }, two = { 0 };
	char name[2][ASKER_NAME_MAX];

	if (!error[0] || !equal_but_numbers(json_member_string(a, "error"), error))
		return false;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!is_of(a, keys[i], json_member_string(b, keys[i])))
			return false;
	asker_from_json(&one, json_object_object_get(a, "by"));
	asker_from_json(&two, json_object_object_get(b, "by"));
	return strcmp(asker_name(&one, name[0], sizeof(name[0])),
		      asker_name(&two, name[1], sizeof(name[1]))) == 0;
}

/* The newest record of the same operation, if it is the same failure. */
static bool find_same(struct json_object *records, struct json_object *record, size_t *at)
{
	size_t i = json_object_array_length(records);

	while (i > 0 && !is_of(json_object_array_get_idx(records, i - 1), "op",
			       json_member_string(record, "op")))
		i--;
	*at = i - 1;
	return i > 0 &&
	       is_same_failure(json_object_array_get_idx(records, i - 1), record);
}

static void count_up(struct json_object *record, struct json_object *before)
{
	int count = json_member_double(before, "count");
	double since = json_member_double(before, "since");

	json_object_object_add(record, "count",
			       json_object_new_int(count > 1 ? count + 1 : 2));
	json_object_object_add(
		record, "since",
		json_object_new_double(since > 0 ? since
						 : json_member_double(before, "began")));
}

void ledger_add(struct json_object *records, struct json_object *record)
{
	size_t at, n;

	if (find_same(records, record, &at)) {
		count_up(record, json_object_array_get_idx(records, at));
		json_object_array_del_idx(records, at, 1);
	}
	json_object_array_add(records, json_object_get(record));
	n = json_object_array_length(records);
	if (n > LEDGER_MAX)
		json_object_array_del_idx(records, 0, n - LEDGER_MAX);
}
