/* SPDX-License-Identifier: GPL-2.0-or-later */
/* parts: a text that is longer than a message, told in several. */
#ifndef BATON_CORE_PARTS_H
#define BATON_CORE_PARTS_H

#include "core/message.h"

/* Bytes of the text in one message: with its newlines escaped, and all the rest, it stays
 * below MESSAGE_MAX_LEN. */
#define PARTS_LEN 49152
/* A table of CONNS_MAX lines of two IPv6 addresses, or 65536 * 93 bytes. */
#define PARTS_MAX 128

/** parts_count - into how many parts a text of @len bytes goes. */
unsigned int parts_count(size_t len);

/**
 * parts_format - one part, as a message of type MESSAGE_CONNS
 * @text: all of it
 * @serial: of this text, the same in all its parts
 * @part: from 0; of parts_count()
 * @digest: of the sender's service file, "" without one
 *
 * Return: the message; its body is the caller's to release.
 */
struct message parts_format(const char *text, uint64_t serial, unsigned int part,
			    const char *digest);

/**
 * struct parts - a text that is coming in; start from all zero, end with parts_free()
 * @sender: who sends it
 * @text, @len: what there is of it, terminated
 */
struct parts {
	char sender[MESSAGE_HEAD_MAX + 1];
	uint64_t serial;
	unsigned int n, next;
	char *text;
	size_t len;
};

/**
 * parts_take - take a part
 * @parts: keeps those before it
 * @from: its sender
 * @message: of type MESSAGE_CONNS
 * @err: what is wrong with it: it came from outside
 *
 * Of one sender the parts come in order, so one that does not fit means that those before
 * it were missed: it is passed over in silence.
 *
 * Return: 1 when the text is whole, until parts_free(); 0 if not yet; -EPROTO or -ENOMEM.
 */
int parts_take(struct parts *parts, const char *from, const struct message *message,
	       struct err *err);

/** parts_free - forget what has come in. */
void parts_free(struct parts *parts);

#endif
