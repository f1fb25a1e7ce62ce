/* SPDX-License-Identifier: GPL-2.0-or-later */
/* replica: the table of connections that the serving head tells the others, in parts. */
#ifndef BATON_CORE_REPLICA_H
#define BATON_CORE_REPLICA_H

#include "core/conn.h"
#include "core/fragment.h"

/**
 * struct replica - what another head has told; start from all zero, end with replica_free()
 * @conns: the last table that came whole
 * @held: the most that one client holds; 0 = not told
 * @from: who sent it
 * @fragments: of the one that is coming in
 */
struct replica {
	struct conns conns;
	uint32_t held;
	char from[MESSAGE_HEAD_MAX + 1];
	struct fragments fragments;
};

/**
 * replica_take - take a part
 * @replica: keeps its table until the next one is whole
 * @svc: whose connections they have to be
 * @from: its sender
 * @message: of type MESSAGE_CONNS
 * @err: what is wrong with it: it came from outside
 *
 * One of another service file is passed over in silence. "" takes the table back: its sender
 * has stopped serving.
 *
 * Return: 1 when the table has changed, 0 if not (yet), -EPROTO or -ENOMEM.
 */
int replica_take(struct replica *replica, const struct service *svc, const char *from,
		 const struct message *message, struct err *err);

/** replica_free - forget it all. */
void replica_free(struct replica *replica);

#endif
