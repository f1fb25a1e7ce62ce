// SPDX-License-Identifier: GPL-2.0-or-later
/* release: release the NFSv4 state of an address's clients, by hand. */
#include "cmd/address.h"
#include "cmd/cmd.h"

/* No --netns: the connections must be those of the knfsd that /proc/fs/nfsd shows. */
int cmd_release(int argc, char **argv)
{
	return address_run(
		argc, argv,
		"Release the NFSv4 state of the clients that used a local address and port "
		"(2049), and of those that have no connection to this head any more. They "
		"lose what they held, locks included. With --state, also release the state "
		"held on the filesystem of that directory.",
		0, sever_release);
}
