/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nft: puts rulesets into force in one network namespace, with libnftables. */
#ifndef BATON_OS_NFT_H
#define BATON_OS_NFT_H

#include "core/err.h"

/** struct nft - a libnftables context; its socket stays in the namespace of nft_open() */
struct nft;

/**
 * nft_open - open a context in the current network namespace
 *
 * Open it once and keep it, so that a move need not set it up.
 *
 * Return: 0, or -errno.
 */
int nft_open(struct nft **nft, struct err *err);

/** nft_close - close; NULL is allowed. */
void nft_close(struct nft *nft);

/**
 * nft_apply - apply a ruleset as one transaction
 * @nft: of the namespace
 * @ruleset: text, from core/ruleset.h
 * @err: the first line of libnftables' message
 *
 * Return: 0, -EOPNOTSUPP (BATON_EXIT_SOFTWARE: no nf_tables in the kernel), or -errno.
 */
int nft_apply(struct nft *nft, const char *ruleset, struct err *err);

/**
 * nft_list - all rules of the namespace
 * @text: gets them as `nft list ruleset` prints them; the caller frees it
 *
 * Return: 0, or -errno.
 */
int nft_list(struct nft *nft, char **text, struct err *err);

#endif
