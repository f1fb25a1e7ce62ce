// SPDX-License-Identifier: GPL-2.0-or-later
/* service_main: /usr/lib/ocf/resource.d/baton/service */
#include "ocf/service.h"

int main(int argc, char **argv)
{
	return ocf_main(&service_agent, argc, argv);
}
