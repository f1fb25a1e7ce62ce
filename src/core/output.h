/* SPDX-License-Identifier: GPL-2.0-or-later */
/* output: a command's json-c tree as JSON, bars for charts, and sizes. */
#ifndef BATON_CORE_OUTPUT_H
#define BATON_CORE_OUTPUT_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/**
 * output_json - print a tree, indented, with a closing newline
 * @out: where to
 * @obj: the tree; stays the caller's
 */
void output_json(FILE *out, struct json_object *obj);

/**
 * output_bar - draw a bar, for charts in tables
 * @buf: gets the text; 3 bytes per cell plus a zero are enough
 * @size: of @buf
 * @width: cells of a full bar
 * @fraction: 0.0 to 1.0, clamped; a positive fraction shows at least the thinnest mark
 *
 * Uses eighth-blocks in UTF-8 locales (the program has called setlocale()), else '#'.
 *
 * Return: @buf.
 */
char *output_bar(char *buf, size_t size, unsigned int width, double fraction);

/**
 * output_bytes - a size for people, like df -h: "512", "9.8G", "100T"
 * @buf: gets the text
 */
char *output_bytes(char *buf, size_t size, double bytes);

/**
 * output_share - how much of a whole is taken, in percent, rounded up like df: "83%"
 * @buf: gets the text
 * @left: what is not taken
 * @whole: above 0
 */
char *output_share(char *buf, size_t size, double left, double whole);

/** output_arrow - "→", or its substitute where UTF-8 cannot be printed. */
const char *output_arrow(void);

/** output_is_utf8 - may UTF-8 be printed in this locale? */
bool output_is_utf8(void);

#endif
