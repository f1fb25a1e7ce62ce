/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nft: put a ruleset into force in one network namespace, by libnftables. */
#ifndef BATON_OS_NFT_H
#define BATON_OS_NFT_H

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

#endif
