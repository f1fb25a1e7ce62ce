/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * import_case: what the tests of the import share: groups of stock agents, read from a CIB or from
 * a head's exports, and the service that the first of them becomes.
 */
#ifndef BATON_TESTS_IMPORT_CASE_H
#define BATON_TESTS_IMPORT_CASE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"
#include "stock/group.h"
#include "stock/import.h"

/* What was read, what became of it, why it did not; the service file as it was printed. */
extern struct stock_groups stocks;
extern struct import t;
extern struct err failure;
extern char *printed;

/* Reads data/stock.xml, in which the first @old has become @new, into stocks. */
int read_cib(const char *group, const char *old, const char *new);

struct import_own own(const char *ip, unsigned int prefixlen, const char *link,
		      bool secondary);

/* Of the first of stocks; what is printed has to pass as a service file, comments and all. */
int translate(const struct import_own *v, size_t n);

/* Does a remark have @part in it? */
bool is_told(const char *part);

/* The service file has these keys and no other; @want ends with NULL. */
void expect_keys(const char *const *want);

/* The teardown of each test. */
int clear(void **state);

#endif
