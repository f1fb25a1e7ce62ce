// SPDX-License-Identifier: GPL-2.0-or-later
/* table_options: which columns of a table are shown, and the options that choose them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cmd/table.h"
#include "core/exit.h"

/* ---- what is shown ---- */

static void add_column(struct table *table, const struct table_column *column)
{
	size_t n = 0;

	while (table->shown[n] && table->shown[n] != column)
		n++;
	/* Each column once, so there is always room. */
	table->shown[n] = column;
}

void table_init(struct table *table, const struct table_column *columns)
{
	memset(table, 0, sizeof(*table));
	table->columns = columns;
	for (const struct table_column *c = columns; c->name; c++)
		if (!c->extra)
			add_column(table, c);
}

static int fail_unknown(const struct table *table, const char *word, size_t len,
			struct err *err)
{
	char known[TABLE_COLUMNS_MAX * 16] = "";

	for (const struct table_column *c = table->columns; c->name; c++) {
		size_t n = strlen(known);

		snprintf(known + n, sizeof(known) - n, "%s%s", n ? ", " : "", c->name);
	}
	return err_set(err, BATON_EXIT_USAGE, 0, "unknown column '%.*s'; there are %s",
		       len < 40 ? (int)len : 40, word, known);
}

int table_select(struct table *table, const char *list, struct err *err)
{
	if (*list == '+')
		list++;
	else
		memset(table->shown, 0, sizeof(table->shown));
	for (;; list++) {
		const struct table_column *c = table->columns;
		size_t len = strcspn(list, ",");

		while (c->name &&
		       (strncasecmp(c->name, list, len) != 0 || c->name[len] || !len))
			c++;
		if (!c->name)
			return fail_unknown(table, list, len, err);
		add_column(table, c);
		list += len;
		if (!*list)
			return 0;
	}
}

bool table_shows(const struct table *table, const char *key)
{
	for (size_t i = 0; table->shown[i]; i++)
		if (strcmp(table->shown[i]->key, key) == 0)
			return true;
	return false;
}

/* ---- options ---- */

#define KEY_NOHEADINGS 512

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct table *table = state->input;
	struct err err = { 0 };

	switch (key) {
	case 'o':
		if (table_select(table, arg, &err) == 0)
			return 0;
		fprintf(stderr, "%s: --output: %s\n", state->name, err.text);
		return EINVAL;
	case KEY_NOHEADINGS:
		table->noheadings = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void list_columns(FILE *out, const struct table_column *columns, bool extra)
{
	bool any = false;

	for (const struct table_column *c = columns; c->name; c++) {
		if (c->extra != extra)
			continue;
		if (!any)
			fprintf(out, extra ? "\nShown only if --output names them:\n"
					   : "Columns:\n");
		fprintf(out, "  %-10s %s\n", c->name, c->help);
		any = true;
	}
}

/* argp frees the result if it differs from @text. */
static char *filter_help(int key, const char *text, void *input)
{
	const struct table *table = input;
	char *list = NULL;
	size_t size;
	FILE *out;

	if (key != ARGP_KEY_HELP_POST_DOC || !table)
		return (char *)text;
	out = open_memstream(&list, &size);
	if (!out)
		return NULL;
	list_columns(out, table->columns, false);
	list_columns(out, table->columns, true);
	if (fclose(out)) {
		free(list);
		return NULL;
	}
	return list;
}

static const struct argp_option options[] = {
	{ "output", 'o', "COLUMN,...", 0, "show these columns; +COLUMN,... adds them",
	  0 },
	{ "noheadings", KEY_NOHEADINGS, NULL, 0, "omit the headings", 0 },
	{ 0 },
};

const struct argp table_argp = {
	.options = options,
	.parser = parse_option,
	.help_filter = filter_help,
};
