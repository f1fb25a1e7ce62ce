/* SPDX-License-Identifier: GPL-2.0-or-later */
/* translateexport: the exports of a stock service -> lines of a service file. */
#ifndef BATON_CORE_TRANSLATEEXPORT_H
#define BATON_CORE_TRANSLATEEXPORT_H

#include "core/translate.h"

/**
 * translateexport_add - add the exports to the keys, and how clients mount them
 * @t: the translation
 * @stock: whose
 * @err: nothing is exported (BATON_EXIT_CONFIG)
 *
 * Return: 0, -EINVAL, or -ENOMEM.
 */
int translateexport_add(struct translation *t, const struct stock *stock,
			struct err *err);

#endif
