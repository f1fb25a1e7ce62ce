// SPDX-License-Identifier: GPL-2.0-or-later
/* output: a command's json-c tree as JSON, bars for charts, and sizes. */
#include "core/output.h"

#include <langinfo.h>
#include <string.h>

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

char *output_bytes(char *buf, size_t size, double bytes)
{
	static const char units[] = "KMGTPE";
	size_t unit = 0;

	if (bytes < 1024) {
		snprintf(buf, size, "%.0f", bytes);
		return buf;
	}
	/* 1023.7K is 1.0M. */
	for (bytes /= 1024; bytes >= 1023.5 && units[unit + 1]; unit++)
		bytes /= 1024;
	snprintf(buf, size, "%.*f%c", bytes < 9.95 ? 1 : 0, bytes, units[unit]);
	return buf;
}

char *output_share(char *buf, size_t size, double left, double whole)
{
	double taken = 100 * (whole - left) / whole;
	int percent;

	if (!(taken > 0))
		taken = 0;
	percent = taken < 100 ? (int)taken : 100;
	percent += percent < taken && percent < 100;
	snprintf(buf, size, "%d%%", percent);
	return buf;
}
