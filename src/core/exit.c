// SPDX-License-Identifier: GPL-2.0-or-later
/* exit: the one table of exit statuses. */
#include "core/exit.h"

const struct exit_row exit_rows[] = {
#define X(name, status, help) { BATON_EXIT_##name, #name, help },
	EXIT_TABLE(X)
#undef X
		{ 0, 0, 0 },
};
