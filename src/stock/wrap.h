/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wrap: texts broken at blanks, so that no line of a service file becomes too long. */
#ifndef BATON_STOCK_WRAP_H
#define BATON_STOCK_WRAP_H

#include <stdio.h>

/**
 * struct wrap - how the lines of a text look
 * @first: before the first line
 * @next: before each other line
 * @end: behind each line but the last
 * @quote: a character between two of which nothing is broken, 0 = none
 */
struct wrap {
	const char *first;
	const char *next;
	const char *end;
	char quote;
};

/**
 * wrap_print - print a text in lines of at most 90 columns, where it has blanks
 * @out: where to
 * @fold: how
 * @text: UTF-8; control characters in it become '?', so it begins no line by itself
 *
 * Broken is only at single blanks: several in a row belong to something.
 */
void wrap_print(FILE *out, const struct wrap *fold, const char *text);

#endif
