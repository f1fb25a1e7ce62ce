/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report: the result for people and for programs. */
#ifndef BATON_PROBE_REPORT_H
#define BATON_PROBE_REPORT_H

#include <stdio.h>

#include "probe/result.h"

/** report_print_table - for people, at most 80 columns; blocks if the charset is UTF-8 */
void report_print_table(FILE *out, const struct run_result *result);

/**
 * report_print_json - one object, as described in baton-probe(8)
 * Return: 0 or -ENOMEM.
 */
int report_print_json(FILE *out, const struct run_result *result);

#endif
