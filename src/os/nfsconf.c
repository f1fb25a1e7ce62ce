// SPDX-License-Identifier: GPL-2.0-or-later
/* nfsconf: single settings of nfs.conf(5) and idmapd.conf(5). */
#include "os/nfsconf.h"

#include <dirent.h>
#include <ini.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct search {
	const char *section, *name;
	char *value;
	size_t size;
};

/* ini_handler */
static int take(void *user, const char *section, const char *name, const char *value)
{
	struct search *s = user;
	size_t len = strlen(value);

	/* nfs-utils' conffile.c ignores case in both, and takes off quotes. */
	if (len > 1 && strchr("\"'", value[0]) && value[len - 1] == value[0]) {
		value++;
		len -= 2;
	}
	if (strcasecmp(section, s->section) == 0 && strcasecmp(name, s->name) == 0)
		snprintf(s->value, s->size, "%.*s", (int)len, value);
	return 1;
}

/* As in conf_load_files(): only names that end in .conf and do not begin with a dot. */
static int is_conf(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return d->d_name[0] != '.' && n > 5 && strcmp(d->d_name + n - 5, ".conf") == 0;
}

void nfsconf_get(const char *file, const char *section, const char *name, char *value,
		 size_t size)
{
	struct search search = { section, name, value, size };
	struct dirent **entries = NULL;
	char directory[64];
	int n;

	ini_parse(file, take, &search);
	snprintf(directory, sizeof(directory), "%s.d", file);
	n = scandir(directory, &entries, is_conf, alphasort);
	for (int i = 0; i < n; i++) {
		char path[PATH_MAX];

		snprintf(path, sizeof(path), "%s/%s", directory, entries[i]->d_name);
		ini_parse(path, take, &search);
		free(entries[i]);
	}
	free(entries);
}
