// SPDX-License-Identifier: GPL-2.0-or-later
/* exit: the agents' exit statuses. */
#include "ocf/exit.h"

const struct ocf_exit_row ocf_exit_rows[] = {
#define X(name, status, help) { OCF_##name, #name, help },
	OCF_TABLE(X)
#undef X
		{ 0, 0, 0 },
};

enum ocf_exit ocf_exit_of(enum exit_code code)
{
	switch (code) {
	case BATON_EXIT_OK:
		return OCF_SUCCESS;
	/* Wrong or missing on this head; another head may have it right. */
	case BATON_EXIT_CONFIG:
		return OCF_ERR_ARGS;
	case BATON_EXIT_SOFTWARE:
		return OCF_ERR_INSTALLED;
	/* Disks, links and peers come back: worth another try. */
	case BATON_EXIT_FAILED:
	case BATON_EXIT_USAGE:
	case BATON_EXIT_DEVICE:
	case BATON_EXIT_NETWORK:
	case BATON_EXIT_TRACKING:
	case BATON_EXIT_KEEPER:
	case BATON_EXIT_STANDING:
	case BATON_EXIT_RESOURCE:
	case BATON_EXIT_PROBE:
	case BATON_EXIT_PEER:
	case BATON_EXIT_CLUSTER:
		break;
	}
	return OCF_ERR_GENERIC;
}
