// SPDX-License-Identifier: GPL-2.0-or-later
/* log: the ledger of the last operations, each step with its time, also as bars. */
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/common.h"
#include "core/member.h"
#include "core/output.h"
#include "keeper/ledger.h"
#include "sys/software.h"

#define BAR_WIDTH 24

static void show_steps(struct json_object *steps)
{
	double longest = 0;

	for (size_t i = 0; i < json_object_array_length(steps); i++) {
		double ms = member_double(json_object_array_get_idx(steps, i), "ms");

		longest = ms > longest ? ms : longest;
	}
	for (size_t i = 0; i < json_object_array_length(steps); i++) {
		struct json_object *s = json_object_array_get_idx(steps, i);
		double ms = member_double(s, "ms");
		char bar[BAR_WIDTH * 3 + 1];
		const char *outcome = member_string(s, "outcome"),
			   *note = member_string(s, "note");

		output_bar(bar, sizeof(bar), BAR_WIDTH, longest > 0 ? ms / longest : 0);
		printf("  %-11s %8.1f ms  %s%s%s%s%s\n", member_string(s, "step"), ms,
		       bar, strcmp(outcome, "done") == 0 ? "" : "  ",
		       strcmp(outcome, "done") == 0 ? "" : outcome, note[0] ? "  " : "",
		       note);
	}
}

static void show_record(struct json_object *record)
{
	time_t began = member_double(record, "began");
	const char *error = member_string(record, "error");
	struct json_object *steps;
	char when[32];
	struct tm tm;

	strftime(when, sizeof(when), "%F %T", localtime_r(&began, &tm));
	printf("%s  %s %s in %.0f ms%s%s\n", when, member_string(record, "op"),
	       member_string(record, "outcome"), member_double(record, "ms"),
	       error[0] ? ": " : "", error);
	if (json_object_object_get_ex(record, "steps", &steps) &&
	    json_object_is_type(steps, json_type_array))
		show_steps(steps);
}

int cmd_log(int argc, char **argv)
{
	struct common_options options;
	struct json_object *records;
	struct service svc = { 0 };
	struct err err = { 0 };
	struct paths paths;
	size_t n, first;
	int rc;

	if (common_parse(
		    argc, argv,
		    "Show the last starts and stops of a service on this head, step by step.",
		    COMMON_LAST, &options) < 0)
		return BATON_EXIT_USAGE;
	/* What was done is worth knowing with the service file gone, too. */
	if (service_check_name(options.name, &err) < 0 || software_check_root(&err) < 0)
		return common_fail(&err);
	setlocale(LC_CTYPE, "");
	paths_init(&paths, options.name);
	if (ledger_load(&paths, &records, &err) < 0)
		return common_fail(&err);
	n = json_object_array_length(records);
	if (n == 0) {
		/* Nothing was done, or there is no such service? */
		rc = common_load(&svc, options.name);
		service_free(&svc);
		if (rc) {
			json_object_put(records);
			return rc;
		}
	}
	first = n > (size_t)options.last ? n - options.last : 0;
	json_object_array_del_idx(records, 0, first);
	if (options.json)
		output_json(stdout, records);
	for (size_t i = 0; i < n - first && !options.json; i++)
		show_record(json_object_array_get_idx(records, i));
	if (n == 0 && !options.json)
		printf("%s: nothing yet since this head booted\n", options.name);
	json_object_put(records);
	return BATON_EXIT_OK;
}
