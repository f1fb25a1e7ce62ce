/* SPDX-License-Identifier: GPL-2.0-or-later */
/* commands: the commands that replace a stock group by a service. */
#ifndef BATON_STOCK_COMMANDS_H
#define BATON_STOCK_COMMANDS_H

#include "core/strlist.h"
#include "stock/group.h"

enum command_tool { COMMANDS_PCS, COMMANDS_CRMSH, COMMANDS_TOOLS };

/** enum command_step - what runs in one go; the administrator checks between two steps */
enum command_step {
	COMMANDS_STOP, /* the configuration is saved, the group stops */
	COMMANDS_PUT,  /* the group goes, the service comes and starts at the end */
	COMMANDS_BACK, /* the service goes, the saved configuration comes back */
	COMMANDS_STEPS,
};

/** commands_names - "pcs", "crmsh", by enum command_tool. */
extern const char *const commands_names[COMMANDS_TOOLS];

/**
 * commands_make - the commands for one tool, in order
 * @commands: the commands of each step, quoted for a shell. Each but the last of a step
 *            has to succeed before the next may run
 * @tool: for which tool
 * @stock: what is replaced; if it is not in a cluster, nothing is removed, and if
 *         Pacemaker does not manage it, there are no commands
 * @name: of the service; also the resource's id, unless a resource that stays has it
 */
void commands_make(struct strlist commands[COMMANDS_STEPS], enum command_tool tool,
		   const struct stock_group *stock, const char *name);

#endif
