/* SPDX-License-Identifier: GPL-2.0-or-later */
/* export_option: the options allowed for a client of an export. */
#ifndef BATON_CORE_EXPORT_OPTION_H
#define BATON_CORE_EXPORT_OPTION_H

#include <stdio.h>

#include "core/err.h"

/**
 * exportopt_copy - check a list of options and write its normal form
 * @out: gets the options as given, plus `sync` and `no_subtree_check` if missing
 * @text: separated by commas; may be empty
 * @err: which option is refused, and why
 *
 * Return: 0, -EINVAL with BATON_EXIT_CONFIG, or -ENOMEM (without text).
 */
int exportopt_copy(FILE *out, const char *text, struct err *err);

#endif
