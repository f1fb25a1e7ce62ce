/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nft: put a ruleset into force in one network namespace, by libnftables. */
#ifndef BATON_SYS_NFT_H
#define BATON_SYS_NFT_H

#include <stdbool.h>

#include "core/err.h"

/** struct nft - a libnftables context; its socket stays in the namespace it was opened in */
struct nft;

/**
 * nft_open - open a context in the current network namespace
 *
 * Opened once and kept, it spares the move the context's set-up.
 *
 * Return: 0, or -errno.
 */
int nft_open(struct nft **nft, struct err *err);

/** nft_close - close; NULL is allowed. */
void nft_close(struct nft *nft);

/**
 * nft_apply - run a ruleset, all of it or nothing (one transaction)
 * @nft: of the namespace
 * @ruleset: text, from ruleset_drain(), ruleset_silence(), ruleset_clear()
 * @err: the first line of what libnftables says
 *
 * Return: 0, -EOPNOTSUPP (BATON_EXIT_SOFTWARE: no nf_tables in the kernel), or -errno.
 */
int nft_apply(struct nft *nft, const char *ruleset, struct err *err);

/**
 * nft_list - every rule of the namespace
 * @text: gets them as `nft list ruleset` prints them; the caller's
 *
 * Return: 0, or -errno.
 */
int nft_list(struct nft *nft, char **text, struct err *err);

/**
 * nft_set_dormant - wake a table of the current network namespace, or put it to sleep
 * @table: its name, family inet
 * @dormant: its rules are kept, but see no packet
 * @err: why not
 *
 * One small message, where nft_apply() has a ruleset to compile.
 *
 * Return: 0, -ENOENT (no such table), or -errno.
 */
int nft_set_dormant(const char *table, bool dormant, struct err *err);

/** enum nft_standing - what there is of a table */
enum nft_standing {
	NFT_ABSENT,
	NFT_ASLEEP,
	NFT_AWAKE,
};

/**
 * nft_look - what is there of a table of this name, family inet?
 * Return: an enum nft_standing, or -errno.
 */
int nft_look(const char *table, struct err *err);

/**
 * nft_is_awake - is there a table of this name, family inet, that is not dormant?
 * Return: 1 or 0, or -errno.
 */
int nft_is_awake(const char *table, struct err *err);

#endif
