/* SPDX-License-Identifier: GPL-2.0-or-later */
/* output: one json-c tree a command, printed as JSON or, by a table of columns, as text. */
#ifndef BATON_CORE_OUTPUT_H
#define BATON_CORE_OUTPUT_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum output_align {
	OUTPUT_LEFT,
	OUTPUT_RIGHT,
	OUTPUT_WRAP, /* left; broken at blanks when the table is wider than the terminal */
};

/**
 * struct column - a column of a table
 * @key: the member of each row's object; "a.b" descends
 * @header: its heading, upper case as in lsblk
 * @align: where the cell stands
 * @unit: put behind every value ("s", "ms"), or NULL
 */
struct column {
	const char *key;
	const char *header;
	enum output_align align;
	const char *unit;
};

/**
 * output_json - print a tree, indented, with a closing newline
 * @out: where to
 * @obj: the tree; stays the caller's
 */
void output_json(FILE *out, struct json_object *obj);

/**
 * output_table - print an array of objects as aligned columns under a heading
 * @out: where to
 * @columns: closed by a row whose key is NULL
 * @rows: JSON array of objects; stays the caller's
 * @width: columns of the terminal (os/terminal.h), 0 = no limit: nothing is broken
 *
 * A missing, null or empty value shows as "-", an array as its members with commas between.
 * Doubles show one decimal. No line has trailing blanks. Control characters become "?".
 */
void output_table(FILE *out, const struct column *columns, struct json_object *rows,
		  unsigned int width);

/**
 * output_bar - draw a bar, for charts in tables
 * @buf: the text; 3 bytes a cell and a zero suffice
 * @size: of @buf
 * @width: cells of a full bar
 * @fraction: 0.0 to 1.0, clamped; a positive fraction shows at least the thinnest mark
 *
 * Eighth-blocks where the locale's charset is UTF-8 (the program has called setlocale()), '#'
 * elsewhere.
 *
 * Return: @buf.
 */
char *output_bar(char *buf, size_t size, unsigned int width, double fraction);

/** output_arrow - "→", or what stands for it where UTF-8 may not be printed. */
const char *output_arrow(void);

/** output_is_utf8 - may UTF-8 be printed in this locale? */
bool output_is_utf8(void);

#endif
