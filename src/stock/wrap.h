/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wrap: breaks texts at blanks, so that no line of a service file becomes too long. */
#ifndef BATON_STOCK_WRAP_H
#define BATON_STOCK_WRAP_H

#include <stdio.h>

/**
 * struct wrap - the shape of the lines
 * @first: before the first line
 * @next: before every other line
 * @end: after every line but the last
 * @quote: do not break between two of these characters, 0 = none
 */
struct wrap {
	const char *first;
	const char *next;
	const char *end;
	char quote;
};

/**
 * wrap_print - print a text, broken at blanks into lines of at most 90 columns
 * @out: where to
 * @fold: the shape
 * @text: UTF-8; control characters become '?', so it cannot begin a line by itself
 *
 * Breaks only at single blanks: several in a row have a meaning.
 */
void wrap_print(FILE *out, const struct wrap *fold, const char *text);

#endif
