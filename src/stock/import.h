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
 * @secondary: a second address in its network, so it may be a floating one
 */
struct import_own {
	struct address address;
	bool secondary;
};

/**
 * import_group - turn a stock service into a service
 * @t: filled; import_free() it in any case
 * @stock: the stock service
 * @own: the addresses of this head
 * @n: how many
 * @err: why it cannot become one (BATON_EXIT_CONFIG)
 *
 * If the group does not give links and prefixes, they are those of @own for the same
 * network, as IPaddr2 finds them. A service read from a head has no addresses yet; those
 * of @own become candidates. The resulting keys have passed config_parse().
 *
 * Return: 0, -EINVAL, or -ENOMEM.
 */
int import_group(struct import *t, const struct stock_group *stock,
		 const struct import_own *own, size_t n, struct err *err);

#endif
