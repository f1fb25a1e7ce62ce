// SPDX-License-Identifier: GPL-2.0-or-later
/* ledger_append: adds an operation to the ledger and the journal. */
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include "core/asker.h"
#include "core/json.h"
#include "keeper/ledger.h"
#include "os/file.h"

static void tell_journal(const char *name, struct json_object *record)
{
	const char *op = json_member_string(record, "op"),
		   *outcome = json_member_string(record, "outcome");
	const char *error = json_member_string(record, "error");
	double ms = json_member_double(record, "ms");
	char steps[600] = "", by[ASKER_NAME_MAX] = "";
	struct asker asker;
	struct json_object *list;
	size_t len = 0;

	json_object_object_get_ex(record, "steps", &list);
	for (size_t i = 0; i < json_object_array_length(list) && len < sizeof(steps);
	     i++) {
		struct json_object *s = json_object_array_get_idx(list, i);

		len += snprintf(steps + len, sizeof(steps) - len, "%s%s %.0f",
				i ? ", " : "", json_member_string(s, "step"),
				json_member_double(s, "ms"));
	}
	if (asker_from_json(&asker, json_object_object_get(record, "by")) == 0)
		asker_name(&asker, by, sizeof(by));
	sd_journal_send("MESSAGE=%s: %s %s in %.0f ms, by %s%s%s (%s)", name, op, outcome,
			ms, by, error[0] ? ": " : "", error, steps, "BATON_BY=%s", by,
			"PRIORITY=%d", error[0] ? LOG_ERR : LOG_NOTICE,
			"BATON_SERVICE=%s", name, "BATON_OPERATION=%s", op,
			"BATON_OUTCOME=%s", outcome, "BATON_MS=%.0f", ms,
			"BATON_STEPS=%s", steps, NULL);
}

void ledger_append(const struct paths *paths, const char *name,
		   struct json_object *record)
{
	static const struct asker keeper;
	struct json_object *records = ledger_begin(paths);
	const char *text;

	if (!json_object_object_get_ex(record, "by", NULL))
		json_object_object_add(record, "by", asker_to_json(&keeper));
	ledger_add(records, record);
	tell_journal(name, record);
	text = json_object_to_json_string_ext(records, JSON_C_TO_STRING_PLAIN);
	if (file_replace(paths->ledger, text, strlen(text), 0) == 0)
		ledger_keep(paths);
	json_object_put(records);
}
