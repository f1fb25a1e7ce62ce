// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * op_change: the part of op that only operations need; a status look-up links without
 * rulesets.
 */
#include <unistd.h>

#include "keeper/op.h"

int op_open_nft(struct op *op, struct err *err)
{
	return op->nft ? 0 : nft_open(&op->nft, err);
}

void op_release(struct op *op)
{
	diag_close(op->diag);
	nft_close(op->nft);
	rtnl_close(op->rtnl);
	rawsock_close(&op->raw);
	conns_free(&op->conns);
	clients_free(&op->clients);
	sents_free(&op->owed);
	holdings_free(&op->holdings);
	hosts_free(&op->hosts);
	if (op->asking >= 0)
		close(op->asking);
	ns_close(&op->inside);
	ns_close(&op->head);
}
