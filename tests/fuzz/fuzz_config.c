// SPDX-License-Identifier: GPL-2.0-or-later
/* fuzz_config: any service file is accepted, or refused with one line. */
#include "fuzz.h"

#include <stdio.h>

#include "core/config.h"
#include "core/export.h"

static int check_client(const char *client, const char *options, void *data)
{
	assert(*client && *options);
	return 0;
}

/* The normal form is a fixed point. */
static void there_and_back(const struct export *export)
{
	struct export again = { 0 };
	struct err err = { 0 };
	char *line;

	assert(asprintf(&line, "\"%s\" %s", export->path, export->clients) >= 0);
	assert(export_parse(&again, line, &err) == 0);
	assert(strcmp(again.clients, export->clients) == 0);
	assert(strcmp(again.path, export->path) == 0);
	free(again.path);
	free(again.clients);
	free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = { 0 };
	struct service svc;
	int rc = config_parse(&svc, "fuzz", "f", (const char *)data, size, &err);

	assert(fuzz_is_told(rc, &err));
	for (size_t i = 0; i < svc.n_exports; i++) {
		export_for_each_client(svc.exports[i].clients, check_client, NULL);
		there_and_back(&svc.exports[i]);
	}
	service_free(&svc);
	return 0;
}
