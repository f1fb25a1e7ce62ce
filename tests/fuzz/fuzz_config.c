// SPDX-License-Identifier: GPL-2.0-or-later
/* fuzz_config: whatever a service file holds, it is taken or refused in one line. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/config.h"
#include "core/export.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int count(const char *client, const char *options, void *data)
{
	if (!*client || !*options)
		abort();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = { 0 };
	struct service svc;
	int rc = config_parse(&svc, "fuzz", "f", (const char *)data, size, &err);

	if ((rc != 0) != (err.text[0] != '\0') || strchr(err.text, '\n'))
		abort();
	for (size_t i = 0; i < svc.n_exports; i++) {
		struct export again = { 0 };
		struct err why = { 0 };
		char line[8192];

		export_for_each_client(svc.exports[i].clients, count, NULL);
		/* The normal form is a fixed point. */
		snprintf(line, sizeof(line), "\"%s\" %s", svc.exports[i].path,
			 svc.exports[i].clients);
		if (strlen(line) < sizeof(line) - 1 &&
		    (export_parse(&again, line, &why) ||
		     strcmp(again.clients, svc.exports[i].clients) != 0 ||
		     strcmp(again.path, svc.exports[i].path) != 0))
			abort();
		free(again.path);
		free(again.clients);
	}
	service_free(&svc);
	return 0;
}
