/* SPDX-License-Identifier: GPL-2.0-or-later */
/* table: draws rows of a json-c tree as a table on the terminal, by libsmartcols. */
#ifndef BATON_CMD_TABLE_H
#define BATON_CMD_TABLE_H

#include <argp.h>
#include <json-c/json.h>
#include <libsmartcols/libsmartcols.h>
#include <stdbool.h>
#include <stdio.h>

#include "core/err.h"

#define TABLE_COLUMNS_MAX 32

/**
 * struct table_column - a column that a command can show
 * @name: its heading, and its word in --output
 * @key: the member of each row's object; "a.b" descends
 * @width: hint for libsmartcols; below 1: the share of the terminal it shrinks to first
 * @flags: SCOLS_FL_RIGHT, SCOLS_FL_TRUNC, SCOLS_FL_WRAP (broken at blanks)
 * @extra: shown only if --output names it
 * @help: one line
 */
struct table_column {
	const char *name;
	const char *key;
	double width;
	int flags;
	bool extra;
	const char *help;
};

/**
 * struct table - which columns of a command are shown
 * @columns: all there are; ends with a row whose name is NULL
 * @shown: those shown, in order; ends with NULL
 * @noheadings: no line of headings
 */
struct table {
	const struct table_column *columns;
	const struct table_column *shown[TABLE_COLUMNS_MAX + 1];
	bool noheadings;
};

/** table_argp - the options --output and --noheadings; its input is a struct table. */
extern const struct argp table_argp;

/** table_init - show the columns that are not extra. */
void table_init(struct table *table, const struct table_column *columns);

/**
 * table_select - show other columns
 * @list: names separated by commas, in any case; a + before the first keeps those shown
 *
 * Return: 0, or -EINVAL for an unknown column; @err lists the known ones.
 */
int table_select(struct table *table, const char *list, struct err *err);

/** table_shows - is the column with this key shown? */
bool table_shows(const struct table *table, const char *key);

/**
 * table_print - print an array of objects
 * @out: where to
 * @rows: JSON array of objects; stays the caller's
 * @width: columns of the terminal (os/terminal.h), 0 = no limit: nothing is broken
 *
 * A missing, null or empty value is shown as "-", an array as its members separated by
 * commas. Doubles have one decimal. No line has trailing blanks. What the locale cannot
 * print becomes "?".
 */
void table_print(FILE *out, const struct table *table, struct json_object *rows,
		 unsigned int width);

#endif
