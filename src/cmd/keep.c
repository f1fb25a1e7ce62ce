// SPDX-License-Identifier: GPL-2.0-or-later
/* keep: runs the keeper of a service, under systemd (baton@NAME.service) or by hand. */
#include "cmd/cmd.h"
#include "cmd/common.h"
#include "keeper/keeper.h"
#include "os/served.h"

int cmd_keep(int argc, char **argv)
{
	struct common_options options;
	struct service svc = { 0 };
	struct err err = { 0 };
	int rc;

	if (common_parse(
		    argc, argv,
		    "Run the keeper of a service: the daemon that sets up its standby on this "
		    "head, hands it over to other heads, and carries out start, stop and "
		    "move. baton@NAME.service runs it.",
		    COMMON_NO_JSON, &options) < 0)
		return BATON_EXIT_USAGE;
	if (served_load_current(&svc, options.name, &err) < 0)
		return common_fail(&err);
	rc = keeper_run(&svc, &err);
	if (rc < 0) {
		err_wrap(&err, rc, "%s", svc.name);
		rc = common_fail(&err);
	}
	service_free(&svc);
	return rc;
}
