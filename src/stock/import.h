/* SPDX-License-Identifier: GPL-2.0-or-later */
/* import: a stock service -> a service file. */
#ifndef BATON_STOCK_IMPORT_H
#define BATON_STOCK_IMPORT_H

#include <stddef.h>

#include "core/err.h"
#include "stock/group.h"
#include "stock/import_print.h"

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

#endif
