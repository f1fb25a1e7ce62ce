/* SPDX-License-Identifier: GPL-2.0-or-later */
/* claim: may this head start the service, given what the others say? */
#ifndef BATON_CORE_CLAIM_H
#define BATON_CORE_CLAIM_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"
#include "core/message.h"

/**
 * struct claim_stand - the state of a head, as its keeper reports it
 * @word: the operation in progress, else the state of the service
 * @holds: it has taken the disk and not released it
 * @peer: the other head of the hand-over it takes part in, "" = none
 * @rival: another service there whose file names the same disk, "" = none
 */
struct claim_stand {
	char word[16];
	bool holds;
	char peer[MESSAGE_HEAD_MAX + 1];
	char rival[SERVICE_NAME_MAX + 1];
};

/** claim_format - make the body of a message; the caller owns it. */
struct json_object *claim_format(const struct claim_stand *stand);

/**
 * claim_lets_go - has that head neither the disk, nor will it have it in a moment?
 *
 * A start may mount at any moment, and whatever else goes on may have left something.
 */
bool claim_lets_go(const struct claim_stand *stand);

/** claim_parse - read it from another head's message. Return: 0, or -EPROTO. */
int claim_parse(struct claim_stand *stand, struct json_object *body, struct err *err);

/**
 * struct claim_head - another head in corosync's nodelist, when a claim is judged
 * @name: of the head
 * @joined: a keeper of the service runs there and can be reached
 * @answered: it has answered, with @stand
 * @foreign: the version of its baton, if that speaks another protocol; "" if it does not
 */
struct claim_head {
	char name[MESSAGE_HEAD_MAX + 1];
	bool joined;
	bool answered;
	char foreign[MESSAGE_VERSION_MAX + 1];
	struct claim_stand stand;
};

/* Names of heads, separated by blanks. */
#define CLAIM_GONE_MAX 2048

/**
 * struct claim_terms - what is known about the silent heads
 * @takeover: the administrator knows that they are dead
 * @gone: heads that, as Pacemaker knows, do not serve it; separated by blanks
 * @fenced: it has fenced them, or they have left in order: they are off
 */
struct claim_terms {
	bool takeover;
	const char *gone;
	bool fenced;
};

/** enum claim_verdict - the outcome */
enum claim_verdict {
	CLAIM_WAITS,   /* some that could answer have not yet */
	CLAIM_GRANTED, /* this head may start */
	CLAIM_REFUSED, /* it must not */
	CLAIM_SILENT,  /* it must not, unless somebody knows that they are dead */
};

/**
 * claim_judge - weigh the answers
 * @heads: all others
 * @n: how many
 * @terms: of the claim
 * @late: the time for answers is over
 * @why: for REFUSED and SILENT, BATON_EXIT_PEER; SILENT names the first silent head
 *
 * A head refuses, whatever the terms are, if it has the disk, is about to take it, or has
 * a running keeper that does not answer. @takeover overrides a head that is in a
 * hand-over, or that has leftovers of the service but not its disk.
 */
enum claim_verdict claim_judge(const struct claim_head *heads, size_t n,
			       const struct claim_terms *terms, bool late,
			       struct err *why);

/** claim_is_silent - is it a head that @terms would have to vouch for? */
bool claim_is_silent(const struct claim_head *head, const struct claim_terms *terms);

#endif
