/* SPDX-License-Identifier: GPL-2.0-or-later */
/* import: a stock service -> a service file. */
#ifndef BATON_STOCK_IMPORT_H
#define BATON_STOCK_IMPORT_H

#include <stddef.h>
#include <stdio.h>

#include "core/err.h"
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

/**
 * struct import_own - an address of this head
 * @secondary: another of the same network was there before, so it may be a floating one
 */
struct import_own {
	struct address address;
	bool secondary;
};

/**
 * import_group - make a service of it
 * @t: filled; import_free() it in any case
 * @stock: what there is
 * @own: the addresses of this head
 * @n: of them
 * @err: why it cannot become one (BATON_EXIT_CONFIG)
 *
 * Links and prefixes that the group does not tell are those that @own has for the same
 * network, as IPaddr2 finds them. What is read from a head has no addresses yet: those of
 * @own become candidates. What the keys make has passed config_parse().
 *
 * Return: 0, -EINVAL, or -ENOMEM.
 */
int import_group(struct import *t, const struct stock_group *stock,
		 const struct import_own *own, size_t n, struct err *err);

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
