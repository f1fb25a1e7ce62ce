// SPDX-License-Identifier: GPL-2.0-or-later
/* mounttable: what is mounted on a head, and which mount a path is in. */
#include "core/mounttable.h"

#include <string.h>

const char *mounttable_find_below(const char *directory, const char *path)
{
	size_t len = strcmp(directory, "/") == 0 ? 0 : strlen(directory);

	if (strncmp(path, directory, len) != 0 || (path[len] && path[len] != '/'))
		return NULL;
	return strcmp(path + len, "/") == 0 ? "" : path + len;
}

const struct mounttable_entry *mounttable_find(const struct mounttable_entry *mounts,
					       size_t n, const char *path)
{
	const struct mounttable_entry *best = NULL;
	size_t longest = 0;

	/* Of the longest mount points the last one, because it covers the others. */
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(mounts[i].directory);

		if (len >= longest && mounttable_find_below(mounts[i].directory, path)) {
			best = &mounts[i];
			longest = len;
		}
	}
	return best;
}
