/* SPDX-License-Identifier: GPL-2.0-or-later */
/* peer_connections: the connections of the serving head, as it sends them to the other heads. */
#ifndef BATON_KEEPER_PEER_CONNECTIONS_H
#define BATON_KEEPER_PEER_CONNECTIONS_H

#include "core/conn.h"
#include "core/fragment.h"

/**
 * struct peer_connections - what another head has told; start from all zero, end with peer_connections_free()
 * @conns: the last table that came whole
 * @held: the most that one client holds; 0 = not told
 * @from: who sent it
 * @fragments: of the one that is coming in
 */
struct peer_connections {
	struct conns conns;
	uint32_t held;
	char from[MESSAGE_HEAD_MAX + 1];
	struct fragments fragments;
};

/**
 * peer_connections_take - take a part
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
int peer_connections_take(struct peer_connections *replica, const struct service *svc,
			  const char *from, const struct message *message,
			  struct err *err);

/** peer_connections_free - forget it all. */
void peer_connections_free(struct peer_connections *replica);

#endif
