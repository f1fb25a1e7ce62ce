// SPDX-License-Identifier: GPL-2.0-or-later
/* giveback: move a service back to the head where it is at home. */
#include "cmd/cmd.h"
#include "cmd/move_run.h"

int cmd_giveback(int argc, char **argv)
{
	struct common_options options;

	if (common_parse(
		    argc, argv,
		    "Move a service back to its home: the head that Pacemaker's location "
		    "constraints prefer or, without such constraints, the head that it last "
		    "moved away from.",
		    COMMON_DRY_RUN | COMMON_TIMEOUT | COMMON_NO_REHEARSAL, &options) < 0)
		return BATON_EXIT_USAGE;
	return move_run(&options);
}
