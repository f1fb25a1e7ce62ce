/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fragment: a text longer than one message, sent as several numbered fragments. */
#ifndef BATON_CORE_FRAGMENT_H
#define BATON_CORE_FRAGMENT_H

#include "core/message.h"

/* Bytes of the text in one message: with its newlines escaped, and all the rest, it stays
 * below MESSAGE_MAX_LEN. */
#define FRAGMENT_LEN 49152
/* A table of CONNS_MAX lines of two IPv6 addresses, or 65536 * 93 bytes. */
#define FRAGMENT_MAX 128

/** fragments_count - into how many parts a text of @len bytes goes. */
unsigned int fragments_count(size_t len);

/**
 * fragments_format - one part, as a message of type MESSAGE_CONNS
 * @text: all of it
 * @serial: of this text, the same in all its parts
 * @part: from 0; of fragments_count()
 * @digest: of the sender's service file, "" without one
 *
 * Return: the message; its body is the caller's to release.
 */
struct message fragments_format(const char *text, uint64_t serial, unsigned int part,
				const char *digest);

/**
 * struct fragments - a text that is coming in; start from all zero, end with fragments_free()
 * @sender: who sends it
 * @text, @len: what there is of it, terminated
 */
struct fragments {
	char sender[MESSAGE_HEAD_MAX + 1];
	uint64_t serial;
	unsigned int n, next;
	char *text;
	size_t len;
};

/**
 * fragments_take - take a part
 * @fragments: keeps those before it
 * @from: its sender
 * @message: of type MESSAGE_CONNS
 * @err: what is wrong with it: it came from outside
 *
 * Of one sender the parts come in order, so one that does not fit means that those before
 * it were missed: it is passed over in silence.
 *
 * Return: 1 when the text is whole, until fragments_free(); 0 if not yet; -EPROTO or -ENOMEM.
 */
int fragments_take(struct fragments *fragments, const char *from,
		   const struct message *message, struct err *err);

/** fragments_free - forget what has come in. */
void fragments_free(struct fragments *fragments);

#endif
