// SPDX-License-Identifier: GPL-2.0-or-later
/* mountinfo: which mount a directory is on, from /proc/self/mountinfo's lines. */
#include "core/mountinfo.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Blanks, tabs, newlines and backslashes are written as \ooo. */
static void unescape(char *to, size_t size, const char *from)
{
	size_t n = 0;

	while (*from && n + 1 < size) {
		unsigned int c;

		if (from[0] == '\\' && sscanf(from + 1, "%3o", &c) == 1) {
			to[n++] = (char)c;
			from += strnlen(from, 4);
		} else {
			to[n++] = *from++;
		}
	}
	to[n] = '\0';
}

bool mountinfo_parse(char *line, uint64_t id, struct mountinfo *info)
{
	char *save, *word, *source, *options;

	/* id parent dev root mount-point options [tags...] - fstype source super-options */
	if (strtoull(line, NULL, 10) != id)
		return false;
	word = strstr(line, " - ");
	if (!word)
		return false;
	word = strtok_r(word + 3, " \n", &save);
	source = strtok_r(NULL, " \n", &save);
	options = strtok_r(NULL, " \n", &save);
	if (!word || !source || !options)
		return false;
	unescape(info->fstype, sizeof(info->fstype), word);
	unescape(info->source, sizeof(info->source), source);
	unescape(info->options, sizeof(info->options), options);
	return true;
}

bool mountinfo_is_nfs(const struct mountinfo *info)
{
	return strcmp(info->fstype, "nfs") == 0 || strcmp(info->fstype, "nfs4") == 0;
}

bool mountinfo_has(const struct mountinfo *info, const char *option)
{
	size_t len = strlen(option);

	for (const char *p = info->options; (p = strstr(p, option)); p += len)
		if ((p == info->options || p[-1] == ',') &&
		    (p[len] == ',' || p[len] == '\0'))
			return true;
	return false;
}
