// SPDX-License-Identifier: GPL-2.0-or-later
/* log: shows the ledger of the last operations. */
#include <stdio.h>

#include "cmd/cmd.h"
#include "cmd/common.h"
#include "cmd/show.h"
#include "core/output.h"
#include "keeper/ledger.h"
#include "os/software.h"

int cmd_log(int argc, char **argv)
{
	struct common_options options;
	struct json_object *records;
	struct service svc = { 0 };
	struct err err = { 0 };
	struct paths paths;
	size_t n, first;
	int rc;

	if (common_parse(
		    argc, argv,
		    "Show the last moves, starts and stops of a service on this head, step by "
		    "step.",
		    COMMON_LAST, &options) < 0)
		return BATON_EXIT_USAGE;
	/* The ledger is worth reading even if the service file is gone. */
	if (service_check_name(options.name, &err) < 0 || software_check_root(&err) < 0)
		return common_fail(&err);
	paths_init(&paths, options.name);
	if (ledger_load(&paths, &records, &err) < 0)
		return common_fail(&err);
	n = json_object_array_length(records);
	if (n == 0) {
		/* Was nothing done, or is there no such service? */
		rc = common_load_served(&svc, options.name);
		service_free(&svc);
		if (rc) {
			json_object_put(records);
			return rc;
		}
	}
	first = n > (size_t)options.last ? n - options.last : 0;
	json_object_array_del_idx(records, 0, first);
	if (options.json)
		output_json(stdout, records);
	for (size_t i = 0; i < n - first && !options.json; i++)
		show_record(json_object_array_get_idx(records, i));
	if (n == 0 && !options.json)
		printf("%s: nothing yet on this head\n", options.name);
	json_object_put(records);
	return BATON_EXIT_OK;
}
