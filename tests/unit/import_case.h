/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * import_case: shared by the tests of the import: reads groups of stock agents from a CIB
 * or from a head's exports, and makes the first of them a service.
 */
#ifndef BATON_TESTS_IMPORT_CASE_H
#define BATON_TESTS_IMPORT_CASE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"
#include "stock/group.h"
#include "stock/import.h"

/* What was read, what became of it, why it failed; the service file as printed. */
extern struct stock_groups stocks;
extern struct import t;
extern struct err failure;
extern char *printed;

/* Reads data/stock.xml into stocks, with the first @old replaced by @new. */
int read_cib(const char *group, const char *old, const char *new);

struct import_own own(const char *ip, unsigned int prefixlen, const char *link,
		      bool secondary);

/* Translates the first of stocks; the printed file must parse, comments and all. */
int translate(const struct import_own *v, size_t n);

/* Does a remark contain @part? */
bool is_told(const char *part);

/* The service file has exactly these keys; @want ends with NULL. */
void expect_keys(const char *const *want);

/* The teardown of each test. */
int clear(void **state);

#endif
