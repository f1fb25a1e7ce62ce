// SPDX-License-Identifier: GPL-2.0-or-later
/* record: stores what ocf:baton:sever sends to all heads (baton-record.service). */
#include <stdio.h>

#include "cmd/cmd.h"
#include "cmd/common.h"
#include "os/software.h"
#include "sever/sever.h"

static void say(bool warning, const char *text)
{
	fprintf(stderr, "%s\n", text);
}

int cmd_record(int argc, char **argv)
{
	struct common_options options;
	struct err err = { 0 };

	if (common_parse(argc, argv,
			 "Receive and store the client connections that ocf:baton:sever "
			 "with state=cluster sends to all heads, so that an address that "
			 "moves here can make its clients reconnect. Runs until it is "
			 "killed; baton-record.service starts it.",
			 COMMON_NO_NAME | COMMON_NO_JSON, &options) < 0)
		return BATON_EXIT_USAGE;
	if (software_check_root(&err) < 0 || sever_receive(say, &err) < 0)
		return common_fail(&err);
	return BATON_EXIT_OK;
}
