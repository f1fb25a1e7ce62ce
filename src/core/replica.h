/* SPDX-License-Identifier: GPL-2.0-or-later */
/* replica: the table of connections that the serving head tells the others, in parts. */
#ifndef BATON_CORE_REPLICA_H
#define BATON_CORE_REPLICA_H

#include "core/conn.h"
#include "core/message.h"

/* Bytes of the table's text in one message: with its newlines escaped, and all the rest, it
 * stays below MESSAGE_MAX_LEN. */
#define REPLICA_PART_LEN 49152
/* CONNS_MAX lines of two IPv6 addresses, or 65536 * 93 bytes. */
#define REPLICA_PARTS_MAX 128

/** replica_count - into how many parts a text of @len bytes goes. */
unsigned int replica_count(size_t len);

/**
 * replica_format - one part, as a message
 * @text: conns_format()'s; "" takes the table back: its sender has stopped serving
 * @serial: of this table, the same in all its parts
 * @part: from 0; of replica_count(), or one for the empty text
 * @digest: of the sender's service file
 *
 * Return: the message as text, the caller's to free; NULL when out of memory.
 */
struct message replica_format(const char *text, uint64_t serial, unsigned int part,
			      const char *digest);

/**
 * struct replica - what another head has told; start from all zero, end with replica_free()
 * @conns: the last table that came whole
 * @from: who sent it
 */
struct replica {
	struct conns conns;
	char from[MESSAGE_HEAD_MAX + 1];

	/* The one that is coming in. */
	char sender[MESSAGE_HEAD_MAX + 1];
	uint64_t serial;
	unsigned int parts, next;
	char *text;
	size_t len;
};

/**
 * replica_take - take a part
 * @replica: keeps its table until the next one is whole
 * @svc: whose connections they have to be
 * @from: its sender
 * @message: of type MESSAGE_CONNS
 * @err: what is wrong with it: it came from outside
 *
 * Of one sender the parts come in order, so one that does not fit means that those before
 * it were missed: it is passed over in silence, as is one of another service file.
 *
 * Return: 1 when the table has changed, 0 if not (yet), -EPROTO or -ENOMEM.
 */
int replica_take(struct replica *replica, const struct service *svc, const char *from,
		 const struct message *message, struct err *err);

/** replica_free - forget it all. */
void replica_free(struct replica *replica);

#endif
