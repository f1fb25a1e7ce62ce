/* SPDX-License-Identifier: GPL-2.0-or-later */
/* import_exports: the exports of a stock service -> lines of a service file. */
#ifndef BATON_STOCK_IMPORT_EXPORTS_H
#define BATON_STOCK_IMPORT_EXPORTS_H

#include "stock/import_print.h"

/**
 * import_exports_add - add the exports to the keys, and note how clients mount them
 * @t: the translation
 * @stock: the stock service
 * @err: nothing is exported (BATON_EXIT_CONFIG)
 *
 * Return: 0, -EINVAL, or -ENOMEM.
 */
int import_exports_add(struct import *t, const struct stock_group *stock,
		       struct err *err);

#endif
