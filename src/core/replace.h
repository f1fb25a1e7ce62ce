/* SPDX-License-Identifier: GPL-2.0-or-later */
/* replace: the commands that put a service in the place of a stock group. */
#ifndef BATON_CORE_REPLACE_H
#define BATON_CORE_REPLACE_H

#include "core/stock.h"
#include "core/strlist.h"

enum replace_tool { REPLACE_PCS, REPLACE_CRMSH, REPLACE_TOOLS };

/** enum replace_step - what is done in one go; between two of them somebody looks */
enum replace_step {
	REPLACE_STOP, /* the configuration is kept, the group stops */
	REPLACE_PUT, /* the group goes, the service comes, and starts only when all is said */
	REPLACE_BACK, /* the service goes, the configuration of then comes back */
	REPLACE_STEPS,
};

/** replace_names - "pcs", "crmsh", by enum replace_tool. */
extern const char *const replace_names[REPLACE_TOOLS];

/**
 * replace_make - the commands of one tool, in their order
 * @commands: those of each step, for a shell: what has to be quoted is. Each but the last of a
 *	step has to succeed before the next may run
 * @tool: whose
 * @stock: what is replaced; of one that is not in a cluster nothing is taken away, and of one
 *	that Pacemaker does not manage there are no commands
 * @name: of the service; the resource's id, too, unless something that stays has it
 */
void replace_make(struct strlist commands[REPLACE_STEPS], enum replace_tool tool,
		  const struct stock *stock, const char *name);

#endif
