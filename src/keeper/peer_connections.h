/* SPDX-License-Identifier: GPL-2.0-or-later */
/* peer_connections: the serving head's connections, as it sends them to other heads. */
#ifndef BATON_KEEPER_PEER_CONNECTIONS_H
#define BATON_KEEPER_PEER_CONNECTIONS_H

#include "core/conn.h"
#include "core/fragment.h"

/**
 * struct peer_connections - what another head has sent; initialise with zeros, free with
 *                           peer_connections_free()
 * @conns: the last complete table
 * @held: the most that one client holds; 0 = not sent
 * @from: who sent it
 * @fragments: of the table that is coming in
 */
struct peer_connections {
	struct conns conns;
	uint32_t held;
	char from[MESSAGE_HEAD_MAX + 1];
	struct fragments fragments;
};

/**
 * peer_connections_take - take a part of a table
 * @replica: keeps its table until the next one is complete
 * @svc: the service whose connections they must be
 * @from: the sender
 * @message: of type MESSAGE_CONNS
 * @err: what is wrong with it: it came from outside
 *
 * A table of another service file is ignored without a word. "" takes the table back: its
 * sender has stopped serving.
 *
 * Return: 1 when the table has changed, 0 if not (yet), -EPROTO or -ENOMEM.
 */
int peer_connections_take(struct peer_connections *replica, const struct service *svc,
			  const char *from, const struct message *message,
			  struct err *err);

/** peer_connections_free - forget everything. */
void peer_connections_free(struct peer_connections *replica);

#endif
