/* SPDX-License-Identifier: GPL-2.0-or-later */
/* replace: the commands that put a service in the place of a stock group. */
#ifndef BATON_CORE_REPLACE_H
#define BATON_CORE_REPLACE_H

#include "core/lines.h"
#include "core/stock.h"

enum replace_tool { REPLACE_PCS, REPLACE_CRMSH, REPLACE_TOOLS };

/** replace_names - "pcs", "crmsh", by enum replace_tool. */
extern const char *const replace_names[REPLACE_TOOLS];

/**
 * replace_make - the commands of one tool, in their order
 * @commands: gets them, for a shell: what has to be quoted is
 * @tool: whose
 * @stock: what is replaced; of one that is not in a cluster nothing is taken away
 * @name: of the service; the resource's id, too, unless a group that stays has it
 */
void replace_make(struct lines *commands, enum replace_tool tool,
		  const struct stock *stock, const char *name);

#endif
