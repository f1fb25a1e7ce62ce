// SPDX-License-Identifier: GPL-2.0-or-later
/* stop: end serving on this head, so that another can begin. */
#include "cmd/cmd.h"
#include "cmd/operate.h"

int cmd_stop(int argc, char **argv)
{
	struct common_options options;

	if (common_parse(
		    argc, argv,
		    "Stop serving a service on this head. Clients wait until a head serves "
		    "it again. Works without the keeper too.",
		    COMMON_DRY_RUN | COMMON_STANDBY, &options) < 0)
		return BATON_EXIT_USAGE;
	return operate(options.name,
		       options.standby ? OPERATION_TEARDOWN : OPERATION_STOP, &options,
		       OPERATE_ALONE | OPERATE_WITHOUT_FILE);
}
