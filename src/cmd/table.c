// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * table: draws rows of a json-c tree as a table on the terminal, by libsmartcols.
 *
 * libsmartcols finds the widths, but breaks text in the middle of words. So a table that
 * is too wide is drawn twice: first only for the widths, then with its text broken at
 * blanks.
 */
#include "cmd/table.h"

#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/json.h"
#include "core/text.h"

#define GAP "  "

/* ---- the text of a cell ---- */

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

/* Text from a device or a peer must not control the terminal. */
static void make_printable(char *text)
{
	char *to = text;

	while (*text) {
		int cells;
		size_t n = text_measure_char(text, &cells);

		if (cells < 0) {
			*to++ = '?';
		} else {
			memmove(to, text, n);
			to += n;
		}
		text += n;
	}
	*to = '\0';
}

static char *close_text(FILE *out, char **text)
{
	if (fclose(out)) {
		free(*text);
		return NULL;
	}
	return *text;
}

/* NULL when out of memory. */
static char *format_cell(const struct table_column *c, struct json_object *row)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	print_value(out, json_member_at(row, c->key));
	if (ftell(out) == 0)
		fputc('-', out);
	if (close_text(out, &text))
		make_printable(text);
	return text;
}

/* ---- breaking it ---- */

/* How many bytes of @text fit into @width cells; broken at a blank if there is one. */
static size_t cut_line(const char *text, size_t width)
{
	size_t used = 0, blank = 0, i = 0;

	while (text[i]) {
		int cells;
		size_t n = text_measure_char(text + i, &cells);

		used += cells;
		if (used > width)
			break;
		if (text[i] == ' ')
			blank = i;
		i += n;
	}
	if (!text[i] || text[i] == ' ')
		return i;
	return blank ? blank : i;
}

/* A copy with line feeds, or NULL. */
static char *break_text(const char *text, size_t width)
{
	char *lines = NULL;
	size_t size;
	FILE *out = open_memstream(&lines, &size);

	if (!out)
		return NULL;
	while (*text) {
		size_t n = cut_line(text, width);

		/* A character of two cells in a column of one. */
		n = n ? n : strlen(text);
		fprintf(out, "%.*s", (int)n, text);
		text += n;
		text += strspn(text, " ");
		if (*text)
			fputc('\n', out);
	}
	return close_text(out, &lines);
}

/* Cells of the longest word, up to @max. */
static size_t measure_word(const char *text, size_t max)
{
	size_t longest = 0, used = 0;

	while (*text) {
		int cells;
		size_t n = text_measure_char(text, &cells);

		used = *text == ' ' ? 0 : used + cells;
		longest = used > longest ? used : longest;
		text += n;
	}
	return longest < max ? longest : max;
}

/* ---- drawing the table ---- */

/**
 * struct grid - a table being drawn
 * @n: columns
 * @cells: their texts, row by row
 * @broken: the texts contain their line feeds
 * @width: of the whole table, 0 = no limit
 * @widths: of the columns as last drawn
 */
struct grid {
	const struct table *table;
	size_t n;
	size_t n_rows;
	char **cells;
	bool broken;
	unsigned int width;
	size_t widths[TABLE_COLUMNS_MAX];
};

/* A column is never narrower than its heading, so padding that keeps long words whole. */
static struct libscols_column *add_heading(struct libscols_table *tb,
					   const struct grid *g, size_t c, size_t whole)
{
	const struct table_column *column = g->table->shown[c];
	struct libscols_column *cl;
	char heading[64];
	size_t longest = 0;

	for (size_t r = 0; r < g->n_rows && column->flags & SCOLS_FL_WRAP; r++) {
		size_t n = measure_word(g->cells[r * g->n + c], whole);

		longest = n > longest ? n : longest;
	}
	snprintf(heading, sizeof(heading), "%-*s", (int)longest, column->name);
	/* The hint would make libsmartcols shrink a broken column further. */
	cl = scols_table_new_column(tb, heading, g->broken ? 0 : column->width,
				    column->flags);
	if (cl && g->broken && column->flags & SCOLS_FL_WRAP) {
		scols_column_set_safechars(cl, "\n");
		scols_column_set_wrapfunc(cl, scols_wrapnl_chunksize,
					  scols_wrapnl_nextchunk, NULL);
	}
	return cl;
}

