// SPDX-License-Identifier: GPL-2.0-or-later
/* status: the state of each service on every head. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/common.h"
#include "cmd/service_rows.h"
#include "cmd/watch.h"
#include "core/json.h"
#include "core/output.h"
#include "os/conffile.h"
#include "os/software.h"
#include "os/terminal.h"

/* "shown" holds what the table words differently from JSON. */
static const struct table_column columns[] = {
	{ "SERVICE", "service", 0, SCOLS_FL_WRAP, false, "name of the service" },
	{ "HEAD", "head", 0, SCOLS_FL_WRAP, false, "name of the head" },
	{ "STATE", "state", 0, 0, false, "state of the service on that head" },
	{ "KEEPER", "keeper", 0, SCOLS_FL_WRAP, false, "what the keeper there does" },
	{ "ADDRESS", "shown.addresses", 0, SCOLS_FL_WRAP, false,
	  "the floating addresses" },
	{ "GRACE", "shown.grace", 0.2, SCOLS_FL_WRAP, false,
	  "clients that the grace period waits for" },
	{ "LAST-MOVE", "shown.last", 0, SCOLS_FL_WRAP, false,
	  "from where to where, and the pause or how it failed" },
	{ "MOVED", "shown.moved", 0, 0, true, "when the last move began" },
	{ "GUARD", "shown.guard", 0, 0, true, "what keeps other heads off the disk" },
	{ "CONNS", "connections", 0, SCOLS_FL_RIGHT, true, "connections of clients" },
	{ "HOLDING", "shown.holding", 0, SCOLS_FL_RIGHT, true,
	  "clients that hold opens, locks or delegations" },
	{ "IDLE", "clients.idle", 0, SCOLS_FL_RIGHT, true, "clients that hold nothing" },
	{ "COURTESY", "clients.courtesy", 0, SCOLS_FL_RIGHT, true,
	  "clients whose lease has expired" },
	{ "SIZE", "shown.size", 0, SCOLS_FL_RIGHT, true, "size of the filesystem" },
	{ "AVAIL", "shown.avail", 0, SCOLS_FL_RIGHT, true, "space that is available" },
	{ "USED", "shown.used", 0, SCOLS_FL_RIGHT, true,
	  "share of the space that is not available" },
	{ "INODES", "shown.inodes", 0, SCOLS_FL_RIGHT, true,
	  "share of the inodes that is in use" },
	{ "DEVICE", "device", 0, SCOLS_FL_WRAP, true, "the disk" },
	{ "VERSION", "version", 0, 0, true, "version of baton on that head" },
	{ "ERROR", "error", 0.3, SCOLS_FL_WRAP, true,
	  "why nothing is known; otherwise below the table" },
	{ 0 },
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

/* Names the clients it waits for, as far as there is room. */
static void show_grace(struct json_object *row, struct json_object *shown)
{
	struct json_object *names = NULL, *grace;
	char text[400];
	size_t n, total = 0, len;

	if (!json_object_object_get_ex(row, "grace", &grace))
		return;
	/* Once it is over, it no longer matters which clients it waited for. */
	if (json_object_get_boolean(grace)) {
		total = (size_t)json_member_double(row, "waiting_total");
		json_object_object_get_ex(row, "waiting", &names);
	}
	n = json_object_is_type(names, json_type_array) ? json_object_array_length(names)
							: 0;
	total = total > n ? total : n;
	len = snprintf(text, sizeof(text), "%s",
		       json_object_get_boolean(grace) ? "yes" : "no");
	if (n)
		len = snprintf(text, sizeof(text), "waits for ");
	for (size_t i = 0; i < n && len < sizeof(text); i++)
		len += snprintf(
			text + len, sizeof(text) - len, "%s%s", i ? ", " : "",
			json_object_get_string(json_object_array_get_idx(names, i)));
	if (total > n && len < sizeof(text))
		snprintf(text + len, sizeof(text) - len, " and %zu more", total - n);
	json_object_object_add(shown, "grace", json_object_new_string(text));
}

/* The newest of all heads, if possible with the pause: heads that came late lack it. */
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
	json_object_object_add(shown, "moved", json_object_new_string(when));
	len = snprintf(text, sizeof(text), "%s %s %s", json_member_string(last, "from"),
		       output_arrow(), json_member_string(last, "to"));
	if (strcmp(outcome, "done") != 0 && len < sizeof(text))
		snprintf(text + len, sizeof(text) - len, " %s", outcome);
	else if (pause > 0 && len < sizeof(text))
		snprintf(text + len, sizeof(text) - len, " %.2f s", pause / 1000);
	json_object_object_add(shown, "last", json_object_new_string(text));
}

static void show_filesystem(struct json_object *row, struct json_object *shown)
{
	struct json_object *fs = json_object_object_get(row, "filesystem");
	double size = json_member_double(fs, "size_bytes"),
	       avail = json_member_double(fs, "avail_bytes"),
	       files = json_member_double(fs, "files");
	char text[16];

	if (size > 0) {
		output_bytes(text, sizeof(text), size);
		json_object_object_add(shown, "size", json_object_new_string(text));
		output_bytes(text, sizeof(text), avail);
		json_object_object_add(shown, "avail", json_object_new_string(text));
		output_share(text, sizeof(text), avail, size);
		json_object_object_add(shown, "used", json_object_new_string(text));
	}
	if (files > 0) {
		output_share(text, sizeof(text), json_member_double(fs, "files_free"),
			     files);
		json_object_object_add(shown, "inodes", json_object_new_string(text));
	}
}

