// SPDX-License-Identifier: GPL-2.0-or-later
/* output: one json-c tree a command, printed as JSON or as a table. */
#include "core/output.h"

#include <langinfo.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/text.h"

#define COLUMNS_MAX 16
#define GAP         2
/* A wrapped column is not made narrower than this; then lines run over the edge. */
#define NARROWEST 16

void output_json(FILE *out, struct json_object *obj)
{
	fprintf(out, "%s\n",
		json_object_to_json_string_ext(
			obj, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
				     JSON_C_TO_STRING_NOSLASHESCAPE));
}

bool output_is_utf8(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

const char *output_arrow(void)
{
	return output_is_utf8() ? "→" : "->";
}

char *output_bar(char *buf, size_t size, unsigned int width, double fraction)
{
	/* U+258F (one eighth) to U+2588 (full). */
	static const char *const blocks[] = {
		"", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"
	};
	unsigned int steps = output_is_utf8() ? 8 : 1, marks;
	size_t n = 0;

	if (!(fraction > 0)) /* NaN too */
		fraction = 0;
	if (fraction > 1)
		fraction = 1;
	marks = (unsigned int)(fraction * width * steps + 0.5);
	if (!marks && fraction > 0 && width)
		marks = 1;
	if (size)
		*buf = '\0';
	while (marks) {
		unsigned int m = marks < steps ? marks : steps;
		const char *cell = steps == 1 ? "#" : blocks[m];

		if (n + strlen(cell) >= size)
			break;
		strcpy(buf + n, cell);
		n += strlen(cell);
		marks -= m;
	}
	return buf;
}

/* Cells that a text takes: code points, as our own texts have no wide or combining ones. */
static size_t count_cells(const char *text, size_t bytes)
{
	size_t n = 0;

	for (size_t i = 0; i < bytes && text[i]; i++)
		n += ((unsigned char)text[i] & 0xc0) != 0x80;
	return n;
}

static struct json_object *find_value(struct json_object *row, const char *key)
{
	const char *dot;

	for (; row && (dot = strchr(key, '.')); key = dot + 1) {
		_cleanup_free_ char *part = strndup(key, dot - key);

		row = part ? json_object_object_get(row, part) : NULL;
	}
	return row ? json_object_object_get(row, key) : NULL;
}

static void print_value(FILE *out, struct json_object *v)
{
	switch (json_object_get_type(v)) {
	case json_type_null:
		return;
	case json_type_boolean:
		fputs(json_object_get_boolean(v) ? "yes" : "no", out);
		return;
	case json_type_double:
		fprintf(out, "%.1f", json_object_get_double(v));
		return;
	case json_type_array:
		for (size_t i = 0; i < json_object_array_length(v); i++) {
			fputs(i ? ", " : "", out);
			print_value(out, json_object_array_get_idx(v, i));
		}
		return;
	case json_type_int:
	case json_type_object:
	case json_type_string:
		fputs(json_object_get_string(v), out);
		return;
	}
}

/* The text of a cell; NULL when out of memory. */
static char *format_cell(const struct column *c, struct json_object *row)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	print_value(out, find_value(row, c->key));
	if (ftell(out) == 0)
		fputc('-', out);
	else if (c->unit)
		fprintf(out, " %s", c->unit);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	/* Nothing from a device or a peer may steer the terminal. */
	text_disarm(text, '?');
	return text;
}

/* Bytes of @text that go into a line of @width cells; broken at a blank if there is one. */
static size_t cut_line(const char *text, size_t width)
{
	size_t cells = 0, blank = 0, i;

	for (i = 0; text[i]; i++) {
		if (((unsigned char)text[i] & 0xc0) != 0x80 && ++cells > width)
			break;
		if (text[i] == ' ')
			blank = i;
	}
	if (!text[i] || text[i] == ' ')
		return i;
	return blank ? blank : i;
}

static void print_row(FILE *out, const struct column *columns, char *const *cells,
		      const size_t *widths)
{
	const char *rest[COLUMNS_MAX];
	bool more = true;

	for (size_t c = 0; columns[c].key; c++)
		rest[c] = cells[c] ? cells[c] : "?";
	while (more) {
		size_t owed = 0; /* blanks, printed only if something follows */

		more = false;
		for (size_t c = 0; columns[c].key; c++) {
			size_t n = cut_line(rest[c], widths[c]);
			size_t used = count_cells(rest[c], n);
			size_t pad = widths[c] - used;

			if (columns[c].align == OUTPUT_RIGHT)
				owed += pad;
			if (n) {
				fprintf(out, "%*s%.*s", (int)owed, "", (int)n, rest[c]);
				owed = 0;
			}
			if (columns[c].align != OUTPUT_RIGHT)
				owed += pad;
			owed += GAP;
			rest[c] += n;
			rest[c] += strspn(rest[c], " ");
			more |= *rest[c] != '\0';
		}
		fputc('\n', out);
	}
}

/* Narrows the wrapping columns, widest first, until the table fits. */
static void fit_widths(const struct column *columns, size_t *widths, size_t width)
{
	for (;;) {
		size_t total = 0, widest = COLUMNS_MAX;

		for (size_t c = 0; columns[c].key; c++) {
			total += widths[c] + (c ? GAP : 0);
			if (columns[c].align == OUTPUT_WRAP && widths[c] > NARROWEST &&
			    (widest == COLUMNS_MAX || widths[c] > widths[widest]))
				widest = c;
		}
		if (total <= width || widest == COLUMNS_MAX)
			return;
		widths[widest]--;
	}
}

void output_table(FILE *out, const struct column *columns, struct json_object *rows,
		  unsigned int width)
{
	size_t n_rows = json_object_array_length(rows), n = 0, widths[COLUMNS_MAX];
	_cleanup_free_ char **cells = NULL;

	while (n < COLUMNS_MAX && columns[n].key)
		n++;
	cells = calloc((n_rows + 1) * n, sizeof(*cells));
	if (!cells)
		return;
	for (size_t c = 0; c < n; c++) {
		widths[c] = 0;
		for (size_t r = 0; r <= n_rows; r++) {
			char *cell =
				r ? format_cell(&columns[c],
						json_object_array_get_idx(rows, r - 1))
				  : strdup(columns[c].header);
			size_t w = cell ? count_cells(cell, strlen(cell)) : 1;

			cells[r * n + c] = cell;
			widths[c] = w > widths[c] ? w : widths[c];
		}
	}
	if (width)
		fit_widths(columns, widths, width);
	for (size_t r = 0; r <= n_rows; r++)
		print_row(out, columns, cells + r * n, widths);
	for (size_t i = 0; i < (n_rows + 1) * n; i++)
		free(cells[i]);
}
