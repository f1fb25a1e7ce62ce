/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nftable: one table of nf_tables, by netlink alone: is it there, and is it awake? */
#ifndef BATON_OS_NFTABLE_H
#define BATON_OS_NFTABLE_H

#include <stdbool.h>

#include "core/err.h"

/**
 * nftable_set_dormant - wake a table of the current network namespace, or put it to sleep
 * @table: its name, family inet
 * @dormant: keep its rules, but let them see no packet
 * @err: why not
 *
 * This is one small message, whereas nft_apply() has to compile a ruleset.
 *
 * Return: 0, -ENOENT (no such table), or -errno.
 */
int nftable_set_dormant(const char *table, bool dormant, struct err *err);

/** enum nftable_standing - the state of a table */
enum nftable_standing {
	NFTABLE_ABSENT,
	NFTABLE_ASLEEP,
	NFTABLE_AWAKE,
};

/**
 * nftable_look - what is the state of a table with this name, family inet?
 * Return: an enum nftable_standing, or -errno.
 */
int nftable_look(const char *table, struct err *err);

/**
 * nftable_is_awake - is there a table with this name, family inet, that is not dormant?
 * Return: 1 or 0, or -errno.
 */
int nftable_is_awake(const char *table, struct err *err);

#endif
