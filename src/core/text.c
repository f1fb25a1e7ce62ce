// SPDX-License-Identifier: GPL-2.0-or-later
/* text: a few string helpers that libc lacks. */
#include "core/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

int text_parse_number(unsigned long *value, const char *text, unsigned long min,
		      unsigned long max)
{
	unsigned long v;

	/* strtoul alone would accept signs and blanks. */
	if (!*text || text[strspn(text, "0123456789")])
		return -EINVAL;
	errno = 0;
	v = strtoul(text, NULL, 10);
	if (errno || v < min || v > max)
		return -EINVAL;
	*value = v;
	return 0;
}

bool text_has_word(const char *list, const char *word)
{
	size_t n = strlen(word);

	if (!n || strchr(word, ' '))
		return false;
	for (const char *p = list; (p = strstr(p, word)); p += n)
		if ((p == list || p[-1] == ' ') && (p[n] == ' ' || !p[n]))
			return true;
	return false;
}

/* U+0080 to U+009F are 0xc2 and one more byte; 0xc2 occurs nowhere else in UTF-8. */
static bool is_c1(const char *text, size_t i)
{
	return (unsigned char)text[i] == 0xc2 &&
	       ((unsigned char)text[i + 1] & 0xe0) == 0x80;
}

bool text_is_control(const char *text, size_t i)
{
	unsigned char c = text[i];

	return c < ' ' || c == 0x7f || is_c1(text, i) || (i && is_c1(text, i - 1));
}

void text_disarm(char *text, char instead)
{
	bool before = false;
	size_t i;

	/* Judging the next byte may look back at this one, so replace it afterwards. */
	for (i = 0; text[i]; i++) {
		bool control = text_is_control(text, i);

		if (before)
			text[i - 1] = instead;
		before = control;
	}
	if (before)
		text[i - 1] = instead;
}

size_t text_measure_char(const char *text, int *cells)
{
	mbstate_t state = { 0 };
	wchar_t c;
	size_t n = mbrtowc(&c, text, MB_CUR_MAX, &state);

	*cells = -1;
	if (n == (size_t)-1 || n == (size_t)-2 || n == 0)
		return 1;
	if (iswprint(c))
		*cells = wcwidth(c);
	return n;
}