/* Without a reservation: its kind; with one: what has become of it. */
static void show_guard(struct json_object *row, struct json_object *shown)
{
	struct json_object *guard;
	const char *state, *kind;

	if (!json_object_object_get_ex(row, "guard", &guard))
		return;
	state = json_member_string(guard, "state");
	kind = json_member_string(guard, "kind");
	json_object_object_add(
		shown, "guard",
		json_object_new_string(json_member_bool(guard, "silent") &&
						       strcmp(state, "lost") != 0
					       ? "silent"
				       : strcmp(state, "none") != 0 ? state
								    : kind));
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
	/* Name each client once. */
	if (json_object_object_get_ex(row, "clients", &value)) {
		int n = (int)(json_member_double(value, "holding") -
			      json_member_double(value, "courtesy"));

		json_object_object_add(shown, "holding",
				       json_object_new_int(n > 0 ? n : 0));
	}
	show_guard(row, shown);
	show_grace(row, shown);
	show_filesystem(row, shown);
	json_object_object_add(row, "shown", shown);
}

__attribute__((format(printf, 2, 3))) static void add_note(struct json_object *notes,
							   const char *fmt, ...)
{
	struct json_object *note = json_object_new_object();
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) >= 0)
		json_object_object_add(note, "note", json_object_new_string(text));
	va_end(ap);
	free(text);
	json_object_array_add(notes, note);
}

/* Errors and warnings go below the table: they are too long for a column. */
static struct json_object *collect_notes(struct json_object *rows, bool errors)
{
	struct json_object *notes = json_object_new_array(), *warnings;

	for (size_t i = 0; i < json_object_array_length(rows); i++) {
		struct json_object *row = json_object_array_get_idx(rows, i);
		const char *service = json_member_string(row, "service"),
			   *error = json_member_string(row, "error");

		if (errors && error[0])
			add_note(notes, "error: %s: %s", service, error);
		if (!json_object_object_get_ex(row, "warnings", &warnings))
			continue;
		for (size_t k = 0; k < json_object_array_length(warnings); k++)
			add_note(notes, "warning: %s: %s", service,
				 json_object_get_string(
					 json_object_array_get_idx(warnings, k)));
	}
	return notes;
}

static void print_notes(FILE *out, struct json_object *notes, unsigned int width)
{
	static const struct table_column note[] = {
		{ "NOTE", "note", 0, SCOLS_FL_WRAP, false, "" },
		{ 0 },
	};
	struct table table;

	table_init(&table, note);
	table.noheadings = true;
	table_print(out, &table, notes, width);
}

static void print_table(FILE *out, struct json_object *rows,
			const struct common_options *options)
{
	unsigned int width = terminal_get_width(STDOUT_FILENO);
	const struct table *table = &options->table;
	struct json_object *notes = collect_notes(rows, !table_shows(table, "error"));

	for (size_t i = 0; i < json_object_array_length(rows); i++)
		add_shown(rows, json_object_array_get_idx(rows, i));
	/* Of a table that is longer than the terminal only the beginning is seen. */
	if (options->watch)
		print_notes(out, notes, width);
	table_print(out, table, rows, width);
	/* A program that reads lines without headings would take each note for a row. */
	if (!options->watch)
		print_notes(table->noheadings ? stderr : out, notes, width);
	json_object_put(notes);
}

static void print(FILE *out, struct json_object *rows, const struct err *err,
		  const struct common_options *options)
{
	bool bare = options->table.noheadings && !options->watch;

	if (options->json)
		output_json(out, rows);
	/* A file with an invalid name has no row. */
	if (err->text[0])
		fprintf(options->watch && !options->json ? out : stderr, "baton: %s\n",
			err->text);
	if (options->json)
		return;
	if (json_object_array_length(rows))
		print_table(out, rows, options);
	else if (!err->text[0])
		fprintf(bare ? stderr : out, "no services: there is no NAME.conf in %s\n",
			config_dir(NULL));
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
	print(out, rows, &err, options);
	json_object_put(rows);
	return code;
}

int cmd_status(int argc, char **argv)
{
	struct common_options options;
	struct err err = { 0 };

	if (common_parse_table(
		    argc, argv,
		    "Show the present state of a service, or of all services, on every head. "
		    "This head's keeper asks the other heads; without a keeper only this head "
		    "is shown.",
		    COMMON_NAME_OPTIONAL | COMMON_WATCH, columns, &options) < 0)
		return BATON_EXIT_USAGE;
	/* Only root can look into /run/baton: to others everything would seem absent. */
	if ((options.name && service_check_name(options.name, &err) < 0) ||
	    software_check_root(&err) < 0)
		return common_fail(&err);
	return options.watch ? watch_run(options.watch, draw, &options)
			     : draw(stdout, &options);
}
