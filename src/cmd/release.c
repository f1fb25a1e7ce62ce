// SPDX-License-Identifier: GPL-2.0-or-later
/* release: let go of the NFSv4 state of an address's clients, by hand. */
#include "cmd/address.h"
#include "cmd/cmd.h"

/* No --netns: the connections have to be those of the knfsd that /proc/fs/nfsd is about. */
int cmd_release(int argc, char **argv)
{
	return address_run(
		argc, argv,
		"Let go of the NFSv4 state of the clients that came by a local address and "
		"port (2049), and of those that have no connection to this head any more. "
		"What they held is lost, locks included. With --state also what is held on "
		"the filesystem that directory lies on.",
		0, sever_release);
}
