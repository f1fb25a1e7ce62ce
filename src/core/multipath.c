// SPDX-License-Identifier: GPL-2.0-or-later
/* multipath: what multipathd says of its configuration. */
#include "core/multipath.h"

#include <stdio.h>
#include <string.h>

/* libmultipath/defaults.h, WWID_SIZE; nothing that is looked for is longer. */
#define VALUE 128

/* A line is `word value`, `word "value"`, `word {`, or `}`. Returns the next one. */
static const char *read_line(const char *at, char word[32], char value[VALUE])
{
	char line[2 * VALUE];
	size_t n = strcspn(at, "\n");

	snprintf(line, sizeof(line), "%.*s", (int)n, at);
	word[0] = value[0] = '\0';
	if (sscanf(line, " %31s \"%127[^\"]", word, value) < 2)
		sscanf(line, " %31s %127s", word, value);
	return at + n + (at[n] == '\n');
}

bool multipath_keeps_keys(const char *config, const char *wwid)
{
	char word[32], value[VALUE], section[32] = "", key[VALUE] = "";
	bool by_default = false, is_maps = false;

	while (*config) {
		config = read_line(config, word, value);
		if (strcmp(value, "{") == 0) {
			snprintf(section, sizeof(section), "%s", word);
			key[0] = '\0';
			is_maps = false;
		} else if (strcmp(word, "reservation_key") == 0) {
			snprintf(key, sizeof(key), "%s", value);
		} else if (strcmp(word, "wwid") == 0) {
			is_maps = strcmp(value, wwid) == 0;
		} else if (strcmp(word, "}") == 0) {
			if (strcmp(section, "multipath") == 0 && is_maps && *key)
				return strcmp(key, "file") == 0;
			if (strcmp(section, "defaults") == 0)
				by_default = strcmp(key, "file") == 0;
			section[0] = '\0';
		}
	}
	return by_default;
}
