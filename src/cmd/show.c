// SPDX-License-Identifier: GPL-2.0-or-later
/* show: prints a record of the ledger for an administrator. */
#include "cmd/show.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/asker.h"
#include "core/json.h"
#include "core/output.h"

#define BAR_WIDTH 24

/* The scale that all steps share. */
struct scale {
	double longest;
	int head_width;
};

static struct scale measure(struct json_object *steps)
{
	struct scale scale = { 0 };

	for (size_t i = 0; i < json_object_array_length(steps); i++) {
		struct json_object *s = json_object_array_get_idx(steps, i);
		double ms = json_member_double(s, "ms");
		int width = strlen(json_member_string(s, "head"));

		scale.longest = ms > scale.longest ? ms : scale.longest;
		scale.head_width = width > scale.head_width ? width : scale.head_width;
	}
	return scale;
}

static void show_step(struct json_object *s, const struct scale *scale)
{
	double ms = json_member_double(s, "ms");
	char bar[BAR_WIDTH * 3 + 1];
	const char *outcome = json_member_string(s, "outcome"),
		   *note = json_member_string(s, "note");

	output_bar(bar, sizeof(bar), BAR_WIDTH,
		   scale->longest > 0 ? ms / scale->longest : 0);
	if (scale->head_width)
		printf("  %-*s", scale->head_width, json_member_string(s, "head"));
	printf("  %-11s %8.1f ms  %s%s%s%s%s\n", json_member_string(s, "step"), ms, bar,
	       strcmp(outcome, "done") == 0 ? "" : "  ",
	       strcmp(outcome, "done") == 0 ? "" : outcome, note[0] ? "  " : "", note);
}

static const char *format_time(char *text, size_t size, double unix_s)
{
	time_t seconds = unix_s;
	struct tm tm;

	strftime(text, size, "%F %T", localtime_r(&seconds, &tm));
	return text;
}

/* A failure that repeats is one record, of the last time. */
static void show_count(struct json_object *record)
{
	int count = json_member_double(record, "count");
	char when[32];

	if (count > 1)
		printf(", %d times since %s", count,
		       format_time(when, sizeof(when),
				   json_member_double(record, "since")));
}

static void show_asker(struct json_object *record)
{
	struct asker asker;
	char name[ASKER_NAME_MAX];

	if (asker_from_json(&asker, json_object_object_get(record, "by")) < 0)
		return;
	printf(", by %s", asker_name(&asker, name, sizeof(name)));
	if (asker.kind == ASKER_COMMAND && asker.pid)
		printf(" (process %d)", asker.pid);
}

static void show_title(struct json_object *record)
{
	const char *error = json_member_string(record, "error"),
		   *from = json_member_string(record, "from");
	struct json_object *pause;
	char when[32];

	printf("%s  %s",
	       format_time(when, sizeof(when), json_member_double(record, "began")),
	       json_member_string(record, "op"));
	if (from[0])
		printf(" %s %s %s", from, output_arrow(),
		       json_member_string(record, "to"));
	printf(" %s in %.0f ms", json_member_string(record, "outcome"),
	       json_member_double(record, "ms"));
	if (json_object_object_get_ex(record, "pause_ms", &pause) && pause)
		printf(", pause %.0f ms", json_object_get_double(pause));
	show_count(record);
	show_asker(record);
	printf("%s%s\n", error[0] ? ": " : "", error);
}

void show_record(struct json_object *record)
{
	struct json_object *steps;
	struct scale scale;

	show_title(record);
	if (!json_object_object_get_ex(record, "steps", &steps) ||
	    !json_object_is_type(steps, json_type_array))
		return;
	scale = measure(steps);
	for (size_t i = 0; i < json_object_array_length(steps); i++)
		show_step(json_object_array_get_idx(steps, i), &scale);
}
