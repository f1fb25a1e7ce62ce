// SPDX-License-Identifier: GPL-2.0-or-later
/* move: hand a service over to another head. */
#include "cmd/cmd.h"
#include "cmd/move_run.h"

int cmd_move(int argc, char **argv)
{
	struct common_options options;

	if (common_parse(
		    argc, argv,
		    "Have Pacemaker move a service to another head, follow the move step by "
		    "step, and leave no constraint behind. If the head is not ready the move "
		    "is refused before clients are paused.",
		    COMMON_DRY_RUN | COMMON_HEAD | COMMON_TIMEOUT | COMMON_NO_REHEARSAL,
		    &options) < 0)
		return BATON_EXIT_USAGE;
	return move_run(&options);
}
