/* SPDX-License-Identifier: GPL-2.0-or-later */
/* message: what the keepers of a service say to each other, as JSON text, with checks. */
#ifndef BATON_CORE_MESSAGE_H
#define BATON_CORE_MESSAGE_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/service.h"

/* Keepers hand over only to keepers that speak the same protocol. */
#define MESSAGE_PROTOCOL 1
/* Most steps in one message; no operation has as many. */
#define MESSAGE_STEPS_MAX 64
/* corosync's limit is 1 MiB or more; longer texts go in parts (core/fragment.h). */
#define MESSAGE_MAX_LEN 65536
/* RFC 1035 names; corosync sets no limit of its own. */
#define MESSAGE_HEAD_MAX    255
#define MESSAGE_VERSION_MAX 31
/* Longest name of a type, also of later versions. */
#define MESSAGE_WORD_MAX 31

/* X(NAME, word, topic, help) */
#define MESSAGE_TABLE(X)                                                                 \
	X(PREPARE, "prepare", HANDOVER,                                                  \
	  "source asks the target: can you take the service?")                           \
	X(READY, "ready", HANDOVER, "target: everything but the disk is here")           \
	X(REFUSE, "refuse", HANDOVER, "target: no, or not any more")                     \
	X(GRANTED, "granted", HANDOVER, "source: the disk is free, take it")             \
	X(ABORTED, "aborted", HANDOVER, "source: the hand-over is off")                  \
	X(SERVING, "serving", HANDOVER, "target: done")                                  \
	X(FAILED, "failed", HANDOVER, "target: it did not start here")                   \
	X(STEPS, "steps", HANDOVER, "either: steps of the hand-over that have ended")    \
	X(ASK, "ask", QUESTION, "anybody asks one head, or all")                         \
	X(ANSWER, "answer", QUESTION, "to that")                                         \
	X(HELLO, "hello", KEEPER,                                                        \
	  "each to all when one has joined: version, digest, generation")                \
	X(CONNS, "connections", CONNECTIONS,                                             \
	  "serving head to all: the connections there are, in fragments")                \
	X(CLAIM, "claim", CLAIM,                                                         \
	  "to all: I want to start the service; how do you stand?")                      \
	X(STAND, "stand", CLAIM, "to that: so")                                          \
	X(UNCLAIM, "unclaim", CLAIM, "to all: my start has ended, or does not begin")    \
	X(RELOAD, "reload", RELOAD,                                                      \
	  "to one: is your service file the one with this digest? (then apply it)")      \
	X(RELOADED, "reloaded", RELOAD, "to that: so")

enum message_type {
#define X(name, word, topic, help) MESSAGE_##name,
	MESSAGE_TABLE(X)
#undef X
};

/** enum message_topic - what a message is about */
enum message_topic {
	TOPIC_HANDOVER,
	TOPIC_QUESTION,
	TOPIC_KEEPER,
	TOPIC_CONNECTIONS,
	TOPIC_CLAIM,
	TOPIC_RELOAD,
};

/**
 * struct message - one message
 * @type: what it is
 * @protocol: of the sender; if it is not ours, only @type, @to, @generation and @version
 *            hold
 * @to: the head it is meant for, "" = all
 * @generation: of the hand-over; ASK, ANSWER: of the question; CONNS: of the table;
 *              CLAIM, STAND, UNCLAIM: of the claim; HELLO: the highest one seen;
 *              RELOAD, RELOADED: of the request
 * @version: of the sender's baton
 * @digest: of the sender's service file (PREPARE, ASK, HELLO, CONNS); RELOAD: of the file
 *          to be applied
 * @code, @text: why not (REFUSE, ABORTED, FAILED, ANSWER, RELOADED); ASK: @text is the
 *               question; RELOAD: "look" or "apply"
 * @body: owned. PREPARE: {by: see core/asker.h}, from heads that know it; STEPS: {steps:
 *        [ledger entries]}; ANSWER: what was asked for; CONNS: see core/fragment.h, and
 *        "held": the most that one client has to reclaim; STAND: see core/claim.h; HELLO:
 *        {keys: …, see core/keydiff.h; holds: it may have the disk; sees: [heads]}; keepers of 0.1.0 send none; RELOADED: {state:
 *        what the service is there}
 *
 * The sender is not in it: corosync says who sent a message.
 */
struct message {
	enum message_type type;
	int protocol;
	char to[MESSAGE_HEAD_MAX + 1];
	uint64_t generation;
	char version[MESSAGE_VERSION_MAX + 1];
	char digest[SERVICE_DIGEST_TEXT];
	int code;
	char text[sizeof(((struct err *)0)->text)];
	struct json_object *body;
};

/** message_word - "prepare", "ready" … */
const char *message_word(enum message_type type);

/** message_topic - what it is about, from the table. */
enum message_topic message_topic(enum message_type type);

/**
 * message_format - write it as text
 * @message: @protocol and @version are set to our own
 *
 * Return: the text, for the caller to free; NULL when out of memory.
 */
char *message_format(const struct message *message);

/**
 * message_parse - read and check a text from another head
 * @message: filled; release with message_release()
 * @text: need not end in zero
 * @len: its length
 * @err: what is wrong with it
 *
 * Unknown members are ignored, because later versions may add some.
 *
 * Return: 0; -EPROTO; or -ENOMSG for a type that this version does not know, with that
 * word in @err.
 */
int message_parse(struct message *message, const char *text, size_t len, struct err *err);

/** message_release - free what a message owns. */
void message_release(struct message *message);

#endif
