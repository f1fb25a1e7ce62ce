// SPDX-License-Identifier: GPL-2.0-or-later
/* op: what the steps of an operation, and a look at what is standing, share. */
#include "keeper/op.h"

#include <stdio.h>
#include <string.h>

int op_init(struct op *op, const struct service *svc, struct err *err)
{
	memset(op, 0, sizeof(*op));
	op->svc = svc;
	op->inside = NS_CLOSED;
	op->asking = -1;
	op->raw = (struct rawsock)RAWSOCK_CLOSED;
	paths_init(&op->paths, svc->name);
	return ns_open_own(&op->head, err);
}

int op_go(struct op *op, unsigned int place, struct err *err)
{
	if (!(place & PLACE_INSIDE))
		return ns_enter(&op->head, err);
	if (op->inside.net < 0) {
		int rc = ns_open(&op->inside, &op->paths, err);

		if (rc < 0)
			return rc;
	}
	return ns_enter(&op->inside, err);
}

int op_open_diag(struct op *op, struct err *err)
{
	return op->diag ? 0 : diag_open(&op->diag, err);
}

int op_open_rtnl(struct op *op, struct err *err)
{
	return op->rtnl ? 0 : rtnl_open(&op->rtnl, err);
}

int op_open_raw(struct op *op, struct err *err)
{
	return op->raw.frame >= 0 ? 0 : rawsock_open(&op->raw, err);
}

void op_link_name(char name[IFNAMSIZ], const struct service *svc, size_t address)
{
	const char *parent = svc->addresses[address].link;
	unsigned int distinct = 0;

	for (size_t i = 0; i < address; i++) {
		bool seen = false;

		if (strcmp(svc->addresses[i].link, parent) == 0)
			break;
		for (size_t j = 0; j < i; j++)
			seen |= strcmp(svc->addresses[j].link, svc->addresses[i].link) ==
				0;
		distinct += !seen;
	}
	snprintf(name, IFNAMSIZ, "nfs%u", distinct);
}

struct mac op_link_mac(const struct service *svc, const char *link)
{
	/* FNV-1a, 32 bits: not a secret, only spread. */
	uint32_t hash = 2166136261u;
	const char *const parts[] = { svc->name, "/", link };

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		for (const char *p = parts[i]; *p; p++)
			hash = (hash ^ (unsigned char)*p) * 16777619u;
	/* 02: locally administered unicast (IEEE 802, 8.2). */
	return (struct mac){ { 0x02, 0xba, hash >> 24, hash >> 16, hash >> 8, hash } };
}
