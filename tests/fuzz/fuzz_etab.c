// SPDX-License-Identifier: GPL-2.0-or-later
/* fuzz_etab: /etc/exports and /var/lib/nfs/etab; entries survive being written again. */
#include "fuzz.h"

#include <errno.h>
#include <stdio.h>

#include "stock/etab.h"

struct entry {
	const char *path, *client, *options;
	int seen;
};

static int compare(const char *path, const char *client, const char *options, void *data)
{
	struct entry *entry = data;

	entry->seen++;
	assert(strcmp(path, entry->path) == 0);
	assert(strcmp(client, entry->client) == 0);
	assert(strcmp(options, entry->options) == 0);
	return 0;
}

static void write_escaped(FILE *out, const char *text)
{
	for (; *text; text++)
		fprintf(out, "\\%03o", (unsigned char)*text);
}

static int there_and_back(const char *path, const char *client, const char *options,
			  void *data)
{
	struct entry entry = { path, client, options, 0 };
	struct err err = { 0 };
	char *text;
	size_t len;
	int rc;
	FILE *out = open_memstream(&text, &len);

	assert(out && *path == '/' && *client);
	write_escaped(out, path);
	fputc(' ', out);
	write_escaped(out, client);
	fputc('(', out);
	write_escaped(out, options);
	fputc(')', out);
	assert(fclose(out) == 0);
	rc = etab_parse(text, len, "etab", compare, &entry, &err);
	assert(rc == 0 && entry.seen == 1);
	free(text);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = { 0 };
	int rc = etab_parse((const char *)data, size, "etab", there_and_back, NULL, &err);

	assert(fuzz_is_told(rc, &err));
	assert(rc == 0 || (rc == -EINVAL && strncmp(err.text, "etab:", 5) == 0));
	return 0;
}
