// SPDX-License-Identifier: GPL-2.0-or-later
/* wrap: breaks texts at blanks. */
#include "stock/wrap.h"

#include <stdbool.h>
#include <string.h>

#include "core/text.h"

#define WIDTH 90

/* Length of the text that fits: up to the last fitting blank, else the first blank. */
static size_t find_end(const char *text, size_t room, char quote)
{
	size_t best = 0, columns = 0, i;
	bool quoted = false;

	for (i = 0; text[i]; i++) {
		bool single = i && text[i] == ' ' && text[i - 1] != ' ' && text[i + 1] &&
			      text[i + 1] != ' ';

		/* Outside quotes a backslash escapes a quote; inside, it does not. */
		quoted ^= quote && text[i] == quote &&
			  (quoted || !i || text[i - 1] != '\\');
		if (single && !quoted) {
			if (columns > room)
				return best ? best : i;
			best = i;
		}
		/* Continuation bytes of UTF-8 take no column. */
		columns += ((unsigned char)text[i] & 0xc0) != 0x80;
	}
	return columns > room && best ? best : i;
}

void wrap_print(FILE *out, const struct wrap *fold, const char *text)
{
	const char *before = fold->first;

	for (;;) {
		size_t taken = strlen(before) + strlen(fold->end);
		size_t len =
			find_end(text, taken < WIDTH ? WIDTH - taken : 0, fold->quote);

		fputs(before, out);
		for (size_t i = 0; i < len; i++)
			fputc(text_is_control(text, i) ? '?' : text[i], out);
		text += len;
		if (!*text)
			break;
		text++;
		fprintf(out, "%s\n", fold->end);
		before = fold->next;
	}
	fputc('\n', out);
}