/* Words of up to @whole cells are not broken. The caller frees the text; NULL: no memory. */
static char *draw(struct grid *g, size_t whole)
{
	struct libscols_column *columns[TABLE_COLUMNS_MAX];
	struct libscols_table *tb = scols_new_table();
	bool good = tb != NULL;
	char *text = NULL;

	scols_table_set_column_separator(tb, GAP);
	scols_table_set_termforce(tb, g->width ? SCOLS_TERMFORCE_ALWAYS
					       : SCOLS_TERMFORCE_NEVER);
	scols_table_set_termwidth(tb, g->width);
	for (size_t c = 0; c < g->n && good; c++) {
		columns[c] = add_heading(tb, g, c, whole);
		good = columns[c] != NULL;
	}
	for (size_t r = 0; r < g->n_rows && good; r++) {
		struct libscols_line *line = scols_table_new_line(tb, NULL);

		good = line != NULL;
		for (size_t c = 0; c < g->n && good; c++)
			good = scols_line_set_data(line, c, g->cells[r * g->n + c]) == 0;
	}
	good = good && scols_print_table_to_string(tb, &text) == 0;
	for (size_t c = 0; c < g->n && good; c++)
		g->widths[c] = scols_column_get_width(columns[c]);
	scols_unref_table(tb);
	return text;
}

static size_t measure(const struct grid *g)
{
	size_t total = (g->n - 1) * strlen(GAP);

	for (size_t c = 0; c < g->n; c++)
		total += g->widths[c];
	return total;
}

/* Finds the widths; breaks words only if the table then fits. Otherwise it runs over. */
static void fit(struct grid *g)
{
	static const size_t whole[] = { 40, 20, 10, 0, 40 };

	for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++) {
		free(draw(g, whole[i]));
		if (measure(g) <= g->width)
			return;
	}
	g->width = measure(g);
}

static void break_cells(struct grid *g)
{
	for (size_t i = 0; i < g->n * g->n_rows; i++) {
		size_t c = i % g->n;
		char *lines;

		if (!(g->table->shown[c]->flags & SCOLS_FL_WRAP))
			continue;
		lines = break_text(g->cells[i], g->widths[c]);
		if (!lines)
			continue;
		free(g->cells[i]);
		g->cells[i] = lines;
	}
	g->broken = true;
}

/*
 * libsmartcols fills cells with blanks up to the next column, even if that is empty. Only
 * before 2.41 does it leave room for headings that it does not print, so it always prints
 * them.
 */
static void print_lines(FILE *out, const char *text, bool headings)
{
	if (!headings)
		text += strcspn(text, "\n") + 1;
	while (*text) {
		size_t line = strcspn(text, "\n"), n = line;

		while (n && text[n - 1] == ' ')
			n--;
		fprintf(out, "%.*s\n", (int)n, text);
		text += line + (text[line] == '\n');
	}
}

/* libsmartcols prints nothing for a table without lines. */
static void print_headings(FILE *out, const struct table *table)
{
	for (size_t c = 0; table->shown[c] && !table->noheadings; c++)
		fprintf(out, "%s%s", table->shown[c]->name,
			table->shown[c + 1] ? GAP : "\n");
}

void table_print(FILE *out, const struct table *table, struct json_object *rows,
		 unsigned int width)
{
	struct grid g = { .table = table,
			  .n_rows = json_object_array_length(rows),
			  .width = width };
	_cleanup_free_ char *text = NULL;
	bool good = true;

	if (!g.n_rows) {
		print_headings(out, table);
		return;
	}
	while (table->shown[g.n])
		g.n++;
	g.cells = calloc(g.n_rows * g.n, sizeof(*g.cells));
	if (!g.cells)
		return;
	for (size_t i = 0; i < g.n_rows * g.n; i++) {
		g.cells[i] = format_cell(table->shown[i % g.n],
					 json_object_array_get_idx(rows, i / g.n));
		good = good && g.cells[i];
	}
	if (good && width) {
		fit(&g);
		break_cells(&g);
	}
	if (good)
		text = draw(&g, 0);
	if (text)
		print_lines(out, text, !table->noheadings);
	for (size_t i = 0; i < g.n_rows * g.n; i++)
		free(g.cells[i]);
	free(g.cells);
}
