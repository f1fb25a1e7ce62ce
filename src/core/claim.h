/* SPDX-License-Identifier: GPL-2.0-or-later */
/* claim: may this head start the service, after what the others say? */
#ifndef BATON_CORE_CLAIM_H
#define BATON_CORE_CLAIM_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"
#include "core/message.h"

/**
 * struct claim_stand - how a head stands, as its keeper says
 * @word: the operation that is going on, else the state of the service
 * @holds: it has taken the disk and not released it
 * @peer: the other head of a hand-over that it takes part in, "" = of none
 * @rival: another service there whose file names the same disk, "" = none
 */
struct claim_stand {
	char word[16];
	bool holds;
	char peer[MESSAGE_HEAD_MAX + 1];
	char rival[SERVICE_NAME_MAX + 1];
};

/** claim_format - as the body of a message; the caller's to put. */
struct json_object *claim_format(const struct claim_stand *stand);

/** claim_parse - from one that came from another head. Return: 0, or -EPROTO. */
int claim_parse(struct claim_stand *stand, struct json_object *body, struct err *err);

/**
 * struct claim_head - another head of corosync's nodelist, when a claim is judged
 * @name: of the head
 * @joined: a keeper of the service runs there, and can be heard
 * @answered: it has, and @stand is what it said
 */
struct claim_head {
	char name[MESSAGE_HEAD_MAX + 1];
	bool joined;
	bool answered;
	struct claim_stand stand;
};

/* Names of heads, with blanks between them. */
#define CLAIM_GONE_MAX 2048

/**
 * struct claim_terms - who claims, and what he knows
 * @takeover: the administrator knows that the silent heads are dead
 * @gone: the heads of which Pacemaker knows that they do not serve it, separated by blanks
 */
struct claim_terms {
	bool takeover;
	const char *gone;
};

/** enum claim_verdict - what comes of it */
enum claim_verdict {
	CLAIM_WAITS,   /* not everybody who can has answered */
	CLAIM_GRANTED, /* this head may start */
	CLAIM_REFUSED, /* it must not */
	CLAIM_SILENT, /* it must not, unless somebody knows that the silent heads are dead */
};

/**
 * claim_judge - weigh the answers
 * @heads: all others
 * @n: how many
 * @terms: of the claim
 * @late: nobody is waited for any more
 * @why: of REFUSED and SILENT, BATON_EXIT_PEER; SILENT names the first of them
 *
 * A head that has the disk, is about to take it, or whose keeper runs and says nothing, refuses
 * whatever the terms are. One that
 * is in a hand-over, or has leftovers of the service but not its disk, can be overridden by
 * @takeover.
 */
enum claim_verdict claim_judge(const struct claim_head *heads, size_t n,
			       const struct claim_terms *terms, bool late,
			       struct err *why);

/** claim_is_silent - is it a head that @terms would have to speak for? */
bool claim_is_silent(const struct claim_head *head, const struct claim_terms *terms);

#endif
