// SPDX-License-Identifier: GPL-2.0-or-later
/* text: the few string helpers that libc lacks. */
#include "core/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int text_parse_number(unsigned long *value, const char *text, unsigned long min,
		      unsigned long max)
{
	unsigned long v;

	/* strtoul alone takes signs and blanks. */
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
