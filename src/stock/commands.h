/* SPDX-License-Identifier: GPL-2.0-or-later */
/* commands: the commands that put a service in the place of a stock group. */
#ifndef BATON_STOCK_COMMANDS_H
#define BATON_STOCK_COMMANDS_H

#include "core/strlist.h"
#include "stock/group.h"

enum command_tool { COMMANDS_PCS, COMMANDS_CRMSH, COMMANDS_TOOLS };

/** enum command_step - what is done in one go; between two of them somebody looks */
enum command_step {
	COMMANDS_STOP, /* the configuration is kept, the group stops */
	COMMANDS_PUT, /* the group goes, the service comes, and starts only when all is said */
	COMMANDS_BACK, /* the service goes, the configuration of then comes back */
	COMMANDS_STEPS,
};

/** commands_names - "pcs", "crmsh", by enum command_tool. */
extern const char *const commands_names[COMMANDS_TOOLS];

/**
 * commands_make - the commands of one tool, in their order
 * @commands: those of each step, for a shell: what has to be quoted is. Each but the last of a
 *	step has to succeed before the next may run
 * @tool: whose
 * @stock: what is replaced; of one that is not in a cluster nothing is taken away, and of one
 *	that Pacemaker does not manage there are no commands
 * @name: of the service; the resource's id, too, unless something that stays has it
 */
void commands_make(struct strlist commands[COMMANDS_STEPS], enum command_tool tool,
		   const struct stock_group *stock, const char *name);

#endif
