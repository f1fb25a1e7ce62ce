// SPDX-License-Identifier: GPL-2.0-or-later
/* status: what stands of each service, on every head. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/common.h"
#include "cmd/service_rows.h"
#include "cmd/watch.h"
#include "core/json.h"
#include "core/output.h"
#include "os/software.h"
#include "os/terminal.h"

/* "shown" has what a table says in other words than JSON. */
static const struct column columns[] = {
	{ "service", "SERVICE", OUTPUT_LEFT, NULL },
	{ "head", "HEAD", OUTPUT_LEFT, NULL },
	{ "state", "STATE", OUTPUT_LEFT, NULL },
	{ "keeper", "KEEPER", OUTPUT_LEFT, NULL },
	{ "shown.addresses", "ADDRESS", OUTPUT_WRAP, NULL },
	{ "connections", "CONNS", OUTPUT_RIGHT, NULL },
	{ "shown.holding", "HOLDING", OUTPUT_RIGHT, NULL },
	{ "clients.idle", "IDLE", OUTPUT_RIGHT, NULL },
	{ "clients.courtesy", "COURTESY", OUTPUT_RIGHT, NULL },
	{ "shown.grace", "GRACE", OUTPUT_WRAP, NULL },
	{ "shown.last", "LAST MOVE", OUTPUT_WRAP, NULL },
	{ "error", "ERROR", OUTPUT_WRAP, NULL },
	{ NULL, NULL, OUTPUT_LEFT, NULL },
};

static bool is_state(struct json_object *row, const char *state)
{
	return strcmp(json_member_string(row, "state"), state) == 0;
}

/* Is the service of @row served by another head of @rows? */
static bool is_elsewhere(struct json_object *rows, struct json_object *row)
{
	if (!is_state(row, "standby") && !is_state(row, "absent"))
		return false;
	for (size_t i = 0; i < json_object_array_length(rows); i++) {
		struct json_object *other = json_object_array_get_idx(rows, i);

		if (is_state(other, "serving") &&
		    strcmp(json_member_string(other, "service"),
			   json_member_string(row, "service")) == 0)
			return true;
	}
	return false;
}

/* Whom it waits for, as far as there is room. */
static void show_grace(struct json_object *row, struct json_object *shown)
{
	struct json_object *names = NULL, *grace;
	char text[400];
	size_t n, total, len;

	if (!json_object_object_get_ex(row, "grace", &grace))
		return;
	total = (size_t)json_member_double(row, "waiting_total");
	json_object_object_get_ex(row, "waiting", &names);
	n = json_object_is_type(names, json_type_array) ? json_object_array_length(names)
							: 0;
	total = total > n ? total : n;
	len = snprintf(text, sizeof(text), "%s",
		       json_object_get_boolean(grace) ? "yes" : "no");
	if (json_object_get_boolean(grace) && n)
		len = snprintf(text, sizeof(text), "waits for ");
	for (size_t i = 0; i < n && len < sizeof(text); i++)
		len += snprintf(
			text + len, sizeof(text) - len, "%s%s", i ? ", " : "",
			json_object_get_string(json_object_array_get_idx(names, i)));
	if (total > n && len < sizeof(text))
		snprintf(text + len, sizeof(text) - len, " and %zu more", total - n);
	json_object_object_add(shown, "grace", json_object_new_string(text));
}

/* The newest of all heads; of the same, one that knows the pause: who came later does not. */
static struct json_object *find_last(struct json_object *rows, const char *service)
{
	struct json_object *best = NULL;

	for (size_t i = 0; i < json_object_array_length(rows); i++) {
		struct json_object *row = json_object_array_get_idx(rows, i), *last;
		double newer;

		if (strcmp(json_member_string(row, "service"), service) != 0 ||
		    !json_object_object_get_ex(row, "last", &last) || !last)
			continue;
		newer = json_member_double(last, "began") -
			json_member_double(best, "began");
		/* The heads' clocks may differ by a little. */
		if (!best || newer > 60 ||
		    (newer > -60 && json_member_double(last, "pause_ms") > 0))
			best = last;
	}
	return best;
}

