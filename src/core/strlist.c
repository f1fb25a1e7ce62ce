// SPDX-License-Identifier: GPL-2.0-or-later
/* strlist: a growable list of texts. */
#include "core/strlist.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void strlist_add(struct strlist *lines, const char *fmt, ...)
{
	char **more = reallocarray(lines->v, lines->n + 1, sizeof(*more)), *text;
	va_list ap;
	int len;

	if (more)
		lines->v = more;
	va_start(ap, fmt);
	len = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (!more || len < 0) {
		if (len >= 0)
			free(text);
		lines->failed = true;
		return;
	}
	lines->v[lines->n++] = text;
}

bool strlist_has(const struct strlist *lines, const char *text)
{
	for (size_t i = 0; i < lines->n; i++)
		if (strcmp(lines->v[i], text) == 0)
			return true;
	return false;
}

char *strlist_join(const struct strlist *lines, const char *between)
{
	char *text = NULL;
	size_t size;
	FILE *out = lines->failed ? NULL : open_memstream(&text, &size);

	if (!out)
		return NULL;
	for (size_t i = 0; i < lines->n; i++)
		fprintf(out, "%s%s", i ? between : "", lines->v[i]);
	return fclose(out) == 0 ? text : NULL;
}

void strlist_free(struct strlist *lines)
{
	for (size_t i = 0; i < lines->n; i++)
		free(lines->v[i]);
	free(lines->v);
	memset(lines, 0, sizeof(*lines));
}
