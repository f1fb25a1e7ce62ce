/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fragment: a text longer than one message, sent as several numbered fragments. */
#ifndef BATON_CORE_FRAGMENT_H
#define BATON_CORE_FRAGMENT_H

#include "core/message.h"

/* Bytes of text in one message. With its newlines escaped and everything else added, the
 * message stays below MESSAGE_MAX_LEN. */
#define FRAGMENT_LEN 49152
/* Enough for a table of CONNS_MAX lines of two IPv6 addresses: 65536 * 93 bytes. */
#define FRAGMENT_MAX 128

/** fragments_count - how many parts a text of @len bytes takes. */
unsigned int fragments_count(size_t len);

/**
 * fragments_format - one part, as a message of type MESSAGE_CONNS
 * @text: the whole text
 * @serial: of this text, the same in all its parts
 * @part: from 0, less than fragments_count()
 * @digest: of the sender's service file, "" if there is none
 *
 * Return: the message; the caller releases its body.
 */
struct message fragments_format(const char *text, uint64_t serial, unsigned int part,
				const char *digest);

/**
 * struct fragments - a text being received; all zero at first, end with fragments_free()
 * @sender: who sends it
 * @text, @len: the part received so far, terminated
 */
struct fragments {
	char sender[MESSAGE_HEAD_MAX + 1];
	uint64_t serial;
	unsigned int n, next;
	char *text;
	size_t len;
};

/**
 * fragments_take - add a part
 * @fragments: the parts before it
 * @from: its sender
 * @message: of type MESSAGE_CONNS
 * @err: what is wrong with it: it came from outside
 *
 * One sender's parts arrive in order. A part that does not fit means that earlier ones
 * were missed; it is ignored silently.
 *
 * Return: 1 when the text is complete (valid until fragments_free()); 0 if not yet;
 * -EPROTO or -ENOMEM.
 */
int fragments_take(struct fragments *fragments, const char *from,
		   const struct message *message, struct err *err);

/** fragments_free - forget what was received. */
void fragments_free(struct fragments *fragments);

#endif
