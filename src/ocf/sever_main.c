// SPDX-License-Identifier: GPL-2.0-or-later
/* sever_main: /usr/lib/ocf/resource.d/baton/sever */
#include "ocf/sever.h"

int main(int argc, char **argv)
{
	return ocf_main(&sever_agent, argc, argv);
}
