/* SPDX-License-Identifier: GPL-2.0-or-later */
/* import_print: what a stock service becomes, and how it is printed. */
#ifndef BATON_STOCK_IMPORT_PRINT_H
#define BATON_STOCK_IMPORT_PRINT_H

#include <stdio.h>

#include "core/service.h"
#include "stock/commands.h"
#include "stock/group.h"

/**
 * struct import - what a stock service becomes
 * @name: of the service, made from the group's id
 * @keys: the lines of section [service]
 * @remarks: what is not carried over, and what has to be looked at, a sentence each
 * @mounts: "192.0.2.50:/NAME, till now :/srv/vmstore"
 * @commands: what puts it in its place, by each tool, and back
 */
struct import {
	char name[SERVICE_NAME_MAX + 1];
	struct strlist keys;
	struct strlist remarks;
	struct strlist mounts;
	struct strlist commands[COMMANDS_TOOLS][COMMANDS_STEPS];
};

/** import_free - release and clear it. */
void import_free(struct import *t);

/** import_print_service - section [service] alone, as the parser gets it. */
void import_print_service(FILE *out, const struct import *t);

/**
 * import_print - the service file; what has to be said and done stands in it as comments
 * @out: where to
 * @t: the translation
 * @stock: what it was made of
 */
void import_print(FILE *out, const struct import *t, const struct stock_group *stock);

#endif
