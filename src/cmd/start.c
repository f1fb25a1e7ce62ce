// SPDX-License-Identifier: GPL-2.0-or-later
/* start: have the service served by this head. */
#include "cmd/cmd.h"
#include "cmd/operate.h"

int cmd_start(int argc, char **argv)
{
	struct common_options options;

	if (common_parse(
		    argc, argv,
		    "Start serving a service on this head. Does nothing if this head serves "
		    "it already. A start that fails is undone.",
		    COMMON_DRY_RUN | COMMON_TAKEOVER, &options) < 0)
		return BATON_EXIT_USAGE;
	return operate(options.name, OPERATION_START, &options, 0);
}
