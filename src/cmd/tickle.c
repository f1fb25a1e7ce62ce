// SPDX-License-Identifier: GPL-2.0-or-later
/* tickle: make the recorded clients of an address reconnect, by hand. */
#include "cmd/address.h"
#include "cmd/cmd.h"
#include "cmd/common.h"

int cmd_tickle(int argc, char **argv)
{
	return address_run(
		argc, argv,
		"Make the clients of a local address and port (2049) reconnect at once: "
		"those whose connections ocf:baton:sever has recorded in --state. Use it "
		"when the address is on this head and the server answers.",
		COMMON_NETNS, sever_tickle);
}
