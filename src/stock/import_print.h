/* SPDX-License-Identifier: GPL-2.0-or-later */
/* import_print: what a stock service becomes, and how to print it. */
#ifndef BATON_STOCK_IMPORT_PRINT_H
#define BATON_STOCK_IMPORT_PRINT_H

#include <stdio.h>

#include "core/service.h"
#include "stock/commands.h"
#include "stock/group.h"

/**
 * struct import - what a stock service becomes
 * @name: of the service, made from the group's id
 * @svc: what the parser makes of @keys
 * @keys: the lines of section [service]
 * @remarks: what is not carried over and what to check, one sentence each
 * @mounts: "192.0.2.50:/NAME, until now :/srv/vmstore"
 * @commands: commands that replace the group by the service, for each tool, and back
 */
struct import {
	char name[SERVICE_NAME_MAX + 1];
	struct service svc;
	struct strlist keys;
	struct strlist remarks;
	struct strlist mounts;
	struct strlist commands[COMMANDS_TOOLS][COMMANDS_STEPS];
};

/** import_free - release and clear it. */
void import_free(struct import *t);

/** import_print_service - only section [service], as the parser gets it. */
void import_print_service(FILE *out, const struct import *t);

/**
 * import_print - print the service file, with remarks and instructions as comments
 * @out: where to
 * @t: the translation
 * @stock: what it was made from
 */
void import_print(FILE *out, const struct import *t, const struct stock_group *stock);

#endif
