// SPDX-License-Identifier: GPL-2.0-or-later
/* report: what a check found. */
#include "core/report.h"

#include <string.h>

static const char *const names[] = {
	[VERDICT_OK] = "ok",
	[VERDICT_UNSURE] = "unsure",
	[VERDICT_WRONG] = "wrong",
};

void report_init(struct report *report)
{
	memset(report, 0, sizeof(*report));
	report->findings = json_object_new_array();
}

void report_free(struct report *report)
{
	json_object_put(report->findings);
	memset(report, 0, sizeof(*report));
}

void report_add(struct report *report, const char *item, enum verdict verdict,
		enum exit_code code, const char *detail, const char *advice)
{
	struct json_object *row = json_object_new_object();

	report->unsure |= verdict == VERDICT_UNSURE;
	if (verdict == VERDICT_WRONG && !report->status)
		report->status = code;
	json_object_object_add(row, "item", json_object_new_string(item));
	json_object_object_add(row, "verdict", json_object_new_string(names[verdict]));
	json_object_object_add(row, "detail", json_object_new_string(detail));
	json_object_object_add(row, "advice",
			       verdict ? json_object_new_string(advice) : NULL);
	json_object_array_add(report->findings, row);
}

struct json_object *report_to_json(const struct report *report, const char *key,
				   const char *name)
{
	enum verdict all = report->status   ? VERDICT_WRONG
			   : report->unsure ? VERDICT_UNSURE
					    : VERDICT_OK;
	struct json_object *tree = json_object_new_object();

	json_object_object_add(tree, key, json_object_new_string(name));
	json_object_object_add(tree, "verdict", json_object_new_string(names[all]));
	json_object_object_add(tree, "status", json_object_new_int(report->status));
	json_object_object_add(tree, "findings", json_object_get(report->findings));
	return tree;
}
