// SPDX-License-Identifier: GPL-2.0-or-later
/* return: move the services back that are at home on a head. */
#include "cmd/cmd.h"
#include "cmd/evacuate.h"

int cmd_return(int argc, char **argv)
{
	struct common_options options;

	if (common_parse(
		    argc, argv,
		    "Have Pacemaker move the services to a head (default: this one) that are "
		    "at home there, as `baton giveback` finds it, and are served elsewhere. A "
		    "move that fails does not keep the others from being tried.",
		    COMMON_DRY_RUN | COMMON_TIMEOUT | COMMON_NO_REHEARSAL |
			    COMMON_OWN_HEAD | COMMON_MANY,
		    &options) < 0)
		return BATON_EXIT_USAGE;
	return evacuate_run(&options, true);
}
