// SPDX-License-Identifier: GPL-2.0-or-later
/* service_full_main: .service-full, the other program of ocf:baton:service; see elsewhere.c */
#include <stddef.h>

#include "ocf/service.h"

/* Timeouts come from the environment. */
static const struct ocf_action actions[] = {
	{ "start", 120, 0, 0, service_start_over, NULL },
	{ "stop", 240, 0, 0, service_stop_alone, NULL },
	{ "validate-all", 20, 0, 0, service_validate, NULL },
	{ NULL, 0, 0, 0, NULL, NULL },
};

int main(int argc, char **argv)
{
	struct ocf_agent agent = service_agent;

	agent.actions = actions;
	return ocf_main(&agent, argc, argv);
}