static void show_last(struct json_object *rows, struct json_object *row,
		      struct json_object *shown)
{
	struct json_object *last = find_last(rows, json_member_string(row, "service"));
	time_t began = json_member_double(last, "began");
	double pause = json_member_double(last, "pause_ms");
	const char *outcome = json_member_string(last, "outcome");
	char when[32], text[400];
	struct tm tm;
	size_t len;

	if (!last)
		return;
	strftime(when, sizeof(when), "%F %T", localtime_r(&began, &tm));
	len = snprintf(text, sizeof(text), "%s %s %s %s", when,
		       json_member_string(last, "from"), output_arrow(),
		       json_member_string(last, "to"));
	if (strcmp(outcome, "done") != 0 && len < sizeof(text))
		snprintf(text + len, sizeof(text) - len, " %s", outcome);
	else if (pause > 0 && len < sizeof(text))
		snprintf(text + len, sizeof(text) - len, " %.2f s", pause / 1000);
	json_object_object_add(shown, "last", json_object_new_string(text));
}

static void add_shown(struct json_object *rows, struct json_object *row)
{
	struct json_object *shown = json_object_new_object(), *value;

	if (!is_elsewhere(rows, row)) {
		if (json_object_object_get_ex(row, "addresses", &value))
			json_object_object_add(shown, "addresses",
					       json_object_get(value));
		show_last(rows, row, shown);
	}
	/* Each client once. */
	if (json_object_object_get_ex(row, "clients", &value)) {
		int n = (int)(json_member_double(value, "holding") -
			      json_member_double(value, "courtesy"));

		json_object_object_add(shown, "holding",
				       json_object_new_int(n > 0 ? n : 0));
	}
	show_grace(row, shown);
	json_object_object_add(row, "shown", shown);
}

static void print_warnings(FILE *out, struct json_object *row)
{
	struct json_object *warnings;

	if (!json_object_object_get_ex(row, "warnings", &warnings))
		return;
	for (size_t i = 0; i < json_object_array_length(warnings); i++)
		fprintf(out, "warning: %s: %s\n", json_member_string(row, "service"),
			json_object_get_string(json_object_array_get_idx(warnings, i)));
}

static void print_table(FILE *out, struct json_object *rows)
{
	for (size_t i = 0; i < json_object_array_length(rows); i++)
		add_shown(rows, json_object_array_get_idx(rows, i));
	output_table(out, columns, rows, terminal_get_width(STDOUT_FILENO));
	for (size_t i = 0; i < json_object_array_length(rows); i++)
		print_warnings(out, json_object_array_get_idx(rows, i));
}

static int draw(FILE *out, void *data)
{
	const struct common_options *options = data;
	struct err err = { 0 };
	struct json_object *rows;
	int code = service_rows_collect(options->name, &rows, &err);

	if (options->watch && !options->json) {
		time_t now = time(NULL);
		char when[32];
		struct tm tm;

		strftime(when, sizeof(when), "%F %T", localtime_r(&now, &tm));
		fprintf(out, "%s, every %d s\n", when, options->watch);
	}
	if (options->json)
		output_json(out, rows);
	else
		print_table(out, rows);
	/* A file whose name no service may have is in no row. */
	if (err.text[0])
		fprintf(options->watch ? out : stderr, "baton: %s\n", err.text);
	json_object_put(rows);
	return code;
}

int cmd_status(int argc, char **argv)
{
	struct common_options options;
	struct err err = { 0 };

	if (common_parse(
		    argc, argv,
		    "Show the present state of a service, or of all services, on every head. "
		    "This head's keeper asks the other heads; without a keeper only this head "
		    "is shown.",
		    COMMON_NAME_OPTIONAL | COMMON_WATCH, &options) < 0)
		return BATON_EXIT_USAGE;
	/* Others cannot look into /run/baton: to them everything would seem absent. */
	if ((options.name && service_check_name(options.name, &err) < 0) ||
	    software_check_root(&err) < 0)
		return common_fail(&err);
	return options.watch ? watch_run(options.watch, draw, &options)
			     : draw(stdout, &options);
}
