/* SPDX-License-Identifier: GPL-2.0-or-later */
/* translate: a stock service -> a service file. */
#ifndef BATON_CORE_TRANSLATE_H
#define BATON_CORE_TRANSLATE_H

#include <stddef.h>
#include <stdio.h>

#include "core/err.h"
#include "core/replace.h"
#include "core/stock.h"

/**
 * struct translation - what a stock service becomes
 * @name: of the service, made from the group's id
 * @keys: the lines of section [service]
 * @remarks: what is not carried over, and what has to be looked at, a sentence each
 * @mounts: "192.0.2.50:/NAME, till now :/srv/vmstore"
 * @commands: what puts it in its place, by each tool, and back
 */
struct translation {
	char name[SERVICE_NAME_MAX + 1];
	struct strlist keys;
	struct strlist remarks;
	struct strlist mounts;
	struct strlist commands[REPLACE_TOOLS][REPLACE_STEPS];
};

/**
 * struct translate_own - an address of this head
 * @secondary: another of the same network was there before, so it may be a floating one
 */
struct translate_own {
	struct address address;
	bool secondary;
};

/**
 * translate_stock - make a service of it
 * @t: filled; translation_free() it in any case
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
int translate_stock(struct translation *t, const struct stock *stock,
		    const struct translate_own *own, size_t n, struct err *err);

/** translation_free - release and clear it. */
void translation_free(struct translation *t);

/** translate_print_service - section [service] alone, as the parser gets it. */
void translate_print_service(FILE *out, const struct translation *t);

/**
 * translate_print - the service file; what has to be said and done stands in it as comments
 * @out: where to
 * @t: the translation
 * @stock: what it was made of
 */
void translate_print(FILE *out, const struct translation *t, const struct stock *stock);

#endif
